import { DatabaseError } from 'pg';
import type { Pool, PoolClient } from 'pg';
import { replacedSchema, stagingSchema } from '../../core/ids';
import { SqliftError } from '../../core/errors';
import type { SourceMapping, TableMapping, ViewMapping } from '../../core/mapping';
import { holdLiveRun } from '../ledger/runs';
import { readViewRecords } from '../ledger/views';
import type { ViewRecord } from '../ledger/views';
import { qualified, quoteIdent } from './names';
import { dependentsOf, relationId, relationIds } from './relations';
import { inTransaction } from './target';
import type { Queryable } from './target';
import { viewState } from './views';

/** What publishing did, kept in the ledger by the same transaction: rollback works from this alone. */
export interface PublishRecord {
  /** Transaction id of the publish: rows that it appended have it as their xmin. */
  xid: string;
  /** Transactions from this one on were still to come when the run was published, and `open` ones were under way: rows of theirs were written after it. */
  horizon: string;
  open: string[];
  /** Transactions that loaded rows of the quarantine after all: theirs count as the run's. */
  retries: string[];
  createdSchemas: string[];
  /** Schemas that hold replaced tables. */
  replacedSchemas: string[];
  tables: PublishedTable[];
  views: PublishedView[];
  /** Views of others' making that made room. Theirs may have no successor: one that is not proved is not published. */
  replacedViews: { schema: string; name: string; at: string }[];
}

export interface PublishedView {
  source: string;
  view: string;
  schema: string;
  name: string;
  oid: string;
  /** Digest of PostgreSQL's print of its definition. */
  definition: string;
}

export interface PublishedTable {
  source: string;
  table: string;
  schema: string;
  name: string;
  /** The table's oid once it is in place: a later run may have put another one under its name. */
  oid: string;
  how: 'created' | 'replaced' | 'appended';
  /** Rows that this run put there. */
  rows: number;
  /** Where the table that was replaced now is. */
  replacedAt?: { schema: string; name: string };
  /** Sequences that appending moved on, as they were, and to which value they were moved. */
  sequences?: MovedSequence[];
}

export interface MovedSequence {
  schema: string;
  name: string;
  lastValue: string;
  isCalled: boolean;
  movedTo: string;
}

/**
 * Makes a run's tables visible in one short transaction: staged tables move to their schema with their indexes, constraints and
 * sequences, tables that they replace move to the run's own schema, and rows to append are inserted. Repeating it after it has
 * committed changes nothing. Throws TargetExists when a table has turned up meanwhile, TargetDependents when something was built
 * on one that is to be replaced, and TargetMismatch when triggers or rules of one that is appended to keep rows out.
 */
