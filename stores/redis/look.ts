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
  /** Of a string; of others, of memory. Infinity: so many elements that nobody has counted. */
  bytes: number;
  /** Of its content, but for the time to live; undefined where it is too large to be read inside the server: see `digestOf`. */
  digest?: string;
}

/** What `LOOK` and `READ` are told of the server. */
export function dialectOf(version: string): '6' | '7' {
  return Number.parseInt(version, 10) >= 7 ? '7' : '6';
}

/** Looks at keys, all at one moment; undefined for those that are not there. */
export async function look(client: Redis, dialect: string, keys: readonly string[]): Promise<(Look | undefined)[]> {
  if (keys.length === 0) return [];
  const text = (await client.call('EVAL', LOOK, keys.length, ...keys, dialect)) as string;
  return text.split('\n').map((line) => {
    if (line === '') return undefined;
    const [type, expiresAt, bytes, digest] = line.split(' ') as [string, string, string, string?];
    const measured = Number(bytes);
    return {
      type,
      expiresAt: Number(expiresAt),
      bytes: measured < 0 ? Infinity : measured,
      ...(digest !== undefined && { digest }),
    };
  });
}

/** Bytes of a string, and elements of a list or stream, that are read at a time. */
const PAGE_BYTES = 1 << 20;
const PAGE_ELEMENTS = 1_000;

/** The digest that `LOOK` gives of small keys, of a large one that is read page by page. */
export async function digestOf(pool: RedisPool, key: string, type: string): Promise<string> {
  switch (type) {
    case 'string': {
      const hash = createHash('sha1');
      for (let from = 0; ; from += PAGE_BYTES) {
        const page = await pool.use((client) => client.getrangeBuffer(key, from, from + PAGE_BYTES - 1));
        hash.update(page);
        if (page.length < PAGE_BYTES) return hash.digest('hex');
      }
    }
    case 'hash':
      return sumOf(scanMembers(pool, 'HSCAN', key), 2, (value) => value);
    case 'zset':
      return sumOf(scanMembers(pool, 'ZSCAN', key), 2, doubleOf);
    case 'set':
      return sumOf(scanMembers(pool, 'SSCAN', key), 1);
    case 'list': {
      const hash = createHash('sha1');
      for (let from = 0; ; from += PAGE_ELEMENTS) {
        const page = await pool.use((client) => client.lrangeBuffer(key, from, from + PAGE_ELEMENTS - 1));
        for (const element of page) hash.update(sha1(element));
        if (page.length < PAGE_ELEMENTS) return hash.digest('hex');
      }
    }
    case 'stream': {
      const hash = createHash('sha1');
      for (let after = '-'; ;) {
        const page = await pool.use((client) => client.xrangeBuffer(key, after, '+', 'COUNT', PAGE_ELEMENTS));
        for (const [id, fields] of page) {
          const chain = sha1(Buffer.from(fields.map((field) => sha1(field)).join('')));
          hash.update(sha1(id, Buffer.from(chain)));
        }
        if (page.length < PAGE_ELEMENTS) return hash.digest('hex');
        after = `(${page.at(-1)![0].toString()}`;
      }
    }
    default:
      return sha1((await pool.use((client) => client.dumpBuffer(key))) ?? Buffer.alloc(0));
  }
}

/** Of members in any order: five sums of 32 bits. */
async function sumOf(
  pages: AsyncIterable<Buffer[]>,
  step: 1 | 2,
  written?: (value: Buffer) => Buffer,
): Promise<string> {
  const sums = new Uint32Array(5);
  for await (const page of pages) {
    for (let i = 0; i < page.length; i += step) {
      const member = page[i]!;
      const parts =
        written === undefined ? [member] : [Buffer.from(`${member.length}:`), member, written(page[i + 1]!)];
      const hex = sha1(...parts);
      for (let j = 0; j < 5; j++) sums[j] = sums[j]! + Number.parseInt(hex.slice(8 * j, 8 * j + 8), 16);
    }
  }
  return [...sums].map((sum) => sum.toString(16).padStart(8, '0')).join('');
}

/** A score as a double: commands write it in different ways. */
function doubleOf(score: Buffer): Buffer {
  const text = score.toString();
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text));
  return bytes;
}

function sha1(...parts: Buffer[]): string {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Looks at keys and reads those that are large, too. */
export async function lookWhole(
  pool: RedisPool,
  dialect: string,
  keys: readonly string[],
): Promise<(Look | undefined)[]> {
  const found = await pool.use((client) => look(client, dialect, keys));
  for (const [i, one] of found.entries())
    if (one !== undefined && one.digest === undefined) one.digest = await digestOf(pool, keys[i]!, one.type);
  return found;
}
