import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { SqliftError } from '../core/errors';
import { DEFAULT_TASK_QUEUE } from '../core/ids';

/** Everything a worker reads from its environment: once, all problems at once, and never again. */
export interface WorkerConfig {
  /** The state folder, with the runs' artifacts. */
  home: string;
  taskQueue: string;
  connection: NativeConnectionOptions;
  namespace: string;
  /** Where Prometheus may fetch metrics; undefined for nowhere. */
  metricsAddress: string | undefined;
  /** Seconds without work after which the worker ends by itself; 0 is never. */
  idleSeconds: number;
  /** Activities at once. Each may hold one connection to the target. */
  activities: number;
}

/** Throws UsageInvalid with every problem. */
export function workerConfig(env: NodeJS.ProcessEnv): Readonly<WorkerConfig> {
  const problems: string[] = [];
  const number = (name: string, fallback: number, least: number): number => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= least) return value;
    problems.push(`${name}: expected a whole number of at least ${least}, got ${text}`);
    return fallback;
  };
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const config: WorkerConfig = {
    home: env.SQLIFT_HOME || '',
    taskQueue: env.SQLIFT_TASK_QUEUE || DEFAULT_TASK_QUEUE,
    connection: connectionOptions,
    namespace: namespace ?? 'default',
    metricsAddress: env.SQLIFT_METRICS_ADDRESS || undefined,
    idleSeconds: number('SQLIFT_WORKER_IDLE_SECONDS', 0, 0),
    activities: number('SQLIFT_WORKER_ACTIVITIES', 8, 1),
  };
  if (config.home === '') problems.push('SQLIFT_HOME: set it to the state folder, where the runs keep their files');
  if (problems.length > 0) throw new SqliftError('UsageInvalid', problems.join('; '));
  return Object.freeze(config);
}
