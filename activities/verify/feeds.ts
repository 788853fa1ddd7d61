import { cancellationSignal } from '@temporalio/activity';
import type { FeedStoreName } from '../../core/feeds/feed';
import type { SourceValue } from '../../core/meaning/meaning';
import type { Difference } from '../../core/run';
import type { FeedDifference } from '../../stores/feed-store';
import { recordDifferences } from '../../stores/ledger/differences';
import { readFeeds, readRefusedRows, recordFeedVerdict } from '../../stores/ledger/feeds';
import { beating, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { feedWork, runWork } from '../feeds';
import { readRowsAgain, rowsPath } from '../feeds/rows';
import { feedStoreOf } from '../feeds/stores';

const KINDS: Difference['kind'][] = ['missing entry', 'extra entry', 'property', 'count', 'orphan', 'constraint'];
/** Differences kept of a feed; the first tell what is wrong. */
const KEPT = 1_000;

/** Reading back what was written to Neo4j, Pinecone and Redis. */
export function verifyFeedActivities(deps: ActivityDeps) {
  return {
    /** Compares a feed's store with the snapshot. Differences go to the ledger; their count comes back. */
    async verifyFeed({ run, feed: path }: { run: string; feed: string }): Promise<VerifiedFeed> {
      const pool = await targetOf(deps, run);
      const work = await feedWork(deps, run, path);
      const { feed } = work;
      const without = new Set(await readRefusedRows(pool, run, path));
      const found = new Found(feed.source, path);
      const rows = new CountedRows(
        readRowsAgain(await beating(rowsPath(deps, run, feed)), feed, without, cancellationSignal()),
      );
      const store = await feedStoreOf(deps, run, feed.store);
      const { digest } = await beating(store.verify(work, rows.slowly(), (difference) => found.add(difference)));
      const wanted = (await readFeeds(pool, run)).find((candidate) => candidate.feed === path)?.sourceRows;
      if (rows.count !== wanted)
        found.add({
          kind: 'count',
          expected: `${wanted} rows when it was filled`,
          found: `${rows.count ?? 'not all'} rows now`,
        });
      await recordDifferences(pool, { run, source: feed.source, table: path }, found.kept, KINDS);
      await recordFeedVerdict(pool, run, path, found.count === 0 ? 'verified' : 'differs', digest);
      return { feed: path, digest, differences: found.count };
    },

    /** What is wrong with a store as a whole. */
    async verifyStore({ run, store }: { run: string; store: FeedStoreName }): Promise<{ differences: number }> {
      const found = new Found(store, store);
      const work = await runWork(deps, run, store);
      await beating((await feedStoreOf(deps, run, store)).verifyWhole(work, (difference) => found.add(difference)));
      await recordDifferences(await targetOf(deps, run), { run, source: store, table: store }, found.kept, KINDS);
      return { differences: found.count };
    },
  };
}

export interface VerifiedFeed {
  feed: string;
  digest: string;
  differences: number;
}

/** Rows that are read a second time: a reading that ends early must not pass for one that agrees. */
class CountedRows {
  /** How many there were; undefined until the last one has been read. */
  count: number | undefined;

  constructor(private readonly slices: AsyncGenerator<readonly (readonly SourceValue[])[], number>) {}

  /** Lets other work through between slices. */
  async *slowly(): AsyncIterable<readonly SourceValue[]> {
    try {
      for (;;) {
        const next = await this.slices.next();
        if (next.done === true) {
          this.count = next.value;
          return;
        }
        yield* next.value;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      // Whoever compares may have had enough: what reads is to end, too.
      await this.slices.return(0);
    }
  }
}

class Found {
  readonly kept: Difference[] = [];
  count = 0;

  constructor(
    private readonly source: string,
    private readonly table: string,
  ) {}

  add(difference: FeedDifference): void {
    this.count += 1;
    if (this.kept.length < KEPT) this.kept.push({ source: this.source, table: this.table, ...difference });
  }
}
