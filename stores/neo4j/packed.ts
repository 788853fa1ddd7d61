import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import neo4j from 'neo4j-driver';
import { RowHash } from '../../core/digest';
import { SqliftError } from '../../core/errors';
import type { Stored } from './values';

/** Properties as they were, of whatever types others have given them: what the ledger keeps, and what tells that they have changed since. */

const TYPES = neo4j.types as unknown as Record<string, new (...fields: never[]) => object>;
/** Types of the driver that are objects, with their fields in the order of their constructors. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Date: ['year', 'month', 'day'],
  Time: ['hour', 'minute', 'second', 'nanosecond', 'timeZoneOffsetSeconds'],
  LocalTime: ['hour', 'minute', 'second', 'nanosecond'],
  LocalDateTime: ['year', 'month', 'day', 'hour', 'minute', 'second', 'nanosecond'],
  DateTime: ['year', 'month', 'day', 'hour', 'minute', 'second', 'nanosecond', 'timeZoneOffsetSeconds', 'timeZoneId'],
  Duration: ['months', 'days', 'seconds', 'nanoseconds'],
  Point: ['srid', 'x', 'y', 'z'],
};
const NAMES = Object.keys(FIELDS).map((name) => [TYPES[name]!, name] as const);

interface Packed {
  type: string;
  fields: unknown[];
}

/** A property as V8 can serialize it. */
function pack(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || value instanceof Int8Array) return value;
  if (Array.isArray(value)) return value.map(pack);
  const name = NAMES.find(([type]) => value instanceof type)?.[1];
  if (name === undefined)
    throw new SqliftError('TargetMismatch', 'a property in Neo4j is of a type that could not be restored');
  return {
    type: name,
    fields: FIELDS[name]!.map((field) => (value as Record<string, unknown>)[field]),
  } satisfies Packed;
}

function unpack(value: unknown): Stored {
  if (value === null || typeof value !== 'object' || value instanceof Int8Array) return value as Stored;
  if (ArrayBuffer.isView(value)) return new Int8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(unpack);
  const { type, fields } = value as Packed;
  return new TYPES[type]!(...(fields as never[]));
}

export type Properties = Record<string, Stored>;

export const packProperties = (properties: Properties): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, pack(value)]));
export const unpackProperties = (packed: Record<string, unknown>): Properties =>
  Object.fromEntries(Object.entries(packed).map(([name, value]) => [name, unpack(value)]));
export const packKey = (key: readonly Stored[]): unknown[] => key.map(pack);
export const unpackKey = (key: readonly unknown[]): Stored[] => key.map(unpack);

export function toImage(value: unknown): Buffer {
  return deflateRawSync(serialize(value), { level: 1 });
}

export function fromImage(image: Buffer): unknown {
  return deserialize(inflateRawSync(image));
}

const hash = new RowHash();

/** Digest of properties as Neo4j gives them, 16 hex digits; of those that `counts` names, or all. NULL is not there. */
export function propertiesDigest(properties: Properties, counts: (name: string) => boolean = () => true): string {
  const cells: string[] = [];
  for (const name of Object.keys(properties).sort()) {
    const value = properties[name];
    if (value === null || value === undefined || !counts(name)) continue;
    cells.push(name, canonical(value));
  }
  hash.of(cells);
  return (hash.high >>> 0).toString(16).padStart(8, '0') + (hash.low >>> 0).toString(16).padStart(8, '0');
}

function canonical(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `i${value}`;
    case 'number':
      return Object.is(value, -0) ? 'r-0' : `r${value}`;
    case 'string':
      return `t${value}`;
    case 'boolean':
      return `o${value}`;
  }
  if (value instanceof Int8Array)
    return `b${Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex')}`;
  if (Array.isArray(value))
    return `[${value.map((item) => `${canonical(item).replaceAll(/[\\,]/g, '\\$&')}`).join(',')}`;
  const { type, fields } = pack(value) as Packed;
  return `${type} ${fields.map((field) => (field === undefined || field === null ? '' : canonical(field))).join(' ')}`;
}
