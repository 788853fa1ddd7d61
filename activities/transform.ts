import type { Pool } from 'pg';
import type { TableEvidence } from '../core/evidence';
import type { TableMapping } from '../core/mapping';
import { stagingSchema } from '../core/ids';
import { resolvePlan } from '../core/resolve';
import { runFiles } from '../stores/artifacts/run-files';
import { enterTables } from '../stores/ledger/chunks';
import type { NewTable, TableRows } from '../stores/ledger/chunks';
import { enterNotCarried } from '../stores/ledger/not-carried';
import { enterSource } from '../stores/ledger/sources';
import { holdLiveRun } from '../stores/ledger/runs';
import { checkAppendedExpressions, createStaging, dropStaging } from '../stores/postgres/staging';
import { checkTarget, wantedTables } from '../stores/postgres/preflight';
import { relationId } from '../stores/postgres/relations';
import { inTransaction, withClient } from '../stores/postgres/target';
import { openReader } from '../stores/sqlite/open-reader';
import path from 'node:path';
import { beat, snapshotPath, targetOf } from './context';
import type { ActivityDeps, StoredMapping } from './context';
import { exactPlanOf } from './exact-plan';
import { storedCensus } from './export';

/** Small enough that one chunk in twenty, verified a second time, is about a twentieth also of a table of a hundred megabytes. */
const DEFAULT_CHUNK_BYTES = 8 << 20;
/** Of tables whose rows are counted off from the first, which every chunk begins with. */
const DEFAULT_ORDINAL_CHUNK_BYTES = 32 << 20;

/** One table to import; short, since there may be a thousand of them in one payload. */
export interface TableTask {
  table: string;
  chunks: number;
  bytes: number;
}

export function transformActivities(deps: ActivityDeps) {
  return {
    /**
     * Makes the plan concrete against the snapshot, cuts its tables into chunks and creates the staging tables; ledger and
     * staging change in one transaction. Repeatable: an earlier attempt's staging is dropped first.
     */
    async prepareStaging({ run, source }: { run: string; source: string }): Promise<TableTask[]> {
      const plan = await exactPlanOf(deps, run);
      const pool = await targetOf(deps, run);
      const { catalog, evidence, shaped } = await storedCensus(deps, run, source);
      const planFolder = path.dirname(deps.artifacts.path(runFiles.plan(run)));
      const mapping = resolvePlan({ ...plan, sources: { [source]: plan.sources[source]! } }, planFolder, {
        [source]: catalog,
      })[0]!;
      // Types that the rows have decided could not be compared with tables to append to before.
      const wanted = wantedTables({ ...plan, sources: { [source]: plan.sources[source]! } });
      await checkTarget(
        pool,
        wanted.filter(({ ifExists }) => ifExists === 'append'),
      );
      await settleAppends(pool, mapping.tables);
      const stored: StoredMapping = { mapping, catalog };
      await deps.artifacts.put(runFiles.mapping(run, source), JSON.stringify(stored));

      const tasks: TableTask[] = [];
      const entries: NewTable[] = [];
      await inTransaction(pool, async (client) => {
        await holdLiveRun(client, run);
        await enterSource(client, run, source, catalog);
        await enterNotCarried(client, run, source, mapping.notCarried);
        await createStaging(client, stagingSchema(run, source), mapping.tables);
        await checkAppendedExpressions(client, stagingSchema(run, source), mapping.tables);
        for (const [position, table] of mapping.tables.entries()) {
          const reader = openReader({ path: snapshotPath(deps, run, source), catalog, table: table.origin });
          try {
            const usual = table.origin.kind === 'rowid' ? DEFAULT_CHUNK_BYTES : DEFAULT_ORDINAL_CHUNK_BYTES;
            const chunks = reader.chunks(plan.chunkBytes ?? usual);
            entries.push({ ...rowsOf(table, evidence, shaped), position, mapping: table, chunks });
            tasks.push({
              table: table.table,
              chunks: chunks.length,
              bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
            });
          } finally {
            reader.close();
          }
          beat({ table: table.table });
        }
        await enterTables(client, run, source, entries);
      });
      return tasks;
    },

    /** Undo of `prepareStaging` and of everything imported into it. Succeeds when there is nothing. */
    async discardStaging({ run, source }: { run: string; source: string }): Promise<void> {
      await dropStaging(await targetOf(deps, run), stagingSchema(run, source));
    },
  };
}

function rowsOf(
  { table, origin }: TableMapping,
  evidence: Readonly<Record<string, TableEvidence>>,
  shaped: Readonly<Record<string, TableEvidence>>,
): TableRows {
  const rows = evidence[origin.name]?.rows ?? 0;
  return { rows, ...(origin.where !== undefined && { filtered: rows - (shaped[table]?.rows ?? 0) }) };
}

/** A table to append to that is not there is made like any other, with its keys and indexes. */
async function settleAppends(pool: Pool, tables: readonly TableMapping[]): Promise<void> {
  await withClient(pool, async (client) => {
    for (const table of tables.filter((candidate) => candidate.ifExists === 'append')) {
      if ((await relationId(client, table.schema, table.target)) === undefined) table.ifExists = 'error';
    }
  });
}
