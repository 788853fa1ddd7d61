import type { ChainableCommander } from 'ioredis';
import type { KeyEntry } from '../../core/feeds/entry';
import type { CacheFeed } from '../../core/feeds/feed';
import { expiriesKey } from './names';
import { bufferOf, documentOf, fieldOf } from './text';

/** Arguments of one command, at most. */
const ARGUMENTS = 2_000;

export interface Writing {
  run: string;
  /** The feed's place among those of the store. */
  number: number;
  /** The hidden name of a key; of a list or stream, of its parts. */
  named: (key: string) => string;
  /** Whether JSON documents are RedisJSON's. */
  hasJson: boolean;
}

/** Puts into a transaction what writes the entries. Each command may be repeated: what it adds is there once. */
export function writeEntries(
  transaction: ChainableCommander,
  { as, expires }: Pick<CacheFeed['planned'], 'as' | 'expires'>,
  writing: Writing,
  entries: readonly KeyEntry[],
): void {
  switch (as) {
    case 'string':
      return writeTexts(transaction, writing, entries, ({ value }) => bufferOf(value!));
    case 'json':
      if (!writing.hasJson) return writeTexts(transaction, writing, entries, ({ fields }) => documentOf(fields!));
      for (const { key, fields, expiresAt } of entries) {
        transaction.call('JSON.SET', writing.named(key), '$', documentOf(fields!));
        if (expiresAt !== undefined) transaction.pexpireat(writing.named(key), expiresAt);
      }
      return;
    case 'hash':
      for (const { key, fields, expiresAt } of entries) {
        const name = writing.named(key);
        transaction.hset(name, ...fieldsAndValues(fields!));
        if (expiresAt !== undefined) transaction.pexpireat(name, expiresAt);
      }
      return;
    case 'set':
      writeMembers(
        entries,
        writing,
        ({ value }) => [bufferOf(value!)],
        (name, members) => transaction.sadd(name, ...members),
      );
      break;
    case 'zset':
      writeMembers(
        entries,
        writing,
        ({ score, value }) => [scoreText(score!), bufferOf(value!)],
        (name, members) => transaction.zadd(name, ...members),
      );
      break;
    case 'list':
      writeMembers(
        entries,
        writing,
        (entry) => ['0', listPart(entry)],
        (name, members) => transaction.zadd(name, ...members),
      );
      break;
    case 'stream':
      writeMembers(
        entries,
        writing,
        (entry) => ['0', streamPart(entry)],
        (name, members) => transaction.zadd(name, ...members),
      );
      break;
  }
  if (expires !== undefined) writeExpiries(transaction, writing, entries);
}

/** Whole values: as many as possible in a command, since a command costs more than a key. */
function writeTexts(
  transaction: ChainableCommander,
  { named }: Writing,
  entries: readonly KeyEntry[],
  valueOf: (entry: KeyEntry) => string | Buffer,
): void {
  let pairs: (string | Buffer)[] = [];
  for (const entry of entries) {
    const { key, expiresAt } = entry;
    if (expiresAt !== undefined) transaction.set(named(key), valueOf(entry), 'PXAT', expiresAt);
    else if (pairs.push(named(key), valueOf(entry)) >= ARGUMENTS) {
      transaction.mset(...pairs);
      pairs = [];
    }
  }
  if (pairs.length > 0) transaction.mset(...pairs);
}

/** Members of keys that consist of them: those of one key together. */
function writeMembers(
  entries: readonly KeyEntry[],
  { named }: Writing,
  membersOf: (entry: KeyEntry) => (string | Buffer)[],
  write: (name: string, members: (string | Buffer)[]) => void,
): void {
  const byKey = new Map<string, (string | Buffer)[]>();
  for (const entry of entries) {
    let members = byKey.get(entry.key);
    if (members === undefined) byKey.set(entry.key, (members = []));
    members.push(...membersOf(entry));
    if (members.length < ARGUMENTS) continue;
    write(named(entry.key), members);
    byKey.delete(entry.key);
  }
  for (const [key, members] of byKey) write(named(key), members);
}

/** Of rows with one key, the latest time counts. It is set when all of them are there. */
function writeExpiries(transaction: ChainableCommander, { run, number }: Writing, entries: readonly KeyEntry[]): void {
  const latest = new Map<string, number>();
  for (const { key, expiresAt = Infinity } of entries) latest.set(key, Math.max(latest.get(key) ?? 0, expiresAt));
  const members = [...latest].flatMap(([key, at]) => [at === Infinity ? '+inf' : String(at), key]);
  for (let from = 0; from < members.length; from += ARGUMENTS)
    transaction.call('ZADD', expiriesKey(run, number), 'GT', ...members.slice(from, from + ARGUMENTS));
}

function fieldsAndValues(fields: NonNullable<KeyEntry['fields']>): (string | Buffer)[] {
  const list: (string | Buffer)[] = [];
  for (const [name, value] of Object.entries(fields)) if (value !== null) list.push(name, fieldOf(value));
  return list;
}

/** Shortest decimal that is the double: what Redis reads. */
function scoreText(score: number): string {
  return score === Infinity ? '+inf' : score === -Infinity ? '-inf' : String(score);
}

function listPart({ position, value }: KeyEntry): Buffer {
  return Buffer.concat([Buffer.from(numbered(position!)), Buffer.from(value!)]);
}

function streamPart({ position, milliseconds, fields }: KeyEntry): Buffer {
  const time = milliseconds === undefined ? ' '.repeat(15) : String(milliseconds).padStart(15, '0');
  const parts = [Buffer.from(time + numbered(position!))];
  for (const field of fieldsAndValues(fields!)) {
    const bytes = Buffer.from(field as string);
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

function numbered(position: number): string {
  return String(position).padStart(12, '0');
}
