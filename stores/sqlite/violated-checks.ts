import type Database from 'better-sqlite3';
import { oneLine } from '../../core/samples';
import { readCreateTable } from '../../core/sql/create-table';
import type { Violation } from './violations';
import { codeOf } from './failures';
import { quoteName } from './names';

const MAX_SAMPLES = 3;

/** A CHECK constraint that rows break. */
export interface ViolatedCheck extends Violation {
  table: string;
  /** `CHECK (…)`, as the schema has it. */
  check: string;
}

/**
 * The CHECK constraints that rows break, which `PRAGMA integrity_check` of current versions does not tell. A constraint that only
 * the application can compute is left out.
 */
export function violatedChecks(db: Database.Database): ViolatedCheck[] {
  const tables = db
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name`,
    )
    .all();
  return tables.flatMap(({ name, sql }) =>
    readCreateTable(sql).checks.flatMap((check) => violated(db, name, check.sql) ?? []),
  );
}

function violated(db: Database.Database, table: string, condition: string): ViolatedCheck | undefined {
  const from = `FROM ${quoteName(table)} WHERE NOT (${condition})`;
  const check = `CHECK (${condition.replace(/\s+/g, ' ')})`;
  try {
    const count = db.prepare(`SELECT count(*) ${from}`).safeIntegers(false).pluck().get() as number;
    if (count === 0) return undefined;
    return { table, check, count, samples: places(db, from).map((at) => ({ at, value: oneLine(check) })) };
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_ERROR')) return undefined;
    throw error;
  }
}

/** Rowids of the first rows; none where the table has no rowids. */
function places(db: Database.Database, from: string): string[] {
  try {
    return db.prepare<[], string>(`SELECT 'rowid ' || rowid ${from} LIMIT ${MAX_SAMPLES}`).pluck().all();
  } catch (error) {
    if (codeOf(error).startsWith('SQLITE_ERROR')) return [];
    throw error;
  }
}
