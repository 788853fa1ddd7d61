import type { FeedStoreName } from '../../core/feeds/feed';
import type { Difference } from '../../core/run';
import type { FeedDifference } from '../../stores/feed-store';
import { recordDifferences } from '../../stores/ledger/differences';
import { readRefusedRows, recordFeedVerdict } from '../../stores/ledger/feeds';
import { beating, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { runWork } from '../feeds';
import { feedOf } from '../feeds/resolve';
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
      const feed = await feedOf(deps, run, path);
      const pool = await targetOf(deps, run);
      const work = { ...(await runWork(deps, run, feed.store)), feed };
      const without = new Set(await readRefusedRows(pool, run, path));
      const found = new Found(feed.source, path);
      const rows = readRowsAgain(await rowsPath(deps, run, feed), feed, without);
      const store = await feedStoreOf(deps, run, feed.store);
      const { digest } = await beating(store.verify(work, slowly(rows), (difference) => found.add(difference)));
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

/** Lets other work through between slices of rows. */
async function* slowly<T>(rows: Iterable<T>): AsyncIterable<T> {
  let count = 0;
  for (const row of rows) {
    yield row;
    if (++count % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
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
