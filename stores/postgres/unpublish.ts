import type { Pool, PoolClient } from 'pg';
import { SqliftError } from '../../core/errors';
import { conflict, refuseConflicts, transactionsOf } from './conflicts';
import { sqlstate } from './errors';
import { qualified, quoteIdent } from './names';
import type { MovedSequence, PublishedTable, PublishedView, PublishRecord } from './publish';
import { relationId } from './relations';
import { inTransaction } from './target';

/**
 * Undo of `publish`, from the ledger alone, in one transaction: tables that the run made are dropped, tables that they replaced
 * come back, appended rows and moved sequences go back, schemas that the run made are dropped when nobody put anything else
 * there. Succeeds when there is nothing to undo.
 *
 * Unless `force` is given, throws RollbackConflict and changes nothing where that would destroy what was written, built or
 * published in those tables since.
 */
export async function unpublish(pool: Pool, run: string, force: boolean): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(`SET LOCAL lock_timeout = '10s'`);
    // `finalize` locks the row too: one of the two comes first, and the other sees it.
    const found = await client.query<{ finalizedAt: Date | null }>(
      `SELECT finalized_at AS "finalizedAt" FROM sqlift.runs WHERE run = $1 FOR UPDATE`,
      [run],
    );
    const finalizedAt = found.rows[0]?.finalizedAt;
    if (finalizedAt != null)
      throw new SqliftError('RunNotReversible', `the rollback window of ${run} ended ${finalizedAt.toISOString()}`);
    const { rows } = await client.query<{ detail: PublishRecord }>(
      `SELECT detail FROM sqlift.undo WHERE run = $1 AND name = 'publish' AND done_at IS NULL FOR UPDATE`,
      [run],
    );
    const record = rows[0]?.detail;
    if (record === undefined) return;

    const present: PublishedTable[] = [];
    for (const table of record.tables) if (await lockIfOurs(client, table, force)) present.push(table);
    if (!force) await refuseConflicts(client, present, record);
    await dropViews(client, record.views, force);
    await dropTables(
      client,
      present.filter((table) => table.how !== 'appended'),
      force,
    );
    for (const table of record.tables) await restoreReplaced(client, table, force);
    for (const { schema, name, at } of record.replacedViews) await restoreView(client, schema, name, at, force);
    // Children before the parents that they were appended after.
    const appended = present.filter((table) => table.how === 'appended').reverse();
    for (const table of appended) await deleteAppended(client, table, record);
    for (const schema of record.replacedSchemas) await client.query(`DROP SCHEMA IF EXISTS ${quoteIdent(schema)}`);
    for (const schema of record.createdSchemas) await dropIfEmpty(client, schema);
    await client.query(`UPDATE sqlift.undo SET done_at = now() WHERE run = $1 AND name = 'publish'`, [run]);
    await client.query(`UPDATE sqlift.runs SET published_at = NULL, rollback_until = NULL WHERE run = $1`, [run]);
    // Nothing takes a sequence back when the transaction fails: move them when nothing is left that could.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    for (const sequence of appended.flatMap((table) => table.sequences ?? [])) await restoreSequence(client, sequence);
  });
}

/** Locks the published table. False when it is gone; throws when another table stands under its name. */
async function lockIfOurs(client: PoolClient, table: PublishedTable, force: boolean): Promise<boolean> {
  const oid = await relationId(client, table.schema, table.name);
  if (oid === table.oid) {
    await client.query(`LOCK TABLE ${qualified(table.schema, table.name)} IN ACCESS EXCLUSIVE MODE`);
    return true;
  }
  if (oid === undefined) {
    if (force) return false;
    throw conflict(`${table.schema}.${table.name} was dropped or moved after the run`);
  }
  throw conflict(
    `${table.schema}.${table.name} is not the run’s table any more: a later run or somebody else has put another one in its place`,
  );
}

