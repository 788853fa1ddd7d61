import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { managedStatus, stackDown, stackReport, stackStatus, stackUp } from '../../stack';
import { isAlive, startMark } from '../../stack/liveness';
import { ensureRedis } from '../../stack/redis-program';
import { readState, writeState } from '../../stack/state';
import { stackUpElsewhere } from './in-a-process';
import { squatterOn } from './squatter';

let home: string;
/** A folder for the PATH, whose name may hold anything but a colon. */
let bin: string;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sqlift: redis é '));
  bin = mkdtempSync(path.join(os.tmpdir(), 'sqlift bin é '));
});

afterEach(async () => {
  await stackDown({ home });
  for (const folder of [home, bin]) rmSync(folder, { recursive: true, force: true });
});

const up = async (): Promise<string> => (await stackUp({ home, servers: ['redis'] })).redis!.url;
const pid = (): number => managedStatus(home, 'redis')!.pid;

async function ask<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

test('Redis is up, on loopback only, for those with the password, keeps every write and evicts nothing', async () => {
  const { redis } = await stackUp({ home, servers: ['redis'] });
  expect(redis).toEqual({
    url: expect.stringMatching(/^redis:\/\/:[\w-]{32}@127\.0\.0\.1:\d+$/),
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
  });
  expect(await stackStatus({ home })).toEqual({ redis });
  const { password, port } = new URL(redis!.url);
  const settings = await ask(redis!.url, (client) => client.config('GET', '*'));
  const all = Object.fromEntries(
    Array.from({ length: (settings as string[]).length / 2 }, (_, i) => (settings as string[]).slice(2 * i, 2 * i + 2)),
  ) as Record<string, string>;
  expect(all).toMatchObject({ bind: '127.0.0.1', appendonly: 'yes', 'maxmemory-policy': 'noeviction', maxmemory: '0' });
  await expect(ask(`redis://127.0.0.1:${port}`, (client) => client.ping())).rejects.toThrow(/NOAUTH/);
  expect(statSync(path.join(home, 'redis', 'redis.conf')).mode & 0o077).toBe(0);
  expect(readFileSync(path.join(home, 'logs', 'redis.log'), 'utf8')).not.toContain(password);
  expect(readFileSync(`/proc/${pid()}/cmdline`, 'utf8')).not.toContain(password);
});

test('the report adds memory and log', async () => {
  await up();
  const { redis } = await stackReport({ home });
  expect(redis).toMatchObject({ log: path.join(home, 'logs', 'redis.log') });
  expect(redis!.memory).toBeGreaterThan(1e6);
  expect(redis!.memory).toBeLessThan(100e6);
});

test('after down and up the address and the data are the same, with expiry', async () => {
  const first = await up();
  await ask(first, (client) => client.multi().select(3).set('kept', 'é\0', 'EX', 1000).exec());
  expect(await stackDown({ home })).toEqual(['redis']);
  expect(await stackStatus({ home })).toEqual({});
  expect(await up()).toBe(first);
  const [, value, left] = (await ask(first, (client) => client.multi().select(3).get('kept').ttl('kept').exec()))!;
  expect(value).toEqual([null, 'é\0']);
  expect(left![1]).toBeGreaterThan(900);
});

test('a killed server is found dead, and started again with every acknowledged write', async () => {
  const url = await up();
  await ask(url, async (client) => {
    const pipeline = client.pipeline();
    for (let i = 0; i < 10_000; i++) pipeline.set(`key:${i}`, i);
    await pipeline.exec();
  });
  process.kill(pid(), 'SIGKILL');
  while (managedStatus(home, 'redis') !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await stackStatus({ home })).toEqual({});
  expect(await up()).toBe(url);
  expect(await ask(url, (client) => client.dbsize())).toBe(10_000);
});

test('up again leaves it alone, and two processes at once start it once', async () => {
  const [one, other] = await Promise.all([stackUpElsewhere(home, ['redis']), stackUpElsewhere(home, ['redis'])]);
  expect(one).toEqual(other);
  const first = pid();
  expect(await stackUp({ home, servers: ['redis'] })).toEqual(one);
  expect(pid()).toBe(first);
  expect(readFileSync(path.join(home, 'logs', 'redis.log'), 'utf8').match(/Ready to accept connections/g)).toHaveLength(
    1,
  );
});

