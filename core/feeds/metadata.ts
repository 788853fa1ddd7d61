import { RowRefused } from './cells';
import type { Property, VectorEntry } from './entry';
import type { Value } from './value';
import { textOf } from './value';

/** What Pinecone holds, by its "Database limits" page. */
export const PINECONE = {
  /** Characters of an id and of a namespace. */
  idLength: 512,
  /** Of one record's metadata as JSON. */
  metadataBytes: 40 * 1024,
  dimension: 20_000,
} as const;

/**
 * Values as Pinecone's metadata holds them: texts, numbers, true and false, lists of texts. Times become ISO text. Its numbers are doubles: an integer
 * or decimal that a double does not give back digit by digit is kept as its digits, in a text. Bytes, NaN and Infinity are refused, and so is a
 * list of anything but texts.
 */
export function metadataOf(fields: Readonly<Record<string, Property>>): VectorEntry['metadata'] {
  // By entries: a field may be called __proto__.
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (name.startsWith('$')) throw new RowRefused('not a value that its store holds');
      const held = Array.isArray(value) ? listOf(value) : scalarOf(value);
      return held === null ? [] : [[name, held]];
    }),
  );
}

export function metadataBytes(metadata: VectorEntry['metadata']): number {
  return Buffer.byteLength(JSON.stringify(metadata));
}

function scalarOf(value: Value): string | number | boolean | null {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return BigInt(Number(value)) === value ? Number(value) : String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RowRefused('not a value that its store holds');
    return value;
  }
  if (value instanceof Uint8Array) throw new RowRefused('not a value that its store holds');
  if (value.type === 'numeric') {
    const plain = value.text.includes('.') ? value.text.replace(/\.?0+$/, '') : value.text;
    return String(Number(plain)) === plain ? Number(plain) : value.text;
  }
  return textOf(value)!;
}

function listOf(items: readonly Value[]): string[] {
  return items.map((item) => {
    if (typeof item !== 'string') throw new RowRefused('not a value that its store holds');
    return item;
  });
}
