import { SqliftError } from '../../core/errors';
import { bytes } from '../format';
import { hostOf } from '../settings';
import type { Check } from './check';

const NAME = 'Redis';

const PORT = 6379;

const OLDEST = [6, 2] as const;

/** Free memory below which a note is worth it. */
const ROOM = 256_000_000;

const WAIT_MS = 5_000;

/** What Redis says of itself: version, rights, memory, JSON. Throws TargetUnreachable, or TargetAccessDenied for a wrong password. */
export async function redisChecks(url: string, origin: string): Promise<Check[]> {
  const { Redis } = await import('ioredis');
  const where = `${hostOf(url, PORT)} (${origin})`;
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: WAIT_MS,
    commandTimeout: WAIT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  let refused: Error | undefined;
  client.on('error', (error) => (refused = error));
  try {
    await client.connect();
    const about = parseInfo(await client.info());
    const [json] = (await client.command('INFO', 'JSON.SET')) as unknown[];
    return [
      versionCheck(about.redis_version ?? '0', about, where),
      memoryCheck(about),
      diskCheck(about),
      jsonCheck(Array.isArray(json) && json.length > 0),
    ];
  } catch (cause) {
    throw redisFailure(cause, refused, where);
  } finally {
    client.disconnect();
  }
}

type Info = Readonly<Record<string, string>>;

function versionCheck(version: string, about: Info, where: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const text = `${version} at ${where}`;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    return { name: NAME, state: 'bad', text, help: `Redis ${OLDEST.join('.')} or later is needed.` };
  if (about.role === 'slave')
    return {
      name: NAME,
      state: 'bad',
      text: `${text}, a replica`,
      help: 'Give the address of the primary in REDIS_URL.',
    };
  return { name: NAME, state: 'ok', text };
}

function memoryCheck(about: Info): Check {
  const name = 'Redis memory';
  const limit = Number(about.maxmemory ?? 0);
  const used = Number(about.used_memory ?? 0);
  const total = limit > 0 ? limit : Number(about.total_system_memory ?? 0);
  const policy = about.maxmemory_policy ?? 'unknown';
  const free = Math.max(0, total - used);
  const text = `${bytes(used)} used, ${total > 0 ? `${bytes(free)} free${limit > 0 ? '' : ' in the machine at most'}` : 'no limit'}, maxmemory-policy ${policy}`;
  if (policy !== 'noeviction')
    return {
      name,
      state: 'bad',
      text,
      help: 'It may drop keys that a run wrote, and nobody could say that they are right: `CONFIG SET maxmemory-policy noeviction`, and the same in redis.conf.',
    };
  const isFull = total > 0 && free < ROOM;
  return {
    name,
    state: isFull ? 'note' : 'ok',
    text,
    ...(isFull && { help: 'Raise maxmemory, or make room, before a run that writes many keys.' }),
  };
}

function diskCheck(about: Info): Check {
  const name = 'Redis on disk';
  if (about.aof_enabled === '1') return { name, state: 'ok', text: 'every write is kept (appendonly)' };
  return {
    name,
    state: 'note',
    text: 'appendonly is off: what was written since the last snapshot is gone when it crashes',
    help: '`CONFIG SET appendonly yes`, and the same in redis.conf.',
  };
}

const jsonCheck = (hasJson: boolean): Check => ({
  name: 'RedisJSON',
  state: 'ok',
  text: hasJson ? 'there' : 'not there: JSON documents become strings',
});

function redisFailure(cause: unknown, refused: Error | undefined, where: string): SqliftError {
  const said = `${refused?.message ?? ''} ${cause instanceof Error ? cause.message : ''}`;
  const place = { server: 'redis' };
  if (/\b(NOAUTH|WRONGPASS|ERR AUTH|NOPERM)\b/.test(said))
    return new SqliftError('TargetAccessDenied', `Redis at ${where} refuses this user and password`, place, { cause });
  return new SqliftError('TargetUnreachable', `Redis at ${where} does not answer`, place, { cause });
}

function parseInfo(text: string): Info {
  return Object.fromEntries(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}
