import { viewOf } from '../../core/row';
import type { RowView } from '../../core/row';

/** What better-sqlite3 gives with safe integers on, when text is asked for as bytes. */
export type DriverValue = null | bigint | number | Buffer;

/** A buffer above this size is given back with the next row. */
const KEPT_BYTES = 4 << 20;
const FIRST_BYTES = 64 << 10;

/** A row view whose cells are written from values. */
export class ScratchRow implements RowView {
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  view = viewOf(this.bytes);
  rowid: bigint | undefined;
  readonly serials: Float64Array;
  readonly starts: Float64Array;
  /** Bytes of the cells of the current row. */
  length = 0;

  constructor(columns: number) {
    this.serials = new Float64Array(columns);
    this.starts = new Float64Array(columns);
  }

  /**
   * Replaces the row. `isText(column)` tells which Buffers are text.
   * @param values one for each column; more are ignored
   */
  put(values: readonly DriverValue[], isText: (column: number) => boolean): void {
    const { serials, starts } = this;
    let length = 0;
    for (let i = 0; i < serials.length; i++) length += lengthOf(values[i]!);
    this.#makeRoom(length);
    let at = 0;
    for (let i = 0; i < serials.length; i++) {
      const value = values[i]!;
      starts[i] = at;
      serials[i] = write(this.bytes, at, value, Buffer.isBuffer(value) && isText(i));
      at += lengthOf(value);
    }
    this.length = length;
  }

  #makeRoom(bytes: number): void {
    const enough = this.bytes.length >= bytes;
    if (enough && (this.bytes.length <= KEPT_BYTES || bytes > KEPT_BYTES)) return;
    this.bytes = Buffer.allocUnsafeSlow(Math.max(bytes, FIRST_BYTES));
    this.view = viewOf(this.bytes);
  }
}

/** A single value as a cell. */
export function cellOf(value: DriverValue, isText: boolean): { serial: number; bytes: Buffer } {
  const bytes = Buffer.alloc(lengthOf(value));
  return { serial: write(bytes, 0, value, isText), bytes };
}

function lengthOf(value: DriverValue): number {
  if (value === null) return 0;
  return typeof value === 'object' ? value.length : 8;
}

/** @returns the serial type */
function write(bytes: Buffer, at: number, value: DriverValue, isText: boolean): number {
  if (value === null) return 0;
  if (typeof value === 'bigint') {
    bytes.writeBigInt64BE(value, at);
    return 6;
  }
  if (typeof value === 'number') {
    bytes.writeDoubleBE(value, at);
    return 7;
  }
  value.copy(bytes, at);
  return value.length * 2 + (isText ? 13 : 12);
}
