import type Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import { isShaped } from '../../core/shape';
import type { SourceTable } from '../../core/source';
import { codeOf } from './failures';
import { quoteName } from './names';

/**
 * What is wrong with the SQL that a plan reads a table by: nothing when SQLite takes it, it is one expression over one row, and it
 * gives the same each time it is asked. No row is read.
 */
export function checkShape(db: Database.Database, table: SourceTable): SqliftError[] {
  const computed = table.columns.flatMap(({ name, value }) => (value === undefined ? [] : [{ name, sql: value }]));
  const where = table.where === undefined ? [] : [{ name: undefined, sql: table.where }];
  return [...where, ...computed].flatMap(({ name, sql }) => {
    const problem = problemOf(db, table.name, sql);
    return problem === undefined ? [] : [expressionFailure(table, name, problem)];
  });
}

/** The same of several tables, thrown together. @throws SqliftError PlanInvalid */
export function checkShapes(db: Database.Database, tables: readonly SourceTable[]): void {
  const problems = tables.filter(isShaped).flatMap((table) => checkShape(db, table));
  if (problems.length === 1) throw problems[0]!;
  if (problems.length > 1) throw new SqliftError('PlanInvalid', problems.map(({ message }) => message).join('\n'));
}

/** An expression of the plan that SQLite does not take, or that fails in some row. */
export function expressionFailure(table: SourceTable, column: string | undefined, reason: string): SqliftError {
  const what = column === undefined ? 'where' : `value of column ${column}`;
  const place = { table: table.name, ...(column !== undefined && { field: column }) };
  return new SqliftError('PlanInvalid', `table ${table.name}: ${what}: ${reason}`, place);
}

function problemOf(db: Database.Database, table: string, sql: string): string | undefined {
  const from = quoteName(table);
  let program: Instruction[];
  try {
    // In a condition SQLite allows no aggregate and no list. Two depths of parentheses show that it closes none but its own.
    explain(db, `SELECT 1 FROM ${from} WHERE (${sql}\n) IS NOT NULL`);
    explain(db, `SELECT 1 FROM ${from} WHERE ((${sql}\n) IS NOT NULL)`);
    program = explain(db, `SELECT (${sql}\n) FROM ${from}`);
  } catch (error) {
    return codeOf(error) === '' ? 'a plan has no parameters' : (error as Error).message;
  }
  return notRepeatable(db, sql, program);
}

interface Instruction {
  opcode: string;
  p4: string | null;
}

function explain(db: Database.Database, sql: string): Instruction[] {
  return db.prepare<[], Instruction>(`EXPLAIN ${sql}`).all();
}

/** Functions of the date and time, which SQLite says are the same each time, except that some of their arguments are not. */
const TIME_FUNCTIONS = new Set(['date', 'time', 'datetime', 'julianday', 'unixepoch', 'strftime', 'timediff']);
const NOW_LEFT_OUT =
  /\b((date|time|datetime|julianday|unixepoch)\s*\(\s*('subsec(ond)?'\s*)?\)|strftime\s*\(\s*'[^']*'\s*\))/i;

/** Verification reads everything again, and so may a retry: what gives something else then can be neither compared nor repeated. */
function notRepeatable(db: Database.Database, sql: string, program: readonly Instruction[]): string | undefined {
  const called = new Set(
    program.filter(({ opcode }) => /^(Pure)?Func/.test(opcode)).map(({ p4 }) => (p4 ?? '').replace(/\(.*/s, '')),
  );
  const unsteady = db
    .prepare<[], string>(
      `SELECT name FROM pragma_function_list WHERE type = 's' GROUP BY name HAVING NOT max(flags & 2048)`,
    )
    .pluck()
    .all()
    .find((name) => called.has(name));
  if (unsteady !== undefined) return `${unsteady} gives something else each time, and verification reads it again`;
  if (![...called].some((name) => TIME_FUNCTIONS.has(name))) return undefined;
  const words = program.filter(({ opcode }) => opcode === 'String8').map(({ p4 }) => (p4 ?? '').toLowerCase());
  if (words.includes('now') || NOW_LEFT_OUT.test(sql))
    return 'the present time is another each time, and verification reads it again';
  const local = words.find((word) => word === 'localtime' || word === 'utc');
  return local === undefined
    ? undefined
    : `'${local}' means the time zone of the machine that reads; give the column a timeZone instead`;
}
