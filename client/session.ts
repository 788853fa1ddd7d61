import { existsSync, readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { SqliftError } from '../core/errors';
import { SERVER_NAMES, stackHome, stackStatus, stackUp } from '../stack';
import type { ServerName, StackStatus, StoreName } from '../stack';
import { ensureFolder } from '../stack/home';
import { LocalArtifacts } from '../stores/artifacts/local';
import type { Connections } from '../stores/connections';
import { openTarget } from '../stores/postgres/target';
import type { Context } from './context';
import { rememberUrl } from './redact';
import { hostOf } from './settings';
import type { Setting, SettingFlags, Settings } from './settings';
import { neo4jConnection, pineconeConnection, redisConnection } from './store-settings';
import type { PlannedStores } from './store-settings';
import { openTemporal } from './temporal';
import type { TemporalLink } from './temporal';

export interface SessionOptions {
  flags?: SettingFlags;
  planPostgres?: string | undefined;
  planStores?: PlannedStores | undefined;
  /** `start` brings the embedded servers up where none is configured; `look` takes those that run. */
  stack: 'start' | 'look';
  /** The stores that the command cannot do without, besides Temporal. Default: PostgreSQL. */
  stores?: Iterable<StoreName>;
}

/** The servers as one command sees them: opened when first needed, closed together. */
export class Session {
  #temporal: TemporalLink | undefined;
  readonly #pools = new Map<string, Pool>();

  private constructor(
    readonly context: Context,
    readonly settings: Settings,
    readonly home: string,
    readonly artifacts: LocalArtifacts,
    private readonly embedded: StackStatus,
  ) {}

  /** Throws StackFailed or ServerMissing when an embedded server does not start. */
  static async open(context: Context, options: SessionOptions): Promise<Session> {
    const settings = context.settings(options.flags, options.planPostgres, options.planStores);
    const home = settings.home?.value ?? stackHome(settings.env);
    const needed = new Set<ServerName>(['temporal', ...(options.stores ?? ['postgres'])]);
    const servers = SERVER_NAMES.filter((name) => needed.has(name) && settings[name] === undefined);
    const onStep = (line: string): void => context.terminal.say(`${line} …`);
    if (options.stack === 'start') ensureFolder(home);
    const embedded =
      options.stack === 'look'
        ? await stackStatus({ home })
        : servers.length === 0
          ? {}
          : await stackUp({ home, servers, env: settings.env, onStep });
    for (const server of [embedded.postgres, embedded.redis]) if (server !== undefined) rememberUrl(server.url);
    return new Session(context, settings, home, new LocalArtifacts(home), embedded);
  }

  /** Address of the embedded PostgreSQL, when it is running. */
  get embeddedPostgres(): string | undefined {
    return this.embedded.postgres?.url;
  }

  /** Connects when first called. Throws TemporalUnreachable. */
  async temporal(): Promise<TemporalLink> {
    this.#temporal ??= await openTemporal(this.settings, this.embedded.temporal);
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
    if (this.embedded.postgres !== undefined) return { value: this.embedded.postgres.url, origin: 'embedded stack' };
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
    return { uri: this.#embedded('neo4j', 'Neo4j', 'NEO4J_URI').url, database: 'neo4j' };
  }

  /** The same of Redis. */
  redis(): string {
    const { redis } = this.settings;
    return redis === undefined ? this.#embedded('redis', 'Redis', 'REDIS_URL').url : redisConnection(redis);
  }

  /** The same of Pinecone; the embedded one takes any key. */
  pinecone(): NonNullable<Connections['pinecone']> {
    const { pinecone } = this.settings;
    if (pinecone !== undefined) return pineconeConnection(pinecone);
    return { apiKey: 'local', controllerHost: this.#embedded('pinecone', 'Pinecone', 'PINECONE_API_KEY').url };
  }

  /** How the stores are reached that a run fills. Throws as the methods above do. */
  connections(stores: Iterable<StoreName> = ['postgres']): Connections {
    const wanted = new Set(stores);
    return {
      ...(wanted.has('postgres') && { postgres: this.postgres().value }),
      ...(wanted.has('neo4j') && { neo4j: this.neo4j() }),
      ...(wanted.has('redis') && { redis: this.redis() }),
      ...(wanted.has('pinecone') && { pinecone: this.pinecone() }),
    };
  }

  #embedded<Name extends 'neo4j' | 'redis' | 'pinecone'>(
    name: Name,
    title: string,
    variable: string,
  ): NonNullable<StackStatus[Name]> {
    const status = this.embedded[name];
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

  /** What `start` kept for the run's worker. */
  #storedAddress(run: string): Setting | undefined {
    const file = this.artifacts.path(`runs/${run}/connections.json`);
    if (!existsSync(file)) return undefined;
    const { postgres } = JSON.parse(readFileSync(file, 'utf8')) as Connections;
    if (postgres === undefined) return undefined;
    rememberUrl(postgres);
    return { value: postgres, origin: `run ${run}` };
  }
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
