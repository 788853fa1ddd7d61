import type { Database } from 'better-sqlite3';
import type { Chunk, ChunkRange } from '../../core/chunk';
import { SqliftError } from '../../core/errors';
import type { SourceCatalog, SourceTable } from '../../core/source';
import { sourceFailure } from './failures';
import { quoteName } from './names';
import { openSqlite } from './open';
import { Overflow } from './overflow';
import { PageRow, joinHalves, readRowid } from './page-row';
import { PageFile, PageWindow } from './pages';
import { startOf } from './position';
import type { Position } from './position';
import type { TableReader } from './reader';
import { decodeRecord, varint, varintLength } from './record';
import { cellOf } from './scratch';
import type { DriverValue } from './scratch';
import { SpareCells } from './spare-cells';
import type { Cell } from './spare-cells';
import { tableChunks } from './table-chunks';
import { LEAF, headerOffset, leafGroups } from './table-tree';
import type { LeafGroup } from './table-tree';

type Visit = (row: PageRow) => boolean | void;

/**
 * Reads a rowid table of a UTF-8 database from the pages of the file: no statement, no JavaScript value of any cell, no
 * allocation per row.
 */
export class PageReader implements TableReader {
  readonly kind = 'pages';
  readonly columns: readonly string[];
  readonly #file: PageFile;
  readonly #window: PageWindow;
  readonly #overflow: Overflow;
  readonly #spare: SpareCells;
  readonly #row: PageRow;
  readonly #given: Database | undefined;
  #own: Database | undefined;

  /** Whether it knows how to read all columns of a table. */
  static reads(catalog: SourceCatalog, table: SourceTable): boolean {
    return (
      table.kind === 'rowid' &&
      catalog.encoding === 'UTF-8' &&
      rowidAddress(table) !== undefined &&
      !table.columns.some((column) => column.generated === 'virtual')
    );
  }

  /**
   * @param db a connection to the same file, for what only SQLite knows; without it one is opened when it is needed
   * @throws SqliftError SourceNotSqlite, SourceCorrupt, SourceUnreadable, SourceMissing
   */
  constructor(
    path: string,
    readonly table: SourceTable,
    db?: Database,
  ) {
    this.columns = table.columns.map((column) => column.name);
    this.#file = new PageFile(path, table.name);
    this.#spare = new SpareCells(path, table, (column, rowid) => this.#askSqlite(column, rowid));
    this.#window = new PageWindow(this.#file, this.#spare.bytes);
    this.#overflow = new Overflow(this.#file, this.#spare.bytes, this.#window);
    this.#row = new PageRow(this.#window.bytes, this.columns.length);
    this.#given = db;
  }

