import { fork } from 'node:child_process';
import path from 'node:path';
import type { Reply, Task } from './process';

export type Done = Extract<Reply, { kind: 'done' }>;

/** Has one task done by a process of its own. Throws what it threw. */
export async function inChild(task: Task): Promise<Done> {
  const child = fork(path.join(__dirname, 'start.js'), [], { execArgv: [] });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(`the process ended with ${code ?? signal} without an answer`)));
    child.on('message', (reply: Reply) => {
      if (reply.kind === 'ready') child.send(task);
      else if (reply.kind === 'done') resolve(reply);
      else reject(new Error(reply.message));
    });
  });
}