export async function publish(
  pool: Pool,
  run: string,
  sources: readonly SourceMapping[],
  rollbackDays: number,
): Promise<PublishRecord> {
  return inTransaction(pool, async (client) => {
    // Whoever holds locks on the tables makes us wait, and everyone else behind us: give up soon and try again later.
    await client.query(`SET LOCAL lock_timeout = '10s'`);
    await holdLiveRun(client, run);
    const before = await client.query<{ detail: PublishRecord }>(
      `SELECT detail FROM sqlift.undo WHERE run = $1 AND name = 'publish'`,
      [run],
    );
    if (before.rows[0] !== undefined) return before.rows[0].detail;

    const { rows } = await client.query<Pick<PublishRecord, 'xid' | 'horizon' | 'open'>>(
      `SELECT pg_current_xact_id()::xid::text AS xid, pg_snapshot_xmax(pg_current_snapshot())::xid::text AS horizon,
              ARRAY(SELECT pg_snapshot_xip(pg_current_snapshot())::xid::text) AS open`,
    );
    const record: PublishRecord = {
      ...rows[0]!,
      retries: [],
      createdSchemas: [],
      replacedSchemas: [],
      tables: [],
      views: [],
      replacedViews: [],
    };
    const mappings = sources.flatMap((source) => source.tables);
    for (const schema of new Set(sources.map((source) => source.schema))) {
      if (await createSchema(client, schema)) record.createdSchemas.push(schema);
    }
    const { fresh, replacing, appending } = await sortByWay(client, mappings);
    const views = sources.flatMap((source) => source.views);
    const replaced = await viewsInTheWay(client, views, await readViewRecords(client, run));
    await refuseDependents(client, replacing, replaced);
    for (const view of replaced) await replaceView(client, run, view, record);
    for (const mapping of replacing) await makeRoom(client, run, mapping, record);
    record.tables.push(...(await publishTables(client, run, fresh, replacing)));
    for (const mapping of await parentsFirst(client, appending)) record.tables.push(await append(client, run, mapping));
    for (const view of await readViewRecords(client, run)) record.views.push(await publishView(client, run, view));
    for (const source of sources)
      await client.query(`DROP SCHEMA IF EXISTS ${quoteIdent(stagingSchema(run, source.source))} CASCADE`);
    await client.query(`INSERT INTO sqlift.undo (run, step, name, detail) VALUES ($1, 1, 'publish', $2)`, [
      run,
      JSON.stringify(record),
    ]);
    await client.query(
      `UPDATE sqlift.runs SET published_at = now(), rollback_until = now() + make_interval(secs => $2) WHERE run = $1`,
      [run, rollbackDays * 86_400],
    );
    // Nothing takes a sequence back when the transaction fails: move them when nothing is left that could.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    for (const { schema, name, movedTo } of record.tables.flatMap((table) => table.sequences ?? [])) {
      await client.query('SELECT setval($1, $2::bigint)', [qualified(schema, name), movedTo]);
    }
    return record;
  });
}

/** True when the schema was made. */
async function createSchema(client: Queryable, schema: string): Promise<boolean> {
  const { rows } = await client.query(`SELECT FROM pg_namespace WHERE nspname = $1`, [schema]);
  if (rows.length > 0) return false;
  await client.query(`CREATE SCHEMA ${quoteIdent(schema)}`);
  return true;
}

/** What becomes of each table, by what is in the target at this moment. */
async function sortByWay(
  client: Queryable,
  mappings: readonly TableMapping[],
): Promise<Record<'fresh' | 'replacing' | 'appending', TableMapping[]>> {
  const ways = { fresh: [] as TableMapping[], replacing: [] as TableMapping[], appending: [] as TableMapping[] };
  const ids = await relationIds(client, mappings.map(placeOf));
  for (const [i, mapping] of mappings.entries()) {
    const exists = ids[i] !== undefined;
    if (!exists && mapping.ifExists === 'append')
      throw new SqliftError('TargetMismatch', `${mapping.schema}.${mapping.target} was to be appended to, and is gone`);
    if (!exists) ways.fresh.push(mapping);
    else if (mapping.ifExists === 'replace') ways.replacing.push(mapping);
    else if (mapping.ifExists === 'append') ways.appending.push(mapping);
    else throw new SqliftError('TargetExists', `already in the target: ${mapping.schema}.${mapping.target}`);
  }
  return ways;
}

/** What others built on a replaced table since preflight would go on using the old one, and be dropped with it. */
async function refuseDependents(
  client: Queryable,
  replaced: readonly TableMapping[],
  views: readonly ViewMapping[],
): Promise<void> {
  const oids: string[] = [];
  for (const view of views) oids.push((await relationId(client, view.schema, view.target))!);
  for (const mapping of replaced) {
    await client.query(`LOCK TABLE ${qualified(mapping.schema, mapping.target)} IN ACCESS EXCLUSIVE MODE`);
    oids.push((await relationId(client, mapping.schema, mapping.target))!);
  }
  const dependents = await dependentsOf(client, oids);
  if (dependents.length > 0) {
    throw new SqliftError('TargetDependents', `tables that the plan replaces are used by: ${dependents.join(', ')}`);
  }
}

