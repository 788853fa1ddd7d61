import type { ColumnMapping } from '../../core/mapping';
import { decimal } from './decimal';
import { meaningOfJson } from './judge-json';

/**
 * What a cell means, told on both sides by code of this folder alone: nothing of core/codecs or core/meaning has a part in it, so
 * that it can judge both. The rules are those of docs/type-mapping.md, written a second time.
 */

/** A cell of a source as SQLite says it is: text by its bytes. */
export type Cell = null | bigint | number | Buffer | { text: Buffer };

/** Stands for a cell that the type cannot hold. */
export const UNHOLDABLE = 'unholdable';

type Column = Pick<ColumnMapping, 'type' | 'format' | 'affinity'>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, or undefined where PostgreSQL has none like it. */
function plain({ text }: { text: Buffer }): string | undefined {
  if (text.includes(0)) return undefined;
  try {
    return utf8.decode(text);
  } catch {
    return undefined;
  }
}

function isText(cell: Cell): cell is { text: Buffer } {
  return cell !== null && typeof cell === 'object' && !Buffer.isBuffer(cell);
}

/** The meaning of a source cell in a column of this type, or UNHOLDABLE. */
export function meaningInSource(cell: Cell, column: Column): string {
  if (cell === null) return 'NULL';
  const { type, format, affinity } = column;
  const text = isText(cell) ? plain(cell) : undefined;
  switch (type.name) {
    case 'bigint':
      return whole(cell, 63);
    case 'integer':
      return whole(cell, 31);
    case 'smallint':
      return whole(cell, 15);
    case 'double precision': {
      if (typeof cell === 'number') return bits(cell);
      return typeof cell === 'bigint' && BigInt(Number(cell)) === cell ? bits(Number(cell)) : UNHOLDABLE;
    }
    case 'numeric':
      return number(cell, text, type.precision, type.scale ?? 0);
    case 'boolean': {
      if (cell === 0n || cell === 1n) return String(cell === 1n);
      if (text === undefined || !/^[a-z01]+$/i.test(text)) return UNHOLDABLE;
      if (['true', 't', 'yes', 'y', 'on', '1'].includes(text.toLowerCase())) return 'true';
      return ['false', 'f', 'no', 'n', 'off', '0'].includes(text.toLowerCase()) ? 'false' : UNHOLDABLE;
    }
    case 'text':
    case 'varchar': {
      let said = text;
      if (affinity !== 'text' && affinity !== 'blob') {
        if (typeof cell === 'bigint') said = cell.toString();
        if (typeof cell === 'number') said = realAsText(cell);
      }
      if (said === undefined) return UNHOLDABLE;
      return [...said].length > (type.length ?? Infinity) ? UNHOLDABLE : `“${said}”`;
    }
    case 'bytea':
      return Buffer.isBuffer(cell) ? cell.toString('hex') : UNHOLDABLE;
    case 'uuid': {
      if (Buffer.isBuffer(cell)) return cell.length === 16 ? cell.toString('hex') : UNHOLDABLE;
      const isOne = text !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
      return isOne ? text.replaceAll('-', '').toLowerCase() : UNHOLDABLE;
    }
    case 'date':
      return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && microseconds(text) !== undefined
        ? text
        : UNHOLDABLE;
    case 'timestamp':
    case 'timestamptz':
      return moment(cell, text, type.name === 'timestamptz', format);
    case 'json':
      return text !== undefined && meaningOfJson(text) !== undefined ? `“${text}”` : UNHOLDABLE;
    case 'jsonb':
      if (format === 'tagged') return tagged(cell);
      return (text === undefined ? undefined : meaningOfJson(text, true)) ?? UNHOLDABLE;
  }
}

/** The meaning of what PostgreSQL prints, cast to text. */
export function meaningInTarget(printed: string | null, column: Column): string {
  if (printed === null) return 'NULL';
  const { type, format } = column;
  switch (type.name) {
    case 'bigint':
    case 'integer':
    case 'smallint':
    case 'boolean':
    case 'date':
      return printed;
    case 'double precision':
      return bits(Number(printed));
    case 'numeric':
      return decimal(printed);
    case 'text':
    case 'varchar':
    case 'json':
      return `“${printed}”`;
    case 'bytea':
      return printed.replace(/^\\x/, '');
    case 'uuid':
      return printed.replaceAll('-', '');
    case 'timestamp':
    case 'timestamptz': {
      // 10000-01-01 and 0001-12-31 BC: where an offset moves an instant out of the years that a source can say.
      const [, year, rest, zone, bc] = /^(\d+)(-[^+]*?)(\+00)?( BC)?$/.exec(printed)!;
      const shifted = bc === undefined ? Number(year) : 1 - Number(year);
      const at = microseconds(`${String((((shifted % 400) + 400) % 400) + 2000)}${rest}`)!;
      const eras = BigInt(Math.floor(shifted / 400) - 5) * 146_097n * 86_400_000_000n;
      return `${zone === undefined ? 'local' : 'UTC'} ${at + eras}`;
    }
    case 'jsonb':
      return format === 'tagged' ? untagged(printed) : meaningOfJson(printed, true)!;
  }
}

