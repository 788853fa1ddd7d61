import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import Database from 'better-sqlite3';
import { Pool } from 'pg';
import type { PoolClient } from 'pg';
import { migrationWorkflowId, runId, windowWorkflowId } from '../../core/ids';
import type { Plan } from '../../core/plan';
import { writePlan } from '../../core/plan-file';
import type { RunProgress, RunReport } from '../../core/run';
import { startManaged, stopManaged } from '../../stack/process';
import { LocalArtifacts } from '../../stores/artifacts/local';
import { runFiles } from '../../stores/artifacts/run-files';
import type { MigrationInput, MigrationResult } from '../../workflows/messages';
import { draftOf } from './plans';
import { createDatabase } from './postgres';
import type { TestDatabase } from './postgres';
import { temporalAddress, testQueue } from './temporal';

export interface StartedRun {
  run: string;
  handle: WorkflowHandle;
  /** The workflow's result, whatever its state; throws what the workflow threw. */
  result: () => Promise<MigrationResult>;
}

/**
 * What an end-to-end test works with: a database, a state folder, a task queue and worker processes of its own, on the servers of
 * the test run. Workers are the compiled program, in processes that a test may kill.
 */
export class Migrations {
  readonly artifacts: LocalArtifacts;
  #workers = 0;
  #files = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly pool: Pool,
    readonly home: string,
    readonly queue: string,
    readonly address: string,
    readonly connection: Connection,
    readonly client: Client,
  ) {
    this.artifacts = new LocalArtifacts(home);
  }

  /** `address` of a Temporal of the test's own; the test run's when left out. */
  static async open(address = temporalAddress()): Promise<Migrations> {
    const database = await createDatabase();
    const home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-e2e-'));
    const connection = await Connection.connect({ address });
    const pool = new Pool({ connectionString: database.url });
    pool.on('error', () => {});
    return new Migrations(database, pool, home, testQueue(), address, connection, new Client({ connection }));
  }

  /** A SQLite file, built in one transaction. */
  file(build: (db: Database.Database) => void): string {
    const file = path.join(this.home, `source-${this.#files++}.sqlite`);
    const db = new Database(file);
    db.pragma('synchronous = off');
    db.exec('BEGIN');
    build(db);
    db.exec('COMMIT');
    db.close();
    return file;
  }

  /** The drafted plan of such a file, with whatever the test wants to be different. */
  async plan(
    name: string,
    build: (db: Database.Database) => void,
    edit: (plan: Plan) => void = () => {},
  ): Promise<Plan> {
    const plan = await draftOf(this.file(build), name);
    edit(plan);
    return plan;
  }

  /** Starts a worker process and waits until it polls. Gives its pid and name. */
  async startWorker(env: NodeJS.ProcessEnv = {}): Promise<{ name: string; pid: number }> {
    const name = `worker-${this.#workers++}`;
    const log = path.join(this.home, 'logs', `${name}.log`);
    const { pid } = await startManaged(this.home, {
      name,
      command: process.execPath,
      args: [path.resolve(__dirname, '../../dist/worker/main.js')],
      env: {
        ...process.env,
        SQLIFT_HOME: this.home,
        SQLIFT_TASK_QUEUE: this.queue,
        TEMPORAL_ADDRESS: this.address,
        DATABASE_URL: this.database.url,
        ...env,
      },
      ready: async () => {
        const { readFile } = await import('node:fs/promises');
        if (!(await readFile(log, 'utf8')).includes('ready')) throw new Error('not ready yet');
      },
    });
    return { name, pid };
  }

  async stopWorker(name: string): Promise<void> {
    await stopManaged(this.home, name, { graceMs: 15_000 });
  }

  /** What a worker has written so far. */
  workerLog(name: string): string {
    return readFileSync(path.join(this.home, 'logs', `${name}.log`), 'utf8');
  }

  /** Starts a run of the plan as the CLI does. */
  async start(
    plan: Plan,
    options: { acceptQuarantine?: boolean; independent?: boolean; postgres?: string } = {},
  ): Promise<StartedRun> {
    const run = runId(plan.name, new Date(), randomBytes(3).toString('hex'));
    await this.artifacts.put(
      runFiles.connections(run),
      JSON.stringify({ postgres: options.postgres ?? this.database.url }),
    );
    const sha256 = await this.artifacts.put(runFiles.plan(run), writePlan(plan));
    const input: MigrationInput = {
      run,
      plan: plan.name,
      planArtifact: { key: runFiles.plan(run), sha256 },
      acceptQuarantine: options.acceptQuarantine ?? false,
      independent: options.independent ?? false,
    };
    const handle = await this.client.workflow.start('migrationWorkflow', {
      workflowId: `${migrationWorkflowId(plan.name)}-${this.queue}`,
      taskQueue: this.queue,
      args: [input],
      memo: { run, plan: plan.name, planSha256: sha256 },
    });
    return { run, handle, result: () => handle.result() as Promise<MigrationResult> };
  }

  async progress({ handle }: StartedRun): Promise<RunProgress> {
    return await handle.query<RunProgress>('progress');
  }

  /** Waits until the run says of itself what the test waits for. */
  async until(started: StartedRun, what: (progress: RunProgress) => boolean): Promise<void> {
    await eventually(async () => what(await this.progress(started)));
  }

  async sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.pool.query<Record<string, unknown>>(text, values)).rows;
  }

  /** Chunks of the run that are loaded, and all of them; none before there is a ledger. */
  async chunks(run: string): Promise<{ loaded: number; all: number }> {
    const ledger = await this.sql(`SELECT to_regclass('sqlift.chunks') IS NOT NULL AS there`);
    if (ledger[0]!.there !== true) return { loaded: 0, all: 0 };
    const rows = await this.sql(
      `SELECT (count(*) FILTER (WHERE loaded))::float8 AS loaded, count(*)::float8 AS "all" FROM sqlift.chunks WHERE run = $1`,
      [run],
    );
    return rows[0] as { loaded: number; all: number };
  }

  /** Waits until somebody waits for a lock in this database. */
  async untilBlocked(): Promise<void> {
    await eventually(async () => {
      const blocked = await this.sql(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return blocked.length > 0;
    });
  }

  /** Starts a run and stops it in the middle of import: a table's chunks from `at` on wait until `release` is called. */
  async startHeld(
    plan: Plan,
    table: string,
    at: number,
    options: { postgres?: string } = {},
  ): Promise<StartedRun & { release: () => Promise<void> }> {
    const hold = await this.pool.connect();
    const started = await this.start(plan, options);
    await eventually(async () => (await this.chunks(started.run)).all > at);
    await lockChunks(hold, started.run, table, at);
    await this.untilBlocked();
    return {
      ...started,
      release: async () => {
        await hold.query('ROLLBACK');
        hold.release();
      },
    };
  }

  /** Runs another workflow about a run to its end. */
  async workflow<T>(name: string, input: { run: string } & Record<string, unknown>): Promise<T> {
    return (await this.client.workflow.execute(name, {
      workflowId: `${name}-${input.run}-${randomBytes(3).toString('hex')}`,
      taskQueue: this.queue,
      args: [input],
    })) as T;
  }

  async report(run: string): Promise<RunReport> {
    return JSON.parse((await this.artifacts.get(runFiles.report(run))).toString('utf8')) as RunReport;
  }

  async close(): Promise<void> {
    for (let number = 0; number < this.#workers; number++)
      await stopManaged(this.home, `worker-${number}`, { graceMs: 5_000 });
    await this.#endWindows();
    await this.pool.end();
    await this.connection.close();
    await this.database.drop();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Windows of published runs would wait for a week on a server that other tests use. */
  async #endWindows(): Promise<void> {
    const ledger = await this.sql(`SELECT to_regclass('sqlift.runs') IS NOT NULL AS there`);
    if (ledger[0]!.there !== true) return;
    for (const { run } of await this.sql('SELECT run FROM sqlift.runs')) {
      const window = this.client.workflow.getHandle(windowWorkflowId(run as string));
      await window.terminate('the test is over').catch(() => {});
    }
  }
}

async function lockChunks(client: PoolClient, run: string, table: string, from: number): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SELECT FROM sqlift.chunks WHERE run = $1 AND table_name = $2 AND chunk >= $3 FOR UPDATE`, [
    run,
    table,
    from,
  ]);
}

/** Waits until something is so; throws after `seconds`. */
export async function eventually(what: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`not so within ${seconds} s: ${what.toString()}`);
    await sleep(20);
  }
}
