import { Pool } from 'pg';
import { connectError, isDataState, sqlstate, targetError } from '../../../stores/postgres/errors';
import { inTransaction, openTarget, withClient } from '../../../stores/postgres/target';
import { expectSqliftError, failure } from '../../support/loaded-run';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = openTarget(database.url, { max: 2 });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function connecting(change: (url: URL) => void): Promise<Pool> {
  const url = new URL(database.url);
  change(url);
  return openTarget(url.href);
}

test.each([
  [`SELECT 'secret'::int`, '22P02'],
  [`SELECT '{"secret'::jsonb`, '22P02'],
  [`SELECT 'secret'::timestamp`, '22007'],
  [`SELECT '99999-99-99 secret'::date`, '22007'],
  [`SELECT convert_from('\\x736563726574ff', 'UTF8')`, '22021'],
  [`CREATE TEMP TABLE t (a text PRIMARY KEY); INSERT INTO t VALUES ('secret'), ('secret')`, '23505'],
  [`DO $$ BEGIN RAISE EXCEPTION 'row: secret'; END $$`, 'P0001'],
])('no value gets into the error of %s', async (sql, state) => {
  const error = (await failure(withClient(pool, (client) => client.query(sql)))) as Error & { place: unknown };
  expect(error).toMatchObject({ code: 'TargetRefused', place: { sqlstate: state } });
  expect(error.message).toContain(`(SQLSTATE ${state})`);
  expect(error.message + JSON.stringify(error.place)).not.toMatch(/secret|0xff/);
});

test.each([
  ['SELECT pg_sleep(5)', 'TargetUnreachable', `SET LOCAL statement_timeout = 50`],
  ['CREATE TABLE public.t (a int)', 'TargetReadOnly', 'SET TRANSACTION READ ONLY'],
  ['CREATE SCHEMA theirs', 'TargetRightsMissing', 'SET LOCAL ROLE pg_monitor'],
  ['CREATE SCHEMA public', 'TargetExists', ''],
  ['SELECT nothing', 'TargetRefused', ''],
] as const)('%s is %s', async (sql, code, setting) => {
  await expectSqliftError(
    inTransaction(pool, async (client) => (await client.query(setting), client.query(sql))),
    code,
  );
});

describe('connecting', () => {
  test('to a port where nobody listens', async () => {
    const nowhere = await connecting((url) => void (url.port = '1'));
    await expectSqliftError(
      withClient(nowhere, async () => {}),
      'TargetUnreachable',
      'ECONNREFUSED',
    );
    await nowhere.end();
  });

  test('to a host that does not exist', async () => {
    const nowhere = await connecting((url) => void (url.hostname = 'no-such-host.invalid'));
    await expectSqliftError(
      withClient(nowhere, async () => {}),
      'TargetUnreachable',
    );
    await nowhere.end();
  });

  test('to a socket that does not exist', async () => {
    const nowhere = openTarget('postgres://user@/db?host=/nonexistent');
    await expectSqliftError(
      withClient(nowhere, async () => {}),
      'TargetUnreachable',
      'no such socket',
    );
    await nowhere.end();
  });

  test('to a database or as a user that does not exist', async () => {
    const nowhere = await connecting((url) => void (url.pathname = '/nowhere'));
    await expectSqliftError(
      withClient(nowhere, async () => {}),
      'TargetAccessDenied',
      'nowhere',
    );
    await nowhere.end();
    const nobody = await connecting((url) => void (url.username = 'nobody_at_all'));
    await expectSqliftError(
      withClient(nobody, async () => {}),
      'TargetAccessDenied',
      'nobody_at_all',
    );
    await nobody.end();
  });

  test('with encryption that the server does not offer', async () => {
    const plain = await connecting((url) => url.searchParams.set('sslmode', 'verify-full'));
    await expectSqliftError(
      withClient(plain, async () => {}),
      'TargetAccessDenied',
      'SSL',
    );
    await plain.end();
  });
});

test('sessions have the settings that reading and writing rely on, whatever the user has', async () => {
  await pool.query(`ALTER DATABASE "${database.name}" SET TimeZone = 'Asia/Tokyo'`);
  await pool.query(`ALTER DATABASE "${database.name}" SET DateStyle = 'SQL, DMY'`);
  await pool.query(`ALTER DATABASE "${database.name}" SET search_path = 'public'`);
  const fresh = openTarget(database.url);
  const { rows } = await fresh.query(
    `SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS dates, current_setting('search_path') AS path, current_setting('application_name') AS name`,
  );
  expect(rows).toEqual([{ zone: 'UTC', dates: 'ISO, YMD', path: 'pg_catalog', name: 'sqlift' }]);
  await fresh.end();
});

describe('a connection that breaks', () => {
  test('in the middle of a transaction is replaced, and the work is tried again', async () => {
    const killer = new Pool({ connectionString: database.url });
    const work = inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await killer.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      await client.query('SELECT 1');
    });
    await expectSqliftError(work, 'TargetUnreachable');
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await killer.end();
  });

  test('while it is held and idle ends neither the process nor the pool', async () => {
    const killer = new Pool({ connectionString: database.url });
    const work = withClient(pool, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await killer.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await client.query('SELECT 1');
    });
    await expectSqliftError(work, 'TargetUnreachable');
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await killer.end();
  });
});

test('errors that are none of the target’s pass through', () => {
  const error = new TypeError('x');
  expect(targetError(error)).toBe(error);
  expect(sqlstate(error)).toBeUndefined();
  expect(connectError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toMatchObject({
    code: 'TargetUnreachable',
  });
  expect(['22003', '23505', '54000', '54001'].map(isDataState)).toEqual([true, true, true, true]);
  expect(['42P01', '53100', '54011', '08006'].map(isDataState)).toEqual([false, false, false, false]);
});
