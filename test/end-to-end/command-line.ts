import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Pool } from 'pg';
import type { RunReport } from '../../core/run';
import { stopManaged } from '../../stack/process';
import { createDatabase } from '../support/postgres';
import type { TestDatabase } from '../support/postgres';
import { temporalAddress, testQueue } from '../support/temporal';

export interface Output {
  code: number | null;
  stdout: string;
  stderr: string;
}

const PROGRAM = path.resolve(__dirname, '../../dist/client/main.js');

/**
 * The compiled program as a person's shell runs it, in a folder, state folder, database and task queue of its own, on the
 * servers of the test run. Its output goes to pipes.
 */
export class CommandLine {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-shell-'));
  readonly home = path.join(this.folder, 'home');
  readonly queue = testQueue();

  private constructor(
    readonly database: TestDatabase,
    readonly pool: Pool,
  ) {}

  static async open(): Promise<CommandLine> {
    const database = await createDatabase();
    const pool = new Pool({ connectionString: database.url });
    pool.on('error', () => {});
    return new CommandLine(database, pool);
  }

  /** Runs one command line to its end. `env` adds to, or with undefined takes away from, what this command line has. */
  async sqlift(argv: readonly string[], env: Record<string, string | undefined> = {}): Promise<Output> {
    const child = spawn(process.execPath, [PROGRAM, ...argv], {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        SQLIFT_HOME: this.home,
        SQLIFT_TASK_QUEUE: this.queue,
        SQLIFT_WORKER_IDLE_SECONDS: '120',
        TEMPORAL_ADDRESS: temporalAddress(),
        DATABASE_URL: this.database.url,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: Output = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ ...output, code }));
    });
  }

  /** Migrates and gives the report. Throws what the program said when it did not end with `code`. */
  async migrate(argv: readonly string[], code = 0): Promise<RunReport> {
    const output = await this.sqlift(['migrate', ...argv, '--json']);
    if (output.code !== code) throw new Error(`ended with ${output.code}, not ${code}:\n${output.stderr}`);
    return JSON.parse(output.stdout) as RunReport;
  }

  /** Absolute path of a file in the folder. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** A SQLite file in the folder, made by `sql`. */
  makeSource(name: string, sql: string): string {
    const file = this.file(name);
    const db = new Database(file);
    try {
      db.exec(sql);
    } finally {
      db.close();
    }
    return file;
  }

  /** What runs leave: folders of runs, files under way, schemas of the database. */
  async traces(home = this.home): Promise<{ runs: string[]; temporary: string[]; schemas: string[] }> {
    const names = (folder: string) => (existsSync(folder) ? readdirSync(folder).sort() : []);
    const { rows } = await this.pool.query<{ schema: string }>(
      `SELECT nspname::text AS schema FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1`,
    );
    return {
      runs: names(path.join(home, 'runs')),
      temporary: names(path.join(home, 'tmp')),
      schemas: rows.map(({ schema }) => schema),
    };
  }

  async close(): Promise<void> {
    await stopManaged(this.home, `worker-${this.queue}`, { graceMs: 10_000 });
    await this.pool.end();
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Names and digests of the files of a folder whose names begin so: proves that none changed, came or went. */
export function bytesOf(file: string): Record<string, string> {
  const folder = path.dirname(file);
  const names = readdirSync(folder).filter((name) => name.startsWith(path.basename(file)));
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** Codes of the errors that a program said, in order. */
export const errorsIn = (text: string): string[] => [...text.matchAll(/error\[(\w+)\]/g)].map((match) => match[1]!);
