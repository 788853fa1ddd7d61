import { viewOf } from '../../core/row';
import type { RowView } from '../../core/row';
import type { InvalidText } from '../../core/meaning/meaning';
import { affinityOf } from '../../core/source';
import type { SourceColumn, SourceTable } from '../../core/source';

/** A cell given by its serial type, where a test is about one that SQLite would not choose itself. */
export interface RawCell {
  serial: number;
  bytes: Buffer;
}

/** A cell as JavaScript has it: a number is a real, a bigint an integer; `rawText` and InvalidText are text of any bytes. */
export type Cell = null | bigint | number | string | Buffer | InvalidText | { rawText: Buffer } | RawCell;

/** A row view of these cells, as a reader would fill it. */
export function makeRow(cells: readonly Cell[], rowid?: bigint): RowView {
  const serials = new Float64Array(cells.length);
  const starts = new Float64Array(cells.length);
  // Not at the beginning, as in a page.
  const parts: Buffer[] = [Buffer.from('page')];
  let at = 4;
  cells.forEach((cell, i) => {
    const { serial, bytes } = encode(cell);
    serials[i] = serial;
    starts[i] = at;
    // Who reads past a cell meets something that looks like a continuation of it.
    parts.push(bytes, Buffer.from('T'));
    at += bytes.length + 1;
  });
  const bytes = Buffer.concat(parts);
  return { bytes, view: viewOf(bytes), serials, starts, rowid };
}

function encode(cell: Cell): { serial: number; bytes: Buffer } {
  if (cell === null) return { serial: 0, bytes: Buffer.alloc(0) };
  if (typeof cell === 'bigint') return encodeInteger(cell);
  if (typeof cell === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(cell);
    return { serial: 7, bytes };
  }
  if (Buffer.isBuffer(cell)) return { serial: 12 + 2 * cell.length, bytes: cell };
  if (typeof cell === 'object' && 'serial' in cell) return cell;
  const bytes = typeof cell === 'string' ? Buffer.from(cell) : 'rawText' in cell ? cell.rawText : cell.bytes;
  return { serial: 13 + 2 * bytes.length, bytes };
}

/** In as few bytes as SQLite would use. */
function encodeInteger(value: bigint): RawCell {
  if (value === 0n || value === 1n) return { serial: 8 + Number(value), bytes: Buffer.alloc(0) };
  return integerCell(
    value,
    INTEGER_SIZES.find((size) => BigInt.asIntN(size * 8, value) === value)!,
  );
}

const INTEGER_SIZES = [1, 2, 3, 4, 6, 8];

/** An integer in a record of `size` bytes. */
export function integerCell(value: bigint, size: number): RawCell {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return { serial: INTEGER_SIZES.indexOf(size) + 1, bytes: bytes.subarray(8 - size) };
}

export function makeColumn(name: string, declared: string, more: Partial<SourceColumn> = {}): SourceColumn {
  return { name, declared, affinity: affinityOf(declared), notNull: false, ...more };
}

/** A table of columns given as `name: declared type`. */
export function makeTable(
  name: string,
  columns: Readonly<Record<string, string>> | SourceColumn[],
  more: Partial<SourceTable> = {},
): SourceTable {
  return {
    name,
    kind: 'rowid',
    strict: false,
    sql: '',
    rootPage: 2,
    columns: Array.isArray(columns)
      ? columns
      : Object.entries(columns).map(([column, declared]) => makeColumn(column, declared)),
    primaryKey: [],
    autoincrement: false,
    foreignKeys: [],
    indexes: [],
    ...more,
  };
}
