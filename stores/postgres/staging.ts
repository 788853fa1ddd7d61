import { escapeLiteral } from 'pg';
import type { Pool, PoolClient } from 'pg';
import type { TableMapping } from '../../core/mapping';
import { createTableSql, keySteps } from './ddl';
import type { KeyStep } from './ddl';
import { SqliftError } from '../../core/errors';
import { isDataState } from './errors';
import { qualified, quoteIdent } from './names';
import type { TargetPlace } from './names';
import { inQuickTransaction, quickly, withClient } from './target';
import type { Queryable } from './target';

/** Tables that are made by one message. */
const TOGETHER = 50;

/** Makes an empty staging schema with the bare tables, in the caller's transaction. Anything an earlier attempt left there goes. */
export async function createStaging(
  client: PoolClient,
  schema: string,
  tables: readonly TableMapping[],
): Promise<void> {
  await client.query(`DROP SCHEMA IF EXISTS ${quoteIdent(schema)} CASCADE`);
  await client.query(`CREATE SCHEMA ${quoteIdent(schema)}`);
  const statements = tables.map((mapping) => createTableSql(mapping, { schema, table: mapping.target }));
  for (let at = 0; at < statements.length; at += TOGETHER)
    await client.query(statements.slice(at, at + TOGETHER).join(';\n'));
}

/**
 * Rows that are appended get the values that the table there computes: those must be what verification finds in staging.
 * PostgreSQL spells the expressions of both. Throws TargetMismatch.
 */
export async function checkAppendedExpressions(
  client: PoolClient,
  staging: string,
  tables: readonly TableMapping[],
): Promise<void> {
  for (const { schema, target } of tables.filter(({ ifExists }) => ifExists === 'append')) {
    const { rows } = await client.query<{ name: string; there: string; planned: string }>(
      `SELECT t.attname AS name, pg_get_expr(td.adbin, td.adrelid) AS there, pg_get_expr(sd.adbin, sd.adrelid) AS planned
       FROM pg_attribute t JOIN pg_attrdef td ON td.adrelid = t.attrelid AND td.adnum = t.attnum
       JOIN pg_attribute s ON s.attrelid = $2::regclass AND s.attname = t.attname AND s.attgenerated <> ''
       JOIN pg_attrdef sd ON sd.adrelid = s.attrelid AND sd.adnum = s.attnum
       WHERE t.attrelid = $1::regclass AND t.attgenerated <> '' ORDER BY t.attnum`,
      [qualified(schema, target), qualified(staging, target)],
    );
    const other = rows.find(({ there, planned }) => there !== planned);
    if (other !== undefined)
      throw new SqliftError(
        'TargetMismatch',
        `${schema}.${target}.${other.name} is computed by ${other.there}, the plan says ${other.planned}`,
      );
  }
}

/** Undo of `createStaging`. Succeeds when there is nothing. */
export async function dropStaging(pool: Pool, schema: string): Promise<void> {
  await withClient(pool, (client) => client.query(`DROP SCHEMA IF EXISTS ${quoteIdent(schema)} CASCADE`));
}

/** A key, index or constraint that PostgreSQL did not take, since the rows or a limit forbid it. */
export interface RefusedStep {
  object: string;
  kind: KeyStep['kind'];
  reason: string;
  sql: string;
  sqlstate: string;
}

/**
 * Besides the data errors: PostgreSQL's rules on foreign keys and operator classes are stricter than SQLite's, and the SQL of
 * checks and indexes may not go with the types of a plan that somebody has edited.
 */
const REFUSALS = ['42830', '42804', '42704', '42883', '42703', '42601', '42P17', '42846', '42725', '42P21', '42P22'];

/** PostgreSQL's default of 64 MB makes it sort the keys of a few million rows on disk. Whoever has set more keeps it. */
const MORE_MEMORY = `SELECT set_config('maintenance_work_mem', '256MB', true)
  WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes('256MB')`;

/**
 * Runs one step in its own transaction, which does not wait for the disk, having looked whether an earlier attempt already did it.
 * What the data forbid is a value; everything else an exception.
 */
export async function applyStep(pool: Pool, at: TargetPlace, step: KeyStep): Promise<RefusedStep | undefined> {
  try {
    await inQuickTransaction(pool, async (client) => {
      if (await stepDone(client, at, step)) return;
      await client.query(`${MORE_MEMORY}; ${step.sql}`);
    });
    return undefined;
  } catch (error) {
    const state = error instanceof SqliftError ? error.place.sqlstate : undefined;
    if (state !== undefined && (isDataState(state) || REFUSALS.includes(state))) {
      return {
        object: step.object,
        kind: step.kind,
        reason: `PostgreSQL refused it (SQLSTATE ${state})`,
        sql: step.sql,
        sqlstate: state,
      };
    }
    throw error;
  }
}

