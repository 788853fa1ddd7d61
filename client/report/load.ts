import { runFiles } from '../../stores/artifacts/run-files';
import { readLedgerReport } from '../../stores/ledger/read';
import type { RunProgress, RunReport, RunState, TableProgress } from '../../core/run';
import { PHASES, reportWithoutLedger } from '../../core/run';
import type { KnownRun } from '../runs';
import type { Session } from '../session';
import { workflowUrl } from '../temporal';

/**
 * The account of a run: the worker's report, or what the ledger holds; brought up to date with what the ledger says of later
 * events, such as a rollback. Undefined when neither knows the run.
 */
export async function loadReport(session: Session, known: KnownRun): Promise<RunReport | undefined> {
  const { run } = known;
  const { command } = session.context;
  const ledger = await session
    .withTargetIfThere((pool) => readLedgerReport(pool, run, command), run)
    .catch(() => undefined);
  const stored = await storedReport(session, run);
  const report = stored ?? ledger;
  if (report === undefined) return undefined;
  const link = await session.temporalIfThere();
  const webUrl = link === undefined ? undefined : workflowUrl(link, known.workflowId, known.execution?.id);
  const { state, rollback, error, quarantine } = ledger ?? report;
  return {
    ...report,
    state,
    quarantine,
    ...(error !== undefined && { error }),
    ...(webUrl !== undefined && { webUrl }),
    rollback: { until: state === 'published' ? rollback.until : null, command: `${command} rollback ${run}` },
  };
}

/** What can be told of a run that has neither report nor ledger entry yet. */
export function reportOfProgress(
  progress: RunProgress,
  tables: readonly TableProgress[],
  webUrl: string | undefined,
  command: string,
): RunReport {
  return {
    ...reportWithoutLedger(progress, command),
    ...(webUrl !== undefined && { webUrl }),
    seconds: (Date.now() - Date.parse(progress.startedAt)) / 1000,
    tables: tables.map(({ source, table, target, sourceRows = 0, loaded, quarantined, bytesTotal, digest = null }) => {
      return { source, table, target, columns: [], sourceRows, loaded, quarantined, bytes: bytesTotal, digest };
    }),
    ...(progress.error !== undefined && { error: progress.error }),
  };
}

/** The progress of a run that has said nothing yet. */
export function firstProgress(run: string, plan: string, startedAt: Date, state: RunState = 'running'): RunProgress {
  return {
    run,
    plan,
    state,
    phase: 'preflight',
    phases: PHASES.map((name) => ({ name, state: 'pending', seconds: 0 })),
    startedAt: startedAt.toISOString(),
    paused: false,
    tables: { total: 0, imported: 0, verified: 0 },
    rows: { source: 0, loaded: 0, quarantined: 0 },
    bytes: { done: 0, total: 0 },
  };
}

async function storedReport(session: Session, run: string): Promise<RunReport | undefined> {
  if (!(await session.artifacts.has(runFiles.report(run)))) return undefined;
  return JSON.parse((await session.artifacts.get(runFiles.report(run))).toString('utf8')) as RunReport;
}
