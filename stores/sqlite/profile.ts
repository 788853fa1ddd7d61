import { setImmediate as nextTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { TableCensus } from '../../core/census';
import { SqliftError } from '../../core/errors';
import type { Sample, TableEvidence } from '../../core/evidence';
import type { RowView } from '../../core/row';
import type { SourceCatalog, SourceTable } from '../../core/source';
import { readCatalog } from './catalog';
import { checkShapes } from './check-shape';
import { sourceFailure } from './failures';
import { openReader } from './open-reader';
import { openSqlite } from './open';
import { findViolations } from './violations';

/** What a source contains: everything that a plan is drafted from. */
export interface SourceProfile {
  catalog: SourceCatalog;
  /** By table name. */
  evidence: Record<string, TableEvidence>;
  /** By table name: rows that violate each of its foreign keys, in the order of the catalog. Tables without any are left out. */
  violations: Record<string, number[]>;
  /** By table name, for the tables in `violations`: at most three rows that violate each foreign key, with the key's values. */
  violators: Record<string, Sample[][]>;
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
    const violators: [string, Sample[][]][] = [];
    let done = 0;
    for (const [position, listed] of catalog.tables.entries()) {
      const read = await readTable(path, db, catalog, listed, { ...options, done });
      const { table, rows } = read;
      catalog.tables[position] = table;
      done += read.bytes;
      evidence.push([table.name, read.evidence]);
      const broken = findViolations(db, table, catalog);
      if (broken.some(({ count }) => count > 0)) {
        violations.push([table.name, broken.map(({ count }) => count)]);
        violators.push([table.name, broken.map(({ samples }) => samples)]);
      }
      onProgress?.({ table: table.name, rows, bytes: done });
      signal?.throwIfAborted();
      await nextTurn();
    }
    return {
      catalog,
      evidence: Object.fromEntries(evidence),
      violations: Object.fromEntries(violations),
      violators: Object.fromEntries(violators),
    };
  } finally {
    db.close();
  }
}

/**
 * What the rows of shaped tables hold, computed cells included, read once as import will read them. By the names of the map.
 *
 * @throws SqliftError PlanInvalid where an expression is none of SQLite's, gives something else each time, or fails in some row; as `profileSource`
 */
export async function profileShaped(
  path: string,
  catalog: SourceCatalog,
  tables: ReadonlyMap<string, SourceTable>,
  options: ProfileOptions = {},
): Promise<Record<string, TableEvidence>> {
  if (tables.size === 0) return {};
  const db = openSqlite(path);
  try {
    checkShapes(db, [...tables.values()]);
    const evidence: [string, TableEvidence][] = [];
    let done = 0;
    for (const [name, table] of tables) {
      const read = await readTable(path, db, catalog, table, { ...options, done });
      done += read.bytes;
      evidence.push([name, read.evidence]);
    }
    return Object.fromEntries(evidence);
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
