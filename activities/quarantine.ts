import path from 'node:path';
import type { Pool, PoolClient } from 'pg';
import { compileRow } from '../core/codecs/row';
import { CopyWriter } from '../core/codecs/writer';
import type { ChunkRange } from '../core/chunk';
import { SqliftError } from '../core/errors';
import { loadedColumns, typeSql } from '../core/mapping';
import type { ColumnMapping, SourceMapping, TableMapping } from '../core/mapping';
import { readPlan } from '../core/plan-file';
import { rowRefusal } from '../core/refused-rows';
import { resolvePlan } from '../core/resolve';
import { isWidening } from '../core/widening';
import { runFiles } from '../stores/artifacts/run-files';
import { setTableState } from '../stores/ledger/chunks';
import type { TableKey } from '../stores/ledger/chunks';
import { readFeeds } from '../stores/ledger/feeds';
import { readLocators, resolveQuarantined } from '../stores/ledger/quarantine';
import { holdLiveRun, readRun } from '../stores/ledger/runs';
import type { RunRecord } from '../stores/ledger/runs';
import { CopyIn } from '../stores/postgres/copy';
import { qualified, quoteIdent } from '../stores/postgres/names';
import type { TargetPlace } from '../stores/postgres/names';
import { aroundViews, recordRetry, refuseIfChanged } from '../stores/postgres/retries';
import { setSequences } from '../stores/postgres/staging';
import { inTransaction, withClient } from '../stores/postgres/target';
import { openReader } from '../stores/sqlite/open-reader';
import { beat, planOf, snapshotPath, storedMapping, targetOf } from './context';
import type { ActivityDeps, StoredMapping } from './context';
import { exactOf, exactPlanOf } from './exact-plan';
import { locationOf } from './location';
import { makeViews } from './verify/run-views';

export interface RetryResult {
  loaded: number;
  left: number;
  /** Tables that took rows, to be verified again. */
  tables: { source: string; table: string }[];
}

/** Cells of this many rows are sent together. */
const SEND_BYTES = 512 << 10;

export function quarantineActivities(deps: ActivityDeps) {
  return {
    /**
     * Tries the rows in quarantine again, with the columns of an edited plan where one is given: columns change their type in
     * place, rows that fit now are loaded, all of a table in one transaction. Repeatable. Throws PlanInvalid for a change that
     * PostgreSQL's own cast would not carry.
     */
    async retryQuarantine({ run, planKey }: { run: string; planKey: string | null }): Promise<RetryResult> {
      const pool = await targetOf(deps, run);
      const record = await readRun(pool, run);
      if (record === undefined) throw new SqliftError('RunUnknown', `the target’s ledger has no run ${run}`);
      refuseUnlessSettled(record);
      const plan =
        planKey === null
          ? await exactPlanOf(deps, run)
          : await exactOf(
              deps,
              run,
              readPlan((await deps.artifacts.get(planKey)).toString('utf8'), deps.artifacts.path(planKey)),
            );
      const result: RetryResult = { loaded: 0, left: 0, tables: [] };
      for (const source of Object.keys((await planOf(deps, run)).sources)) {
        const entry = plan.sources[source];
        if (entry === undefined)
          throw new SqliftError('PlanInvalid', `the plan has no source ${source} any more`, { source });
        const stored = await storedMapping(deps, run, source);
        const folder = path.dirname(deps.artifacts.path(runFiles.plan(run)));
        const mapping = resolvePlan({ ...plan, sources: { [source]: entry } }, folder, {
          [source]: stored.catalog,
        })[0]!;
        await retrySource({ deps, pool, run, published: record.publishedAt !== null, stored, mapping, result });
      }
      // Rows that became no entries of other stores are not tried again, and still wait for a decision.
      for (const { quarantined } of await readFeeds(pool, run)) result.left += quarantined;
      return result;
    },
  };
}

/** Columns cannot change under an import that is under way. */
function refuseUnlessSettled({ run, state }: RunRecord): void {
  if (state === 'published' || state === 'waiting') return;
  throw new SqliftError(
    'UsageInvalid',
    `${run} is ${state}: rows are tried again when it waits for a decision or is published`,
  );
}

interface SourceRetry {
  deps: ActivityDeps;
  pool: Pool;
  run: string;
  published: boolean;
  stored: StoredMapping;
  mapping: SourceMapping;
  result: RetryResult;
}

