import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { SqliftError } from '../core/errors';
import type { Decision } from '../workflows/messages';
import type { Context } from './context';
import { findRun, isGoing, stateOf } from './runs';
import type { KnownRun } from './runs';
import { withSession } from './session';
import type { Session } from './session';
import type { TemporalLink } from './temporal';
import { waitTeller } from './waits';
import { ensureWorker } from './worker-process';

/** How often it is looked what a workflow waits for. */
const LOOK_MS = 2_000;

/** What every command that speaks to a running run does first. */

/** Who decides: the user of this machine. */
export function decision(reason: string | undefined): Decision {
  return { by: `${os.userInfo().username}@${os.hostname()}`, ...(reason !== undefined && { reason }) };
}

/** Finds the run, sees to it that a worker can answer, and speaks to it. Throws RunDiscarded when it is over. */
export async function withGoingRun<T>(
  context: Context,
  given: string | undefined,
  work: (session: Session, known: KnownRun, link: TemporalLink) => Promise<T>,
): Promise<T> {
  return await withSession(context, { stack: 'start' }, async (session) => {
    await session.temporal();
    const known = await findRun(session, given);
    if (!isGoing(known)) throw new SqliftError('UsageInvalid', `Run ${known.run} is over: ${stateOf(known)}`);
    await session.startStoresOf(known.run);
    await ensureWorker(session);
    return await work(session, known, await session.temporal());
  });
}

/** A workflow of this name that does something about a run, started or, when it already goes, joined. Gives its result. */
export async function runWorkflow<Result>(
  session: Session,
  workflow: string,
  workflowId: string,
  input: { run: string } | ({ run: string } & Record<string, unknown>),
  summary: string,
): Promise<Result> {
  const link = await session.temporal();
  await session.startStoresOf(input.run);
  await ensureWorker(session);
  const handle: WorkflowHandle = await link.client.workflow.start(workflow, {
    workflowId,
    taskQueue: session.settings.taskQueue.value,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: summary,
  });
  return await sayingWaits(session, handle, handle.result() as Promise<Result>);
}

/** Says, while a workflow goes on, which servers it waits for. */
async function sayingWaits<Result>(session: Session, handle: WorkflowHandle, result: Promise<Result>): Promise<Result> {
  const ended = new AbortController();
  const watching = (async () => {
    const tell = waitTeller(handle, (line) => session.context.terminal.say(line));
    for (;;) {
      await sleep(LOOK_MS, undefined, { signal: ended.signal });
      await tell();
    }
  })().catch(() => undefined);
  try {
    return await result;
  } finally {
    ended.abort();
    await watching;
  }
}
