import { Runtime } from '@temporalio/worker';
import { workerConfig } from './config';
import { createWorker } from './create';
import { jsonLogger } from './logger';

/**
 * The process that hosts workflows and activities: `node dist/worker/main.js`. Says `ready` on stdout once it polls. SIGINT and
 * SIGTERM end it gracefully: activities under way get ten seconds, then they are tried again elsewhere.
 */
async function main(): Promise<void> {
  const config = workerConfig(process.env);
  const logger = jsonLogger();
  Runtime.install({
    logger,
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
      ...(config.metricsAddress !== undefined && {
        metrics: {
          prometheus: { bindAddress: config.metricsAddress, countersTotalSuffix: true, useSecondsForDurations: true },
        },
      }),
    },
  });
  const { worker, idle, close } = await createWorker(config, process.env, (activity, error) => {
    logger.error(`unexpected error in ${activity}`, { error: error instanceof Error ? error.stack : String(error) });
  });
  const running = worker.run();
  process.stdout.write(`ready ${config.taskQueue}\n`);
  const timer = setInterval(() => {
    if (config.idleSeconds > 0 && idle.seconds > config.idleSeconds && worker.getState() === 'RUNNING')
      worker.shutdown();
  }, 1_000);
  try {
    await running;
  } finally {
    clearInterval(timer);
    await close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
