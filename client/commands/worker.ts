import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SqliftError } from '../../core/errors';
import type { CommandModule } from '../command';
import { packageRoot } from '../context';
import { withSession } from '../session';
import { workerProgram } from '../worker-process';

interface Options {
  taskQueue?: string;
  idle?: number;
  metrics?: string;
}

export const define: CommandModule['define'] = (command, run) => {
  command
    .option('--task-queue <name>', 'task queue to serve (SQLIFT_TASK_QUEUE)')
    .option('--idle <seconds>', 'end after this long without work; 0 is never', (text) => Number.parseInt(text, 10))
    .option('--metrics <host:port>', 'serve Prometheus metrics there (SQLIFT_METRICS_ADDRESS)')
    .action(
      run(async (context, { taskQueue, idle = 0, metrics }: Options) => {
        if (!Number.isInteger(idle) || idle < 0)
          throw new SqliftError('UsageInvalid', '--idle: expected a whole number of seconds');
        const { program, env } = await withSession(
          context,
          { stack: 'start', flags: { taskQueue } },
          async (session) => {
            const { settings } = session;
            const given = settings.workerIdleSeconds.origin === 'default' ? idle : settings.workerIdleSeconds.value;
            return await workerProgram(session, idle === 0 ? given : idle);
          },
        );
        if (!existsSync(program))
          throw new SqliftError('WorkerFailed', `${program} is missing: the checkout is not built`, { file: program });
        context.terminal.say(
          `Serving task queue ${env.SQLIFT_TASK_QUEUE}; Ctrl-C ends the worker after what it has begun`,
        );
        if (metrics !== undefined) env.SQLIFT_METRICS_ADDRESS = metrics;
        return await inForeground(program, env);
      }),
    );
};

/** The worker as a child that gets our signals; its exit code is ours. */
function inForeground(program: string, env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program], { stdio: 'inherit', env, cwd: packageRoot() });
    // Ctrl-C in a terminal reaches the child by itself; a signal to this process alone does not.
    const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
    const stay = (): void => undefined;
    process.on('SIGTERM', pass);
    process.on('SIGINT', process.stdin.isTTY ? stay : pass);
    child.once('error', (cause) =>
      reject(new SqliftError('WorkerFailed', `The worker did not start: ${cause.message}`, {}, { cause })),
    );
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