  scan(visit: Visit, range?: ChunkRange): void {
    for (const _ of this.#pieces(visit, startOf(range, true), Infinity));
  }

  *batches(visit: (row: PageRow) => void, range?: ChunkRange, bytes = 1 << 20): Generator<number, void> {
    yield* this.#pieces(visit, startOf(range, false), bytes);
  }

  chunks(targetBytes: number): Chunk[] {
    return tableChunks(this.#file, this.table.rootPage, targetBytes);
  }

  close(): void {
    this.#file.close();
    this.#own?.close();
    this.#own = undefined;
  }

  /** Yields the bytes read so far, each time that about `bytes` have come together and at the end. */
  *#pieces(visit: Visit, position: Position, bytes: number): Generator<number, void> {
    let due = bytes;
    for (const group of leafGroups(this.#file, this.table.rootPage, position)) {
      for (let leaf = 0; leaf < group.pages.length && !position.ended; leaf++) {
        for (let cell = 0; cell >= 0;) {
          cell = this.#visitLeaf(group, leaf, cell, due, position, visit);
          if (position.bytes < due) continue;
          due = position.bytes + bytes;
          yield position.bytes;
        }
      }
      if (position.ended) break;
    }
    if (position.bytes + bytes > due) yield position.bytes;
  }

  /**
   * Visits the rows of a leaf from cell number `first` on.
   * @param due stop behind the first row with overflow pages that brings the bytes read to this
   * @returns the number of the cell to go on with, -1 when the leaf or the range is done
   */
  #visitLeaf(group: LeafGroup, leaf: number, first: number, due: number, position: Position, visit: Visit): number {
    const file = this.#file;
    const row = this.#row;
    const spare = this.#spare;
    const { serials, starts } = row;
    const { maxLocal } = file;
    const page = group.pages[leaf]!;
    const partial = group.partial[leaf]! || position.ordinal;
    const offset = this.#window.locate(group.pages, leaf);
    const { bytes, view } = this.#window;
    const header = offset + headerOffset(page);
    const end = offset + file.usable;
    const count = (bytes[header + 3]! << 8) | bytes[header + 4]!;
    const pointers = header + 8;
    const pointersEnd = pointers + 2 * count;
    if (bytes[header] !== LEAF) throw file.corrupt(page, `its type is ${bytes[header]}`);
    if (pointersEnd > end || (count === 0 && page !== this.table.rootPage))
      throw file.corrupt(page, `it claims ${count} rows`);
    if (first === 0) position.bytes += file.pageSize;
    let { high: lastHigh, low: lastLow } = position;

    for (let i = first; i < count; i++) {
      const pointer = pointers + 2 * i;
      let at = offset + ((bytes[pointer]! << 8) | bytes[pointer + 1]!);
      if (at < pointersEnd || at + 4 > end) throw file.corrupt(page, 'a row lies outside of it');

      let payload = bytes[at++]!;
      if (payload > 127) {
        const second = bytes[at]!;
        if (second < 128) {
          payload = ((payload & 127) << 7) | second;
          at += 1;
        } else {
          payload = varint(bytes, at - 1);
          at += varintLength(bytes, at - 1) - 1;
        }
      }

      // Rowids of up to three bytes without the loop.
      let high = 0;
      let low = bytes[at]!;
      if (low < 128) at += 1;
      else if (bytes[at + 1]! < 128) {
        low = ((low & 127) << 7) | bytes[at + 1]!;
        at += 2;
      } else if (bytes[at + 2]! < 128) {
        low = ((low & 127) << 14) | ((bytes[at + 1]! & 127) << 7) | bytes[at + 2]!;
        at += 3;
      } else {
        at = readRowid(bytes, at, row);
        high = row.rowidHigh;
        low = row.rowidLow;
      }
      if (high < lastHigh || (high === lastHigh && low <= lastLow))
        throw file.corrupt(page, 'its rows are not in key order');
      lastHigh = high;
      lastLow = low;
      row.rowidHigh = high;
      row.rowidLow = low;

      if (partial) {
        const place = placeOf(joinHalves(high, low), position);
        if (place === 'before') continue;
        if (place === 'behind') break;
      }

      let start = at;
      if (payload <= maxLocal) {
        if (at + payload > end) throw file.corrupt(page, 'a row does not fit in it');
        row.bytes = bytes;
        row.view = view;
      } else {
        position.bytes += this.#joinOverflow(page, at, end, payload);
        start = spare.bytes;
        row.bytes = this.#overflow.bytes;
        row.view = this.#overflow.view;
      }
      const found = decodeRecord(row.bytes, start, start + payload, serials, starts);
      if (found < 0) throw file.corrupt(page, 'a row is malformed');
      spare.complete(row, found);

      if (visit(row) === true && position.stoppable) {
        position.ended = true;
        return -1;
      }
      if (payload > maxLocal && position.bytes >= due && i + 1 < count) {
        position.high = high;
        position.low = low;
        return i + 1;
      }
    }
    position.high = lastHigh;
    position.low = lastLow;
    return -1;
  }

  /** @returns bytes read from overflow pages */
  #joinOverflow(page: number, at: number, end: number, payload: number): number {
    const file = this.#file;
    if (!file.canHold(payload)) throw file.corrupt(page, 'a row is longer than the file');
    const local = file.localBytes(payload);
    if (at + local + 4 > end) throw file.corrupt(page, 'a row does not fit in it');
    this.#overflow.join(page, at, local, payload);
    return payload - local;
  }

  /** What a column that the record does not hold is in this row: SQLite knows the default's affinity and all. */
  #askSqlite(column: number, rowid: bigint): Cell {
    const { path } = this.#file;
    const table = this.table.name;
    const name = quoteName(this.columns[column]!);
    const where = `${quoteName(rowidAddress(this.table)!)} = ?`;
    const sql = `SELECT typeof(${name}) AS class, ${name} AS value, CAST(${name} AS BLOB) AS bytes FROM ${quoteName(table)} WHERE ${where}`;
    let row: { class: string; value: DriverValue; bytes: Buffer | null } | undefined;
    try {
      const db = this.#given ?? (this.#own ??= openSqlite(path));
      row = db.prepare<[bigint], NonNullable<typeof row>>(sql).safeIntegers(true).get(rowid);
    } catch (error) {
      throw sourceFailure(error, path);
    }
    if (row === undefined) {
      throw new SqliftError('SourceCorrupt', `${path}: a row of table ${table} is not where its tree says`, {
        file: path,
        table,
      });
    }
    return row.class === 'text' || row.class === 'blob'
      ? cellOf(row.bytes, row.class === 'text')
      : cellOf(row.value, false);
  }
}

/** A name under which SQL finds a row by its rowid. */
function rowidAddress(table: SourceTable): string | undefined {
  return table.rowidName ?? table.rowidAlias;
}

/** Where a row of a leaf that is not wholly in the range is; counts the rows of an ordinal range, and ends the scan behind it. */
function placeOf(rowid: bigint, position: Position): 'before' | 'in' | 'behind' {
  if (position.after !== null && rowid <= position.after) return 'before';
  if (position.ordinal && position.skip > 0) {
    position.skip -= 1;
    return 'before';
  }
  if ((position.upTo !== null && rowid > position.upTo) || (position.ordinal && position.left === 0)) {
    position.ended = true;
    return 'behind';
  }
  position.left -= 1;
  return 'in';
}
