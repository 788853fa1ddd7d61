import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunReport } from '../core/run';
import { managedStatus } from '../stack';
import { runFiles } from '../stores/artifacts/run-files';
import { treeSeconds } from './process-tree';
import type { BenchServers } from './servers';
import { sum } from './statistics';
import { measured, withPeak } from './speed/measure';
import type { Figures } from './speed/measure';

const ROOT = path.join(__dirname, '..');
const CLI = path.join(ROOT, 'dist/client/main.js');
/** What its first poll needs to reach Temporal after a worker says that it is ready. */
const FIRST_POLL_MS = 500;

/** A worker of the built program with a task queue of its own, which does nothing but what it is given here. */
export class BenchWorker {
  private constructor(
    private readonly process: ChildProcess,
    private readonly home: string,
    private readonly queue: string,
    private readonly address: string,
  ) {}

  static async start(servers: BenchServers): Promise<BenchWorker> {
    const address = await servers.temporal();
    const queue = `bench-${randomBytes(4).toString('hex')}`;
    const worker = spawn(process.execPath, [path.join(ROOT, 'dist/worker/main.js')], {
      env: { ...process.env, TEMPORAL_ADDRESS: address, SQLIFT_TASK_QUEUE: queue, SQLIFT_HOME: servers.home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(worker.stdout!, 'data');
    worker.stdout!.resume();
    await sleep(FIRST_POLL_MS);
    return new BenchWorker(worker, servers.home, queue, address);
  }

  get pid(): number {
    return this.process.pid!;
  }

  /**
   * `sqlift migrate` of a drafted plan, whose file `edit` may change, from its start to its end; drafting is not measured. The figures are of the command and this worker together, the servers left out; the
   * phases are those of the report. Throws when not everything was published and verified. The snapshot is removed afterwards.
   */
  async migrate(
    file: string,
    url: string,
    edit: (plan: string) => void = () => {},
  ): Promise<{ report: RunReport; figures: Figures }> {
    const env = { SQLIFT_HOME: this.home, TEMPORAL_ADDRESS: this.address };
    const plan = path.join(this.home, `${path.basename(file, '.db')}.plan.yaml`);
    rmSync(plan, { force: true });
    await measured({ command: process.execPath, args: [CLI, 'plan', file, '-o', plan], env });
    edit(plan);
    const args = [CLI, 'migrate', plan, '--to', url, '--task-queue', this.queue, '--yes', '--json'];
    const before = treeSeconds(this.pid);
    const command = measured({ command: process.execPath, args, env });
    const { result, peakMib } = await withPeak(this.pid, command);
    const { figures, stdout } = result;
    const cpuSeconds = (figures.cpuSeconds ?? 0) + treeSeconds(this.pid) - before;
    const report = JSON.parse(stdout) as RunReport;
    rmSync(path.join(this.home, runFiles.all(report.run)), { recursive: true, force: true });
    if (report.state !== 'published' || report.verification.state !== 'verified')
      throw new Error(`${file}: ${report.state}, verification ${report.verification.state}`);
    // It starts one of its own where it does not see ours.
    if (managedStatus(this.home, `worker-${this.queue}`) !== undefined) throw new Error('another worker did the work');
    const phases = Object.fromEntries(report.phases.map(({ name, seconds }) => [name, seconds]));
    // The command's own start, its look at the source, its end, and Temporal's way from one phase to the next.
    phases['besides'] = Math.max(0, figures.seconds - sum(Object.values(phases)));
    return { report, figures: { seconds: figures.seconds, cpuSeconds, ...(peakMib > 0 && { peakMib }), phases } };
  }

  async close(): Promise<void> {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGTERM');
    await once(this.process, 'exit');
  }
}
