import type { ColumnMapping } from '../mapping';
import { isoDay, isoInstant, isoTimestamp, julianDay, unixMilliseconds } from './calendar';
import { decimalOfDouble, fitsNumeric, plainDecimal } from './decimal';
import { canonicalJson } from './json';
import { doubleBits, hasLoneSurrogate, InvalidText, unholdable } from './meaning';
import type { Meaning, SourceValue } from './meaning';

/** What a value of the snapshot means in its column's target type; a value the type cannot hold means nothing the target could. */
export function meaningOfSource(value: SourceValue, column: ColumnMapping): Meaning {
  return sourceMeaning(column)(value);
}

/** The same with the column's type looked at once, for use on every row. */
export function sourceMeaning(column: ColumnMapping): (value: SourceValue) => Meaning {
  const read = reader(column);
  return (value) => (value === null ? null : (read(value) ?? unholdable(value)));
}

/** Meaning of a value that is not NULL, or `undefined` when the type cannot hold it. */
type Read = (value: Exclude<SourceValue, null>) => string | undefined;

function reader(column: ColumnMapping): Read {
  const { type, format, affinity } = column;
  switch (type.name) {
    case 'bigint':
      return (value) => (typeof value === 'bigint' ? String(value) : undefined);
    case 'integer':
      return integerWithin(-(2n ** 31n), 2n ** 31n - 1n);
    case 'smallint':
      return integerWithin(-(2n ** 15n), 2n ** 15n - 1n);
    case 'double precision':
      return asDouble;
    case 'numeric':
      return asNumeric(type.precision, type.scale ?? 0);
    case 'boolean':
      return asBoolean;
    case 'text':
    case 'varchar':
      return asText(affinity === 'text' || affinity === 'blob', type.length);
    case 'bytea':
      return (value) => (Buffer.isBuffer(value) ? value.toString('hex') : undefined);
    case 'date':
      return (value) => (typeof value === 'string' ? isoDay(value) : undefined);
    case 'timestamp':
      return asTime(format ?? 'iso', isoTimestamp, '');
    case 'timestamptz':
      return asTime(format ?? 'iso', isoInstant, '+00');
    case 'uuid':
      return asUuid;
    case 'json':
      return (value) => (typeof value === 'string' ? value : undefined);
    case 'jsonb':
      return format === 'tagged' ? asTagged : (value) => (typeof value === 'string' ? canonicalJson(value) : undefined);
  }
}

function integerWithin(least: bigint, most: bigint): Read {
  return (value) => (typeof value === 'bigint' && value >= least && value <= most ? String(value) : undefined);
}

const asDouble: Read = (value) => {
  if (typeof value === 'number') return doubleBits(value);
  if (typeof value !== 'bigint') return undefined;
  const nearest = Number(value);
  return BigInt(nearest) === value ? doubleBits(nearest) : undefined;
};

function asNumeric(precision: number | undefined, scale: number): Read {
  return (value) => {
    let decimal: string | undefined;
    if (typeof value === 'bigint') decimal = String(value);
    else if (typeof value === 'number') decimal = Number.isFinite(value) ? decimalOfDouble(value) : undefined;
    else if (typeof value === 'string') decimal = plainDecimal(value);
    if (decimal === undefined || precision === undefined) return decimal;
    return fitsNumeric(decimal, precision, scale) ? decimal : undefined;
  };
}

const BOOLEANS: Readonly<Record<string, string>> = {
  true: 't',
  t: 't',
  yes: 't',
  y: 't',
  on: 't',
  1: 't',
  false: 'f',
  f: 'f',
  no: 'f',
  n: 'f',
  off: 'f',
  0: 'f',
};

const asBoolean: Read = (value) => {
  if (typeof value === 'bigint') return value === 0n ? 'f' : value === 1n ? 't' : undefined;
  if (typeof value !== 'string') return undefined;
  const word = value.toLowerCase();
  return Object.hasOwn(BOOLEANS, word) ? BOOLEANS[word] : undefined;
};

/** `textOnly`: SQLite would have made text of a number in this column, or keeps numbers apart from text in it. */
function asText(textOnly: boolean, length: number | undefined): Read {
  return (value) => {
    let text: string;
    if (typeof value === 'string') text = value;
    else if (textOnly) return undefined;
    else if (typeof value === 'bigint') text = String(value);
    else if (typeof value === 'number') text = realText(value);
    else return undefined;
    return length === undefined || text.length <= length || codePoints(text) <= length ? text : undefined;
  };
}

/** Shortest decimal of a double, in a form that no integer has. */
function realText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function asTime(format: string, iso: (text: string) => string | undefined, zone: string): Read {
  const withZone = (text: string | undefined) => (text === undefined ? undefined : text + zone);
  switch (format) {
    case 'unix-seconds':
      return (value) => (typeof value === 'bigint' ? withZone(unixMilliseconds(value * 1000n)) : undefined);
    case 'unix-milliseconds':
      return (value) => (typeof value === 'bigint' ? withZone(unixMilliseconds(value)) : undefined);
    case 'julian-day':
      return (value) => (typeof value === 'number' ? withZone(julianDay(value)) : undefined);
    default:
      return (value) => (typeof value === 'string' ? iso(value) : undefined);
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const asUuid: Read = (value) => {
  if (typeof value === 'string') return UUID.test(value) ? value.toLowerCase() : undefined;
  if (!Buffer.isBuffer(value) || value.length !== 16) return undefined;
  return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

/** Storage class, then value: see `meaningOfTarget` for the way back from jsonb. */
const asTagged: Read = (value) => {
  if (typeof value === 'bigint') return `i${value}`;
  if (typeof value === 'number') return `r${doubleBits(value)}`;
  if (value instanceof InvalidText) return `x${value.bytes.toString('hex')}`;
  if (typeof value !== 'string') return `b${value.toString('hex')}`;
  return value.includes('\0') || hasLoneSurrogate(value) ? `x${Buffer.from(value).toString('hex')}` : `t${value}`;
};
