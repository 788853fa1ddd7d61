import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Client as PgClient } from 'pg';
import { SqliftError } from '../core/errors';
import { findPostgres, postgresUser, type PostgresPrograms, type RunAs } from './postgres-programs';
import { managedStatus, startManaged } from './process';
import type { EmbeddedServer, StackContext } from './server';
import { portFor, writeState, type StackState } from './state';
import { endStray } from './stray';

/** The embedded PostgreSQL: listens on 127.0.0.1 only, for its superuser `postgres` with a random password. */

/** The database that a run loads into unless told otherwise. */
const DATABASE = 'app';

/** Modest tuning for bulk loads. Nothing here trades durability: fsync and full_page_writes stay on. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  maintenance_work_mem: '256MB',
  wal_compression: 'on',
  max_wal_size: '4GB',
  min_wal_size: '256MB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
};

export const postgres: EmbeddedServer<'postgres'> = {
  name: 'postgres',

  isConfigured: (env) => [env.DATABASE_URL, env.PGHOST, env.PGHOSTADDR, env.PGSERVICE].some(Boolean),

  async ensureProgram(env, onStep) {
    await findPostgres(env, onStep);
  },

  async start(context) {
    const { home, state, env, onStep, postgresSettings = {} } = context;
    const programs = await findPostgres(env, onStep, state.postgres?.major);
    const user = postgresUser();
    const running = managedStatus(home, 'postgres') !== undefined;
    if (!running) await prepareData(context, programs, user);
    // A running server keeps its port: only a stopped one may have to move to another.
    const port =
      running && state.ports.postgres !== undefined ? state.ports.postgres : await portFor(home, state, 'postgres');
    if (!running) onStep(`Starting PostgreSQL ${programs.major}`);
    await startManaged(home, {
      name: 'postgres',
      command: path.join(programs.bin, 'postgres'),
      args: ['-D', dataFolder(home, programs.major), '-p', String(port), ...settings(postgresSettings)],
      env: cleanEnvironment(home),
      ...(user === undefined ? {} : { user }),
      ready: () => query(urlOf(state, 'postgres')!, ensureDatabase),
      // Fast shutdown: ends open sessions instead of waiting for them.
      stopSignal: 'SIGINT',
    });
    const answer = await this.status(home, state);
    if (answer === undefined)
      throw new SqliftError('StackFailed', 'PostgreSQL started but does not answer', { server: 'postgres' });
    return answer;
  },

  async status(home, state) {
    const url = urlOf(state, DATABASE);
    if (url === undefined || managedStatus(home, 'postgres') === undefined) return undefined;
    try {
      const { rows } = await query(url, (client) => client.query<{ server_version: string }>('SHOW server_version'));
      // Distributions add their own name behind the number.
      return { url, version: rows[0]!.server_version.split(' ')[0]! };
    } catch {
      return undefined;
    }
  },
};

/** Makes the data folder of this major version if there is none, and a new password with it. */
async function prepareData(
  { home, state, onStep }: StackContext,
  { bin, major }: PostgresPrograms,
  user: RunAs,
): Promise<void> {
  const data = dataFolder(home, major);
  if (existsSync(data)) {
    await endStray(path.join(data, 'postmaster.pid'), data, 'SIGINT');
    state.postgres = { password: passwordOf(home, state), major };
    writeState(home, state);
    return;
  }
  onStep(`Creating a PostgreSQL ${major} data folder`);
  const password = state.postgres?.password ?? randomBytes(24).toString('base64url');
  state.postgres = { password, major };
  writeState(home, state);
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  chmodSync(path.dirname(data), 0o711);
  const passwordFile = `${data}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) for (const owned of [draft, passwordFile]) chownSync(owned, user.uid, user.gid);
  try {
    await initdb(bin, draft, passwordFile, user, home);
    renameSync(draft, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** The system's C.UTF-8 sorts by code point and folds every letter's case; where it does not exist, C does for ASCII only. */
async function initdb(bin: string, data: string, passwordFile: string, user: RunAs, home: string): Promise<void> {
  const common = ['-D', data, '-U', 'postgres', '-E', 'UTF8', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  let failure: unknown;
  for (const locale of ['C.UTF-8', 'C']) {
    try {
      const options = { env: cleanEnvironment(home), cwd: '/', ...user };
      await promisify(execFile)(path.join(bin, 'initdb'), [...common, `--locale=${locale}`], options);
      return;
    } catch (error) {
      failure ??= error;
      if (!/invalid locale/.test(String((error as { stderr?: string }).stderr))) break;
    }
  }
  const said = String((failure as { stderr?: string }).stderr ?? failure).trim();
  const message = `initdb could not make a PostgreSQL data folder in ${path.dirname(data)}${user === undefined ? '' : ` as user ${user.uid}`}: ${said}`;
  throw new SqliftError('StackFailed', message, { server: 'postgres', file: data }, { cause: failure });
}

function passwordOf(home: string, state: StackState): string {
  if (state.postgres !== undefined) return state.postgres.password;
  const message = `${path.join(home, 'stack.json')}, which held the password of the PostgreSQL data in ${path.join(home, 'postgres')}, is gone; restore it, or move that folder away to start with an empty database`;
  throw new SqliftError('StackFailed', message, { server: 'postgres' });
}

async function ensureDatabase(client: PgClient): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
}

async function query<T>(url: string, work: (client: PgClient) => Promise<T>): Promise<T> {
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 3000,
    query_timeout: 10_000,
    application_name: 'sqlift stack',
  });
  // A server that goes away also reports it here, besides failing the query; without a listener that would end us.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error;
    const message =
      'The embedded PostgreSQL does not take the password kept in stack.json: its data folder belongs to another state folder';
    throw new SqliftError('StackFailed', message, { server: 'postgres' }, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function urlOf(state: StackState, database: string): string | undefined {
  const port = state.ports.postgres;
  if (port === undefined || state.postgres === undefined) return undefined;
  return `postgres://postgres:${state.postgres.password}@127.0.0.1:${port}/${database}`;
}

const dataFolder = (home: string, major: number): string => path.join(home, 'postgres', String(major));

const settings = (own: Readonly<Record<string, string>>): string[] =>
  Object.entries({ ...SETTINGS, ...own }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** Without the caller's PG* variables, which PostgreSQL's programs obey, and without its time zone and language. */
const cleanEnvironment = (home: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: path.join(home, 'postgres'),
  LC_ALL: 'C',
  TZ: 'UTC',
});
