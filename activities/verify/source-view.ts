import { fork } from 'node:child_process';
import { SqliftError } from '../../core/errors';
import { ownProgram } from '../../stores/own-program';
import type { ViewReply, ViewRequest } from './view-process';

const { entry, execArgv } = ownProgram(__filename, 'view-process');

/**
 * Has a view of the snapshot computed by a process of its own, which is killed when it takes too long: 'late' then. A view
 * can join everything with everything, or never end.
 */
export function readSourceView(
  request: ViewRequest,
  options: { seconds: number; signal?: AbortSignal | undefined },
): Promise<ViewReply | 'late'> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const child = fork(entry, [], {
      execArgv,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let reply: ViewReply | undefined;
    let late = false;
    const kill = () => child.kill('SIGKILL');
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, options.seconds * 1000);
    options.signal?.addEventListener('abort', kill, { once: true });
    child.on('message', (message: ViewReply) => (reply = message));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', kill);
      if (reply !== undefined) resolve(reply);
      else if (options.signal?.aborted) reject(options.signal.reason as Error);
      else if (late) resolve('late');
      else if (signal === 'SIGABRT' || signal === 'SIGKILL')
        resolve({ kind: 'refused', message: 'computing it takes more memory than there is' });
      else
        reject(new SqliftError('Internal', `the process that reads view ${request.view} ended with ${signal ?? code}`));
    });
    child.send(request);
  });
}
