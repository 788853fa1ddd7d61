import { readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { managedStatus, startManaged, stopManaged } from '../stack';
import { startMark } from '../stack/liveness';
import type { Connections } from '../stores/connections';
import { packageRoot } from './context';
import type { Session } from './session';
import { connectionVariables } from './store-settings';
import type { TemporalLink } from './temporal';

/** Sees to it that somebody does a run's work: any worker that polls the task queue, else one that is started here. */

/** A poll waits for up to 60 seconds at the server: a worker that polled longer ago is gone. */
const POLL_SECONDS = 65;

/** The program that a worker runs, and the environment it needs to serve this session's servers. */
export async function workerProgram(
  session: Session,
  idleSeconds: number,
): Promise<{ program: string; env: NodeJS.ProcessEnv }> {
  const program = path.join(packageRoot(), 'dist', 'worker', 'main.js');
  const { settings, home } = session;
  const link = await session.temporal();
  const env: NodeJS.ProcessEnv = {
    ...settings.env,
    SQLIFT_HOME: home,
    SQLIFT_TASK_QUEUE: settings.taskQueue.value,
    SQLIFT_WORKER_IDLE_SECONDS: String(idleSeconds),
  };
  if (settings.temporal === undefined) env.TEMPORAL_ADDRESS = link.address;
  for (const [name, value] of Object.entries(connectionVariables(reachable(session)))) env[name] ||= value;
  return { program, env };
}

/**
 * Starts a worker in the background unless one polls the task queue, and says so. One that an earlier build started is replaced.
 * Throws WorkerFailed when it does not come up.
 */
export async function ensureWorker(session: Session): Promise<void> {
  const { terminal } = session.context;
  const link = await session.temporal();
  const queue = session.settings.taskQueue.value;
  const name = `worker-${queue.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
  const mark = JSON.stringify({ build: buildId(), address: link.address, namespace: link.namespace });
  const markFile = `workers/${name}.json`;

  const own = managedStatus(session.home, name);
  if (own !== undefined) {
    const current =
      (await session.artifacts.has(markFile)) && (await session.artifacts.get(markFile)).toString('utf8') === mark;
    if (current && (await pollers(link, queue)).length > 0) return;
    if (!current) {
      terminal.say('Replacing the worker of an earlier build or server …');
      await stopManaged(session.home, name, { graceMs: 30_000 });
    }
  }
  if ((await pollers(link, queue)).length > 0) return;

  terminal.say('Starting a worker …');
  const { program, env } = await workerProgram(session, session.settings.workerIdleSeconds.value);
  await session.artifacts.put(markFile, mark);
  const log = path.join(session.home, 'logs', `${name}.log`);
  const from = sizeOf(log);
  try {
    await startManaged(session.home, {
      name,
      command: process.execPath,
      args: [program],
      env,
      cwd: packageRoot(),
      ready: async () => {
        if (!/^ready\b/m.test(readFileSync(log, 'utf8').slice(from)) && (await pollers(link, queue)).length === 0)
          throw new Error('not ready yet');
      },
    });
  } catch (cause) {
    if (!(cause instanceof SqliftError) || cause.code !== 'StackFailed') throw cause;
    throw new SqliftError('WorkerFailed', cause.message, cause.place, { cause });
  }
}

/** Identities of the workers that poll the task queue. Those of this host whose process is gone are left out. */
export async function pollers(link: TemporalLink, taskQueue: string): Promise<string[]> {
  const response = await link.connection.workflowService.describeTaskQueue({
    namespace: link.namespace,
    taskQueue: { name: taskQueue },
    // temporal.api.enums.v1.TaskQueueType: 1 is that of workflow tasks.
    taskQueueType: 1,
  });
  const oldest = Date.now() / 1000 - POLL_SECONDS;
  return (response.pollers ?? [])
    .filter((poller) => Number(poller.lastAccessTime?.seconds ?? 0) >= oldest)
    .map((poller) => poller.identity ?? '')
    .filter(isThere);
}

/** The SDK names a worker `PID@HOST`: on this host a dead one can be told from a silent one. */
function isThere(identity: string): boolean {
  const [, pid, host] = /^(\d+)@(.+)$/.exec(identity) ?? [];
  return pid === undefined || host !== os.hostname() || startMark(Number(pid)) !== undefined;
}

/** Changes with every release and every build of a checkout. */
export function buildId(): string {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  try {
    return `${version}-${Math.round(statSync(path.join(packageRoot(), 'dist', 'worker', 'main.js')).mtimeMs).toString(36)}`;
  } catch {
    throw new SqliftError(
      'WorkerFailed',
      `${path.join(packageRoot(), 'dist', 'worker', 'main.js')} is missing: the checkout is not built`,
    );
  }
}

/** The stores that this session knows an address of; a worker serves the runs of others, too. */
function reachable(session: Session): Connections {
  const stores = ['postgres', 'neo4j', 'pinecone', 'redis'] as const;
  return Object.assign({}, ...stores.map((store) => ifThere(() => session.connections([store])))) as Connections;
}

function ifThere<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch {
    return undefined;
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
