import { load, prepare, verify } from './adapter';
import { draft } from './draft';
import type { Source } from './adapter';

/** A process of its own for one task, so that its memory and processor time are only that task's. The clock runs once its code is loaded, as in a worker. */

export type Task =
  | { kind: 'draft'; file: string }
  | { kind: 'prepare' | 'load' | 'load-keys' | 'verify' | 'verify-independent'; source: Source };

export type Reply =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'done'; seconds: number; cpuSeconds: number; peakMib: number; result?: Awaited<ReturnType<typeof draft>> };

process.once('message', (task: Task) => {
  void answer(task).then((reply) => process.send!(reply, () => process.exit(0)));
});
process.send!({ kind: 'ready' } satisfies Reply);

async function answer(task: Task): Promise<Reply> {
  const begun = performance.now();
  const cpu = process.cpuUsage();
  try {
    const result = await perform(task);
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const peakMib = process.resourceUsage().maxRSS / 1024;
    return { kind: 'done', seconds, cpuSeconds: (user + system) / 1e6, peakMib, ...(result && { result }) };
  } catch (error) {
    return { kind: 'failed', message: (error as Error).stack ?? String(error) };
  }
}

async function perform(task: Task): Promise<Awaited<ReturnType<typeof draft>> | undefined> {
  switch (task.kind) {
    case 'draft':
      return draft(task.file);
    case 'prepare':
      await prepare(task.source);
      return undefined;
    case 'load':
    case 'load-keys':
      await load(task.source, { keys: task.kind === 'load-keys' });
      return undefined;
    case 'verify':
    case 'verify-independent':
      await verify(task.source, { independent: task.kind === 'verify-independent' });
      return undefined;
  }
}
