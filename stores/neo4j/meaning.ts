import { parse } from 'lossless-json';
import neo4j from 'neo4j-driver';
import type { FeedColumn } from '../../core/feeds/feed';
import type { ColumnMapping, TypeName } from '../../core/mapping';
import { doubleBits, InvalidText } from '../../core/meaning/meaning';
import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import { sourceMeaning } from '../../core/meaning/source';
import { targetMeaning } from '../../core/meaning/target';

/**
 * What a cell of the source, and what a property of Neo4j, mean: equal meaning ⇔ equal strings. Shares nothing with what writes.
 */
export interface PropertyMeaning {
  ofSource: (value: SourceValue) => Meaning;
  ofFound: (value: unknown) => Meaning;
  /** A key's value to look for, by what it means. */
  toFind: (meaning: string) => unknown;
}

export function propertyMeaning(column: FeedColumn, list: boolean): PropertyMeaning {
  const single = column.type === undefined ? BY_CLASS : byType(column as ColumnMapping);
  return list ? { ...single, ...listOf(single) } : single;
}

/** A property that is not what its column's type makes is like nothing in the source. */
const other = (value: unknown): string => `\0found ${typeof value}:${print(value)}`;

function byType(column: ColumnMapping): PropertyMeaning {
  const { name } = column.type;
  const meaning = targetMeaning(column);
  return {
    ofSource: sourceMeaning(column),
    ofFound(value) {
      if (value === null || value === undefined) return null;
      const text = PRINT[name](value);
      return text === undefined ? other(value) : meaning(text);
    },
    toFind: (text) => FIND[name](text),
  };
}

const ifBigint = (value: unknown) => (typeof value === 'bigint' ? String(value) : undefined);
const ifText = (value: unknown) => (typeof value === 'string' ? value : undefined);
const { Date: Day, LocalDateTime, DateTime } = neo4j.types;

/** The property as PostgreSQL would print a cell of the type; undefined when it is of another type. */
const PRINT: Readonly<Record<TypeName, (value: unknown) => string | undefined>> = {
  bigint: ifBigint,
  integer: ifBigint,
  smallint: ifBigint,
  'double precision': (value) =>
    typeof value === 'number' ? (Object.is(value, -0) ? '-0' : String(value)) : undefined,
  boolean: (value) => (typeof value === 'boolean' ? (value ? 't' : 'f') : undefined),
  text: ifText,
  varchar: ifText,
  uuid: ifText,
  json: ifText,
  jsonb: ifText,
  numeric: ifText,
  bytea: (value) => (value instanceof Int8Array ? `\\x${hexOf(value)}` : undefined),
  date: (value) => (value instanceof Day ? value.toString() : undefined),
  timestamp: (value) => (value instanceof LocalDateTime ? printed(value.toString()) : undefined),
  timestamptz(value) {
    if (!(value instanceof DateTime)) return undefined;
    const text = value.toString();
    return text.endsWith('Z') ? printed(text.slice(0, -1), '+00') : undefined;
  },
};

/** ISO 8601 as PostgreSQL prints it: without zeros at the end, and with the year 0 as the first BC. */
function printed(iso: string, zone = ''): string {
  const [, year = '', rest = ''] = /^([+-]?\d+)(-.*)$/.exec(iso) ?? [];
  const isBc = Number(year) <= 0;
  const clock = rest
    .replace('T', ' ')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
  return `${String(isBc ? 1 - Number(year) : Number(year)).padStart(4, '0')}${clock}${zone}${isBc ? ' BC' : ''}`;
}

const asBigint = (text: string) => BigInt(text);
const asText = (text: string) => text;
const FIND: Readonly<Record<TypeName, (text: string) => unknown>> = {
  bigint: asBigint,
  integer: asBigint,
  smallint: asBigint,
  'double precision': fromBits,
  boolean: (text) => text === 't',
  text: asText,
  varchar: asText,
  uuid: asText,
  json: asText,
  jsonb: asText,
  numeric: asText,
  bytea: (text) => Int8Array.from(Buffer.from(text, 'hex')),
  date: (text) => new Day(...(numbers(text) as [bigint, bigint, bigint])),
  timestamp: (text) => new LocalDateTime(...clock(text)),
  timestamptz: (text) => new DateTime(...clock(text), 0n, undefined),
};

