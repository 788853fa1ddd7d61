import { randomBytes } from 'node:crypto';
import type Redis from 'ioredis';
import type { BeforeImages, RunWork } from '../feed-store';
import type { RedisPool } from './connect';
import { replies } from './connect';
import { CHANGED, fenced, lost } from './fence';
import { PUBLISHED, readTaken, TAKEN, takenImage, VOID } from './images';
import type { Taken } from './images';
import { largeDigest, look } from './look';
import type { Look } from './look';
import { asideKey, fenceKey, stagedPrefix } from './names';
import { scan } from './scan';

/** Keys that get their names in one transaction, and about how much of what stood there the ledger takes at once. */
const KEYS = 2_000;
const IMAGE_BYTES = 16 << 20;
/** What stands there and is larger stays in Redis under another name, to which it goes and from which it comes back at once. */
const ASIDE_BYTES = 8 << 20;

const EMPTY = Buffer.alloc(0);

/**
 * Gives the run's keys their names, in batches: what stands there goes to the ledger, then a transaction renames, unless anybody has changed one of
 * the names meanwhile. So the ledger always knows more than was done; what it knows of a batch that was refused is declared void.
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
      while (keys.length > 0) {
        await work.holdLive();
        const id = `${attempt}-${String(batch++).padStart(9, '0')}`;
        keys = await pool.use((client) => promoteSome(client, id, keys));
        work.beat();
      }
    }

    /** Gives those back that are still to be done. */
    async function promoteSome(client: Redis, id: string, keys: readonly string[]): Promise<string[]> {
      let some = keys.slice(0, KEYS);
      const stagedNow = await look(
        client,
        dialect,
        some.map((key) => prefix + key),
      );
      for (const [i, found] of stagedNow.entries())
        if (found !== undefined) found.digest ??= await largeDigest(pool, prefix + some[i]!, found.type);
      let taken: Taken[] = [];
      const done = await fenced(
        client,
        work,
        attempt,
        some,
        async (transaction) => {
          const standing = await look(client, dialect, some);
          const upTo = countWithin(standing, IMAGE_BYTES);
          some = some.slice(0, upTo);
          taken = await describe(client, some, stagedNow, standing);
          await images.keep(TAKEN, [{ id, image: takenImage(prefix, taken) }]);
          for (const { key, before } of taken) {
            if (before?.aside === true) transaction.rename(key, asideKey(run, key));
            transaction.rename(prefix + key, key);
          }
        },
        isGone,
      );
      if (done === CHANGED) {
        await images.keep(VOID, [{ id, image: EMPTY }]);
        return [...keys];
      }
      return keys.slice(some.length);
    }
  }
  await images.keep(PUBLISHED, [{ id: '', image: EMPTY }]);
  await pool.use((client) => client.del(fenceKey(run)));

  async function describe(
    client: Redis,
    keys: readonly string[],
    staged: readonly (Look | undefined)[],
    standing: readonly (Look | undefined)[],
  ): Promise<Taken[]> {
    const list: Taken[] = [];
    const dumps: { key: string; of: NonNullable<Taken['before']> }[] = [];
    for (const [i, key] of keys.entries()) {
      const written = staged[i];
      // Its time has passed since.
      if (written === undefined) continue;
      const there = standing[i];
      const entry: Taken = { key, written: { digest: written.digest!, expiresAt: written.expiresAt }, before: null };
      if (there !== undefined) {
        entry.before = {
          digest: there.digest ?? (await largeDigest(pool, key, there.type)),
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

/** How many of them, at least one, have so many bytes that would go to the ledger. */
function countWithin(standing: readonly (Look | undefined)[], bytes: number): number {
  let sum = 0;
  for (const [i, one] of standing.entries()) {
    if (one !== undefined && one.bytes <= ASIDE_BYTES) sum += one.bytes;
    if (sum > bytes) return Math.max(1, i);
  }
  return standing.length;
}

/** A key whose time has passed cannot be renamed any more. */
function isGone({ message }: Error): boolean {
  return message.startsWith('ERR no such key');
}
