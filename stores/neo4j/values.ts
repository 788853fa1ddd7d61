import neo4j from 'neo4j-driver';
import type { Property } from '../../core/feeds/entry';
import { textOf } from '../../core/feeds/value';
import type { Value } from '../../core/feeds/value';

/** What Neo4j's driver sends as a property. */
export type Stored = boolean | bigint | number | string | Int8Array | object | null;

const SECOND = 1_000_000n;
const DAY = 86_400n * SECOND;

/** A property on its way to Neo4j. Decimals and JSON documents, which Neo4j has no types for, go as their text. */
export function stored(value: Property): Stored {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(stored);
  if (value instanceof Uint8Array) return new Int8Array(value.buffer, value.byteOffset, value.length);
  return value.type === 'numeric' || value.type === 'json' ? textOf(value)! : temporal(value);
}

export function storedKey(key: readonly Value[]): Stored[] {
  return key.map(stored);
}

export function storedProperties(properties: Readonly<Record<string, Property>>): Record<string, Stored> {
  const all: Record<string, Stored> = {};
  for (const name in properties) all[name] = stored(properties[name]!);
  return all;
}

type Time = Extract<Value, { type: 'date' | 'timestamp' | 'timestamptz' }>;

function temporal(value: Time): Stored {
  const micros = value.type === 'date' ? BigInt(value.days) * DAY : value.micros;
  const inDay = ((micros % DAY) + DAY) % DAY;
  const [year, month, day] = civil((micros - inDay) / DAY);
  if (value.type === 'date') return new neo4j.types.Date(year, month, day);
  const seconds = inDay / SECOND;
  const clock = [seconds / 3_600n, (seconds / 60n) % 60n, seconds % 60n, (inDay % SECOND) * 1_000n] as const;
  return value.type === 'timestamp'
    ? new neo4j.types.LocalDateTime(year, month, day, ...clock)
    : new neo4j.types.DateTime(year, month, day, ...clock, 0n, undefined);
}

/** Year, month and day of a count of days since 1970, in the proleptic Gregorian calendar. */
function civil(days: bigint): [bigint, bigint, bigint] {
  const at = new Date(Number(days) * 86_400_000);
  return [BigInt(at.getUTCFullYear()), BigInt(at.getUTCMonth() + 1), BigInt(at.getUTCDate())];
}