/** In one statement, so that foreign keys among the tables do not matter. */
async function dropTables(client: PoolClient, tables: readonly PublishedTable[], force: boolean): Promise<void> {
  if (tables.length === 0) return;
  const names = tables.map((table) => qualified(table.schema, table.name)).join(', ');
  try {
    await client.query(`DROP TABLE ${names}${force ? ' CASCADE' : ''}`);
  } catch (error) {
    // dependent_objects_still_exist: made between our look and now.
    if (sqlstate(error) === '2BP01') throw conflict(`something was made after the run on its tables: ${names}`);
    throw error;
  }
}

/** Those of the run that are still there. With `force`, whatever was built on them goes too. */
async function dropViews(client: PoolClient, views: readonly PublishedView[], force: boolean): Promise<void> {
  const names: string[] = [];
  for (const view of views)
    if ((await relationId(client, view.schema, view.name)) === view.oid) names.push(qualified(view.schema, view.name));
  if (names.length > 0) await client.query(`DROP VIEW ${names.join(', ')}${force ? ' CASCADE' : ''}`);
}

/** Puts a replaced view back, as `restoreReplaced` does a table. */
async function restoreView(
  client: PoolClient,
  schema: string,
  name: string,
  at: string,
  force: boolean,
): Promise<void> {
  if ((await relationId(client, at, name)) === undefined) {
    if (force) return;
    throw conflict(`the view that ${schema}.${name} replaced is gone from ${at}`);
  }
  if ((await relationId(client, schema, name)) !== undefined) return;
  await client.query(`ALTER VIEW ${qualified(at, name)} SET SCHEMA ${quoteIdent(schema)}`);
}

/** Puts a replaced table back, unless somebody else's stands there. With `force`, one that is gone is done without. */
async function restoreReplaced(
  client: PoolClient,
  { replacedAt, schema, name }: PublishedTable,
  force: boolean,
): Promise<void> {
  if (replacedAt === undefined) return;
  if ((await relationId(client, replacedAt.schema, replacedAt.name)) === undefined) {
    if (force) return;
    throw conflict(`the table that ${schema}.${name} replaced is gone from ${replacedAt.schema}`);
  }
  if ((await relationId(client, schema, name)) !== undefined) return;
  try {
    await client.query(`ALTER TABLE ${qualified(replacedAt.schema, replacedAt.name)} SET SCHEMA ${quoteIdent(schema)}`);
  } catch (error) {
    // An index or sequence of the run's table, which was renamed, say, still has the name of the old table's.
    if (sqlstate(error) === '42P07') throw conflict(`${schema}.${name} cannot come back: ${(error as Error).message}`);
    throw error;
  }
}

async function deleteAppended(client: PoolClient, table: PublishedTable, record: PublishRecord): Promise<void> {
  try {
    await client.query(`DELETE FROM ${qualified(table.schema, table.name)} WHERE xmin::text = ANY($1)`, [
      transactionsOf(record),
    ]);
  } catch (error) {
    // foreign_key_violation, restrict_violation: only `force` gets here without having looked.
    if (['23503', '23001'].includes(sqlstate(error) ?? ''))
      throw conflict(`rows that the run did not write refer to its rows in ${table.schema}.${table.name}`);
    throw error;
  }
}

/** A sequence that somebody has drawn from since stays where it is: going back would hand out keys that are taken. */
async function restoreSequence(
  client: PoolClient,
  { schema, name, lastValue, isCalled, movedTo }: MovedSequence,
): Promise<void> {
  const sequence = qualified(schema, name);
  const { rows } = await client.query<{ untouched: boolean }>(
    `SELECT last_value = $1::bigint AND is_called AS untouched FROM ${sequence}`,
    [movedTo],
  );
  if (rows[0]!.untouched) await client.query(`SELECT setval($1, $2::bigint, $3)`, [sequence, lastValue, isCalled]);
}

/** Others may have put their own objects into a schema that the run made: then it stays. */
async function dropIfEmpty(client: PoolClient, schema: string): Promise<void> {
  const { rows } = await client.query<{ empty: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid) AS empty
     FROM pg_namespace n WHERE n.nspname = $1`,
    [schema],
  );
  if (rows[0]?.empty === true) await client.query(`DROP SCHEMA ${quoteIdent(schema)}`);
}
