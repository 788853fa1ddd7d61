import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { SqliftError } from '../core/errors';
import { DEFAULT_TASK_QUEUE } from '../core/ids';
import type { WrittenPlan } from '../core/plan';
import { rememberSecret, rememberUrl } from './redact';
import { storeSettings } from './store-settings';
import type { StoreSettings } from './store-settings';

/** Settings: flag > environment > .env > plan > embedded stack > default. Each value knows where it came from. */

export interface Setting<T = string> {
  value: T;
  /** For people: `--to`, `environment DATABASE_URL`, `.env PGHOST`, `embedded stack`, `default`. */
  origin: string;
}

export interface Settings extends StoreSettings {
  /** The environment with what `.env` adds to it. */
  env: NodeJS.ProcessEnv;
  /** State folder; undefined leaves it to the stack's own default. */
  home: Setting | undefined;
  taskQueue: Setting;
  /** Seconds without work after which a worker that the CLI started ends; 0 is never. */
  workerIdleSeconds: Setting<number>;
  /** Address of PostgreSQL; undefined means the embedded one. */
  postgres: Setting | undefined;
  /** What configures Temporal (its address is read by @temporalio/envconfig); undefined means the embedded one. */
  temporal: Setting | undefined;
}

export interface SettingFlags {
  home?: string | undefined;
  to?: string | undefined;
  taskQueue?: string | undefined;
}

/** What a plan says of its stores: for each `${NAME}`, the variable that holds its address, or the key of Pinecone. */
export type PlanTarget = NonNullable<WrittenPlan['target']>;

export interface SettingSources {
  flags?: SettingFlags;
  env: NodeJS.ProcessEnv;
  /** Folder whose `.env` is read. */
  cwd: string;
  target?: PlanTarget | undefined;
}

/** Default idle time of a worker that the CLI started by itself. */
const WORKER_IDLE_SECONDS = 900;

/** Resolves everything that can be known without asking a server. Throws one SqliftError that names every problem. */
export function resolveSettings({ flags = {}, env, cwd, target = {} }: SettingSources): Settings {
  const dotEnv = readDotEnv(cwd);
  const merged = { ...dotEnv, ...env };
  const problems: SqliftError[] = [];
  const look = (name: string): Setting | undefined => {
    const value = merged[name];
    if (value === undefined || value === '') return undefined;
    return { value, origin: `${env[name] === undefined ? '.env' : 'environment'} ${name}` };
  };
  const flag = (name: string, value: string | undefined): Setting | undefined =>
    value === undefined ? undefined : { value, origin: `--${name}` };

  const home = flag('home', flags.home) ?? look('SQLIFT_HOME');
  const taskQueue = flag('task-queue', flags.taskQueue) ??
    look('SQLIFT_TASK_QUEUE') ?? { value: DEFAULT_TASK_QUEUE, origin: 'default' };
  const idle = look('SQLIFT_WORKER_IDLE_SECONDS');
  const temporal = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE']
    .map(look)
    .find((found) => found !== undefined);

  const planned = (reference: string | undefined, of: string): Setting | undefined =>
    plannedSetting(reference, of, look);
  let postgres: Setting | undefined;
  let stores: StoreSettings | undefined;
  try {
    postgres =
      flag('to', flags.to) ?? planned(target.postgres, 'PostgreSQL') ?? look('DATABASE_URL') ?? fromPgVariables(look);
    if (postgres !== undefined) checkPostgresUrl(postgres);
  } catch (error) {
    problems.push(error as SqliftError);
  }
  try {
    stores = storeSettings(look, planned, target);
  } catch (error) {
    problems.push(error as SqliftError);
  }
  if (idle !== undefined && !/^\d{1,9}$/.test(idle.value)) {
    problems.push(new SqliftError('UsageInvalid', `${idle.origin}: expected a whole number of seconds`));
  }
  if (taskQueue.value.trim() === '')
    problems.push(new SqliftError('UsageInvalid', `${taskQueue.origin}: the name of a task queue is empty`));
  if (problems.length > 0) throw allProblems(problems);

  for (const address of [postgres, stores?.redis, stores?.neo4j?.uri, stores?.ollama, stores?.pinecone?.controllerHost])
    if (address !== undefined) rememberUrl(address.value);
  for (const name of ['PGPASSWORD', 'TEMPORAL_API_KEY', 'NEO4J_PASSWORD', 'PINECONE_API_KEY', 'OPENAI_API_KEY'])
    rememberSecret(merged[name]);
  const workerIdleSeconds =
    idle === undefined
      ? { value: WORKER_IDLE_SECONDS, origin: 'default' }
      : { value: Number(idle.value), origin: idle.origin };
  return {
    env: merged,
    home: home && { ...home, value: path.resolve(cwd, home.value) },
    taskQueue,
    workerIdleSeconds,
    postgres,
    temporal,
    ...stores!,
  };
}

