import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { SEARCH_ATTRIBUTES } from '../../core/search-attributes';
import { managedStatus, neededServers, stackDown, stackStatus, stackUp, type StackStatus } from '../../stack';
import { isAlive, startMark } from '../../stack/liveness';
import { stackUpElsewhere } from './in-a-process';
import { squatterOn } from './squatter';

let home: string;

beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-stack-'));
});

afterEach(async () => {
  await stackDown({ home });
  rmSync(home, { recursive: true, force: true });
});

const pidOf = (name: string): number => managedStatus(home, name)!.pid;

async function sql(url: string, text: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('both servers are up, answer, and are told by status as the design says', async () => {
  const steps: string[] = [];
  const up = await stackUp({ home, servers: ['postgres', 'temporal'], onStep: (line) => steps.push(line) });

  expect(up).toEqual({
    postgres: {
      url: expect.stringMatching(/^postgres:\/\/postgres:[\w-]{32}@127\.0\.0\.1:\d+\/app$/),
      version: expect.stringMatching(/^\d+\.\d+$/),
    },
    temporal: {
      address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      webUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    },
  });
  expect(await stackStatus({ home })).toEqual(up);
  expect(steps).toContain('Starting Temporal');
  expect(
    await sql(
      up.postgres!.url,
      `SELECT current_database() AS name, pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = 'app'`,
    ),
  ).toEqual([{ name: 'app', encoding: 'UTF8' }]);
  const page = await fetch(up.temporal!.webUrl);
  expect(page.status).toBe(200);

  const connection = await Connection.connect({ address: up.temporal!.address });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  await connection.close();
  expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
});

test('the password is in no file that others can read, and the server listens on loopback only', async () => {
  const { postgres } = await stackUp({ home, servers: ['postgres'] });
  const { password, port } = new URL(postgres!.url);
  expect(statSync(path.join(home, 'stack.json')).mode & 0o077).toBe(0);
  expect(readFileSync(path.join(home, 'logs', 'postgres.log'), 'utf8')).not.toContain(password);
  expect(readFileSync(`/proc/${pidOf('postgres')}/cmdline`, 'utf8')).not.toContain(password);
  expect(await sql(postgres!.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  expect(await sql(postgres!.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  const wrong = new Client({
    host: '127.0.0.1',
    port: Number(port),
    user: 'postgres',
    password: 'guess',
    database: 'app',
  });
  await expect(wrong.connect()).rejects.toThrow(/password authentication failed/);
});

test('up again leaves the running servers alone; after down and up, addresses and data are the same', async () => {
  const first = await stackUp({ home, servers: ['postgres', 'temporal'] });
  const pids = [pidOf('postgres'), pidOf('temporal')];
  expect(await stackUp({ home, servers: ['postgres', 'temporal'] })).toEqual(first);
  expect([pidOf('postgres'), pidOf('temporal')]).toEqual(pids);

  await sql(first.postgres!.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
  expect((await stackDown({ home })).sort()).toEqual(['postgres', 'temporal']);
  expect(await stackStatus({ home })).toEqual({});
  expect(await stackDown({ home })).toEqual([]);
  expect(readFileSync(path.join(home, 'logs', 'postgres.log'), 'utf8')).toMatch(/database system is shut down/);

  expect(await stackUp({ home, servers: ['postgres', 'temporal'] })).toEqual(first);
  expect(await sql(first.postgres!.url, 'SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
});

test('a kept port that another program took meanwhile is given up for a free one', async () => {
  const first = await stackUp({ home, servers: ['postgres'] });
  await stackDown({ home });
  const squatter = await squatterOn(first.postgres!.url);
  try {
    const second = await stackUp({ home, servers: ['postgres'] });
    expect(second.postgres!.url).not.toBe(first.postgres!.url);
    expect(await sql(second.postgres!.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  } finally {
    squatter.close();
  }
});

test('the servers survive the process that started them', async () => {
  const started = (await stackUpElsewhere(home)) as StackStatus;
  expect(started.postgres).toBeDefined();
  expect(await stackStatus({ home })).toEqual(started);
});

test('two processes that start the stack at once start each server once', async () => {
  const [one, other] = await Promise.all([stackUpElsewhere(home), stackUpElsewhere(home)]);
  expect(one).toEqual(other);
  expect(one).toEqual(await stackStatus({ home }));
  const starts = readFileSync(path.join(home, 'logs', 'postgres.log'), 'utf8').match(/ready to accept connections/g);
  expect(starts).toHaveLength(1);
});

test('a server that was killed is started again on its data, and the other one is left alone', async () => {
  const up = await stackUp({ home, servers: ['postgres', 'temporal'] });
  await sql(up.postgres!.url, 'CREATE TABLE kept AS SELECT 7 AS seven');
  const temporal = pidOf('temporal');
  process.kill(pidOf('postgres'), 'SIGKILL');
  await sleep(50);
  expect(await stackStatus({ home })).toEqual({ temporal: up.temporal });

  expect(await stackUp({ home, servers: ['postgres', 'temporal'] })).toEqual(up);
  expect(pidOf('temporal')).toBe(temporal);
  expect(await sql(up.postgres!.url, 'SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
});

test('a server that runs but does not answer is replaced', async () => {
  const up = await stackUp({ home, servers: ['temporal'] });
  const mute = pidOf('temporal');
  process.kill(mute, 'SIGSTOP');
  expect(await stackStatus({ home })).toEqual({});
  expect(await stackUp({ home, servers: ['temporal'] })).toEqual(up);
  expect(pidOf('temporal')).not.toBe(mute);
  expect(startMark(mute)).toBeUndefined();
});

test('a record left by an earlier boot, whose pid is now another program’s, harms nobody', async () => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    const up = await stackUp({ home, servers: ['postgres'] });
    await stackDown({ home });
    const record = { pid: stranger.pid, mark: 'another boot/123', stopSignal: 'SIGINT' };
    writeFileSync(path.join(home, 'run', 'postgres.json'), JSON.stringify(record));
    const major = up.postgres!.version.split('.')[0]!;
    writeFileSync(path.join(home, 'postgres', major, 'postmaster.pid'), `${stranger.pid}\n`);

    expect(await stackStatus({ home })).toEqual({});
    expect(await stackDown({ home })).toEqual([]);
    expect(await stackUp({ home, servers: ['postgres'] })).toEqual(up);
    expect(startMark(stranger.pid!)).toBeDefined();
  } finally {
    stranger.kill();
  }
});

test('a server whose record was lost is ended before another one opens its data', async () => {
  await stackUp({ home, servers: ['postgres'] });
  const lost = { pid: pidOf('postgres'), mark: startMark(pidOf('postgres'))! };
  rmSync(path.join(home, 'run', 'postgres.json'));
  expect((await stackUp({ home, servers: ['postgres'] })).postgres).toBeDefined();
  expect(isAlive(lost)).toBe(false);
});

test('a search attribute that an older database lacks is added', async () => {
  const { temporal } = await stackUp({ home, servers: ['temporal'] });
  const remove = await Connection.connect({ address: temporal!.address });
  await remove.operatorService.removeSearchAttributes({ namespace: 'default', searchAttributes: ['SqliftRows'] });
  await remove.close();
  await stackUp({ home, servers: ['temporal'] });
  const look = await Connection.connect({ address: temporal!.address });
  const { customAttributes } = await look.operatorService.listSearchAttributes({ namespace: 'default' });
  await look.close();
  expect(Object.keys(customAttributes)).toContain('SqliftRows');
});

test('a damaged state file is one error that names it', async () => {
  writeFileSync(path.join(home, 'stack.json'), '{"format":1,');
  await expect(stackUp({ home, servers: ['postgres'] })).rejects.toMatchObject({
    code: 'StackFailed',
    message: expect.stringContaining(path.join(home, 'stack.json')),
  });
});

test('data whose password is gone is not thrown away but reported', async () => {
  const { postgres } = await stackUp({ home, servers: ['postgres'] });
  await stackDown({ home });
  rmSync(path.join(home, 'stack.json'));
  await expect(stackUp({ home, servers: ['postgres'] })).rejects.toMatchObject({ code: 'StackFailed' });
  expect(existsSync(path.join(home, 'postgres', postgres!.version.split('.')[0]!, 'PG_VERSION'))).toBe(true);
});

test('a server with a configured address is not needed', () => {
  expect(neededServers({})).toEqual(['postgres', 'temporal']);
  expect(neededServers({ DATABASE_URL: 'postgres://db/app' })).toEqual(['temporal']);
  expect(neededServers({ PGHOST: 'db' })).toEqual(['temporal']);
  expect(neededServers({ TEMPORAL_ADDRESS: 'temporal:7233' })).toEqual(['postgres']);
  expect(neededServers({ TEMPORAL_ADDRESS: 'temporal:7233', PGSERVICE: 'app' })).toEqual([]);
});

test('only the servers of the stores that a plan fills are needed, and of these only those without an address', () => {
  expect(neededServers({}, ['neo4j'])).toEqual(['temporal', 'neo4j']);
  expect(neededServers({}, new Set(['redis', 'postgres'] as const))).toEqual(['postgres', 'temporal', 'redis']);
  const configured = { NEO4J_URI: 'neo4j+s://graph', REDIS_URL: 'rediss://cache' };
  expect(neededServers(configured, ['postgres', 'neo4j', 'redis'])).toEqual(['postgres', 'temporal']);
});

test('status and down of a state folder that does not exist find nothing and make nothing', async () => {
  const nowhere = path.join(home, 'nowhere');
  expect(await stackStatus({ home: nowhere })).toEqual({});
  expect(await stackDown({ home: nowhere })).toEqual([]);
  expect(existsSync(nowhere)).toBe(false);
});
