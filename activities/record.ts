import { typeSql } from '../core/mapping';
import { reportWithoutLedger } from '../core/run';
import type { RunProgress, RunReport, TableProgress } from '../core/run';
import { SqliftError } from '../core/errors';
import type { FeedStoreName } from '../core/feeds/feed';
import { runFiles } from '../stores/artifacts/run-files';
import { readTouchedStores } from '../stores/ledger/before-images';
import { readLedgerReport, readLedgerRun, readTableProgress } from '../stores/ledger/read';
import { recordProgress, reviveRun } from '../stores/ledger/runs';
import { allMappings, targetOf } from './context';
import type { ActivityDeps } from './context';
import { storedConversions } from './export';

/** What a workflow needs to know of a run that another workflow moved. */
export interface RunTables {
  progress: RunProgress;
  tables: TableProgress[];
  rollbackUntil: string | null;
  /** Stores besides PostgreSQL that the run has come to. */
  stores?: FeedStoreName[];
}

export function recordActivities(deps: ActivityDeps) {
  return {
    /** Keeps the workflow's account in the ledger. */
    async recordProgress(progress: RunProgress): Promise<void> {
      await recordProgress(await targetOf(deps, progress.run), progress);
    },

    /** Lets a run whose rollback was refused be what it was. */
    async reviveRun({ run }: { run: string }): Promise<void> {
      await reviveRun(await targetOf(deps, run), run);
    },

    /** One page of a source's tables, as the ledger has them. */
    async listTables({
      run,
      source,
      offset,
      limit,
    }: {
      run: string;
      source: string;
      offset: number;
      limit: number;
    }): Promise<TableProgress[]> {
      const tables = await readTableProgress(await targetOf(deps, run), run);
      return tables.filter((table) => table.source === source).slice(offset, offset + limit);
    },

    /** The run as the ledger knows it. Throws RunUnknown. */
    async readRunTables({ run }: { run: string }): Promise<RunTables> {
      const pool = await targetOf(deps, run);
      const record = await readLedgerRun(pool, run);
      if (record === undefined) throw new SqliftError('RunUnknown', `the target’s ledger has no run ${run}`);
      const tables = await readTableProgress(pool, run);
      return {
        progress: record.progress ?? emptyProgress(run, record.planName, record.startedAt),
        tables,
        rollbackUntil: record.rollbackUntil?.toISOString() ?? null,
        stores: await readTouchedStores(pool, run),
      };
    },

    /**
     * Writes the whole account of a run as an artifact: from the ledger where the target answers and knows the run, from the
     * workflow alone otherwise.
     */
    async writeReport({
      progress,
      rollbackUntil,
    }: {
      progress: RunProgress;
      rollbackUntil: string | null;
    }): Promise<{ key: string }> {
      const { run } = progress;
      const report = (await ledgerReport(deps, run)) ?? reportWithoutLedger(progress, 'sqlift');
      const columns = await columnsByTable(deps, run);
      const key = runFiles.report(run);
      const whole: RunReport = {
        ...report,
        state: progress.state,
        phases: progress.phases,
        // A finished run stays as long as it took, whenever its report is written again.
        seconds: report.seconds > 0 ? report.seconds : (Date.now() - Date.parse(progress.startedAt)) / 1000,
        tables: report.tables.map((table) => ({
          ...table,
          columns: columns.get(`${table.source}\0${table.table}`) ?? table.columns,
        })),
        rollback: { ...report.rollback, until: rollbackUntil },
        ...(progress.error !== undefined && { error: progress.error }),
      };
      await deps.artifacts.put(key, JSON.stringify(whole));
      return { key };
    },
  };
}

async function ledgerReport(deps: ActivityDeps, run: string): Promise<RunReport | undefined> {
  try {
    return await readLedgerReport(await targetOf(deps, run), run, 'sqlift');
  } catch (error) {
    if (error instanceof SqliftError) return undefined;
    throw error;
  }
}

async function columnsByTable(
  deps: ActivityDeps,
  run: string,
): Promise<Map<string, RunReport['tables'][number]['columns']>> {
  const columns = new Map<string, RunReport['tables'][number]['columns']>();
  try {
    for (const { mapping } of await allMappings(deps, run)) {
      const conversions = await storedConversions(deps, run, mapping);
      for (const table of mapping.tables) {
        columns.set(
          `${table.source}\0${table.table}`,
          table.columns.map((column) => ({
            source: column.source,
            target: column.target,
            type: typeSql(column.type),
            conversion: conversions[table.table]?.[column.source] ?? '',
          })),
        );
      }
    }
  } catch (error) {
    // A run that failed before transform has no mapping.
    if (!(error instanceof SqliftError)) throw error;
  }
  return columns;
}

function emptyProgress(run: string, plan: string, startedAt: Date): RunProgress {
  const nothing = { total: 0, imported: 0, verified: 0 };
  return {
    run,
    plan,
    state: 'running',
    phase: 'preflight',
    phases: [],
    startedAt: startedAt.toISOString(),
    paused: false,
    tables: nothing,
    rows: { source: 0, loaded: 0, quarantined: 0 },
    bytes: { done: 0, total: 0 },
  };
}
