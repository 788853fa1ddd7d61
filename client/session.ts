import { existsSync, readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { SqliftError } from '../core/errors';
import { FEED_STORES } from '../core/feeds/feed';
import type { FeedStoreName } from '../core/feeds/feed';
import { feedStoresOf } from '../core/feeds/planned';
import type { WrittenPlan } from '../core/plan';
import { isEmbeddedAddress, stackHome, stackStatus, stackUp } from '../stack';
import type { ServerName, StackStatus, StoreName } from '../stack';
import { ensureFolder } from '../stack/home';
import { LocalArtifacts } from '../stores/artifacts/local';
import { runFiles } from '../stores/artifacts/run-files';
import type { Connections } from '../stores/connections';
import { openTarget } from '../stores/postgres/target';
import type { Context } from './context';
import { rememberUrl } from './redact';
import { hostOf } from './settings';
import type { Setting, SettingFlags, Settings } from './settings';
import { neo4jConnection, pineconeConnection, redisConnection } from './store-settings';
import { openTemporal } from './temporal';
import type { TemporalLink } from './temporal';

export interface SessionOptions {
  flags?: SettingFlags;
  /** The plan that is to be run: the stores it names and fills. Without one, PostgreSQL. */
  plan?: Pick<WrittenPlan, 'target' | 'graph' | 'vectors' | 'cache'>;
  /** `start` brings the embedded servers up where none is configured; `look` takes those that run. */
  stack: 'start' | 'look';
}

/** The servers as one command sees them: opened when first needed, closed together. */
export class Session {
  #temporal: TemporalLink | undefined;
  #embedded: StackStatus = {};
  readonly #pools = new Map<string, Pool>();

  private constructor(
    readonly context: Context,
    readonly settings: Settings,
    readonly home: string,
    readonly artifacts: LocalArtifacts,
  ) {}

  /** Throws StackFailed or ServerMissing when an embedded server does not start. */
  static async open(context: Context, options: SessionOptions): Promise<Session> {
    const settings = context.settings(options.flags, options.plan?.target);
    const home = settings.home?.value ?? stackHome(settings.env);
    if (options.stack === 'start') ensureFolder(home);
    const session = new Session(context, settings, home, new LocalArtifacts(home));
    if (options.stack === 'look') session.#know(await stackStatus({ home }));
    else await session.start(['postgres', 'temporal', ...feedStoresOf(options.plan ?? {})]);
    return session;
  }

  /**
   * Starts the embedded servers of the stores that a run fills besides PostgreSQL. Throws StackFailed or ServerMissing when one
   * does not start.
   */
  async startStoresOf(run: string): Promise<void> {
    const connections = this.#storedConnections(run);
    const { home } = this;
    await this.start(FEED_STORES.filter((store) => isEmbeddedAddress(store, connections[store], { home })));
  }

  /** Starts those servers that no setting gives an address of. Throws StackFailed or ServerMissing when one does not start. */
  async start(wanted: readonly ServerName[]): Promise<void> {
    const servers = wanted.filter((name) => this.settings[name] === undefined && this.#embedded[name] === undefined);
    if (servers.length === 0) return;
    const onStep = (line: string): void => this.context.terminal.say(`${line} …`);
    this.#know(await stackUp({ home: this.home, servers, env: this.settings.env, onStep }));
  }

  #know(embedded: StackStatus): void {
    rememberEmbedded(embedded);
    this.#embedded = { ...this.#embedded, ...embedded };
  }

  /** Address of the embedded PostgreSQL, when it is running. */
  get embeddedPostgres(): string | undefined {
    return this.#embedded.postgres?.url;
  }

  /** Connects when first called. Throws TemporalUnreachable. */
  async temporal(): Promise<TemporalLink> {
    this.#temporal ??= await openTemporal(this.settings, this.#embedded.temporal);
    return this.#temporal;
  }

  /** The same, or undefined where it cannot be reached: for commands that can do without. */
  async temporalIfThere(): Promise<TemporalLink | undefined> {
    try {
      return await this.temporal();
    } catch (error) {
      if (!(error instanceof SqliftError) || error.code !== 'TemporalUnreachable') throw error;
      this.context.terminal.detail(error.message);
      return undefined;
    }
  }

  /** Address of PostgreSQL: the run's own, else the configured, else the embedded one. Throws TargetUnreachable when there is none. */
  postgres(run?: string): Setting {
    const own = run === undefined ? undefined : this.#storedAddress(run);
    if (own !== undefined) return own;
    if (this.settings.postgres !== undefined) return this.settings.postgres;
    if (this.#embedded.postgres !== undefined) return { value: this.#embedded.postgres.url, origin: 'embedded stack' };
    throw new SqliftError(
      'TargetUnreachable',
      'No PostgreSQL is configured (`--to`, DATABASE_URL, PGHOST), and the embedded one does not run',
      { server: 'postgres' },
    );
  }

  /** The configured Neo4j, else the embedded one. Throws TargetUnreachable when there is none, UsageInvalid for a wrong address. */
  neo4j(): NonNullable<Connections['neo4j']> {
    const { neo4j } = this.settings;
    if (neo4j !== undefined) return neo4jConnection(neo4j);
    return { uri: this.#running('neo4j', 'Neo4j', 'NEO4J_URI').url, database: 'neo4j' };
  }

  /** The same of Redis. */
  redis(): string {
    const { redis } = this.settings;
    return redis === undefined ? this.#running('redis', 'Redis', 'REDIS_URL').url : redisConnection(redis);
  }

  /** The same of Pinecone. Throws SettingMissing for one without a key. */
  pinecone(): NonNullable<Connections['pinecone']> {
    const { pinecone } = this.settings;
    if (pinecone !== undefined) return pineconeConnection(pinecone);
    const { url } = this.#running('pinecone', 'Pinecone', 'PINECONE_API_KEY');
    // The local endpoint takes any key.
    return { apiKey: 'local', controllerHost: url };
  }

  /** How the stores are reached that a run fills. Throws as the methods above do. */
  connections(stores: Iterable<StoreName> = ['postgres']): Connections {
    const wanted = new Set(stores);
    return {
      ...(wanted.has('postgres') && { postgres: this.postgres().value }),
      ...(wanted.has('neo4j') && { neo4j: this.neo4j() }),
      ...(wanted.has('pinecone') && { pinecone: this.pinecone() }),
      ...(wanted.has('redis') && { redis: this.redis() }),
    };
  }

  #running<Name extends FeedStoreName>(name: Name, title: string, variable: string): NonNullable<StackStatus[Name]> {
    const status = this.#embedded[name];
    if (status !== undefined) return status;
    const message = `No ${title} is configured (${variable}), and the embedded one does not run`;
    throw new SqliftError('TargetUnreachable', message, { server: name });
  }

  /** Runs `work` with a pool to PostgreSQL; says host, port and setting when it cannot be reached. */
  async withTarget<T>(work: (pool: Pool) => Promise<T>, run?: string): Promise<T> {
    const address = this.postgres(run);
    let pool = this.#pools.get(address.value);
    if (pool === undefined) this.#pools.set(address.value, (pool = openTarget(address.value, { max: 4 })));
    try {
      return await work(pool);
    } catch (error) {
      if (
        !(error instanceof SqliftError) ||
        (error.code !== 'TargetUnreachable' && error.code !== 'TargetAccessDenied')
      )
        throw error;
      throw new SqliftError(
        error.code,
        `${error.message}: ${hostOf(address.value)} (${address.origin})`,
        { ...error.place, server: 'postgres' },
        { cause: error },
      );
    }
  }

  /** The same, or undefined where PostgreSQL cannot be reached. */
  async withTargetIfThere<T>(work: (pool: Pool) => Promise<T>, run?: string): Promise<T | undefined> {
    try {
      return await this.withTarget(work, run);
    } catch (error) {
      if (
        !(error instanceof SqliftError) ||
        (error.code !== 'TargetUnreachable' && error.code !== 'TargetAccessDenied')
      )
        throw error;
      this.context.terminal.detail(error.message);
      return undefined;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end().catch(() => undefined)));
    await this.#temporal?.connection.close();
  }

  #storedAddress(run: string): Setting | undefined {
    const { postgres } = this.#storedConnections(run);
    if (postgres === undefined) return undefined;
    rememberUrl(postgres);
    return { value: postgres, origin: `run ${run}` };
  }

  /** What `startRun` kept for the run's worker. */
  #storedConnections(run: string): Connections {
    const file = this.artifacts.path(runFiles.connections(run));
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Connections) : {};
  }
}

/** Keeps the passwords of embedded servers out of what is printed. */
export function rememberEmbedded({ postgres, redis }: StackStatus): void {
  for (const server of [postgres, redis]) if (server !== undefined) rememberUrl(server.url);
}

/** Opens a session for `work` and closes it whatever happens. */
export async function withSession<T>(
  context: Context,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.open(context, options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
