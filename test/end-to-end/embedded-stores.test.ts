import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { stackDown, stackUp } from '../../stack';
import { runFiles } from '../../stores/artifacts/run-files';
import { openRedis } from '../support/redis';
import { CommandLine } from './command-line';

/** Which servers a run starts for the stores that its plan fills. PostgreSQL and Temporal are configured by address. */

let shell: CommandLine;

beforeEach(async () => {
  shell = await CommandLine.open();
  shell.makeSource(
    'app.sqlite',
    `CREATE TABLE sessions (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO sessions VALUES (1, 'one'), (2, 'two')`,
  );
});

afterEach(async () => {
  await stackDown({ home: shell.home });
  await shell.close();
});

function plan(name: string, more = ''): string {
  const file = shell.file(`${name}.yaml`);
  writeFileSync(
    file,
    `version: 1\nname: ${name}\n${more}sources:\n  main: { sqlite: app.sqlite, schema: ${name}, tables: { '*': {} } }\ncache:\n  sessions: { table: sessions, key: 'session:{id}', as: hash }\n`,
  );
  return file;
}

async function status(): Promise<Record<string, { url: string }>> {
  return JSON.parse((await shell.sqlift(['stack', 'status', '--json'])).stdout) as Record<string, { url: string }>;
}

async function ask<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

test('a plan with a cache starts Redis and nothing else, fills it, and a rollback finds it again after `stack down`', async () => {
  const { redis } = await stackUp({ home: shell.home, servers: ['redis'] });
  await ask(redis!.url, (client) => client.set('somebody', 'else’s'));
  await stackDown({ home: shell.home });

  const report = await shell.migrate([plan('embedded')]);
  expect(Object.keys(await status())).toEqual(['redis']);
  expect(await ask(redis!.url, (client) => client.hgetall('session:2'))).toEqual({ id: '2', name: 'two' });
  const kept = `${shell.home}/${runFiles.connections(report.run)}`;
  expect(statSync(kept).mode & 0o077).toBe(0);
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toEqual({ postgres: shell.database.url, redis: redis!.url });

  expect((await shell.sqlift(['stack', 'down'])).code).toBe(0);
  expect(await status()).toEqual({});
  const back = await shell.sqlift(['rollback', report.run, '--yes']);
  expect({ code: back.code, stderr: back.stderr }).toEqual({
    code: 5,
    stderr: expect.stringContaining('Starting Redis'),
  });
  expect(Object.keys(await status())).toEqual(['redis']);
  expect(await ask(redis!.url, (client) => client.keys('*'))).toEqual(['somebody']);
});

test('a Redis that is configured, by the usual variable or by one that the plan names, is used, and none is started', async () => {
  const redis = await openRedis();
  try {
    const env = { REDIS_URL: redis.url };
    expect((await shell.sqlift(['migrate', plan('usual')], env)).code).toBe(0);
    expect(await redis.client.hget('session:1', 'name')).toBe('one');
    await redis.client.flushall();
    const named = { REDIS_URL: 'redis://nowhere.invalid', CACHE: redis.url };
    expect((await shell.sqlift(['migrate', plan('named', 'target: { redis: "${CACHE}" }\n')], named)).code).toBe(0);
    expect(await redis.client.hget('session:1', 'name')).toBe('one');
    expect(await status()).toEqual({});
  } finally {
    await redis.close();
  }
});

test('a store that the plan fills and that cannot be started is one error before there is a run', async () => {
  const { code, stdout, stderr } = await shell.sqlift(['migrate', plan('missing')], {
    PATH: '',
    SQLIFT_CACHE: shell.file('cache'),
  });
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toMatch(/error\[ServerMissing\][^]*Redis is missing/);
  expect((await shell.traces()).runs).toEqual([]);
});