test('two state folders have a server each', async () => {
  const second = mkdtempSync(path.join(os.tmpdir(), 'sqlift-redis-'));
  try {
    const [one, { redis }] = [await up(), await stackUp({ home: second, servers: ['redis'] })];
    await ask(one, (client) => client.set('whose', 'first'));
    expect(await ask(redis!.url, (client) => client.get('whose'))).toBeNull();
  } finally {
    await stackDown({ home: second });
    rmSync(second, { recursive: true, force: true });
  }
});

test('a kept port that another program took meanwhile is given up for a free one, and the data stay', async () => {
  const first = await up();
  await ask(first, (client) => client.set('kept', 1));
  await stackDown({ home });
  const squatter = await squatterOn(first);
  try {
    const second = await up();
    expect(second).not.toBe(first);
    expect(await ask(second, (client) => client.get('kept'))).toBe('1');
  } finally {
    squatter.close();
  }
});

test('a server whose record was lost is ended before another one opens its data', async () => {
  const url = await up();
  const lost = { pid: pid(), mark: startMark(pid())! };
  await ask(url, (client) => client.set('kept', 1));
  rmSync(path.join(home, 'run', 'redis.json'));
  const again = await up();
  expect(isAlive(lost)).toBe(false);
  expect(await ask(again, (client) => client.get('kept'))).toBe('1');
});

test('a pid file that names a stranger harms nobody', async () => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    await up();
    await stackDown({ home });
    writeFileSync(path.join(home, 'redis', 'redis.pid'), `${stranger.pid}\n`);
    await up();
    expect(startMark(stranger.pid!)).toBeDefined();
  } finally {
    stranger.kill();
  }
});

test('data of a newer Redis are not opened by an older one, which would begin with none', async () => {
  await up();
  await stackDown({ home });
  const state = readState(home);
  writeState(home, { ...state, redis: { ...state.redis!, version: '99.1.0' } });
  await expect(up()).rejects.toMatchObject({
    code: 'StackFailed',
    message: expect.stringMatching(/written by Redis 99\.1\.0[^]*SQLIFT_REDIS_BIN/),
  });
});

test('without redis-server and mvn there is one error that says how to get it', async () => {
  const env = { PATH: '', SQLIFT_CACHE: path.join(home, 'cache') };
  await expect(stackUp({ home, servers: ['redis'], env })).rejects.toMatchObject({
    code: 'ServerMissing',
    message: expect.stringMatching(/no redis-server of version 6\.2 or later[^]*no.* mvn[^]*REDIS_URL/),
  });
  expect(existsSync(path.join(home, 'cache', 'redis'))).toBe(false);
});

test('a Maven that cannot fetch is one error with what it said, and the next call tries again', async () => {
  writeFileSync(path.join(bin, 'mvn'), '#!/bin/sh\necho "[ERROR] Could not transfer artifact: no route"; exit 1\n', {
    mode: 0o755,
  });
  const env = { PATH: bin, SQLIFT_CACHE: path.join(home, 'cache') };
  const fetching = (): Promise<unknown> => ensureRedis(env, () => undefined);
  await expect(fetching()).rejects.toMatchObject({
    code: 'ServerMissing',
    message: expect.stringContaining('no route'),
  });
  await expect(fetching()).rejects.toMatchObject({
    code: 'ServerMissing',
    message: expect.stringContaining('no route'),
  });
});

test('a redis-server on the PATH is taken if it is recent enough', async () => {
  const { program, version } = await ensureRedis(process.env, () => undefined);
  symlinkSync(program, path.join(bin, 'redis-server'));
  const cache = path.join(home, 'no cache');
  expect(await ensureRedis({ PATH: bin, SQLIFT_CACHE: cache }, () => undefined)).toEqual({
    program: path.join(bin, 'redis-server'),
    version,
  });
  rmSync(path.join(bin, 'redis-server'));
  writeFileSync(path.join(bin, 'redis-server'), '#!/bin/sh\necho "Redis server v=5.0.14 sha=0"\n', { mode: 0o755 });
  await expect(ensureRedis({ PATH: bin, SQLIFT_CACHE: cache }, () => undefined)).rejects.toMatchObject({
    code: 'ServerMissing',
  });
  await expect(
    ensureRedis({ SQLIFT_REDIS_BIN: path.join(bin, 'redis-server') }, () => undefined),
  ).rejects.toMatchObject({
    code: 'ServerMissing',
    message: expect.stringContaining('SQLIFT_REDIS_BIN'),
  });
});
