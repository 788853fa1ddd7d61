import type { ColumnMapping, TypeName } from './mapping';

/** PostgreSQL’s MaxHeapTupleSize for its pages of 8 KiB: a row that does not fit even with its long values moved out is refused. */
const MAX_TUPLE = 8160;
const HEADER = 23;
/** What is left in the row of a value that was moved out. */
const POINTER = 18;
/** Values up to this size stay in the row: the pointer would take as much (MAXALIGN of it). */
const STAYS = 24;

/** Size and alignment of the types that have one of their own. */
const FIXED: Partial<Record<TypeName, readonly [size: number, alignment: number]>> = {
  bigint: [8, 8],
  integer: [4, 4],
  smallint: [2, 2],
  'double precision': [8, 8],
  boolean: [1, 1],
  date: [4, 4],
  timestamp: [8, 8],
  timestamptz: [8, 8],
  uuid: [16, 1],
};

/** Whether rows of these columns can be too big for PostgreSQL at all. */
export function canBeTooBig(columns: readonly ColumnMapping[]): boolean {
  const most = columns.reduce((sum, { type }) => sum + Math.max(STAYS, FIXED[type.name]?.[0] ?? 0), 0);
  return HEADER + columns.length + most > MAX_TUPLE;
}

/**
 * Whether PostgreSQL refuses a row as too big, by the least room that it can take: long values moved out of it (TOAST) and none
 * compressed to less than that. A row of hundreds of texts that compress well may fit all the same.
 *
 * @param tuple of a binary COPY: the number of fields, then the length (−1 for NULL) and the bytes of each
 */
export function isTooBig(columns: readonly ColumnMapping[], tuple: Buffer): boolean {
  let at = 2;
  let size = 0;
  let nulls = false;
  for (const { type } of columns) {
    const length = tuple.readInt32BE(at);
    at += 4 + Math.max(0, length);
    if (length < 0) {
      nulls = true;
      continue;
    }
    const [bytes, alignment] = FIXED[type.name] ?? [length + 1 <= STAYS ? length + 1 : POINTER, 1];
    size = Math.ceil(size / alignment) * alignment + bytes;
  }
  const header = align8(HEADER + (nulls ? Math.ceil(columns.length / 8) : 0));
  return align8(header + size) > MAX_TUPLE;
}

function align8(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