/** What `.env` of the folder says; nothing when there is none. */
export function readDotEnv(folder: string): Record<string, string> {
  const file = path.join(folder, '.env');
  if (!existsSync(file)) return {};
  try {
    return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch (cause) {
    throw new SqliftError(
      'UsageInvalid',
      `${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'not text'})`,
      { file },
      { cause },
    );
  }
}

type Look = (name: string) => Setting | undefined;

function plannedSetting(reference: string | undefined, of: string, look: Look): Setting | undefined {
  if (reference === undefined) return undefined;
  const name = reference.slice(2, -1);
  const found = look(name);
  if (found === undefined)
    throw new SqliftError('SettingMissing', `${name}, which the plan names for ${of}, is not set`);
  return found;
}

/** The libpq variables as one address, so that a worker elsewhere needs nothing else. */
function fromPgVariables(look: Look): Setting | undefined {
  const service = look('PGSERVICE');
  const host = look('PGHOST') ?? look('PGHOSTADDR');
  if (host === undefined) {
    if (service !== undefined)
      throw new SqliftError(
        'UsageInvalid',
        `${service.origin}: connection services are not supported; set DATABASE_URL`,
      );
    return undefined;
  }
  const url = new URL('postgresql://host');
  if (host.value.startsWith('/')) url.searchParams.set('host', host.value);
  else url.hostname = host.value.includes(':') ? `[${host.value}]` : host.value;
  const port = look('PGPORT')?.value;
  const user = look('PGUSER')?.value;
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw new SqliftError('UsageInvalid', `${look('PGPORT')!.origin}: expected a port number`);
  if (port !== undefined) url.port = port;
  if (user !== undefined) url.username = encodeURIComponent(user);
  const password = look('PGPASSWORD')?.value;
  if (password !== undefined) url.password = encodeURIComponent(password);
  url.pathname = `/${encodeURIComponent(look('PGDATABASE')?.value ?? user ?? '')}`;
  const ssl = look('PGSSLMODE')?.value;
  if (ssl !== undefined) url.searchParams.set('sslmode', ssl);
  // With the folder of a Unix socket the address has no host part.
  const value = host.value.startsWith('/') ? url.href.replace('@host', '@').replace('//host', '//') : url.href;
  return { value, origin: host.origin };
}

function checkPostgresUrl({ value, origin }: Setting): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme === 'postgres' || scheme === 'postgresql') return;
  const found = scheme === undefined ? 'something without a scheme' : `${scheme}://`;
  throw new SqliftError('UsageInvalid', `${origin}: expected postgres:// or postgresql://, got ${found}`);
}

function allProblems(problems: readonly SqliftError[]): SqliftError {
  const [first] = problems;
  if (problems.length === 1) return first!;
  return new SqliftError(
    first!.code,
    `${problems.length} settings are wrong:\n  ${problems.map((problem) => problem.message).join('\n  ')}`,
  );
}

/** `host:port` of an address, for messages. `port`: the one that the address may leave out, by default PostgreSQL's. */
export function hostOf(url: string, usual = 5432): string {
  try {
    const { hostname, port, searchParams } = new URL(url);
    return `${hostname || searchParams.get('host') || 'localhost'}:${port || usual}`;
  } catch {
    return 'an address that is not a URL';
  }
}