async function stepDone(client: Queryable, at: TargetPlace, step: KeyStep): Promise<boolean> {
  const { rows } = await client.query<{ done: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = $2)
         OR EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass($1) AND c.relname = $2) AS done`,
    [qualified(at.schema, at.table), step.object],
  );
  return rows[0]!.done;
}

/** Where a table will stand: what a person is told to do by hand is to be done there, when staging is gone. */
export function publishedAt({ schema, target }: TableMapping): TargetPlace {
  return { schema, table: target };
}

/** What is said of a rule that not all rows keep. */
export const NOT_VALID = 'rows violate it: made NOT VALID, so that it holds for new rows only';

/** Whether a check that was to hold for all rows holds for new ones only. */
async function isNotValid(pool: Pool, at: TargetPlace, step: KeyStep): Promise<boolean> {
  if (step.lenient === undefined || step.sql === step.lenient) return false;
  return withClient(pool, async (client) => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_constraint WHERE conrelid = to_regclass($1) AND conname = $2 AND NOT convalidated`,
      [qualified(at.schema, at.table), step.object],
    );
    return rowCount === 1;
  });
}

/**
 * Keys, indexes and sequences of a table whose rows are all there. Gives what could not be made. Repeatable. Of a `small` table all of
 * them are made at once, as long as nothing is in the way.
 */
export async function finishTable(
  pool: Pool,
  mapping: TableMapping,
  at: TargetPlace,
  { small = false } = {},
): Promise<RefusedStep[]> {
  if (small && (await finishAtOnce(pool, mapping, at))) return [];
  const refused: RefusedStep[] = [];
  const published = keySteps(mapping, publishedAt(mapping));
  for (const [i, step] of keySteps(mapping, at).entries()) {
    const problem = await applyStep(pool, at, step);
    const isViolated = problem?.sqlstate === '23514' && step.lenient !== undefined;
    const stillRefused = isViolated ? await applyStep(pool, at, { ...step, sql: step.lenient! }) : problem;
    const { sql } = published[i]!;
    if (stillRefused !== undefined) refused.push({ ...stillRefused, sql });
    // An earlier attempt may have come as far as this, and no further.
    else if (await isNotValid(pool, at, step))
      refused.push({ object: step.object, kind: step.kind, reason: NOT_VALID, sql, sqlstate: '23514' });
  }
  await withClient(pool, (client) => setSequences(client, mapping, at));
  return refused;
}

/** In one transaction. False when PostgreSQL refuses something, or has it already: then it is to be gone through step by step. */
async function finishAtOnce(pool: Pool, mapping: TableMapping, at: TargetPlace): Promise<boolean> {
  const statements = [...keySteps(mapping, at).map(({ sql }) => sql), ...sequenceSql(mapping, at)];
  return statements.length === 0 || (await areTaken(pool, statements));
}

/** Whether PostgreSQL takes all of these statements; if not, none has been carried out. */
export async function areTaken(pool: Pool, statements: readonly string[]): Promise<boolean> {
  try {
    await quickly(pool, [MORE_MEMORY, ...statements]);
    return true;
  } catch (error) {
    if (error instanceof SqliftError && error.place.sqlstate !== undefined && error.code !== 'TargetUnreachable')
      return false;
    throw error;
  }
}

/** Statistics of these tables, for those who query them. */
export async function analyze(pool: Pool, tables: readonly TargetPlace[]): Promise<void> {
  if (tables.length === 0) return;
  const list = tables.map(({ schema, table }) => qualified(schema, table)).join(', ');
  await quickly(pool, [`ANALYZE ${list}`]);
}

/**
 * Sets identity sequences past the largest key, and past AUTOINCREMENT's own count where SQLite kept one: it never hands out a
 * key twice even after the row is gone. A table without positive keys keeps its sequence at 1.
 */
export async function setSequences(client: Queryable, mapping: TableMapping, at: TargetPlace): Promise<void> {
  for (const sql of sequenceSql(mapping, at)) await client.query(sql);
}

function sequenceSql(mapping: TableMapping, at: TargetPlace): string[] {
  return mapping.columns
    .filter((column) => column.identity)
    .map((column) => {
      const counted = mapping.origin.rowidAlias === column.source ? (mapping.origin.sequence ?? '0') : '0';
      const table = qualified(at.schema, at.table);
      const sequence = `pg_get_serial_sequence(${escapeLiteral(table)}, ${escapeLiteral(column.target)})`;
      return `SELECT setval(${sequence}, top) FROM (
         SELECT least(greatest(coalesce(max(${quoteIdent(column.target)})::bigint, 0), '${BigInt(counted)}'::bigint),
           (SELECT seqmax FROM pg_sequence WHERE seqrelid = ${sequence}::regclass)) AS top FROM ${table}) AS t WHERE top > 0`;
    });
}
