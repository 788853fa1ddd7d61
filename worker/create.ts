import { existsSync } from 'node:fs';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { createActivities } from '../activities';
import { createDeps, planOf } from '../activities/context';
import { guarded } from '../activities/failure';
import { BUNDLE_FILE, bundleWorkflows } from './bundle';
import type { WorkerConfig } from './config';
import { IdleClock } from './idle';
import { Patience } from './patience';

export interface RunningWorker {
  worker: Worker;
  idle: IdleClock;
  /** Closes what the worker opened, once `worker.run()` has ended. */
  close: () => Promise<void>;
}

/**
 * The composition root: everything that a worker is made of, put together here and nowhere else. `onError` gets what activities
 * threw that the error table does not know, whole.
 */
export async function createWorker(
  config: WorkerConfig,
  env: NodeJS.ProcessEnv,
  onError: (activity: string, error: unknown) => void,
): Promise<RunningWorker> {
  const connection = await NativeConnection.connect(config.connection);
  const deps = createDeps(config.home, env);
  const idle = new IdleClock();
  // A rollback must not need the plan, which may be gone with the state folder.
  const patience = new Patience((run) =>
    planOf(deps, run).then(
      ({ patienceMinutes }) => patienceMinutes,
      () => undefined,
    ),
  );
  const options: WorkerOptions = {
    connection,
    namespace: config.namespace,
    taskQueue: config.taskQueue,
    activities: guarded(createActivities(deps), onError),
    workflowBundle: existsSync(BUNDLE_FILE) ? { codePath: BUNDLE_FILE } : { code: await bundleWorkflows() },
    maxConcurrentActivityTaskExecutions: config.activities,
    // Cancellation reaches an activity with the answer to a heartbeat: the SDK's default would hold it back for up to a minute.
    maxHeartbeatThrottleInterval: '5 seconds',
    defaultHeartbeatThrottleInterval: '5 seconds',
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '30 seconds',
    interceptors: {
      activity: [() => ({ inbound: idle.interceptor() }), (context) => ({ inbound: patience.interceptor(context) })],
    },
  };
  const worker = await Worker.create(options).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  return {
    worker,
    idle,
    close: async () => {
      await Promise.all([...deps.pools.values()].map((pool) => pool.end()));
      await Promise.all([...deps.feedStores.values()].map(async (store) => (await store).close()));
      await connection.close();
    },
  };
}
