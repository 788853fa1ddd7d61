import { createHash } from 'node:crypto';
import path from 'node:path';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { Pool } from 'pg';
import { SqliftError } from '../core/errors';
import type { SourceMapping, TableMapping } from '../core/mapping';
import type { WrittenPlan } from '../core/plan';
import { readPlan, validPlan } from '../core/plan-file';
import type { SourceCatalog } from '../core/source';
import { LocalArtifacts } from '../stores/artifacts/local';
import { runFiles } from '../stores/artifacts/run-files';
import type { Connections } from '../stores/connections';
import type { FeedStore } from '../stores/feed-store';
import { openTarget } from '../stores/postgres/target';

/** What activities work with, put together once by the worker. */
export interface ActivityDeps {
  artifacts: LocalArtifacts;
  /** Where addresses come from that a run does not bring. */
  env: NodeJS.ProcessEnv;
  /** One pool an address, shared by all activities of the process. */
  pools: Map<string, Pool>;
  /** The other stores, likewise, by name and address. */
  feedStores: Map<string, Promise<FeedStore>>;
  /** The plan that was parsed last. */
  lastPlan?: { text: string; plan: WrittenPlan };
}

export function createDeps(home: string, env: NodeJS.ProcessEnv): ActivityDeps {
  return { artifacts: new LocalArtifacts(home), env, pools: new Map(), feedStores: new Map() };
}

/** The pool of the run's target. Address: the run's own connections file, else the plan's variable, else DATABASE_URL. */
export async function targetOf(deps: ActivityDeps, run: string): Promise<Pool> {
  const url = (await storedConnections(deps, run)).postgres ?? (await configuredUrl(deps, run));
  let pool = deps.pools.get(url);
  if (pool === undefined) deps.pools.set(url, (pool = openTarget(url)));
  return pool;
}

/** Addresses that whoever started the run has left for it; none where that file is gone. */
export async function storedConnections(deps: ActivityDeps, run: string): Promise<Connections> {
  const key = runFiles.connections(run);
  if (!(await deps.artifacts.has(key))) return {};
  return JSON.parse((await deps.artifacts.get(key)).toString('utf8')) as Connections;
}

async function configuredUrl(deps: ActivityDeps, run: string): Promise<string> {
  // A rollback must not need the plan, which may be gone with the state folder.
  const hasPlan = await deps.artifacts.has(runFiles.plan(run));
  const reference = hasPlan ? (await planOf(deps, run)).target?.postgres : undefined;
  const name = reference === undefined ? 'DATABASE_URL' : reference.slice(2, -1);
  const url = deps.env[name];
  if (url === undefined || url === '')
    throw new SqliftError('SettingMissing', `${name} is not set where the worker runs`);
  return url;
}

/** The run's own copy of the plan, as it was written; see `exact-plan.ts` for what it comes to. */
export async function planOf(deps: ActivityDeps, run: string): Promise<WrittenPlan> {
  const key = runFiles.plan(run);
  const text = (await deps.artifacts.get(key)).toString('utf8');
  // Nearly every activity asks for it, and a new process takes half a second to parse the YAML of a hundred tables.
  if (deps.lastPlan?.text !== text) {
    const plan = (await parsedPlan(deps, run, text)) ?? readPlan(text, deps.artifacts.path(key));
    deps.lastPlan = { text, plan };
  }
  return structuredClone(deps.lastPlan.plan);
}

/** What the CLI has read of the plan when it started the run; undefined when it is of another text or no plan, or the run was started otherwise. */
async function parsedPlan(deps: ActivityDeps, run: string, text: string): Promise<WrittenPlan | undefined> {
  const key = runFiles.parsedPlan(run);
  if (!(await deps.artifacts.has(key))) return undefined;
  const bytes = await deps.artifacts.get(key);
  try {
    const { sha256, plan } = JSON.parse(bytes.toString('utf8')) as { sha256: string; plan: unknown };
    return createHash('sha256').update(text).digest('hex') === sha256 ? validPlan(plan) : undefined;
  } catch {
    // The text tells.
    return undefined;
  }
}

/** Absolute path of a source's live file or folder; relative ones start at the plan. */
export function sourcePath(deps: ActivityDeps, run: string, place: string): string {
  return path.resolve(path.dirname(deps.artifacts.path(runFiles.plan(run))), place);
}

export function snapshotPath(deps: ActivityDeps, run: string, source: string): string {
  return deps.artifacts.path(runFiles.snapshot(run, source));
}

/** What transform wrote: mapping and catalog of a source. */
export interface StoredMapping {
  mapping: SourceMapping;
  catalog: SourceCatalog;
}

export async function storedMapping(deps: ActivityDeps, run: string, source: string): Promise<StoredMapping> {
  return JSON.parse((await deps.artifacts.get(runFiles.mapping(run, source))).toString('utf8')) as StoredMapping;
}

export async function allMappings(deps: ActivityDeps, run: string): Promise<StoredMapping[]> {
  const plan = await planOf(deps, run);
  return Promise.all(Object.keys(plan.sources).map((source) => storedMapping(deps, run, source)));
}

export function tableMapping(stored: StoredMapping, table: string): TableMapping {
  const found = stored.mapping.tables.find((mapping) => mapping.table === table);
  if (found === undefined) throw new SqliftError('Internal', `table ${table} is not in the run’s mapping`, { table });
  return found;
}

/** How far an activity is, for the Web UI's pending activity card. */
export interface Beat {
  table?: string;
  rows?: number;
  bytes?: number;
  /** Source bytes a second since the attempt began. */
  rate?: number;
}

/** Tells the server that the activity lives, and stops it when it was cancelled. Cheap: the SDK throttles what it sends. */
export function beat(progress: Beat): void {
  const seconds = (Date.now() - activityInfo().currentAttemptScheduledTimestampMs) / 1000;
  heartbeat({
    ...progress,
    ...(progress.bytes !== undefined && seconds > 0 && { rate: Math.round(progress.bytes / seconds) }),
  });
  cancellationSignal().throwIfAborted();
}

/** Keeps an activity alive while a server or another process is at one long piece of work. */
export async function beating<T>(work: Promise<T>, progress: Beat = {}): Promise<T> {
  const timer = setInterval(() => {
    try {
      beat(progress);
    } catch {
      // A cancellation ends the activity between two pieces of work, not inside one.
    }
  }, 5_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    beat(progress);
  }
}
