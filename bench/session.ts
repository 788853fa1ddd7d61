import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { RunReport } from '../core/run';
import { stackHome } from '../stack/home';

const ROOT = path.join(__dirname, '..');
const CLI = path.join(ROOT, 'dist/client/main.js');

/** A worker of the built program with a task queue and a database of its own, on the embedded servers of SQLIFT_HOME. */
export class BenchSession {
  readonly #queue = `bench-${process.pid}`;

  private constructor(
    readonly worker: ChildProcess,
    private readonly postgres: string,
  ) {}

  /** Starts the servers unless they run, and the worker. `nodeArgs` go to its Node, `--cpu-prof` for example. */
  static async open(nodeArgs: readonly string[] = []): Promise<BenchSession> {
    await cli(['stack', 'up']);
    const status = JSON.parse(await cli(['stack', 'status', '--json'])) as {
      postgres: { url: string };
      temporal: { address: string };
    };
    const worker = spawn(process.execPath, [...nodeArgs, path.join(ROOT, 'dist/worker/main.js')], {
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: status.temporal.address,
        DATABASE_URL: status.postgres.url,
        SQLIFT_TASK_QUEUE: `bench-${process.pid}`,
        SQLIFT_HOME: stackHome(),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(worker.stdout!, 'data');
    worker.stdout!.resume();
    return new BenchSession(worker, status.postgres.url);
  }

  /** Migrates a file into a database, deletes the snapshot, and gives the report. Throws when it was not published with every row. */
  async migrate(file: string, url: string): Promise<RunReport> {
    const report = JSON.parse(
      await cli(['migrate', file, '--to', url, '--task-queue', this.#queue, '--json']),
    ) as RunReport;
    if (report.state !== 'published' || report.verification.state !== 'verified')
      throw new Error(`${file}: ${report.state}, verification ${report.verification.state}`);
    await cli(['finalize', report.run, '--yes']);
    return report;
  }

  /** Does something with a fresh database, which is dropped afterwards. The server starts it with an empty checkpoint. */
  async inDatabase<T>(work: (url: string) => T | Promise<T>): Promise<T> {
    const name = `bench_${process.pid}`;
    const server = new Client({ connectionString: this.postgres });
    await server.connect();
    try {
      await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await server.query(`CREATE DATABASE ${name}`);
      await server.query('CHECKPOINT');
      const url = new URL(this.postgres);
      url.pathname = `/${name}`;
      return await work(url.href);
    } finally {
      await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await server.end();
    }
  }

  /** Field of /proc/PID/status in MiB: `VmRSS` is what the worker occupies now, `VmHWM` the most it ever did. */
  memory(field: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.worker.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)![1]) / 1024;
  }

  /** Ends the worker. The servers go on running. */
  async close(): Promise<void> {
    if (this.worker.exitCode !== null) return;
    this.worker.kill('SIGTERM');
    await once(this.worker, 'exit');
  }
}

/** Seconds that a report gives for these phases together. */
export function phaseSeconds(report: RunReport, ...names: string[]): number {
  return report.phases.filter((phase) => names.includes(phase.name)).reduce((sum, phase) => sum + phase.seconds, 0);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function cli(args: string[]): Promise<string> {
  return (await promisify(execFile)(process.execPath, [CLI, ...args], { maxBuffer: 1 << 28 })).stdout;
}
