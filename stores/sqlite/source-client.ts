import { fork } from 'node:child_process';
import { SqliftError } from '../../core/errors';
import { ownProgram } from '../own-program';
import type { SnapshotProgress } from './snapshot';
import type { SourceAnswers, SourceReply, SourceRequest } from './source-messages';

const { entry, execArgv } = ownProgram(__filename, 'source-process');
const STDERR_LIMIT = 2000;

/**
 * Has a live source read by a process of its own, which ends with the answer. The reasons: POSIX locks belong to a
 * process, so whatever else opens and closes the same file here would drop SQLite's locks in mid-copy; the copy and its
 * check may take minutes of uninterrupted native code, during which the caller goes on heartbeating; and it can be
 * killed at any point.
 *
 * @throws SqliftError what the process says; Internal when it dies; the signal's reason when it is aborted
 */
export function askSourceProcess<Kind extends SourceRequest['kind']>(
  request: SourceRequest & { kind: Kind },
  options: { onProgress?: ((progress: SnapshotProgress) => void) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<SourceAnswers[Kind]> {
  return new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    const child = fork(entry, [], {
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let reply: SourceReply | undefined;
    let complaint = '';
    const abort = () => child.kill('SIGKILL');
    options.signal?.addEventListener('abort', abort, { once: true });
    child
      .stderr!.setEncoding('utf8')
      .on('data', (text: string) => (complaint = (complaint + text).slice(-STDERR_LIMIT)));
    child.on('message', (message: SourceReply) => {
      if (message.kind === 'progress') options.onProgress?.(message.progress);
      else reply = message;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      options.signal?.removeEventListener('abort', abort);
      if (reply?.kind === 'answer') resolve(reply.answer as SourceAnswers[Kind]);
      else if (reply?.kind === 'failure') reject(new SqliftError(reply.code, reply.message, reply.place));
      else if (options.signal?.aborted) reject(options.signal.reason as Error);
      else
        reject(
          new SqliftError(
            'Internal',
            `the process that reads ${request.path} ended with ${signal ?? code}: ${complaint.trim()}`,
          ),
        );
    });
    child.send(request);
  });
}
