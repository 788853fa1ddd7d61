import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { managedStatus, stackDown, stackUp, stopManaged } from '../../stack';
import { privateHome } from './private-servers';

/** A Redis of one test file. */
export interface TestRedis {
  /** `redis://:PASSWORD@127.0.0.1:PORT`. Stays the same over `stop` and `start`. */
  url: string;
  client: Redis;
  /** Ends the server: gracefully, or as a crash would. */
  stop(options?: { crash?: boolean }): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Closes the client, ends the server and removes its data. */
  close(): Promise<void>;
}

/**
 * An empty Redis that nobody else uses, with all its databases: it starts in a tenth of a second, so each test file has its own.
 * Call it in `beforeAll`, and `close` in `afterAll`; `client.flushall()` between tests.
 */
export async function openRedis(): Promise<TestRedis> {
  const home = privateHome('redis');
  const start = async (): Promise<string> => (await stackUp({ home, servers: ['redis'] })).redis!.url;
  const url = await start();
  const client = new Redis(url);
  // While the server is stopped the client goes on trying to connect, and says so each time.
  client.on('error', () => undefined);
  return {
    url,
    client,
    async stop({ crash = false } = {}) {
      if (crash) process.kill(managedStatus(home, 'redis')!.pid, 'SIGKILL');
      await stopManaged(home, 'redis');
    },
    async start() {
      await start();
    },
    async close() {
      client.disconnect();
      await stackDown({ home });
      rmSync(home, { recursive: true, force: true });
    },
  };
}
