import { randomBytes } from 'node:crypto';
import type { ChainableCommander } from 'ioredis';
import type Redis from 'ioredis';
import { SqliftError } from '../../core/errors';
import type { BeforeImages, RunWork } from '../feed-store';
import type { RedisPool } from './connect';
import { replies } from './connect';
import { CHANGED, fenced, lost } from './fence';
import { PUBLISHED, readTaken, TAKEN, takenImage, VOID } from './images';
import type { Taken } from './images';
import { digestOf, look } from './look';
import type { Look } from './look';
import { asideKey, fenceKey, stagedPrefix } from './names';
import { scan } from './scan';
import { PUBLISH } from './scripts';

/** Keys that get their names in one transaction, at most. */
const KEYS = 2_000;
/** Of these, keys of others that are watched: the server compares each with all before it. */
const WATCHED = 500;
/** About how much of what stood there the ledger takes at once. */
const IMAGE_BYTES = 16 << 20;
/** What stands there and is larger stays in Redis under another name, to which it goes and from which it comes back at once. */
const ASIDE_BYTES = 8 << 20;
/** A single key that others change again and again is tried so often, some milliseconds each. */
const TRIES = 50;

const EMPTY = Buffer.alloc(0);

/**
 * Gives the run's keys their names, in batches: what stands there goes to the ledger, then a transaction renames, unless anybody has changed one of
 * the names meanwhile: then fewer are tried. So the ledger always knows more than was done; what it knows of a batch that was refused is declared void.
 */
export async function promote(pool: RedisPool, dialect: string, work: RunWork): Promise<void> {
  const { images, run } = work;
  if ((await images.scopes()).includes(PUBLISHED)) return;
  const attempt = randomBytes(6).toString('hex');
  await takeFence(pool, work, attempt);
  await voidUndone(pool, images);
  let batch = 0;
  for (const [number] of work.feeds.entries()) {
    const prefix = stagedPrefix(run, number);
    for await (const names of scan(pool, prefix)) {
      let keys = [...new Set(names)].map((name) => name.slice(prefix.length));
      let size = KEYS;
      let tries = 0;
      while (keys.length > 0) {
        await work.holdLive();
        const id = `${attempt}-${String(batch++).padStart(9, '0')}`;
        const some = keys.slice(0, size);
        const done = await pool.use((client) => publishSome(client, id, prefix, some));
        work.beat();
        if (done > 0) {
          keys = keys.slice(done);
          size = Math.min(KEYS, done * 2);
          tries = 0;
          continue;
        }
        // The fewer keys, the less likely is it that somebody changes one of them in between.
        size = Math.ceil(Math.min(size, keys.length) / 4);
        if (some.length === 1 && ++tries >= TRIES)
          throw new SqliftError(
            'TargetChanging',
            'a key of Redis is changed faster than what stands in it can be kept',
            {
              table: work.feeds[number]!.feed,
            },
          );
      }
    }
  }
  await images.keep(PUBLISHED, [{ id: '', image: EMPTY }]);
  await pool.use((client) => client.del(fenceKey(run)));

  /** Gives how many of them, from the first, are done; 0 when somebody came in between. */
  async function publishSome(client: Redis, id: string, prefix: string, keys: readonly string[]): Promise<number> {
    const first = await look(client, dialect, keys);
    const some = keys.slice(0, countWithin(first));
    const hidden = some.map((key) => prefix + key);
    const staged = await look(client, dialect, hidden);
    for (const [i, found] of staged.entries())
      if (found !== undefined) found.digest ??= await digestOf(pool, hidden[i]!, found.type);
    // Where nothing stands, the script itself sees whether that is still so.
    const there = some.filter((_, i) => first[i] !== undefined);
    const done = await fenced(client, work, attempt, there, async (transaction) => {
      const standing = new Map(there.map((key) => [key, undefined as Look | undefined]));
      for (const [i, found] of (await look(client, dialect, there)).entries()) standing.set(there[i]!, found);
      const taken = await describe(client, some, staged, standing);
      await images.keep(TAKEN, [{ id, image: takenImage(prefix, taken) }]);
      if (taken.length > 0) publish(transaction, prefix, taken);
    });
    if (done !== CHANGED && done[0] !== 0) return some.length;
    await images.keep(VOID, [{ id, image: EMPTY }]);
    // Nobody needs what stood there then, of which there may be much, again and again.
    await images.undone(TAKEN, [id]);
    return 0;
  }

  function publish(transaction: ChainableCommander, prefix: string, taken: readonly Taken[]): void {
    const names = taken.flatMap(({ key, before }) =>
      before?.aside === true ? [prefix + key, key, asideKey(run, key)] : [prefix + key, key],
    );
    const letters = taken.map(({ before }) => (before === null ? 'n' : before.aside === true ? 'a' : 'k')).join('');
    transaction.call('EVAL', PUBLISH, names.length, ...names, letters);
  }

  async function describe(
    client: Redis,
    keys: readonly string[],
    staged: readonly (Look | undefined)[],
    standing: ReadonlyMap<string, Look | undefined>,
  ): Promise<Taken[]> {
    const list: Taken[] = [];
    const dumps: { key: string; of: NonNullable<Taken['before']> }[] = [];
    for (const [i, key] of keys.entries()) {
      const written = staged[i];
      // Its time has passed since.
      if (written === undefined) continue;
      const there = standing.get(key);
      const entry: Taken = { key, written: { digest: written.digest!, expiresAt: written.expiresAt }, before: null };
      if (there !== undefined) {
        entry.before = {
          digest: there.digest ?? (await digestOf(pool, key, there.type)),
          expiresAt: there.expiresAt,
        };
        if (there.bytes > ASIDE_BYTES) entry.before.aside = true;
        else dumps.push({ key, of: entry.before });
      }
      list.push(entry);
    }
    const pipeline = client.pipeline();
    for (const { key } of dumps) pipeline.dumpBuffer(key);
    for (const [i, dump] of (dumps.length === 0 ? [] : await replies(pipeline)).entries()) {
      // Its time has passed between the two: there is nothing to bring back.
      if (dump === null) list.find(({ key }) => key === dumps[i]!.key)!.before = null;
      else dumps[i]!.of.dump = dump as Buffer;
    }
    return list;
  }
}

/** From here on entries of the run are not written any more, and earlier attempts at publishing it are refused. */
async function takeFence(pool: RedisPool, { run, holdLive }: RunWork, attempt: string): Promise<void> {
  const held = await pool.use((client) => client.set(fenceKey(run), attempt, 'XX'));
  if (held !== null) return;
  await holdLive();
  throw lost(run);
}

/** What an earlier attempt kept of batches that it did not come to do: their keys are where they were, and are taken again. */
async function voidUndone(pool: RedisPool, images: BeforeImages): Promise<void> {
  for await (const { id, prefix, taken } of readTaken(images)) {
    if (taken.length === 0) continue;
    const undone = await pool.use((client) => client.exists(...taken.map(({ key }) => prefix + key)));
    if (undone > 0) await images.keep(VOID, [{ id, image: EMPTY }]);
  }
}

/** How many of them, at least one, are not too many of others' keys, nor too many bytes for the ledger. */
function countWithin(standing: readonly (Look | undefined)[]): number {
  let [watched, bytes] = [0, 0];
  for (const [i, one] of standing.entries()) {
    if (one === undefined) continue;
    if (one.bytes <= ASIDE_BYTES) bytes += one.bytes;
    if (++watched > WATCHED || bytes > IMAGE_BYTES) return Math.max(1, i);
  }
  return standing.length;
}
