import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { TableCensus } from '../../core/census';
import { SqliftError } from '../../core/errors';
import type { TableEvidence } from '../../core/evidence';
import type { RowView } from '../../core/row';
import type { SourceCatalog, SourceForeignKey, SourceTable } from '../../core/source';
import { readCatalog } from './catalog';
import { codeOf, sourceFailure } from './failures';
import { quoteName } from './names';
import { openReader } from './open-reader';
import { openSqlite } from './open';

/** What a source contains: everything that a plan is drafted from. */
export interface SourceProfile {
  catalog: SourceCatalog;
  /** By table name. */
  evidence: Record<string, TableEvidence>;
  /** By table name: rows that violate each of its foreign keys, in the order of the catalog. Tables without any are left out. */
  violations: Record<string, number[]>;
}

export interface ProfileProgress {
  table: string;
  /** Rows of the table so far. */
  rows: number;
  /** Source bytes of all tables so far. */
  bytes: number;
}

export interface ProfileOptions {
  /** Called about once for each MiB that was read, and after each table. What it throws ends the profile. */
  onProgress?: (progress: ProfileProgress) => void;
  /** Checked as often. */
  signal?: AbortSignal;
}

/**
 * Reads the schema and every row of a snapshot once, letting others work in between. The snapshot must not change meanwhile:
 * pages are read from the file itself.
 *
 * @throws SqliftError ArtifactMissing, SourceNotSqlite, SourceCorrupt, SourceUnreadable; the signal's reason
 */
export async function profileSource(path: string, options: ProfileOptions = {}): Promise<SourceProfile> {
  const { onProgress, signal } = options;
  const db = openSqlite(path);
  try {
    const catalog = catalogOf(db, path);
    const evidence: [string, TableEvidence][] = [];
    const violations: [string, number[]][] = [];
    let done = 0;
    for (const [position, listed] of catalog.tables.entries()) {
      const read = await readTable(path, db, catalog, listed, { ...options, done });
      const { table, rows } = read;
      catalog.tables[position] = table;
      done += read.bytes;
      evidence.push([table.name, read.evidence]);
      const broken = countViolations(db, table, catalog);
      if (broken.some((count) => count > 0)) violations.push([table.name, broken]);
      onProgress?.({ table: table.name, rows, bytes: done });
      signal?.throwIfAborted();
      await nextTurn();
    }
    return { catalog, evidence: Object.fromEntries(evidence), violations: Object.fromEntries(violations) };
  } finally {
    db.close();
  }
}

/** The table without the columns that cannot be computed here, and what its rows hold. */
async function readTable(
  path: string,
  db: Database.Database,
  catalog: SourceCatalog,
  table: SourceTable,
  options: ProfileOptions & { done: number },
): Promise<{ table: SourceTable; evidence: TableEvidence; rows: number; bytes: number }> {
  const { done, onProgress, signal } = options;
  const census = new TableCensus(table);
  const reader = openReader({ path, catalog, table, db });
  let rows = 0;
  let bytes = 0;
  const count = (row: RowView) => {
    rows += 1;
    census.add(row);
  };
  try {
    for (bytes of reader.batches(count)) {
      onProgress?.({ table: table.name, rows, bytes: done + bytes });
      signal?.throwIfAborted();
      await nextTurn();
    }
    return { table, evidence: census.result(), rows, bytes };
  } catch (error) {
    const column = error instanceof SqliftError && error.code === 'SourceNotComputable' ? error.place.field : undefined;
    const kept = table.columns.filter(({ name }) => name !== column);
    if (column === undefined || kept.length === table.columns.length) throw error;
    const without = { ...table, columns: kept, uncomputable: [...(table.uncomputable ?? []), column] };
    const tables = catalog.tables.map((other) => (other.name === table.name ? without : other));
    return await readTable(path, db, { ...catalog, tables }, without, options);
  } finally {
    reader.close();
  }
}

function catalogOf(db: Database.Database, path: string): SourceCatalog {
  try {
    return readCatalog(db);
  } catch (error) {
    throw sourceFailure(error, path);
  }
}

/** Rows of a table that violate each of its foreign keys, in the order of the catalog. */
function countViolations(db: Database.Database, table: SourceTable, catalog: SourceCatalog): number[] {
  const counts = table.foreignKeys.map(() => 0);
  if (counts.length === 0) return counts;
  try {
    // SQLite numbers foreign keys from the last declared to the first.
    const check = db
      .prepare(`SELECT fkid, count(*) FROM pragma_foreign_key_check(?) GROUP BY fkid`)
      .safeIntegers(false)
      .raw();
    for (const [id, count] of check.iterate(table.name) as Iterable<[number, number]>)
      counts[counts.length - 1 - id] = count;
    return counts;
  } catch (error) {
    // One key that SQLite itself cannot check ("foreign key mismatch") would hide what the others are.
    if (!codeOf(error).startsWith('SQLITE_ERROR')) throw sourceFailure(error, db.name);
    return table.foreignKeys.map((key) => countOrphans(db, table, key, catalog));
  }
}

/** Rows with a complete key that no parent has; 0 where there is no such parent to compare with. */
function countOrphans(
  db: Database.Database,
  table: SourceTable,
  key: SourceForeignKey,
  catalog: SourceCatalog,
): number {
  const parent = catalog.tables.find(({ name }) => name === key.parent);
  const known = key.parentColumns.every((name) => parent?.columns.some((column) => column.name === name));
  if (parent === undefined || !known || key.parentColumns.length !== key.columns.length) return 0;
  const child = (name: string) => `child.${quoteName(name)}`;
  // The parent on the left: its collation decides, as in SQLite's own check.
  const same = key.columns
    .map((name, i) => `parent.${quoteName(key.parentColumns[i]!)} = ${child(name)}`)
    .join(' AND ');
  const complete = key.columns.map((name) => `${child(name)} IS NOT NULL`).join(' AND ');
  try {
    return db
      .prepare(
        `SELECT count(*) FROM ${quoteName(table.name)} AS child WHERE ${complete} AND NOT EXISTS (SELECT 1 FROM ${quoteName(parent.name)} AS parent WHERE ${same})`,
      )
      .safeIntegers(false)
      .pluck()
      .get() as number;
  } catch (error) {
    // A collation of the application's own cannot be compared by.
    if (codeOf(error).startsWith('SQLITE_ERROR')) return 0;
    throw sourceFailure(error, db.name);
  }
}
