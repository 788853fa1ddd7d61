import { viewOf } from '../../core/row';
import type { RowView } from '../../core/row';

/** The row view of `PageReader`: the rowid stays in two halves until somebody asks for it. */
export class PageRow implements RowView {
  bytes: Buffer;
  view: DataView;
  readonly serials: Float64Array;
  readonly starts: Float64Array;
  /** Upper half of the rowid, signed, and lower half, unsigned. */
  rowidHigh = 0;
  rowidLow = 0;

  constructor(bytes: Buffer, columns: number) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.serials = new Float64Array(columns);
    this.starts = new Float64Array(columns);
  }

  get rowid(): bigint {
    return joinHalves(this.rowidHigh, this.rowidLow);
  }
}

export function joinHalves(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Reads the rowid whose variable-length integer begins at `at` into the row, and returns the offset behind it. */
export function readRowid(bytes: Buffer, at: number, row: PageRow): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i]!;
    high = (high << 7) | (low >>> 25);
    low = (low << 7) | (byte & 127);
    if (byte < 128) {
      row.rowidHigh = high;
      row.rowidLow = low >>> 0;
      return at + i + 1;
    }
  }
  row.rowidHigh = (high << 8) | (low >>> 24);
  row.rowidLow = ((low << 8) | bytes[at + 8]!) >>> 0;
  return at + 9;
}
