import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { ensurePrivateFolder } from './home';
import { managedStatus, startManaged } from './process';
import { ensureRedis } from './redis-program';
import type { EmbeddedServer, StackStatus } from './server';
import { portFor, writeState, type StackState } from './state';
import { endStray } from './stray';

/** The embedded Redis: on 127.0.0.1 only, with a random password, every write kept on disk, and nothing ever evicted. */

export const redis: EmbeddedServer<'redis'> = {
  name: 'redis',

  isConfigured: (env) => Boolean(env.REDIS_URL),

  async ensureProgram(env, onStep) {
    await ensureRedis(env, onStep);
  },

  async start({ home, state, env, onStep }) {
    const { program, version } = await ensureRedis(env, onStep);
    const folder = path.join(home, 'redis');
    const file = path.join(folder, 'redis.conf');
    if (managedStatus(home, 'redis') === undefined) {
      ensureReadable(folder, version, state);
      await endStray(path.join(folder, 'redis.pid'), file, 'SIGTERM');
      onStep(`Starting Redis ${version}`);
      const password = state.redis?.password ?? randomBytes(24).toString('base64url');
      state.redis = { password, version };
      writeState(home, state);
      ensurePrivateFolder(folder);
      writeFileSync(file, configuration(await portFor(home, state, 'redis'), password), { mode: 0o600 });
    }
    const url = urlOf(state)!;
    let answer: StackStatus['redis'];
    await startManaged(home, {
      name: 'redis',
      command: program,
      args: [file],
      // Where its files are: paths in its configuration would need quoting.
      cwd: folder,
      env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
      ready: async () => {
        answer = await ask(url);
      },
    });
    if (answer !== undefined) return answer;
    throw new SqliftError('StackFailed', 'Redis started but does not answer', { server: 'redis' });
  },

  async status(home, state) {
    const url = urlOf(state);
    if (url === undefined || managedStatus(home, 'redis') === undefined) return undefined;
    return await ask(url).catch(() => undefined);
  },
};

/** Written anew at each start. */
function configuration(port: number, password: string): string {
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    'pidfile redis.pid',
    // The command line stays as it was, so that a server without a record is known by its configuration file.
    'set-proc-title no',
    'logfile ""',
    'appendonly yes',
    'appendfsync everysec',
    // The log of writes is kept; snapshots beside it would be a second copy.
    'save ""',
    // A cache that drops keys could not be verified.
    'maxmemory-policy noeviction',
  ];
  return `${lines.join('\n')}\n`;
}

/** An older Redis than the one that wrote the data would begin with none, and say nothing. */
function ensureReadable(folder: string, version: string, state: StackState): void {
  if (state.redis === undefined || !existsSync(folder)) return;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [keptMajor = 0, keptMinor = 0] = state.redis.version.split('.').map(Number);
  if (major > keptMajor || (major === keptMajor && minor >= keptMinor)) return;
  const message = `The data in ${folder} were written by Redis ${state.redis.version}, and the one found here is ${version}: put the newer one on the PATH or into SQLIFT_REDIS_BIN, or move that folder away to start with an empty one`;
  throw new SqliftError('StackFailed', message, { server: 'redis', file: folder });
}

async function ask(url: string): Promise<NonNullable<StackStatus['redis']>> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3000,
    commandTimeout: 5000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // What goes wrong also fails the calls below; without a listener it would be printed besides.
  client.on('error', () => undefined);
  try {
    await client.connect();
    // While it reads its data from disk it refuses everything but this, and so is not ready.
    await client.dbsize();
    const version = /^redis_version:(\S+)/m.exec(await client.info('server'))![1]!;
    return { url, version };
  } finally {
    client.disconnect();
  }
}

function urlOf(state: StackState): string | undefined {
  const port = state.ports.redis;
  if (port === undefined || state.redis === undefined) return undefined;
  return `redis://:${state.redis.password}@127.0.0.1:${port}`;
}
