import type { Pool, PoolClient } from 'pg';
import { copyOut } from '../../../stores/postgres/copy-out';
import { openTarget } from '../../../stores/postgres/target';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

let database: TestDatabase;
let pool: Pool;
let client: PoolClient;

beforeAll(async () => {
  database = await createDatabase();
  pool = openTarget(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  client = await pool.connect();
});

/** The texts of tuples of one text column. */
async function texts(sql: string, visit: (text: string) => void = () => {}): Promise<string[]> {
  const found: string[] = [];
  await copyOut(client, `COPY (${sql}) TO STDOUT (FORMAT binary)`, (bytes, view, start) => {
    expect(view.getInt16(start)).toBe(1);
    const end = start + 6 + view.getInt32(start + 2);
    const text = bytes.toString('utf8', start + 6, end);
    found.push(text);
    visit(text);
    return end;
  });
  return found;
}

test('gives tuples of every size, whole, in order, and a connection that works on', async () => {
  const sizes = [0, 1, 2, 100, 8_191, 65_530, 65_536, 70_000, 3_000_000, 5, 0, 12_345_678, 1];
  const sql = `SELECT repeat(chr(97 + n::int % 26), size) FROM unnest(ARRAY[${sizes.join()}]) WITH ORDINALITY AS s(size, n)`;
  expect((await texts(sql)).map((text) => [text.charAt(0), text.length])).toEqual(
    sizes.map((size, i) => [size === 0 ? '' : String.fromCharCode(97 + ((i + 1) % 26)), size]),
  );
  expect(await texts(`SELECT n::text FROM generate_series(1, 100000) AS n`)).toEqual(
    Array.from({ length: 100_000 }, (_, n) => String(n + 1)),
  );
  expect((await client.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  client.release();
});

test('a result without rows is a result', async () => {
  expect(await texts(`SELECT 'x' WHERE false`)).toEqual([]);
  expect(await texts(`SELECT 'after'`)).toEqual(['after']);
  client.release();
});

test('notices between the rows reach who listens for them', async () => {
  const notices: (string | undefined)[] = [];
  client.on('notice', ({ message }) => void notices.push(message));
  await client.query(
    `CREATE FUNCTION pg_temp.say(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'row %', n; RETURN n; END $$`,
  );
  expect(await texts('SELECT pg_temp.say(n) FROM generate_series(1, 3) AS n')).toEqual(['1', '2', '3']);
  expect(notices).toEqual(['row 1', 'row 2', 'row 3']);
  client.release();
});

test('what the server refuses at the start or after some rows is thrown, and the connection works on', async () => {
  await expect(texts('SELECT nothing')).rejects.toMatchObject({ code: '42703' });
  await expect(texts('SELECT (1000 / (500 - n))::text FROM generate_series(1, 1000) AS n')).rejects.toMatchObject({
    code: '22012',
  });
  expect(await texts(`SELECT 'after'`)).toEqual(['after']);
  client.release();
});

test('what the visitor throws is thrown', async () => {
  const visit = (text: string) => {
    if (text === '700') throw new Error('enough');
  };
  await expect(texts('SELECT n::text FROM generate_series(1, 1000000) AS n', visit)).rejects.toThrow('enough');
  client.release(true);
});

test('a connection that dies in the middle is an error, not an end', async () => {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  client.on('error', () => {});
  let first = true;
  const visit = () => {
    if (first) void pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    first = false;
  };
  const sql = `SELECT repeat('x', 1000) || pg_sleep(0.0001)::text FROM generate_series(1, 100000)`;
  await expect(texts(sql, visit)).rejects.toThrow(/terminat/);
  client.release(true);
});

test('an abort ends it with its reason', async () => {
  const controller = new AbortController();
  const reading = copyOut(
    client,
    'COPY (SELECT 1 FROM generate_series(1, 3000000)) TO STDOUT (FORMAT binary)',
    (_bytes, _view, start) => {
      controller.abort(new Error('no longer wanted'));
      return start + 10;
    },
    controller.signal,
  );
  await expect(reading).rejects.toThrow('no longer wanted');
  client.release(true);
});
