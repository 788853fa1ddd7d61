import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Chunk, ChunkRange } from '../../../core/chunk';
import { bytesAt, integerAt, realAt, storageClassOf } from '../../../core/row';
import type { RowView } from '../../../core/row';
import type { SourceCatalog, SourceTable } from '../../../core/source';
import { readCatalog } from '../../../stores/sqlite/catalog';
import { openSqlite } from '../../../stores/sqlite/open';
import { PageReader } from '../../../stores/sqlite/page-reader';
import type { TableReader } from '../../../stores/sqlite/reader';
import { StatementReader } from '../../../stores/sqlite/statement-reader';
import { temporaryFolder } from './fixtures';

/** A database file built by `build`, in rollback-journal mode and closed. */
export function database(build: (db: Database.Database) => void, pragmas: readonly string[] = []): string {
  const path = join(temporaryFolder(), 'built.db');
  const db = new Database(path);
  // Nobody needs these files after a power failure.
  db.pragma('synchronous = off');
  for (const pragma of pragmas) db.pragma(pragma);
  build(db);
  db.close();
  return path;
}

/** A copy that SQLite may open without touching the original. */
export function copyOf(path: string): string {
  const copy = join(temporaryFolder(), 'copy.db');
  copyFileSync(path, copy);
  const db = new Database(copy);
  db.pragma('journal_mode = delete');
  db.close();
  return copy;
}

export function catalogOf(path: string): SourceCatalog {
  const db = openSqlite(path);
  try {
    return readCatalog(db);
  } finally {
    db.close();
  }
}

export function tableOf(catalog: SourceCatalog, name: string): SourceTable {
  const table = catalog.tables.find((candidate) => candidate.name === name);
  if (table === undefined) throw new Error(`there is no table ${name}`);
  return table;
}

/** Both readers of a table; `pages` is absent where the page reader does not apply. */
export function readersOf(path: string, name: string): { pages?: PageReader; statement: StatementReader } {
  const catalog = catalogOf(path);
  const table = tableOf(catalog, name);
  const statement = new StatementReader(path, catalog, table);
  return PageReader.reads(catalog, table) ? { pages: new PageReader(path, table), statement } : { statement };
}

/** A cell as text: class and exact bytes. */
export function cell(row: RowView, column: number): string {
  const serial = row.serials[column]!;
  switch (storageClassOf(serial)) {
    case 'null':
      return 'null';
    case 'integer':
      return `integer ${integerAt(row, column)}`;
    case 'real':
      return `real ${bytesAt8(row, column)} ${realAt(row, column)}`;
    case 'text':
      return `text ${bytesAt(row, column).toString('latin1')}`;
    case 'blob':
      return `blob ${bytesAt(row, column).toString('hex')}`;
  }
}

function bytesAt8(row: RowView, column: number): string {
  const start = row.starts[column]!;
  return row.bytes.toString('hex', start, start + 8);
}

/** Rowid and cells of a row. */
export function line(row: RowView): string[] {
  return [String(row.rowid), ...Array.from(row.serials, (_, column) => cell(row, column))];
}

export function rows(reader: TableReader, range?: ChunkRange): string[][] {
  const found: string[][] = [];
  reader.scan((row) => void found.push(line(row)), range);
  return found;
}

export function rowsInBatches(reader: TableReader, bytes: number, range?: ChunkRange): string[][] {
  const found: string[][] = [];
  for (const _ of reader.batches((row) => void found.push(line(row)), range, bytes));
  return found;
}

export function rowsOfChunks(reader: TableReader, chunks: readonly Chunk[]): string[][] {
  return chunks.flatMap((chunk) => rows(reader, chunk.range));
}

/** Rows of a table as the page reader gives them, after a check that the statement reader gives the same in every way of reading. */
export function agreedRows(path: string, name: string, targetBytes = 4096): string[][] {
  const { pages, statement } = readersOf(path, name);
  try {
    const expected = rows(statement);
    for (const reader of pages === undefined ? [statement] : [pages, statement]) {
      if (reader === pages) expectSame(rows(reader), expected);
      expectSame(rowsInBatches(reader, targetBytes), expected);
      const chunks = reader.chunks(targetBytes);
      expect(chunks.map((chunk) => chunk.number)).toEqual(chunks.map((_, index) => index));
      expectSame(rowsOfChunks(reader, chunks), expected);
    }
    return expected;
  } finally {
    pages?.close();
    statement.close();
  }
}

/** jest needs seconds to find a hundred thousand equal rows equal: leave it the first that differs. */
export function expectSame(found: readonly string[][], expected: readonly string[][]): void {
  const differing = expected.findIndex((row, index) => found[index]?.join('\0') !== row.join('\0'));
  if (differing >= 0) expect(found[differing]).toEqual(expected[differing]);
  expect(found.length).toBe(expected.length);
}
