import type { RowView } from '../row';
import { fieldsOf, FeedCells, RowRefused } from './cells';
import type { ReadCell } from './cells';
import { LEFT_OUT } from './entry';
import type { KeyEntry, MakeEntries, Property } from './entry';
import type { CacheFeed } from './feed';
import { parseTemplate } from './template';
import { textOf } from './value';
import type { Value } from './value';
import { weightOf } from './weight';

/** What Redis holds in one string, field or member, at most. */
const LARGEST = 512 * 1024 * 1024;
const DAY_MS = 86_400_000;
/** Redis takes times as milliseconds; beyond these no clock gets. */
const LAST_MS = 1e14;

/**
 * Parts of Redis keys of each row: a whole key, or one member of it.
 *
 * @param now milliseconds since 1970: rows whose time has passed by then are left out
 */
export function compileKeys({ columns, planned }: CacheFeed, now: number = Date.now()): MakeEntries {
  const cells = new FeedCells(columns);
  const { as } = planned;
  const key = cells.text(planned.key);
  const expires = planned.expires === undefined ? () => undefined : timeOf(cells, planned.expires);
  const content = contentOf({ columns, planned }, cells);
  const ordered = as === 'list' || as === 'stream';
  let position = 0;
  return (row) => {
    const entry: KeyEntry = { key: key(row), ...content(row) };
    const bytes = weightOf(row);
    if (bytes > LARGEST) throw new RowRefused('too large for its store');
    const expiresAt = expires(row);
    if (expiresAt !== undefined) {
      if (expiresAt <= now) return LEFT_OUT;
      entry.expiresAt = expiresAt;
    }
    if (ordered) entry.position = position++;
    return [{ id: idOf(entry), entry, bytes }];
  };
}

/** What tells an entry from the others: its key, of sets its member too; lists and streams hold the same as often as it comes. */
function idOf({ key, value, position, score, fields }: KeyEntry): string {
  if (position !== undefined) return String(position);
  if (fields !== undefined || value === undefined) return key;
  const member = typeof value === 'string' ? `t${value}` : `b${Buffer.from(value).toString('hex')}`;
  return score === undefined ? key : `${key.length} ${key}${member}`;
}

type Content = Omit<KeyEntry, 'key' | 'expiresAt' | 'position'>;

function contentOf({ columns, planned }: Pick<CacheFeed, 'columns' | 'planned'>, cells: FeedCells): ReadCell<Content> {
  const { as } = planned;
  if (as === 'string' || as === 'list' || as === 'set') {
    const value = valueOf(cells, planned.value!);
    return as === 'set' ? (row) => ({ value: value(row), score: 0 }) : (row) => ({ value: value(row) });
  }
  if (as === 'zset') {
    const value = valueOf(cells, planned.value!);
    const score = scoreOf(cells, planned.score!);
    return (row) => ({ value: value(row), score: score(row) });
  }
  const read = cells.fields(planned.fields);
  const named = new Map(fieldsOf({ columns }, planned.fields).map(({ name, column }) => [name, column]));
  const milliseconds = planned.id === undefined ? undefined : timeOf(cells, planned.id);
  return (row) => {
    const fields = read(row);
    if (as === 'json') {
      for (const [name, field] of Object.entries(fields))
        if (!isJson(field)) throw new RowRefused('not a value that its store holds', named.get(name));
    } else if (Object.keys(fields).length === 0) {
      // There is no empty hash in Redis, and no empty entry of a stream.
      throw new RowRefused('NULL in its value');
    }
    if (milliseconds === undefined) return { fields };
    const at = milliseconds(row);
    if (at === undefined) throw new RowRefused('NULL in its id', planned.id);
    if (at < 0) throw new RowRefused('not a value that its store holds', planned.id);
    return { fields, milliseconds: at };
  };
}

/** A value: text, or the bytes of the one column that it is. */
function valueOf(cells: FeedCells, template: string): ReadCell<string | Uint8Array> {
  const { texts, columns } = parseTemplate(template)!;
  if (columns.length !== 1 || texts.some((text) => text !== '')) return cells.text(template, 'NULL in its value');
  const read = cells.value(columns[0]!);
  return (row) => {
    const value = read(row);
    if (value instanceof Uint8Array) return value;
    const text = textOf(value);
    if (text === undefined) throw new RowRefused('NULL in its value', columns[0]);
    return text;
  };
}

/** Milliseconds since 1970; undefined for NULL. A number is milliseconds already; a time without a zone is UTC. */
function timeOf(cells: FeedCells, column: string): ReadCell<number | undefined> {
  const read = cells.value(column);
  return (row) => {
    const value = read(row);
    if (value === null) return undefined;
    const ms = millisecondsOf(value);
    if (ms === undefined || Math.abs(ms) > LAST_MS) throw new RowRefused('not a value that its store holds', column);
    return ms;
  };
}

function millisecondsOf(value: Value): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? Math.floor(value) : undefined;
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return undefined;
  if (value.type === 'date') return value.days * DAY_MS;
  if (value.type === 'timestamp' || value.type === 'timestamptz') return Math.floor(Number(value.micros) / 1000);
  return undefined;
}

/** Scores are doubles: a number that is none exactly is refused. Times are milliseconds since 1970. */
function scoreOf(cells: FeedCells, column: string): ReadCell<number> {
  const read = cells.value(column);
  return (row: RowView) => {
    const value = read(row);
    if (value === null) throw new RowRefused('NULL in its value', column);
    const score = scoreOfValue(value);
    if (score === undefined || Number.isNaN(score)) throw new RowRefused('not a value that its store holds', column);
    return score;
  };
}

function scoreOfValue(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return BigInt(Number(value)) === value ? Number(value) : undefined;
  if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array) && value.type === 'numeric') {
    const score = Number(value.text);
    const digits = value.text.includes('.') ? value.text.replace(/\.?0+$/, '') : value.text;
    return String(score) === digits ? score : undefined;
  }
  return typeof value === 'object' ? millisecondsOf(value) : undefined;
}

/** JSON has no NaN and no infinity. */
function isJson(field: Property): boolean {
  const items = Array.isArray(field) ? field : [field];
  return items.every((item) => typeof item !== 'number' || Number.isFinite(item));
}
