import type Database from 'better-sqlite3';
import type { Sample } from '../../core/evidence';
import { oneLine } from '../../core/samples';
import type { SourceCatalog, SourceForeignKey, SourceTable } from '../../core/source';
import { codeOf, sourceFailure } from './failures';
import { quoteName } from './names';

const MAX_SAMPLES = 3;

/** Rows that violate a foreign key, and the first few of them. */
export interface Violation {
  count: number;
  samples: Sample[];
}

/**
 * Rows of a table that violate each of its foreign keys, in the order of the catalog. A key that nothing can be compared by (no such
 * parent, a collation of the application's own) has none.
 *
 * @throws SqliftError SourceCorrupt, SourceUnreadable
 */
export function findViolations(db: Database.Database, table: SourceTable, catalog: SourceCatalog): Violation[] {
  const { foreignKeys } = table;
  if (foreignKeys.length === 0) return [];
  try {
    return byCheck(db, table, catalog) ?? foreignKeys.map((key) => byComparison(db, table, key, catalog));
  } catch (error) {
    throw sourceFailure(error, db.name);
  }
}

/** What SQLite's own check says; undefined where one key that it cannot check ("foreign key mismatch") hides what the others are. */
function byCheck(db: Database.Database, table: SourceTable, catalog: SourceCatalog): Violation[] | undefined {
  const { name, foreignKeys, rowidName } = table;
  const found = foreignKeys.map((): { count: number; rowids: bigint[] } => ({ count: 0, rowids: [] }));
  const check = db.prepare<[string], [bigint, bigint | null]>('SELECT fkid, rowid FROM pragma_foreign_key_check(?)');
  try {
    for (const [id, rowid] of check.safeIntegers(true).raw().iterate(name) as Iterable<[bigint, bigint | null]>) {
      // SQLite numbers foreign keys from the last declared to the first.
      const violation = found[foreignKeys.length - 1 - Number(id)]!;
      violation.count += 1;
      if (rowid !== null && violation.rowids.length < MAX_SAMPLES) violation.rowids.push(rowid);
    }
  } catch (error) {
    if (!codeOf(error).startsWith('SQLITE_ERROR')) throw error;
    return undefined;
  }
  return found.map(({ count, rowids }, i) => {
    const key = foreignKeys[i]!;
    if (count === 0) return { count, samples: [] };
    // Only rowids come with the check.
    if (rowidName === undefined) return { count, samples: byComparison(db, table, key, catalog).samples };
    const values = db
      .prepare<[bigint], string>(
        `SELECT ${shown(key.columns)} FROM ${quoteName(name)} WHERE ${quoteName(rowidName)} = ?`,
      )
      .pluck();
    return {
      count,
      samples: rowids.map((rowid) => ({ at: `rowid ${rowid}`, value: oneLine(String(values.get(rowid))) })),
    };
  });
}

/** Rows with a complete key that no parent has. */
function byComparison(
  db: Database.Database,
  table: SourceTable,
  key: SourceForeignKey,
  catalog: SourceCatalog,
): Violation {
  const parent = catalog.tables.find(({ name }) => name === key.parent);
  const known = key.parentColumns.every((name) => parent?.columns.some((column) => column.name === name));
  if (parent === undefined || !known || key.parentColumns.length !== key.columns.length)
    return { count: 0, samples: [] };
  const child = (name: string) => `child.${quoteName(name)}`;
  // The parent on the left: its collation decides, as in SQLite's own check.
  const same = key.columns
    .map((name, i) => `parent.${quoteName(key.parentColumns[i]!)} = ${child(name)}`)
    .join(' AND ');
  const complete = key.columns.map((name) => `${child(name)} IS NOT NULL`).join(' AND ');
  const orphans = `FROM ${quoteName(table.name)} AS child WHERE ${complete} AND NOT EXISTS (SELECT 1 FROM ${quoteName(parent.name)} AS parent WHERE ${same})`;
  try {
    const count = db.prepare(`SELECT count(*) ${orphans}`).safeIntegers(false).pluck().get() as number;
    if (count === 0) return { count, samples: [] };
    const at = table.rowidName === undefined ? shown(table.primaryKey) : `'rowid ' || ${child(table.rowidName)}`;
    const some = db
      .prepare<[], { at: string; value: string }>(
        `SELECT ${at} AS at, ${shown(key.columns)} AS value ${orphans} LIMIT ${MAX_SAMPLES}`,
      )
      .all();
    return { count, samples: some.map(({ at: place, value }) => ({ at: oneLine(place), value: oneLine(value) })) };
  } catch (error) {
    // A collation of the application's own cannot be compared by.
    if (codeOf(error).startsWith('SQLITE_ERROR')) return { count: 0, samples: [] };
    throw error;
  }
}

/** The values as SQL writes them. */
function shown(columns: readonly string[]): string {
  return columns.length === 0 ? `'no key'` : columns.map((name) => `quote(${quoteName(name)})`).join(` || ', ' || `);
}
