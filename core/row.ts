/**
 * One row of a source, as bytes: the record format of SQLite itself (sqlite.org/fileformat2.html §2.1).
 *
 * Readers fill it, the census and the codecs look at it, and nobody makes a JavaScript value of a cell unless it has
 * to: that keeps 64-bit integers, invalid UTF-8, NUL bytes and every bit of a double as they are in the file.
 */

/** SQLite's storage classes, as `typeof()` names them. */
export type StorageClass = 'null' | 'integer' | 'real' | 'text' | 'blob';

/**
 * A view of the reader's current row. It is valid only until the reader moves on: copy what you keep.
 *
 * A cell is its serial type and the offset of its first byte in `bytes`:
 * 0 NULL · 1–6 big-endian two's complement integer of 1, 2, 3, 4, 6 or 8 bytes · 7 big-endian IEEE double ·
 * 8 the integer 0 · 9 the integer 1 (both without bytes) · even ≥ 12 BLOB of (n − 12) / 2 bytes ·
 * 10 a cell that a plan computes, and that cannot be computed in this row (SQLite keeps the number for itself and stores none such) ·
 * odd ≥ 13 text of (n − 13) / 2 bytes, in UTF-8 whatever the file's encoding is (bytes may be invalid, NUL included).
 *
 * Readers have already put the rowid into an INTEGER PRIMARY KEY column, the default into a column that was added
 * after the row was written, and a double into a REAL column whose integral value SQLite stored as an integer.
 */
export interface RowView {
  /** Holds every cell of the row. Not the same Buffer from row to row. */
  bytes: Buffer;
  /** Of `bytes`. */
  view: DataView;
  /** Serial type of each column, in the order the reader was asked for. */
  readonly serials: Float64Array;
  /** Offset in `bytes` of each column's first byte. */
  readonly starts: Float64Array;
  /**
   * Key of the row where the table has rowids; undefined for WITHOUT ROWID and virtual tables, and where columns hide every
   * name of the rowid. Made when it is asked for: a bigint for each row would cost more than decoding the row.
   */
  readonly rowid: bigint | undefined;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0];

/** Serial type of a computed cell whose expression fails in the row. It has no bytes, and the storage class of NULL. */
export const NOT_COMPUTABLE = 10;

/** Length in bytes of a cell of this serial type. */
export function serialLength(serial: number): number {
  return serial >= 12 ? (serial - 12) >>> 1 : INTEGER_BYTES[serial]!;
}

/** Storage class of a cell of this serial type. */
export function storageClassOf(serial: number): StorageClass {
  if (serial >= 12) return serial % 2 === 0 ? 'blob' : 'text';
  if (serial === 0 || serial === NOT_COMPUTABLE) return 'null';
  return serial === 7 ? 'real' : 'integer';
}

/** The exact value of an integer cell. */
export function integerAt(row: RowView, column: number): bigint {
  const serial = row.serials[column]!;
  if (serial >= 8) return BigInt(serial - 8);
  const start = row.starts[column]!;
  if (serial === 6) return row.bytes.readBigInt64BE(start);
  return BigInt(row.bytes.readIntBE(start, INTEGER_BYTES[serial]!));
}

/** The value of a real cell. */
export function realAt(row: RowView, column: number): number {
  return row.bytes.readDoubleBE(row.starts[column]!);
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** A row of one cell. */
export function rowOfOne(serial: number, bytes: Buffer): RowView {
  const view = viewOf(bytes);
  return { bytes, view, serials: Float64Array.of(serial), starts: Float64Array.of(0), rowid: undefined };
}

/** The bytes of a text or blob cell; a view, not a copy. */
export function bytesAt(row: RowView, column: number): Buffer {
  const start = row.starts[column]!;
  return row.bytes.subarray(start, start + serialLength(row.serials[column]!));
}

/** The text of a text cell; invalid UTF-8 becomes U+FFFD, so check with `isUtf8` first where it matters. */
export function textAt(row: RowView, column: number): string {
  const start = row.starts[column]!;
  return row.bytes.toString('utf8', start, start + serialLength(row.serials[column]!));
}