type Clock = [bigint, bigint, bigint, bigint, bigint, bigint, bigint];

function clock(text: string): Clock {
  const [whole, fraction = ''] = text.replace(/(\+00)?( BC)?$/, '').split('.');
  const [year, ...rest] = numbers(whole!);
  return [text.endsWith(' BC') ? 1n - year! : year, ...rest, BigInt(fraction.padEnd(9, '0'))] as Clock;
}

function numbers(text: string): bigint[] {
  return text.split(/[^0-9]+/).map(BigInt);
}

function fromBits(bits: string): number {
  return new Float64Array(Uint16Array.from(bits, (unit) => unit.charCodeAt(0)).buffer)[0]!;
}

/** A column without a type: each cell is what its storage class says. */
const BY_CLASS: PropertyMeaning = {
  ofSource(value) {
    if (value === null) return null;
    if (value instanceof InvalidText) return `\0invalid:${value.bytes.toString('hex')}`;
    if (typeof value === 'bigint') return `i${value}`;
    if (typeof value === 'number') return `r${doubleBits(value)}`;
    return typeof value === 'string' ? `t${value}` : `b${value.toString('hex')}`;
  },
  ofFound(value) {
    if (value === null || value === undefined) return null;
    if (typeof value === 'bigint') return `i${value}`;
    if (typeof value === 'number') return `r${doubleBits(value)}`;
    if (typeof value === 'string') return `t${value}`;
    return value instanceof Int8Array ? `b${hexOf(value)}` : other(value);
  },
  toFind(text) {
    const rest = text.slice(1);
    if (text.startsWith('i')) return BigInt(rest);
    if (text.startsWith('r')) return fromBits(rest);
    return text.startsWith('b') ? Int8Array.from(Buffer.from(rest, 'hex')) : rest;
  },
};

/** A list that stands in the source as a JSON array. In Neo4j its items are of one type: integers among doubles are doubles. */
function listOf({ ofSource }: PropertyMeaning): Pick<PropertyMeaning, 'ofSource' | 'ofFound'> {
  return {
    ofSource(value) {
      const text = ofSource(value);
      if (text === null) return null;
      const json = text.startsWith('t') ? text.slice(1) : text;
      const items = arrayOf(json);
      if (items === undefined) return other(json);
      const asDoubles = items.some((item) => typeof item === 'number' && !Number.isSafeInteger(item));
      const numberOf = (item: bigint | number) => (asDoubles ? Number(item) : BigInt(item));
      return listed(
        items.map((item) => (typeof item === 'number' || typeof item === 'bigint' ? numberOf(item) : item)),
      );
    },
    ofFound(value) {
      if (value === null || value === undefined) return null;
      if (value instanceof Int8Array) return listed([...value].map(BigInt));
      return Array.isArray(value) ? listed(value) : other(value);
    },
  };
}

function arrayOf(json: string): unknown[] | undefined {
  try {
    const items = parse(json, undefined, (digits) => (/[.eE]/.test(digits) ? Number(digits) : BigInt(digits)));
    return Array.isArray(items) ? items : undefined;
  } catch {
    return undefined;
  }
}

function listed(items: readonly unknown[]): string {
  return `[${items.map((item) => `${typeof item}:${String(item).length}:${Object.is(item, -0) ? '-0' : String(item)}`).join(',')}`;
}

function hexOf(bytes: Int8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** For people, and short. */
export function print(value: unknown): string {
  if (value instanceof InvalidText) return `invalid text ${value.bytes.toString('hex')}`.slice(0, 200);
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Int8Array) return hexOf(value.subarray(0, 100));
  if (Buffer.isBuffer(value)) return value.toString('hex', 0, 100);
  if (Array.isArray(value)) return `[${value.slice(0, 50).map(print).join(', ')}]`.slice(0, 200);
  return String(value as string).slice(0, 200);
}
