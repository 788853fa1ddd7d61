import { createHash } from 'node:crypto';
import type Redis from 'ioredis';
import type { RedisPool } from './connect';
import { scanMembers } from './scan';
import { LOOK } from './scripts';

/** What is known of a key without having its content here. */
export interface Look {
  type: string;
  /** Milliseconds since 1970 at which it is gone; −1 when never. */
  expiresAt: number;
  /** Of memory, about. */
  bytes: number;
  /** Of its content, but for the time to live; undefined where it is too large to be read inside the server: see `largeDigest`. */
  digest?: string;
}

/** What `LOOK` and `READ` are told of the server. */
export function dialectOf(version: string): '6' | '7' {
  return Number.parseInt(version, 10) >= 7 ? '7' : '6';
}

/** Looks at keys, all at one moment; undefined for those that are not there. */
export async function look(client: Redis, dialect: string, keys: readonly string[]): Promise<(Look | undefined)[]> {
  if (keys.length === 0) return [];
  const found = (await client.call('EVAL', LOOK, keys.length, ...keys, dialect)) as (
    [string, string, number, string] | null
  )[];
  return found.map((one) => {
    if (one === null) return undefined;
    const [type, expiresAt, bytes, digest] = one;
    return { type, expiresAt: Number(expiresAt), bytes, ...(digest !== '' && { digest }) };
  });
}

/** Bytes of a string, and elements of a list or stream, that are read at a time. */
const PAGE_BYTES = 1 << 20;
const PAGE_ELEMENTS = 1_000;

/** The digest of a large key, read page by page. It is not comparable with those of small ones. */
export async function largeDigest(pool: RedisPool, key: string, type: string): Promise<string> {
  const hash = createHash('sha1');
  switch (type) {
    case 'string':
      for (let from = 0; ; from += PAGE_BYTES) {
        const page = await pool.use((client) => client.getrangeBuffer(key, from, from + PAGE_BYTES - 1));
        hash.update(page);
        if (page.length < PAGE_BYTES) return `large ${hash.digest('hex')}`;
      }
    case 'hash':
      return sumOf(scanMembers(pool, 'HSCAN', key), 2);
    case 'zset':
      return sumOf(scanMembers(pool, 'ZSCAN', key), 2);
    case 'set':
      return sumOf(scanMembers(pool, 'SSCAN', key), 1);
    case 'list':
      for (let from = 0; ; from += PAGE_ELEMENTS) {
        const page = await pool.use((client) => client.lrangeBuffer(key, from, from + PAGE_ELEMENTS - 1));
        for (const element of page) hash.update(sha1(element));
        if (page.length < PAGE_ELEMENTS) return `large ${hash.digest('hex')}`;
      }
    case 'stream':
      for (let after = '-'; ;) {
        const page = await pool.use((client) => client.xrangeBuffer(key, after, '+', 'COUNT', PAGE_ELEMENTS));
        for (const [id, fields] of page) hash.update(sha1(id, ...fields));
        if (page.length < PAGE_ELEMENTS) return `large ${hash.digest('hex')}`;
        after = `(${page.at(-1)![0].toString()}`;
      }
    default: {
      const dump = await pool.use((client) => client.dumpBuffer(key));
      return `large ${hash.update(dump ?? '').digest('hex')}`;
    }
  }
}

/** Order does not matter in a set. */
async function sumOf(pages: AsyncIterable<Buffer[]>, step: 1 | 2): Promise<string> {
  let sum = 0n;
  for await (const page of pages)
    for (let i = 0; i < page.length; i += step)
      sum = BigInt.asUintN(160, sum + BigInt(`0x${sha1(...page.slice(i, i + step)).toString('hex')}`));
  return `large ${sum.toString(16)}`;
}

/** Each part goes in with its length, so that `ab`,`c` and `a`,`bc` differ. */
function sha1(...parts: Buffer[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest();
}

/** Looks at keys and reads those that are large, too. */
export async function lookWhole(
  pool: RedisPool,
  dialect: string,
  keys: readonly string[],
): Promise<(Look | undefined)[]> {
  const found = await pool.use((client) => look(client, dialect, keys));
  for (const [i, one] of found.entries())
    if (one !== undefined && one.digest === undefined) one.digest = await largeDigest(pool, keys[i]!, one.type);
  return found;
}