function whole(cell: Cell, size: number): string {
  return typeof cell === 'bigint' && cell >= -(1n << BigInt(size)) && cell < 1n << BigInt(size)
    ? cell.toString()
    : UNHOLDABLE;
}

function bits(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

function number(cell: Cell, text: string | undefined, precision: number | undefined, scale: number): string {
  let said: string | undefined;
  if (typeof cell === 'bigint') said = cell.toString();
  else if (typeof cell === 'number') said = Number.isFinite(cell) ? String(cell) : undefined;
  else if (text !== undefined && /^-?\d+(\.\d+)?$/.test(text)) said = text;
  if (said === undefined) return UNHOLDABLE;
  const found = decimal(said);
  if (precision === undefined || found === '0') return found;
  const [, digits, power] = /^-?(\d+)e(-?\d+)$/.exec(found)!;
  const decimals = Math.max(0, -Number(power));
  const before = digits!.length + Number(power);
  return decimals <= scale && before <= precision - scale ? found : UNHOLDABLE;
}

function realAsText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.eI]/.test(text) ? text : `${text}.0`;
}

/** Microseconds since 1970 of a date with or without a time of day; undefined where there is no such moment. */
function microseconds(text: string): bigint | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?$/.exec(text);
  if (parts === null) return undefined;
  const [y, mo, d, h, mi, s] = [1, 2, 3, 4, 5, 6].map((i) => Number(parts[i] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const day = new Date(0);
  day.setUTCFullYear(y, mo - 1, d);
  const isDay = y > 0 && day.getUTCFullYear() === y && day.getUTCMonth() === mo - 1 && day.getUTCDate() === d;
  if (!isDay || h > 23 || mi > 59 || s > 59) return undefined;
  const seconds = BigInt(day.getTime() / 1000) + BigInt(h * 3600 + mi * 60 + s);
  return seconds * 1_000_000n + BigInt((parts[7] ?? '').padEnd(6, '0'));
}

const FIRST = microseconds('0001-01-01')!;
const LAST = microseconds('9999-12-31 23:59:59.999999')!;

function moment(cell: Cell, text: string | undefined, zoned: boolean, format: Column['format']): string {
  const kind = zoned ? 'UTC' : 'local';
  if (format === 'unix-seconds' || format === 'unix-milliseconds') {
    if (typeof cell !== 'bigint') return UNHOLDABLE;
    const at = cell * (format === 'unix-seconds' ? 1_000_000n : 1000n);
    return at >= FIRST && at <= LAST ? `${kind} ${at}` : UNHOLDABLE;
  }
  if (text === undefined) return UNHOLDABLE;
  const zone = /(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!zoned) {
    const at = microseconds(text);
    return at === undefined ? UNHOLDABLE : `local ${at}`;
  }
  // Without a time, `-12:30` would be the end of a date.
  if (zone === null) return UNHOLDABLE;
  const at = microseconds(text.slice(0, zone.index));
  if (at === undefined) return UNHOLDABLE;
  if (zone[0] === 'Z') return `UTC ${at}`;
  const [hours, minutes] = [Number(zone[0].slice(1, 3)), Number(zone[0].slice(4))];
  if (hours > 15 || minutes > 59) return UNHOLDABLE;
  const offset = BigInt(hours * 60 + minutes) * 60_000_000n;
  return `UTC ${zone[0].startsWith('-') ? at + offset : at - offset}`;
}

/** Any cell with its storage class. */
function tagged(cell: Cell): string {
  if (typeof cell === 'bigint') return `integer ${cell}`;
  if (typeof cell === 'number') return `real ${bits(cell)}`;
  return Buffer.isBuffer(cell)
    ? `blob ${cell.toString('hex')}`
    : `text ${(cell as { text: Buffer }).text.toString('hex')}`;
}

function untagged(printed: string): string {
  if (printed.startsWith('"')) return tagged({ text: Buffer.from(JSON.parse(printed) as string) });
  if (printed.startsWith('{')) {
    const [[tag, value]] = Object.entries(JSON.parse(printed) as Record<string, string>) as [[string, string]];
    if (tag === '$real') return tagged(Number(value));
    return tagged(tag === '$blob' ? Buffer.from(value, 'hex') : { text: Buffer.from(value, 'hex') });
  }
  const isInteger = /^-?\d+$/.test(printed) && BigInt.asIntN(64, BigInt(printed)) === BigInt(printed);
  return tagged(isInteger ? BigInt(printed) : Number(printed));
}
