import type { RunError, RunReport } from '../core/run';
import { checkTarget, wantedTables } from '../stores/postgres/preflight';
import { exitCodeOfRun, renderRunError } from './errors';
import { askRun, follow, whatToType } from './follow';
import type { Outcome } from './follow';
import { printable, plural } from './format';
import type { ReadyPlan } from './plans';
import type { ReporterKind } from './progress/reporter';
import { firstProgress, loadReport, reportOfProgress } from './report/load';
import { summaryLines } from './report/summary';
import type { KnownRun } from './runs';
import type { Session } from './session';
import { startRun } from './start';
import type { RunOptions } from './start';
import { workflowUrl } from './temporal';
import { ensureWorker } from './worker-process';

/** Starting a run, following it, and telling how it ended. */

export interface OutputOptions {
  json?: boolean;
  jsonl?: boolean;
}

/** Starts a run and, unless detached, follows it to its end. Gives the exit code. */
export async function migrate(
  session: Session,
  plan: ReadyPlan,
  options: OutputOptions & RunOptions & { detach?: boolean },
): Promise<number> {
  const { terminal, command } = session.context;
  // The run looks again itself; what is in the way already is said here, before there is a run.
  await session.withTarget((pool) => checkTarget(pool, wantedTables(plan.outline)));
  await ensureWorker(session);
  const known = await startRun(session, plan, options);
  const url = workflowUrl(await session.temporal(), known.workflowId, known.execution?.id);
  terminal.say(`Run ${terminal.colors.bold(known.run)}${url === undefined ? '' : `  ${terminal.colors.dim(url)}`}`);
  if (options.detach !== true) return await followToEnd(session, known, options);
  if (options.json === true || options.jsonl === true)
    terminal.json(reportOfProgress(firstProgress(known.run, known.plan, known.startedAt), [], url, command));
  else terminal.out(known.run);
  terminal.say(`It goes on in the background: ${command} watch ${known.run}`);
  return 0;
}

/** Follows a run until it ends, then tells how. Gives the exit code. */
export async function followToEnd(session: Session, known: KnownRun, options: OutputOptions): Promise<number> {
  const kind: ReporterKind = options.jsonl === true ? 'json lines' : options.json === true ? 'none' : 'people';
  const outcome = await follow(session, known, kind);
  return await tellOutcome(session, known, outcome, options);
}

async function tellOutcome(
  session: Session,
  known: KnownRun,
  outcome: Outcome,
  options: OutputOptions,
): Promise<number> {
  const { terminal, command } = session.context;
  if (outcome.kind === 'detached') {
    terminal.error(
      `\nThe run goes on. To watch it again: ${command} watch ${known.run}; to stop and undo it: ${command} cancel ${known.run}`,
    );
    return 130;
  }
  if (outcome.kind === 'waits for quarantine') {
    const { progress, tables } = await askRun(await session.temporal(), known);
    for (const line of whatToType('quarantine', known.run, command, progress)) terminal.error(line);
    if (options.json === true || options.jsonl === true) {
      const webUrl = workflowUrl(await session.temporal(), known.workflowId, known.execution?.id);
      const report = (await loadReport(session, known)) ?? reportOfProgress(progress, tables, webUrl, command);
      // The ledger may not have heard yet that the run waits.
      printJson(session, { ...report, state: progress.state }, options);
    }
    return 6;
  }
  const loaded = (await loadReport(session, known)) ?? fallbackReport(session, known, outcome.error);
  // The workflow's own word counts, unless the ledger knows of a later rollback.
  const state = loaded.state === 'rolled_back' || loaded.state === 'rollback_incomplete' ? loaded.state : outcome.state;
  const report: RunReport = { ...loaded, state, ...(outcome.error !== undefined && { error: outcome.error }) };
  if (options.json === true || options.jsonl === true) printJson(session, report, options);
  else tellPeople(session, report);
  if (report.error !== undefined && state !== 'rolled_back')
    terminal.error(renderRunError(report.error, { colors: terminal.colors, debug: false, command }));
  return exitCodeOfReport(report);
}

/** Exit code of an ended run, as docs/errors.md lists them. */
export function exitCodeOfReport({ state, error }: Pick<RunReport, 'state' | 'error'>): number {
  switch (state) {
    case 'published':
    case 'verified':
      return 0;
    case 'rolled_back':
    case 'cancelled':
      return 5;
    case 'rollback_incomplete':
      return 1;
    case 'failed':
      return error === undefined ? 1 : exitCodeOfRun(error.code);
    case 'running':
    case 'waiting':
      return 0;
  }
}

/** The closing screen. */
export function tellPeople(session: Session, report: RunReport): void {
  const { terminal, command } = session.context;
  if (report.state === 'failed' || report.state === 'rollback_incomplete') {
    terminal.say();
    return;
  }
  for (const line of summaryLines(report, { colors: terminal.colors, command, psql: psqlCommand(session, report.run) }))
    terminal.say(line);
}

/** A shell on the run's target that has no password in its words. */
export function psqlCommand(session: Session, run: string): string {
  const { value } = session.postgres(run);
  if (session.embeddedPostgres === value) return `psql "$(${session.context.command} stack status --url postgres)"`;
  return `psql '${value.replace(/^(postgres(?:ql)?:\/\/[^:/?#@]*):[^@/?#]*@/i, '$1@')}'`;
}

function printJson(session: Session, report: RunReport, { jsonl }: OutputOptions): void {
  if (jsonl === true) session.context.terminal.out(JSON.stringify({ type: 'report', ...report }));
  else session.context.terminal.json(report);
}

/** A run that failed before it reached the ledger has no other record. */
function fallbackReport(session: Session, known: KnownRun, error: RunError | undefined): RunReport {
  const progress = {
    ...firstProgress(known.run, known.plan, known.startedAt, 'failed'),
    ...(error !== undefined && { error }),
  };
  return reportOfProgress(progress, [], undefined, session.context.command);
}

/** What is about to be moved, in a line a source. */
export function planLines(plan: ReadyPlan): string[] {
  return Object.entries(plan.outline.sources).map(([name, source]) => {
    const left = (source.notCarried ?? []).length;
    return `${printable(name)}: ${plural(Object.keys(source.tables).length, 'table')} → schema ${printable(source.schema)}${left === 0 ? '' : `; ${plural(left, 'object')} cannot be carried and will be named in the report`}`;
  });
}
