import { SqliftError } from '../../core/errors';
import type { Entry, KeyEntry } from '../../core/feeds/entry';
import type { CacheFeed, Feed } from '../../core/feeds/feed';
import type { SourceValue } from '../../core/meaning/meaning';
import { refuseConflicts } from '../conflicts';
import type {
  Conflict,
  DiscardWork,
  FeedDifference,
  FeedStore,
  FeedWork,
  RunWork,
  StoreFacts,
  Verified,
} from '../feed-store';
import { checkServer, serverOf } from './check';
import type { Server } from './check';
import { RedisPool } from './connect';
import { discard, findConflicts } from './discard';
import { CHANGED, fenced, lost, OPEN, WRITTEN } from './fence';
import { makeOrdered, setExpiries } from './finish';
import { BEGUN } from './images';
import { dialectOf } from './look';
import { fenceKey, partsPrefix, runPrefix, stagedPrefix } from './names';
import { promote } from './promote';
import { scan } from './scan';
import { verifyFeed } from './verify';
import { writeEntries } from './write';

/** Redis: rows become strings, hashes, JSON, lists, sets, sorted sets and streams. */
export function openRedis(url: string): FeedStore {
  return new RedisStore(new RedisPool(url));
}

/**
 * A run's keys stand under names of the run's own, in the same slot, until they are published; see `promote.ts`. The fence is a key that every transaction
 * of the run watches.
 */
class RedisStore implements FeedStore {
  readonly name = 'redis';
  #server: Server | undefined;

  constructor(private readonly pool: RedisPool) {}

  async check(feeds: readonly Feed[]): Promise<StoreFacts> {
    return checkServer(this.pool, feeds as CacheFeed[]);
  }

  async prepare({ run, images, holdLive }: RunWork): Promise<void> {
    await images.keep(BEGUN, [{ id: '', image: null }]);
    await this.pool.use((client) => client.set(fenceKey(run), OPEN, 'NX'));
    try {
      await holdLive();
    } catch (error) {
      // The run was discarded meanwhile, and nobody else would remove it.
      await this.pool.use((client) => client.del(fenceKey(run)));
      throw error;
    }
  }

  async write(work: FeedWork, entries: readonly Entry[]): Promise<void> {
    const { planned } = work.feed as CacheFeed;
    const number = numberOf(work);
    const { hasJson } = await this.#facts();
    const ordered = planned.as === 'list' || planned.as === 'stream';
    const prefix = (ordered ? partsPrefix : stagedPrefix)(work.run, number);
    const writing = { run: work.run, number, named: (key: string) => prefix + key, hasJson };
    await work.holdLive();
    const done = await this.pool.use((client) =>
      fenced(client, work, OPEN, [], (transaction) =>
        writeEntries(transaction, planned, writing, entries as readonly KeyEntry[]),
      ),
    );
    if (done === CHANGED) throw new SqliftError('AttemptFenced', `${work.run} has got further than this attempt`);
  }

  async finish(work: RunWork): Promise<string[]> {
    await this.#endWriting(work);
    for (const [number, feed] of (work.feeds as CacheFeed[]).entries()) {
      await makeOrdered(this.pool, work, feed.planned, number);
      if (feed.planned.expires !== undefined) await setExpiries(this.pool, work, number);
    }
    await this.#expectNoNameTwice(work);
    return [];
  }

  async verify(
    work: FeedWork,
    rows: AsyncIterable<readonly SourceValue[]>,
    differs: (difference: FeedDifference) => void,
  ): Promise<Verified> {
    return verifyFeed(this.pool, await this.#dialect(), work, numberOf(work), rows, differs);
  }

  async verifyWhole(work: RunWork, differs: (difference: FeedDifference) => void): Promise<void> {
    if (!work.promoted) return;
    const allowed = [fenceKey(work.run), `${runPrefix(work.run)}aside:`];
    for await (const names of scan(this.pool, runPrefix(work.run)))
      for (const name of names)
        if (!allowed.some((prefix) => name.startsWith(prefix))) differs({ kind: 'extra entry', key: name });
  }

  async promote(work: RunWork): Promise<void> {
    await promote(this.pool, await this.#dialect(), work);
  }

  async findConflicts(work: DiscardWork, found: (conflict: Conflict) => void): Promise<void> {
    await findConflicts(this.pool, await this.#dialect(), work, found);
  }

  async discard(work: DiscardWork): Promise<void> {
    // First of all, so that whoever comes late writes nothing.
    await this.pool.use((client) => client.del(fenceKey(work.run)));
    if (!work.force) await refuseConflicts(this, work);
    await discard(this.pool, await this.#dialect(), work);
  }

  async finalize({ run, beat }: DiscardWork): Promise<void> {
    for await (const names of scan(this.pool, runPrefix(run))) {
      await this.pool.use((client) => client.unlink(...names));
      beat();
    }
  }

  async close(): Promise<void> {
    this.pool.close();
  }

  async #facts(): Promise<Server> {
    return (this.#server ??= await serverOf(this.pool));
  }

  async #dialect(): Promise<'6' | '7'> {
    return dialectOf((await this.#facts()).version);
  }

  /** From here on a late attempt at writing is refused: what it would write may have got its order already. */
  async #endWriting({ run, holdLive }: RunWork): Promise<void> {
    if ((await this.pool.use((client) => client.set(fenceKey(run), WRITTEN, 'XX'))) !== null) return;
    await holdLive();
    throw lost(run);
  }

  /** One key can be of one feed only. Names of keys are data, and are not said. */
  async #expectNoNameTwice(work: RunWork): Promise<void> {
    const feeds = work.feeds as CacheFeed[];
    for (const [i, one] of feeds.entries()) {
      for (const [j, other] of feeds.entries()) {
        if (j <= i || !mayMeet(one, other)) continue;
        const prefix = stagedPrefix(work.run, i);
        for await (const names of scan(this.pool, prefix)) {
          const others = names.map((name) => stagedPrefix(work.run, j) + name.slice(prefix.length));
          const both = await this.pool.use((client) => client.exists(...others));
          work.beat();
          if (both > 0)
            throw new SqliftError(
              'PlanInvalid',
              `${one.feed} and ${other.feed} make keys of the same names: give one of them another template`,
            );
        }
      }
    }
  }
}

function numberOf({ feeds, feed }: FeedWork): number {
  return feeds.findIndex(({ feed: path }) => path === feed.feed);
}

/** Whether two templates can make the same key, by what they begin with. */
function mayMeet(one: CacheFeed, other: CacheFeed): boolean {
  const begin = ({ planned: { key } }: CacheFeed) => /^[^{}]*/.exec(key)![0];
  const [a, b] = [begin(one), begin(other)];
  return a.startsWith(b) || b.startsWith(a);
}
