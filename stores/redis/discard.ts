import type Redis from 'ioredis';
import { SqliftError } from '../../core/errors';
import type { Conflict, DiscardWork } from '../feed-store';
import { resultsOf } from './connect';
import type { RedisPool } from './connect';
import { readTaken, TAKEN } from './images';
import type { Content, Taken } from './images';
import { lookWhole } from './look';
import type { Look } from './look';
import { asideKey, runPrefix } from './names';
import { scan } from './scan';

/** Keys that are brought back in one transaction. */
const KEYS = 500;
const RETRIES = 5;

/** How a key stands to what the run has written and what was there before. */
type Standing = 'written' | 'before' | 'foreign';

const CHANGED: Conflict['what'] = ['key was changed', 'keys were changed'];

/** Keys that are neither as the run has left them nor as they were before. */
export async function findConflicts(
  pool: RedisPool,
  dialect: string,
  { images, beat }: DiscardWork,
  found: (conflict: Conflict) => void,
): Promise<void> {
  for await (const { taken, prefix } of readTaken(images)) {
    for (const some of slices(taken, KEYS)) {
      const standing = await standings(pool, dialect, some, prefix);
      for (const [i, { key }] of some.entries()) if (standing[i] === 'foreign') found({ what: CHANGED, entry: key });
      beat();
    }
  }
}

/** Takes everything of the run back, once the fence is gone and nobody's changes are in the way. */
export async function discard(pool: RedisPool, dialect: string, work: DiscardWork): Promise<void> {
  const { run, images, force } = work;
  for await (const { id, taken, prefix } of readTaken(images)) {
    for (const some of slices(taken, KEYS)) {
      await restore(some, prefix);
      work.beat();
    }
    await images.undone(TAKEN, [id]);
  }
  for await (const names of scan(pool, runPrefix(run))) {
    await pool.use((client) => client.unlink(...names));
    work.beat();
  }

  /** What stood aside is the only copy: while it is gone, what stands in its place stays too. */
  async function refuseLost(client: Redis, taken: readonly Taken[]): Promise<void> {
    for (const { key, before } of taken) {
      const hasEnded = before !== null && before.expiresAt >= 0 && before.expiresAt <= Date.now();
      if (before?.aside !== true || hasEnded || (await client.exists(asideKey(run, key))) > 0) continue;
      throw new SqliftError('TargetLost', 'a value that Redis kept aside for going back is gone', { server: 'redis' });
    }
  }

  async function restore(taken: readonly Taken[], prefix: string): Promise<void> {
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      const done = await pool.use(async (client) => {
        await client.watch(...taken.map(({ key }) => key));
        const standing = await standings(pool, dialect, taken, prefix);
        const foreign = standing.filter((one) => one === 'foreign').length;
        if (foreign > 0 && !force) {
          await client.unwatch();
          throw conflict(foreign);
        }
        const open = taken.filter((_, i) => standing[i] !== 'before');
        await refuseLost(client, open);
        const transaction = client.multi();
        for (const { key, before } of open) {
          if (before?.dump === undefined) transaction.unlink(key);
          if (before?.aside === true) transaction.rename(asideKey(run, key), key);
          else if (before !== null)
            transaction.restore(key, Math.max(0, before.expiresAt), before.dump!, 'REPLACE', 'ABSTTL');
        }
        const results = await transaction.exec();
        // What stood aside has gone by itself, at its time.
        if (results !== null) resultsOf(results, ({ message }) => message.startsWith('ERR no such key'));
        return results !== null;
      });
      if (done) return;
    }
    throw conflict(1);
  }
}

async function standings(
  pool: RedisPool,
  dialect: string,
  taken: readonly Taken[],
  prefix: string,
): Promise<Standing[]> {
  const found = await lookWhole(
    pool,
    dialect,
    taken.map(({ key }) => key),
  );
  const hidden = await pool.use((client) =>
    existing(
      client,
      taken.map(({ key }) => prefix + key),
    ),
  );
  return taken.map((entry, i) => (hidden[i] ? 'before' : standingOf(entry, found[i], dialect)));
}

function standingOf({ written, before }: Taken, found: Look | undefined, dialect: string): Standing {
  const now = Date.now();
  const isThere = (content: Content | null) =>
    content === null || (content.expiresAt >= 0 && content.expiresAt <= now)
      ? found === undefined
      : found !== undefined && found.digest === content.digest && sameTime(found.expiresAt, content.expiresAt, dialect);
  // Where both are the same, nothing is to be done.
  if (isThere(before)) return 'before';
  return isThere(written) ? 'written' : 'foreign';
}

/** Redis before 7.0 tells the remaining time only, so that the moment is known to a few milliseconds. */
export function sameTime(found: number, expected: number, dialect: string): boolean {
  if (found < 0 || expected < 0) return found < 0 && expected < 0;
  return Math.abs(found - expected) <= (dialect === '7' ? 0 : 100);
}

async function existing(client: Redis, names: readonly string[]): Promise<boolean[]> {
  const pipeline = client.pipeline();
  for (const name of names) pipeline.exists(name);
  return resultsOf((await pipeline.exec()) ?? []).map((found) => found === 1);
}

function conflict(keys: number): SqliftError {
  const message = `in Redis ${keys} ${CHANGED[keys === 1 ? 0 : 1]} since the run`;
  return new SqliftError('RollbackConflict', message, { table: 'redis' });
}

function* slices<T>(items: readonly T[], size: number): Generator<T[], void> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