/** Views that stand where one of the run's was planned. Throws TargetExists where that is not to be replaced. */
async function viewsInTheWay(
  client: Queryable,
  views: readonly ViewMapping[],
  carried: readonly (ViewRecord & { source: string })[],
): Promise<ViewMapping[]> {
  const found: ViewMapping[] = [];
  for (const view of views) {
    if ((await relationId(client, view.schema, view.target)) === undefined) continue;
    const isView = (await viewState(client, view.schema, view.target)) !== undefined;
    if (view.ifExists === 'replace' && isView) found.push(view);
    else if (carried.some((each) => each.source === view.source && each.view === view.view))
      throw new SqliftError('TargetExists', `already in the target: ${view.schema}.${view.target}`);
  }
  return found;
}

/** Moves a view out of the way, even when nothing takes its place: the tables that it reads are about to be others. */
async function replaceView(client: PoolClient, run: string, view: ViewMapping, record: PublishRecord): Promise<void> {
  const at = replacedSchema(run, view.source);
  if (await createSchema(client, at)) record.replacedSchemas.push(at);
  await client.query(`ALTER VIEW ${qualified(view.schema, view.target)} SET SCHEMA ${quoteIdent(at)}`);
  record.replacedViews.push({ schema: view.schema, name: view.target, at });
}

async function publishView(
  client: PoolClient,
  run: string,
  { source, view, schema, name }: ViewRecord & { source: string },
): Promise<PublishedView> {
  await client.query(`ALTER VIEW ${qualified(stagingSchema(run, source), name)} SET SCHEMA ${quoteIdent(schema)}`);
  return { source, view, schema, name, ...(await viewState(client, schema, name))! };
}

/** Moves the table that stands in the place of a staged one to the run's own schema. */
async function makeRoom(client: PoolClient, run: string, mapping: TableMapping, record: PublishRecord): Promise<void> {
  const at = replacedSchema(run, mapping.source);
  if (await createSchema(client, at)) record.replacedSchemas.push(at);
  await client.query(`ALTER TABLE ${qualified(mapping.schema, mapping.target)} SET SCHEMA ${quoteIdent(at)}`);
}

/** Puts staged tables into their places, all in one message. */
async function publishTables(
  client: PoolClient,
  run: string,
  fresh: readonly TableMapping[],
  replacing: readonly TableMapping[],
): Promise<PublishedTable[]> {
  const mappings = [...fresh, ...replacing];
  const moves = mappings.map(({ source, schema, target }) => {
    return `ALTER TABLE ${qualified(stagingSchema(run, source), target)} SET SCHEMA ${quoteIdent(schema)}`;
  });
  if (moves.length > 0) await client.query(moves.join(';\n'));
  const records = await published(client, run, mappings);
  return records.map((record, i): PublishedTable => {
    if (i < fresh.length) return { ...record, how: 'created' };
    return {
      ...record,
      how: 'replaced',
      replacedAt: { schema: replacedSchema(run, record.source), name: record.name },
    };
  });
}

/** What all records of tables have in common. `rows` is what the ledger says was loaded. */
async function published(
  client: Queryable,
  run: string,
  mappings: readonly TableMapping[],
): Promise<Omit<PublishedTable, 'how'>[]> {
  const { rows: loaded } = await client.query<{ source: string; table: string; rows: number }>(
    `SELECT source, table_name AS "table", coalesce(sum(rows), 0)::float8 AS rows FROM sqlift.chunks WHERE run = $1 GROUP BY 1, 2`,
    [run],
  );
  const rows = new Map(loaded.map((each) => [JSON.stringify([each.source, each.table]), each.rows]));
  const ids = await relationIds(client, mappings.map(placeOf));
  return mappings.map(({ source, table, schema, target: name }, i) => {
    return { source, table, schema, name, oid: ids[i]!, rows: rows.get(JSON.stringify([source, table])) ?? 0 };
  });
}

const placeOf = ({ schema, target }: TableMapping) => ({ schema, table: target });

