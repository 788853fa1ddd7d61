import { readdirSync } from 'node:fs';
import type { WorkflowHandle } from '@temporalio/client';
import { SqliftError } from '../core/errors';
import { migrationWorkflowId } from '../core/ids';
import { readLedgerRun, readRuns } from '../stores/ledger/read';
import type { LedgerRun } from '../stores/ledger/read';
import type { Session } from './session';
import type { TemporalLink } from './temporal';

/** Which runs there are, from the three places that know of them: Temporal, the state folder, the ledger of the target. */

export interface KnownRun {
  run: string;
  plan: string;
  workflowId: string;
  startedAt: Date;
  /** Temporal's execution id, and what Temporal says of it: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED … */
  execution?: { id: string; status: string };
  /** State as the run itself reported it last. */
  state?: string;
  ledger?: LedgerRun;
}

const RUN_ID = /^([a-z0-9][a-z0-9_-]{0,39})-(\d{8})-(\d{6})-([a-z0-9]{6,})$/;

/** The plan's name and the time that a run's id tells; undefined when it is no run id. */
export function parseRunId(run: string): { plan: string; startedAt: Date } | undefined {
  const [, plan, day, time] = RUN_ID.exec(run) ?? [];
  if (plan === undefined || day === undefined || time === undefined) return undefined;
  const at = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`;
  return { plan, startedAt: new Date(at) };
}

/** Every run that can be found, newest first. Places that do not answer are left out. */
export async function knownRuns(session: Session): Promise<KnownRun[]> {
  const found = new Map<string, KnownRun>();
  const enter = (run: string): KnownRun | undefined => {
    const parsed = parseRunId(run);
    if (parsed === undefined) return undefined;
    let known = found.get(run);
    if (known === undefined) found.set(run, (known = { run, ...parsed, workflowId: migrationWorkflowId(parsed.plan) }));
    return known;
  };
  for (const name of folderNames(session.artifacts.path('runs'))) enter(name);
  const [executions, ledger] = await Promise.all([executionsOf(session), ledgerOf(session)]);
  for (const { run, id, status, state } of executions) {
    const known = enter(run);
    // Executions come newest first: of a chain, the last one counts.
    if (known !== undefined && known.execution === undefined)
      Object.assign(known, { execution: { id, status }, ...(state !== undefined && { state }) });
  }
  for (const record of ledger) {
    const known = enter(record.run);
    if (known !== undefined) Object.assign(known, { ledger: record, state: record.state });
  }
  return [...found.values()].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || (a.run < b.run ? 1 : -1));
}

/** The run that a person means: by its whole id, a unique beginning or end of it, or the newest when left out. Throws RunUnknown. */
export async function findRun(session: Session, given: string | undefined): Promise<KnownRun> {
  const runs = await knownRuns(session);
  const known = pickRun(runs, given);
  if (known.ledger === undefined) {
    // Its target may be another one than the settings name.
    const record = hasOwnTarget(session, known.run)
      ? await session.withTargetIfThere((pool) => readLedgerRun(pool, known.run), known.run)
      : undefined;
    if (record !== undefined) Object.assign(known, { ledger: record, state: record.state });
  }
  return known;
}

/** The choice itself. `runs` newest first. */
export function pickRun<T extends { run: string }>(runs: readonly T[], given: string | undefined): T {
  if (given === undefined) {
    if (runs[0] === undefined) throw new SqliftError('RunUnknown', 'There is no run yet');
    return runs[0];
  }
  const exact = runs.find(({ run }) => run === given);
  if (exact !== undefined) return exact;
  const fitting = runs.filter(({ run }) => run.startsWith(given) || run.endsWith(given));
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0) throw new SqliftError('RunUnknown', `There is no run ${given}`);
  const names = fitting.slice(0, 5).map(({ run }) => run);
  throw new SqliftError(
    'RunUnknown',
    `${given} fits ${fitting.length} runs: ${names.join(', ')}${fitting.length > 5 ? ', …' : ''}`,
  );
}

/** Whether Temporal still works on it. */
export const isGoing = (known: KnownRun): boolean => known.execution?.status === 'RUNNING';

/**
 * The run's workflow. While it goes, by its id alone: a long one goes on in a new execution, and a plan has only one run at a time.
 */
export function handleOf(link: TemporalLink, known: KnownRun): WorkflowHandle {
  return isGoing(known)
    ? link.client.workflow.getHandle(known.workflowId)
    : link.client.workflow.getHandle(known.workflowId, known.execution?.id);
}

/** What to show as the run's state: a run that Temporal ended from outside never said so itself. */
export function stateOf(known: KnownRun): string {
  const { state, execution } = known;
  const open = state === undefined || state === 'running' || state === 'waiting' || state === 'verified';
  if (open && execution !== undefined && execution.status !== 'RUNNING')
    return execution.status === 'COMPLETED' ? 'published' : execution.status.toLowerCase();
  return state ?? (isGoing(known) ? 'running' : 'unknown');
}

interface Execution {
  run: string;
  id: string;
  status: string;
  state: string | undefined;
}

async function executionsOf(session: Session): Promise<Execution[]> {
  const link = await session.temporalIfThere();
  return link === undefined ? [] : await listExecutions(link);
}

async function listExecutions(link: TemporalLink): Promise<Execution[]> {
  const found: Execution[] = [];
  for await (const info of link.client.workflow.list({ query: `WorkflowType = 'migrationWorkflow'`, pageSize: 200 })) {
    const attribute = (name: string): string | undefined =>
      (info.searchAttributes as Record<string, unknown[] | undefined>)[name]?.[0] as string | undefined;
    const run = attribute('SqliftRun') ?? (info.memo as { run?: string } | undefined)?.run;
    if (run !== undefined)
      found.push({ run, id: info.runId, status: info.status.name, state: attribute('SqliftState') });
    if (found.length >= 1000) break;
  }
  return found;
}

async function ledgerOf(session: Session): Promise<LedgerRun[]> {
  return (await session.withTargetIfThere((pool) => readRuns(pool))) ?? [];
}

function hasOwnTarget(session: Session, run: string): boolean {
  try {
    return session.postgres(run).origin === `run ${run}`;
  } catch {
    return false;
  }
}

function folderNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
