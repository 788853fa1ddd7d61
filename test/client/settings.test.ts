import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hostOf, resolveSettings } from '../../client/settings';
import type { SettingSources } from '../../client/settings';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'sqlift-settings-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const dotEnv = (text: string): void => writeFileSync(path.join(cwd, '.env'), text);
const resolve = (sources: Partial<SettingSources>) => resolveSettings({ env: {}, cwd, ...sources });

test('a flag wins over the environment, the environment over .env, .env over the embedded server', () => {
  dotEnv('DATABASE_URL=postgres://env-file/db\n');
  const env = { DATABASE_URL: 'postgres://environment/db' };
  expect(resolve({ env, flags: { to: 'postgres://flag/db' } }).postgres).toEqual({
    value: 'postgres://flag/db',
    origin: '--to',
  });
  expect(resolve({ env }).postgres).toEqual({ value: 'postgres://environment/db', origin: 'environment DATABASE_URL' });
  expect(resolve({}).postgres).toEqual({ value: 'postgres://env-file/db', origin: '.env DATABASE_URL' });
  rmSync(path.join(cwd, '.env'));
  expect(resolve({}).postgres).toBeUndefined();
});

test('the variable that a plan names wins over DATABASE_URL, and its absence is an error', () => {
  const env = { DATABASE_URL: 'postgres://other/db', APP_DB: 'postgres://app/db' };
  expect(resolve({ env, target: { postgres: '${APP_DB}' } }).postgres).toEqual({
    value: 'postgres://app/db',
    origin: 'environment APP_DB',
  });
  expect(() => resolve({ env: { DATABASE_URL: 'postgres://other/db' }, target: { postgres: '${APP_DB}' } })).toThrow(
    expect.objectContaining({ code: 'SettingMissing', message: expect.stringContaining('APP_DB') }),
  );
});

test('the libpq variables become one address, with what is special in them escaped', () => {
  const env = {
    PGHOST: 'db.example',
    PGPORT: '6432',
    PGUSER: 'a b',
    PGPASSWORD: 'p@ss/word',
    PGDATABASE: 'my db',
    PGSSLMODE: 'require',
  };
  const url = new URL(resolve({ env }).postgres!.value.replace('postgresql:', 'http:'));
  expect([url.hostname, url.port, decodeURIComponent(url.username), decodeURIComponent(url.password)]).toEqual([
    'db.example',
    '6432',
    'a b',
    'p@ss/word',
  ]);
  expect([decodeURIComponent(url.pathname), url.searchParams.get('sslmode')]).toEqual(['/my db', 'require']);
});

test('a Unix socket folder in PGHOST is carried over', () => {
  const { value } = resolve({ env: { PGHOST: '/var/run/postgresql', PGUSER: 'me', PGDATABASE: 'app' } }).postgres!;
  expect(value).toBe('postgresql://me@/app?host=%2Fvar%2Frun%2Fpostgresql');
});

test('an empty variable counts as not set', () => {
  expect(resolve({ env: { DATABASE_URL: '' } }).postgres).toBeUndefined();
});

test('every wrong setting is named at once', () => {
  const env = { DATABASE_URL: 'mysql://host/db', SQLIFT_WORKER_IDLE_SECONDS: 'soon' };
  expect(() => resolve({ env })).toThrow(
    /2 settings are wrong[^]*DATABASE_URL: expected postgres:\/\/[^]*SQLIFT_WORKER_IDLE_SECONDS/,
  );
});

test('a wrong address is reported without its password', () => {
  expect(() => resolve({ env: { DATABASE_URL: 'mysql://user:hunter22@host/db' } })).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('hunter22') }),
  );
});

test('Temporal counts as configured by address, profile or configuration file, and is embedded otherwise', () => {
  expect(resolve({}).temporal).toBeUndefined();
  expect(resolve({ env: { TEMPORAL_PROFILE: 'cloud' } }).temporal).toEqual({
    value: 'cloud',
    origin: 'environment TEMPORAL_PROFILE',
  });
  dotEnv('TEMPORAL_ADDRESS=localhost:7233');
  expect(resolve({}).temporal?.origin).toBe('.env TEMPORAL_ADDRESS');
});

test('the task queue and the state folder follow the same order', () => {
  const env = { SQLIFT_TASK_QUEUE: 'from-env', SQLIFT_HOME: 'state' };
  expect(resolve({ env }).taskQueue.value).toBe('from-env');
  expect(resolve({ env, flags: { taskQueue: 'flag' } }).taskQueue).toEqual({ value: 'flag', origin: '--task-queue' });
  expect(resolve({ env }).home).toEqual({ value: path.join(cwd, 'state'), origin: 'environment SQLIFT_HOME' });
  expect(resolve({}).taskQueue.origin).toBe('default');
});

test('messages name host and port of an address, never more', () => {
  expect(hostOf('postgres://user:secret@db.example:6432/app')).toBe('db.example:6432');
  expect(hostOf('postgresql:///app?host=%2Ftmp')).toBe('/tmp:5432');
});
