import type { Database } from 'better-sqlite3';
import { isShaped } from '../../core/shape';
import type { SourceCatalog, SourceTable } from '../../core/source';
import { PageReader } from './page-reader';
import type { TableReader } from './reader';
import { StatementReader } from './statement-reader';

export interface ReaderOptions {
  /** A snapshot: an immutable file, without -wal or -journal. */
  path: string;
  catalog: SourceCatalog;
  /** With fewer columns than the catalog's table of this name, only these are read. */
  table: SourceTable;
  /** A connection to the same file, to save opening one. It is not closed. */
  db?: Database;
}

/**
 * Opens the fastest reader that knows how to read the table. The caller closes it.
 * @throws SqliftError SourceNotSqlite, SourceCorrupt, SourceUnreadable, SourceMissing
 */
export function openReader({ path, catalog, table, db }: ReaderOptions): TableReader {
  // SQLite computes what a plan adds to a table. Records have their cells by position: a table whose columns are not all asked for is read by name.
  const whole = catalog.tables.find(({ name }) => name === table.name);
  const all = whole?.columns.length === table.columns.length;
  return all && !isShaped(table) && PageReader.reads(catalog, table)
    ? new PageReader(path, table, db)
    : new StatementReader(path, catalog, table);
}
