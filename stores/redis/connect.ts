import Redis from 'ioredis';
import type { ChainableCommander } from 'ioredis';
import { SqliftError } from '../../core/errors';
import { redisError } from './errors';

/** How long a server may be silent that owes an answer: a large command moves 100 MB. */
const SILENCE_MS = 120_000;

/**
 * Connections to one server, made when they are needed. Work has one for itself, since WATCH belongs to a connection. A connection that has
 * failed is thrown away: nothing is sent again by itself, for a transaction that is repeated on a new connection would watch nothing.
 */
export class RedisPool {
  /** Address without secrets. */
  readonly server: string;
  readonly #idle: Redis[] = [];
  readonly #open = new Set<Redis>();
  readonly #said = new WeakMap<Redis, Error>();

  /** @throws SqliftError SettingMissing when it is no address */
  constructor(private readonly url: string) {
    let parsed: URL;
    try {
      parsed = new URL(url);
    } catch {
      throw new SqliftError('SettingMissing', 'the address of Redis is not like redis://HOST:PORT');
    }
    if (parsed.protocol !== 'redis:' && parsed.protocol !== 'rediss:')
      throw new SqliftError('SettingMissing', 'the address of Redis is not like redis://HOST:PORT');
    this.server = parsed.host;
  }

  /** @throws SqliftError for whatever goes wrong */
  async use<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = this.#idle.pop() ?? this.#connect();
    try {
      if (client.status === 'wait') await client.connect();
      const result = await work(client);
      if (client.status === 'ready') this.#idle.push(client);
      else this.#drop(client);
      return result;
    } catch (error) {
      this.#drop(client);
      // A server that refuses the password says so, and closes the connection: whoever waits hears only that.
      const said = this.#said.get(client);
      throw redisError(said?.name === 'ReplyError' ? said : error, this.server);
    }
  }

  close(): void {
    for (const client of this.#open) client.disconnect();
    this.#open.clear();
    this.#idle.length = 0;
  }

  #connect(): Redis {
    const client = new Redis(this.url, {
      lazyConnect: true,
      connectTimeout: 10_000,
      socketTimeout: SILENCE_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      autoResendUnfulfilledCommands: false,
      enableReadyCheck: false,
      connectionName: 'sqlift',
    });
    // Whoever waits for a command gets the error; without a listener ioredis writes it to the console.
    client.on('error', (error: Error) => void this.#said.set(client, error));
    client.on('end', () => {
      const at = this.#idle.indexOf(client);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#open.delete(client);
    });
    this.#open.add(client);
    return client;
  }

  #drop(client: Redis): void {
    this.#open.delete(client);
    client.disconnect();
  }
}

/** Replies of a pipeline, in order. Throws the first error among them. */
export async function replies(pipeline: ChainableCommander): Promise<unknown[]> {
  return resultsOf((await pipeline.exec()) ?? []);
}

/** Results of what `exec` gives. Throws the first error among them, unless it is one that `allowed` says is none. */
export function resultsOf(
  results: readonly [error: Error | null, result: unknown][],
  allowed: (error: Error) => boolean = () => false,
): unknown[] {
  return results.map(([error, result]) => {
    if (error !== null && !allowed(error)) throw error;
    return result;
  });
}
