import { RowDigest } from '../../core/digest';
import type { CacheFeed } from '../../core/feeds/feed';
import { canonicalJson } from '../../core/meaning/json';
import type { SourceValue } from '../../core/meaning/meaning';
import type { FeedDifference, FeedWork, Verified } from '../feed-store';
import type { RedisPool } from './connect';
import { addTo, compareFields, compareTime } from './compare';
import type { Verifying } from './compare';
import { compileExpected, shown } from './expected';
import type { Expected } from './expected';
import { stagedPrefix } from './names';
import { scan } from './scan';
import { READ } from './scripts';
import { ExpectedKeys } from './expected-keys';
import { verifyMembers } from './verify-members';

/** Keys, and bytes of what is expected of them, that are compared at a time. */
const KEYS = 500;
const BYTES = 4 << 20;

/** Reads back every key of a feed and compares type, content and time to live with what the source means. */
export async function verifyFeed(
  pool: RedisPool,
  dialect: string,
  work: FeedWork,
  number: number,
  rows: AsyncIterable<readonly SourceValue[]>,
  found: (difference: FeedDifference) => void,
): Promise<Verified> {
  const feed = work.feed as CacheFeed;
  const { as } = feed.planned;
  const now = await clockOf(pool);
  const prefix = work.promoted ? '' : stagedPrefix(work.run, number);
  const verifying: Verifying = { pool, dialect, work, feed, prefix, now, found, digest: new RowDigest(), present: 0 };
  const expectedOf = compileExpected(feed);
  const keys = new ExpectedKeys();
  try {
    const whole = as === 'string' || as === 'hash' || as === 'json';
    let batch: Expected[] = [];
    let bytes = 0;
    const flush = async () => {
      if (batch.length > 0) await compareWhole(verifying, batch);
      batch = [];
      bytes = 0;
      work.beat(verifying.digest.count);
    };
    for await (const cells of rows) {
      const expected = expectedOf(cells);
      if (expected === undefined) {
        found({ kind: 'missing entry', expected: 'an entry for a row that is not in quarantine' });
        continue;
      }
      // Its time has passed: it was left out, or is gone by itself. Of lists and streams that live on, its member may still be there.
      const isPast = expected.expiresAt >= 0 && expected.expiresAt <= now;
      if (isPast && whole) continue;
      keys.add(expected, isPast, whole);
      if (!whole) continue;
      batch.push(expected);
      bytes += weight(expected);
      if (batch.length >= KEYS || bytes >= BYTES) await flush();
    }
    await flush();
    keys.index();
    if (!whole) await verifyMembers(verifying, keys);
    if (!work.promoted) await findExtra(verifying, keys);
  } finally {
    keys.close();
  }
  return { entries: verifying.digest.count, digest: verifying.digest.hex };
}

/**
 * Keys of the run that no row has. Published ones stand among other people's, where nobody can tell. SCAN gives every key at least once: where it
 * gives no more than are expected and there, no other is among them, and none need be looked up.
 */
async function findExtra(verifying: Verifying, keys: ExpectedKeys): Promise<void> {
  const { pool, prefix, found, work, feed } = verifying;
  // A key that goes meanwhile could make up for one too many.
  if (feed.planned.expires === undefined) {
    let count = 0;
    for await (const names of scan(pool, prefix)) {
      count += names.length;
      work.beat();
    }
    if (count <= verifying.present) return;
  }
  for await (const names of scan(pool, prefix)) {
    for (const name of names) {
      const key = name.slice(prefix.length);
      if (!keys.has(key)) found({ kind: 'extra entry', key });
    }
    work.beat();
  }
}

type Read = [type: Buffer, expiresAt: Buffer, content: Buffer | Buffer[] | null] | null;

/** Compares keys that are of one row each. */
async function compareWhole(verifying: Verifying, batch: readonly Expected[]): Promise<void> {
  const { pool, dialect, prefix } = verifying;
  const names = batch.map(({ key }) => prefix + key);
  const read = (await pool.use((client) => client.callBuffer('EVAL', READ, names.length, ...names, dialect))) as Read[];
  for (const [i, expected] of batch.entries()) compareOne(verifying, expected, read[i]!);
}

function compareOne(verifying: Verifying, expected: Expected, read: Read): void {
  const { feed, found, digest } = verifying;
  const { key } = expected;
  if (read === null) return found({ kind: 'missing entry', key });
  verifying.present++;
  const [type, expiresAt, content] = read;
  const { as } = feed.planned;
  const typeNow = type.toString();
  const right = as === 'json' ? ['string', 'ReJSON-RL'] : [as];
  if (!right.includes(typeNow)) return found({ kind: 'property', key, column: 'type', expected: as, found: typeNow });
  compareTime(verifying, key, expected.expiresAt, Number(expiresAt));
  if (as === 'hash') {
    const pairs = content as Buffer[];
    compareFields(expected, pairs, found);
    for (let i = 0; i < pairs.length; i += 2) addTo(digest, key, pairs[i]!, pairs[i + 1]!);
    return;
  }
  const bytes = content as Buffer;
  addTo(digest, key, bytes);
  if (as === 'json') compareDocument(expected, bytes.toString(), found);
  else if (!bytes.equals(expected.value!))
    found({ kind: 'property', key, column: 'value', expected: shown(expected.value!), found: shown(bytes) });
}

function compareDocument({ key, fields }: Expected, text: string, found: (difference: FeedDifference) => void): void {
  const expected = `{${fields!.map(({ name, value }) => `${JSON.stringify(name)}:${value.toString()}`).join(',')}}`;
  if (text === expected || canonicalJson(text, true) === (canonicalJson(expected, true) ?? expected)) return;
  const members = membersOf(text);
  if (members === undefined)
    return found({ kind: 'property', key, column: 'value', expected: shown(expected), found: shown(text) });
  let named = false;
  const differs = (column: string, wanted: string | undefined, there: string | undefined) => {
    named = true;
    found({
      kind: 'property',
      key,
      column,
      ...(wanted !== undefined && { expected: shown(wanted) }),
      ...(there !== undefined && { found: shown(there) }),
    });
  };
  for (const { name, value } of fields!) {
    const there = members.get(name);
    members.delete(name);
    if (there === undefined || there !== canonicalJson(JSON.stringify(parsed(value.toString())), true))
      differs(name, value.toString(), there);
  }
  for (const [name, there] of members) differs(name, undefined, there);
  if (!named) found({ kind: 'property', key, column: 'value', expected: shown(expected), found: shown(text) });
}

/** By name, what a document holds, in one form; numbers as JavaScript reads them, which is enough to say where two documents differ. */
function membersOf(text: string): Map<string, string | undefined> | undefined {
  const document = parsed(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  return new Map(Object.entries(document).map(([name, value]) => [name, canonicalJson(JSON.stringify(value), true)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function weight({ value, fields = [] }: Expected): number {
  let bytes = value?.length ?? 0;
  for (const field of fields) bytes += field.value.length;
  return bytes;
}

async function clockOf(pool: RedisPool): Promise<number> {
  const [seconds, micros] = await pool.use((client) => client.time());
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