async function retrySource({ deps, pool, run, published, stored, mapping, result }: SourceRetry): Promise<void> {
  for (const [position, before] of stored.mapping.tables.entries()) {
    const key = { run, source: before.source, table: before.table };
    const locators = await readLocators(pool, key);
    if (locators.length === 0) continue;
    const after = mapping.tables.find((table) => table.table === before.table);
    const widened = widenedColumns(before, after);
    const at = locationOf(run, before, published);
    const changed: TableMapping = { ...before, columns: widened };
    const loaded = await inTransaction(pool, async (client) => {
      await holdLiveRun(client, run);
      // A change of type gives every row a new transaction id, which would hide what others have changed since.
      if (published) {
        await client.query(`LOCK TABLE ${qualified(at.schema, at.table)} IN ACCESS EXCLUSIVE MODE`);
        await refuseIfChanged(client, run);
      }
      const clauses = typeChanges(before, widened, published);
      const rewritten = clauses.length > 0;
      if (rewritten) {
        const alter = `ALTER TABLE ${qualified(at.schema, at.table)} ${clauses.join(', ')}`;
        await aroundViews(client, { run, mapping: stored.mapping, published }, () => client.query(alter));
      }
      const done = await loadRows(client, { deps, key, stored, mapping: changed, at, locators });
      if (done.length > 0) {
        // Their keys may be the largest.
        if (before.ifExists !== 'append') await setSequences(client, changed, at);
        await resolveQuarantined(client, key, done);
        // Nothing is published that was not compared after it was last written to.
        await setTableState(client, key, 'imported');
      }
      if (published && (rewritten || done.length > 0)) await recordRetry(client, key, done.length);
      return done.length;
    });
    stored.mapping.tables[position] = changed;
    await deps.artifacts.put(runFiles.mapping(run, before.source), JSON.stringify(stored));
    if (loaded > 0) {
      await withClient(pool, (client) => client.query(`ANALYZE ${qualified(at.schema, at.table)}`));
      result.tables.push({ source: key.source, table: key.table });
    }
    result.loaded += loaded;
    result.left += locators.length - loaded;
  }
  // A view whose rows differed since some were in quarantine may be right now.
  if (!published) await makeViews(deps, run, stored.mapping);
}

/** The columns as the edited plan has them. Types and NOT NULL may change; names, formats and order may not. */
function widenedColumns(before: TableMapping, after: TableMapping | undefined): ColumnMapping[] {
  const place = { source: before.source, table: before.table };
  if (after === undefined)
    throw new SqliftError('PlanInvalid', `the plan does not move table ${before.table} any more`, place);
  if (after.origin.name !== before.origin.name || after.origin.where !== before.origin.where)
    throw new SqliftError('PlanInvalid', `a retry cannot change from or where of ${before.table}`, place);
  return before.columns.map((column) => {
    const edited = after.columns.find((candidate) => candidate.source === column.source);
    if (edited === undefined || edited.target !== column.target) {
      throw new SqliftError('PlanInvalid', `a retry cannot drop or rename ${column.source}`, {
        ...place,
        field: column.source,
      });
    }
    // Rows that are there were read in the old way.
    const reread = readAs(column) !== readAs(edited);
    if (reread || !isWidening(column.type, edited.type, column.affinity)) {
      const change = `${typeSql(column.type)} → ${typeSql(edited.type)}${reread ? ` (${edited.format ?? 'iso'})` : ''}`;
      throw new SqliftError(
        'PlanInvalid',
        `${column.source}: ${change} needs the rows from the source again: migrate with ifExists: replace`,
        { ...place, field: column.source },
      );
    }
    // In the rows as they are read, the column stands where it stood.
    return { ...edited, index: column.index };
  });
}

/** What decides, besides the type, how a cell is read. */
function readAs({ format = 'iso', value, ifNull, timeZone, key }: ColumnMapping): string {
  return JSON.stringify([format, value, ifNull, timeZone, key]);
}

/** What changes the table's columns. Throws PlanInvalid where the table holds other people's rows too. */
function typeChanges(
  { source, table, columns: before, ifExists }: TableMapping,
  after: readonly ColumnMapping[],
  published: boolean,
): string[] {
  const clauses = after.flatMap((column, index) => {
    const name = quoteIdent(column.target);
    const type = typeSql(column.type);
    const old = before[index]!;
    const retyped = typeSql(old.type) === type ? [] : [`ALTER COLUMN ${name} TYPE ${type} USING ${name}::${type}`];
    return old.notNull && !column.notNull ? [...retyped, `ALTER COLUMN ${name} DROP NOT NULL`] : retyped;
  });
  if (clauses.length > 0 && published && ifExists === 'append') {
    throw new SqliftError('PlanInvalid', `a retry does not change the columns of ${table}, which the run appended to`, {
      source,
      table,
    });
  }
  return clauses;
}

interface RowLoad {
  deps: ActivityDeps;
  key: TableKey;
  stored: StoredMapping;
  mapping: TableMapping;
  at: TargetPlace;
  locators: readonly bigint[];
}

/** Loads those of the rows that fit now; gives their locators. */
async function loadRows(client: PoolClient, { deps, key, stored, mapping, at, locators }: RowLoad): Promise<bigint[]> {
  const reader = openReader({
    path: snapshotPath(deps, key.run, key.source),
    catalog: stored.catalog,
    table: mapping.origin,
  });
  const encode = compileRow(mapping.columns);
  const refusal = rowRefusal(mapping.origin);
  const out = new CopyWriter();
  const done: bigint[] = [];
  try {
    const copy = new CopyIn(client, at, loadedColumns(mapping));
    try {
      const byRowid = reader.chunks(2 ** 30)[0]!.range.kind === 'rowid';
      for (const locator of locators) {
        const range: ChunkRange = byRowid
          ? {
              kind: 'rowid',
              after: locator === -(2n ** 63n) ? null : (locator - 1n).toString(),
              upTo: locator.toString(),
            }
          : { kind: 'ordinal', offset: Number(locator), count: 1 };
        reader.scan((row) => {
          if (refusal(row) === undefined && encode(row, out) === undefined) done.push(locator);
        }, range);
        if (out.length >= SEND_BYTES) {
          await copy.write(out.take());
          beat({ table: key.table, rows: done.length });
        }
      }
      if (out.length > 0) await copy.write(out.take());
      await copy.end();
    } catch (error) {
      await copy.abort(error as Error);
      throw error;
    }
  } finally {
    reader.close();
  }
  return done;
}
