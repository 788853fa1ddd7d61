import { SqliftError } from '../../core/errors';
import type { CacheFeed } from '../../core/feeds/feed';
import type { StoreFacts } from '../feed-store';
import type { RedisPool } from './connect';

/** Commands that a run needs. */
const NEEDED = [
  'get',
  'set',
  'mset',
  'hset',
  'sadd',
  'zadd',
  'watch',
  'multi',
  'exec',
  'eval',
  'scan',
  'dump',
  'restore',
  'rename',
  'unlink',
  'pexpireat',
  'memory|usage',
  'time',
  'type',
];

/** What decides how keys are written and read. */
export interface Server {
  version: string;
  /** RedisJSON. */
  hasJson: boolean;
}

export async function serverOf(pool: RedisPool): Promise<Server> {
  const { redis_version: version = '0' } = parseInfo(await pool.use((client) => client.info('server')));
  const [json] = (await pool.use((client) => client.call('COMMAND', 'INFO', 'JSON.SET'))) as unknown[];
  return { version, hasJson: Array.isArray(json) && json.length > 0 };
}

/** Looks at the server, and refuses one that cannot hold what a run brings. */
export async function checkServer(pool: RedisPool, feeds: readonly CacheFeed[]): Promise<StoreFacts> {
  const { hasJson } = await serverOf(pool);
  const about = parseInfo(await pool.use((client) => client.info()));
  const version = about.redis_version ?? '0';
  const place = { server: pool.server };
  const [major, minor] = version.split('.').map(Number) as [number, number];
  if (major < 6 || (major === 6 && minor < 2))
    throw new SqliftError('TargetTooOld', `Redis at ${pool.server} is ${version}; 6.2 or later is needed`, place);
  if (about.role === 'slave') throw new SqliftError('TargetReadOnly', `Redis at ${pool.server} is a replica`, place);
  if (about.cluster_enabled === '1')
    throw new SqliftError(
      'TargetMismatch',
      `Redis at ${pool.server} is part of a cluster, which runs do not fill yet`,
      place,
    );
  const policy = about.maxmemory_policy ?? 'noeviction';
  const limit = Number(about.maxmemory ?? 0);
  if (limit > 0 && policy !== 'noeviction')
    throw new SqliftError(
      'TargetMismatch',
      `Redis at ${pool.server} has maxmemory-policy ${policy}: it may drop keys of the run, and nobody could say that they are right. Set it to noeviction`,
      place,
    );
  if (limit > 0 && Number(about.used_memory ?? 0) >= limit)
    throw new SqliftError('TargetDiskFull', `Redis at ${pool.server} has reached its maxmemory`, place);
  await checkRights(pool);
  const seenEarly: string[] = [];
  if (feeds.some(({ planned }) => planned.as === 'json'))
    seenEarly.push(
      hasJson ? 'JSON documents are RedisJSON’s.' : 'JSON documents are strings: this Redis has no RedisJSON.',
    );
  if (about.aof_enabled === '0' && !(await savesItself(pool)))
    seenEarly.push('This Redis keeps nothing on disk: what the run brings is gone when it is restarted.');
  return { version, seenEarly };
}

/** Asks the server itself, where it can be asked: ACL DRYRUN is there from 7.0 on. */
async function checkRights(pool: RedisPool): Promise<void> {
  const missing = await pool.use(async (client) => {
    const user = (await client.call('ACL', 'WHOAMI').catch(() => undefined)) as string | undefined;
    if (user === undefined) return [];
    const pipeline = client.pipeline();
    for (const command of NEEDED) pipeline.call('ACL', 'DRYRUN', user, ...dryRun(command));
    const answers = (await pipeline.exec()) ?? [];
    return NEEDED.filter((_, i) => {
      const [error, answer] = answers[i]!;
      return error === null && typeof answer === 'string' && answer !== 'OK';
    });
  });
  if (missing.length > 0)
    throw new SqliftError(
      'TargetRightsMissing',
      `the user of Redis at ${pool.server} may not run ${missing.join(', ').toUpperCase().replaceAll('|', ' ')} on keys that begin with sqlift:`,
      { server: pool.server },
    );
}

/** A call of the command that would be right. */
function dryRun(command: string): string[] {
  const key = 'sqlift:check';
  const more: Readonly<Record<string, string[]>> = {
    set: [key, ''],
    mset: [key, ''],
    hset: [key, 'field', ''],
    sadd: [key, ''],
    zadd: [key, '0', ''],
    multi: [],
    exec: [],
    eval: ['return 1', '1', key],
    scan: ['0'],
    restore: [key, '0', ''],
    rename: [key, key],
    pexpireat: [key, '1'],
    'memory|usage': ['usage', key],
    time: [],
  };
  return [command.split('|')[0]!, ...(more[command] ?? [key])];
}

async function savesItself(pool: RedisPool): Promise<boolean> {
  // Managed servers do not let anybody ask.
  const answer = await pool.use((client) => client.config('GET', 'save').catch(() => ['save', 'unknown']));
  return (answer as string[])[1] !== '';
}

function parseInfo(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\r\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}
