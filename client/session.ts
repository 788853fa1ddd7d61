import { existsSync, readFileSync } from 'node:fs';
import type { Pool } from 'pg';
import { SqliftError } from '../core/errors';
import { stackHome, stackStatus, stackUp } from '../stack';
import type { ServerName, StackStatus } from '../stack';
import { ensureFolder } from '../stack/home';
import { LocalArtifacts } from '../stores/artifacts/local';
import { openTarget } from '../stores/postgres/target';
import type { Context } from './context';
import { rememberUrl } from './redact';
import { hostOf } from './settings';
import type { Setting, SettingFlags, Settings } from './settings';
import { openTemporal } from './temporal';
import type { TemporalLink } from './temporal';

export interface SessionOptions {
  flags?: SettingFlags;
  planPostgres?: string | undefined;
  /** `start` brings the embedded servers up where none is configured; `look` takes those that run. */
  stack: 'start' | 'look';
  /** Which servers the command cannot do without. Default: both. */
  needs?: readonly ServerName[];
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
    const settings = context.settings(options.flags, options.planPostgres);
    const home = settings.home?.value ?? stackHome(settings.env);
    const needs = options.needs ?? ['postgres', 'temporal'];
    const servers = needs.filter((name) => settings[name] === undefined);
    const onStep = (line: string): void => context.terminal.say(`${line} …`);
    if (options.stack === 'start') ensureFolder(home);
    const embedded =
      options.stack === 'look'
        ? await stackStatus({ home })
        : servers.length === 0
          ? {}
          : await stackUp({ home, servers, env: settings.env, onStep });
    if (embedded.postgres !== undefined) rememberUrl(embedded.postgres.url);
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
    const { postgres } = JSON.parse(readFileSync(file, 'utf8')) as { postgres?: string };
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