/** Tables in an order in which foreign keys among them hold at every moment; those in a circle come as they come. */
async function parentsFirst(client: Queryable, mappings: readonly TableMapping[]): Promise<TableMapping[]> {
  const byOid = new Map<string, TableMapping>();
  for (const mapping of mappings) byOid.set((await relationId(client, mapping.schema, mapping.target))!, mapping);
  const { rows } = await client.query<{ child: string; parent: string }>(
    `SELECT conrelid::text AS child, confrelid::text AS parent FROM pg_constraint
     WHERE contype = 'f' AND conrelid = ANY($1::oid[]) AND confrelid = ANY($1::oid[])`,
    [[...byOid.keys()]],
  );
  const ordered = new Set<string>();
  const entered = new Set<string>();
  const enter = (oid: string) => {
    if (entered.has(oid)) return;
    entered.add(oid);
    for (const key of rows) if (key.child === oid) enter(key.parent);
    ordered.add(oid);
  };
  for (const oid of byOid.keys()) enter(oid);
  return [...ordered].map((oid) => byOid.get(oid)!);
}

async function append(client: PoolClient, run: string, mapping: TableMapping): Promise<PublishedTable> {
  const target = qualified(mapping.schema, mapping.target);
  const generated = await generatedColumns(client, target);
  const columns = mapping.columns
    .filter((column) => !generated.has(column.target))
    .map((column) => quoteIdent(column.target))
    .join(', ');
  const staged = qualified(stagingSchema(run, mapping.source), mapping.target);
  const [record] = (await published(client, run, [mapping])) as [Omit<PublishedTable, 'how'>];
  const inserted = await client
    .query(`INSERT INTO ${target} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM ${staged}`)
    .catch((error: unknown) => {
      throw constraintMismatch(error, mapping);
    });
  if (inserted.rowCount !== record.rows) {
    throw new SqliftError(
      'TargetMismatch',
      `${mapping.schema}.${mapping.target} took ${inserted.rowCount} of ${record.rows} rows: triggers or rules of it keep the others out`,
    );
  }
  const sequences: MovedSequence[] = [];
  for (const column of mapping.columns) {
    const moved = await sequenceMove(client, target, column.target);
    if (moved !== undefined) sequences.push(moved);
  }
  return { ...record, how: 'appended', sequences };
}

/** Columns whose values PostgreSQL computes itself, and takes from nobody. */
async function generatedColumns(client: Queryable, target: string): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attgenerated <> ''`,
    [target],
  );
  return new Set(rows.map(({ name }) => name));
}

/** Rows to append that break a rule of the table that is there. Anything else as it came. */
function constraintMismatch(error: unknown, { schema, target, source, table }: TableMapping): unknown {
  if (!(error instanceof DatabaseError) || error.code?.startsWith('23') !== true) return error;
  const rule = error.constraint ?? `NOT NULL of ${error.column}`;
  const message = `rows to append to ${schema}.${target} break its constraint ${rule} (SQLSTATE ${error.code})`;
  return new SqliftError('TargetMismatch', message, { source, table, sqlstate: error.code });
}

/** Where the sequence of a column has to go to be past its largest key; undefined when it is there or there is none. */
async function sequenceMove(client: Queryable, target: string, column: string): Promise<MovedSequence | undefined> {
  const { rows } = await client.query<{ schema: string; name: string; max: string }>(
    `SELECT n.nspname AS schema, c.relname AS name, s.seqmax::text AS max FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.oid = pg_get_serial_sequence($1, $2)::regclass`,
    [target, column],
  );
  const sequence = rows[0];
  if (sequence === undefined) return undefined;
  const { schema, name } = sequence;
  const state = await client.query<{ lastValue: string; isCalled: boolean; top: string | null }>(
    `SELECT last_value AS "lastValue", is_called AS "isCalled", (SELECT least(max(${quoteIdent(column)})::bigint, $1::bigint)::text FROM ${target}) AS top
     FROM ${qualified(schema, name)}`,
    [sequence.max],
  );
  const { lastValue, isCalled, top } = state.rows[0]!;
  if (top === null || BigInt(top) < BigInt(lastValue) || (isCalled && top === lastValue)) return undefined;
  return { schema, name, lastValue, isCalled, movedTo: top };
}
