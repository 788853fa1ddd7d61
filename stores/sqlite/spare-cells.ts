import { SqliftError } from '../../core/errors';
import type { SourceTable } from '../../core/source';
import type { PageRow } from './page-row';

/** A value as a cell: its serial type and its bytes. */
export interface Cell {
  serial: number;
  bytes: Buffer;
}

/**
 * Completes rows with the cells that are not in the file as such: the rowid alias, integers of REAL columns as doubles, and
 * defaults of columns that were added after a row was written. Each column has its place at the same offset at the front of
 * every buffer that rows are read into, because all cells of a row must be in one buffer.
 */
export class SpareCells {
  /** Bytes at the front of a buffer that the places take. */
  readonly bytes: number;
  readonly #path: string;
  readonly #table: SourceTable;
  readonly #ask: (column: number, rowid: bigint) => Cell;
  /** Offset of each column's place. */
  readonly #offsets: Int32Array;
  readonly #room: Int32Array;
  /** The rowid alias, -1 when there is none. */
  readonly #alias: number;
  /** Columns of REAL affinity. */
  readonly #reals: Int32Array;
  readonly #defaults: (Cell | undefined)[];

  /** @param ask what SQLite says that a column with a default is in a row whose record does not reach to it */
  constructor(path: string, table: SourceTable, ask: (column: number, rowid: bigint) => Cell) {
    const { columns } = table;
    this.#path = path;
    this.#table = table;
    this.#ask = ask;
    this.#offsets = new Int32Array(columns.length);
    this.#room = new Int32Array(columns.length);
    this.#alias = columns.findIndex((column) => column.name === table.rowidAlias);
    this.#reals = Int32Array.from(columns.flatMap((column, index) => (column.affinity === 'real' ? [index] : [])));
    this.#defaults = columns.map(() => undefined);
    let offset = 0;
    for (const [index, column] of columns.entries()) {
      // ALTER TABLE takes constants only, and no constant is longer than its SQL text, except a number.
      this.#offsets[index] = offset;
      this.#room[index] = Math.max(8, Buffer.byteLength(column.default ?? ''));
      offset += this.#room[index]!;
    }
    this.bytes = offset;
  }

  /** @param found number of columns that the record of the row holds */
  complete(row: PageRow, found: number): void {
    const { serials, starts, bytes, view } = row;
    if (found < serials.length) this.#putDefaults(row, found);

    const alias = this.#alias;
    if (alias >= 0) {
      const at = this.#offsets[alias]!;
      view.setInt32(at, row.rowidHigh);
      view.setUint32(at + 4, row.rowidLow);
      serials[alias] = 6;
      starts[alias] = at;
    }

    const reals = this.#reals;
    for (let i = 0; i < reals.length; i++) {
      const column = reals[i]!;
      const serial = serials[column]!;
      if (serial === 7 || serial === 0 || serial > 9) continue;
      const at = this.#offsets[column]!;
      view.setFloat64(at, integerAsDouble(bytes, starts[column]!, serial));
      serials[column] = 7;
      starts[column] = at;
    }
  }

  #putDefaults({ serials, starts, bytes, rowid }: PageRow, found: number): void {
    for (let column = found; column < serials.length; column++) {
      const cell = (this.#defaults[column] ??= this.#defaultOf(column, rowid));
      const at = this.#offsets[column]!;
      // Always: the place may be that of a converted double, or in another buffer than last time.
      for (let i = 0; i < cell.bytes.length; i++) bytes[at + i] = cell.bytes[i]!;
      serials[column] = cell.serial;
      starts[column] = at;
    }
  }

  #defaultOf(column: number, rowid: bigint): Cell {
    const { name, default: sql } = this.#table.columns[column]!;
    if (sql === undefined) return NULL;
    const cell = this.#ask(column, rowid);
    if (cell.bytes.length <= this.#room[column]!) return cell;
    // SQLite has found another row than we have.
    throw new SqliftError(
      'SourceCorrupt',
      `${this.#path}: a row of table ${this.#table.name} is not where its tree says`,
      {
        file: this.#path,
        table: this.#table.name,
        field: name,
      },
    );
  }
}

const NULL: Cell = { serial: 0, bytes: Buffer.alloc(0) };

/** SQLite stores a REAL without a fraction as an integer of up to six bytes; a file may claim more. */
function integerAsDouble(bytes: Buffer, at: number, serial: number): number {
  switch (serial) {
    case 1:
      return bytes.readInt8(at);
    case 2:
      return bytes.readInt16BE(at);
    case 3:
      return bytes.readIntBE(at, 3);
    case 4:
      return bytes.readInt32BE(at);
    case 5:
      return bytes.readIntBE(at, 6);
    case 6:
      return Number(bytes.readBigInt64BE(at));
    default:
      return serial - 8;
  }
}
