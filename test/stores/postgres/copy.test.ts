import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import type { Pool, PoolClient } from 'pg';
import { CopyIn } from '../../../stores/postgres/copy';
import { openTarget } from '../../../stores/postgres/target';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

const MIB = 1 << 20;

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
  await pool.query('DROP TABLE IF EXISTS public.rows; CREATE TABLE public.rows (id int, content bytea)');
  client = await pool.connect();
  await client.query('BEGIN');
});
afterEach(() => client.release(true));

const begin = () => new CopyIn(client, { schema: 'public', table: 'rows' }, ['id', 'content']);

/** A tuple of a number and so many times the byte. */
function tuple(id: number, size: number, byte = id & 255): Buffer {
  const bytes = Buffer.alloc(14 + size, byte);
  bytes.writeInt16BE(2, 0);
  bytes.writeInt32BE(4, 2);
  bytes.writeInt32BE(id, 6);
  bytes.writeInt32BE(size, 10);
  return bytes;
}

async function there(from: Pool | PoolClient = client): Promise<unknown> {
  const { rows } = await from.query<Record<string, unknown>>(
    `SELECT count(*)::int AS rows, coalesce(sum(length(content)), 0)::int AS bytes FROM public.rows`,
  );
  return rows[0];
}

/** What a promise rejects with; fails when it does not, or does nothing for too long. */
async function failureOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const result = await Promise.race([
    promise.then(
      () => 'nothing',
      (error: unknown) => error,
    ),
    sleep(20_000, 'too late', { ref: false }),
  ]);
  // Node's own errors are of another realm than jest's tests.
  expect(isNativeError(result)).toBe(true);
  return result as Error;
}

test('rows arrive, whatever their size and wherever a message ends, and are counted', async () => {
  const copy = begin();
  const sizes = [0, 1, 100, 16 * MIB, 17 * MIB + 3, 5];
  await copy.write(Buffer.concat(sizes.map((size, i) => tuple(i, size))));
  // A tuple in three pieces.
  const last = tuple(99, 3_000);
  for (const [from, to] of [
    [0, 1],
    [1, 1_000],
    [1_000, last.length],
  ] as const)
    await copy.write(last.subarray(from, to));
  expect(await copy.end()).toBe(7);
  expect(await there()).toEqual({ rows: 7, bytes: sizes.reduce((sum, size) => sum + size) + 3_000 });
  const { rows } = await client.query(
    `SELECT count(*)::int AS wrong FROM public.rows WHERE content <> decode(repeat(lpad(to_hex(id), 2, '0'), length(content)), 'hex')`,
  );
  expect(rows).toEqual([{ wrong: 0 }]);
});

test('two buffers in turns are enough, also for a server that is slow to take them', async () => {
  await client.query(`CREATE FUNCTION pg_temp.slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON public.rows FOR EACH ROW EXECUTE FUNCTION pg_temp.slow()`);
  const copy = begin();
  const buffers = [Buffer.alloc(2 * MIB), Buffer.alloc(2 * MIB)];
  for (let id = 0; id < 40; id++) {
    const buffer = buffers[id % 2]!;
    tuple(id, 2 * MIB - 14).copy(buffer);
    await copy.write(buffer);
    // The other one has been taken: whatever becomes of it now is nobody's business.
    buffers[(id + 1) % 2]!.fill(0xee);
  }
  expect(await copy.end()).toBe(40);
  const { rows } = await client.query(
    `SELECT array_agg(id ORDER BY id) AS ids FROM public.rows WHERE content = decode(repeat(lpad(to_hex(id), 2, '0'), length(content)), 'hex')`,
  );
  expect(rows[0].ids).toEqual(Array.from({ length: 40 }, (_, id) => id));
});

test('what the server refuses in the middle is what the writer hears, and the connection works on', async () => {
  const copy = begin();
  const wrong = tuple(3, 10);
  wrong.writeInt16BE(7, 0);
  await copy.write(Buffer.concat([tuple(1, 10), wrong]));
  const go = async () => {
    for (let id = 0; ; id++) {
      await copy.write(tuple(id, MIB));
      await sleep(1);
    }
  };
  expect((await failureOf(go())).code).toBe('22P04');
  expect((await failureOf(copy.end())).code).toBe('22P04');
  await copy.abort(new Error('as the caller does'));
  await client.query('ROLLBACK');
  expect(await there()).toEqual({ rows: 0, bytes: 0 });
});

test('a table that is not there is said by the first who waits', async () => {
  const copy = new CopyIn(client, { schema: 'public', table: 'nowhere' }, ['id']);
  await copy.write(tuple(1, 1)).catch(() => {});
  expect((await failureOf(copy.end())).code).toBe('42P01');
});

test('an abort with tens of megabytes under way leaves nothing, and a connection that works on', async () => {
  const copy = begin();
  const large = Buffer.concat([tuple(1, 20 * MIB), tuple(2, 30 * MIB)]);
  // Not waited for: the second and third message of it are still to be sent.
  const written = copy.write(large).catch(() => {});
  await copy.abort(new Error('enough'));
  await written;
  await client.query('ROLLBACK');
  expect(await there()).toEqual({ rows: 0, bytes: 0 });
  // Nothing of it comes late: the connection is good for another one.
  await client.query('BEGIN');
  const again = begin();
  await again.write(tuple(1, 5));
  expect(await again.end()).toBe(1);
  await client.query('COMMIT');
  expect(await there(pool)).toEqual({ rows: 1, bytes: 5 });
});

test.each(['before it is sent', 'while it is sent'])(
  'a connection that is lost %s is a failure, not silence',
  async (when) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const copy = begin();
    await copy.write(tuple(1, 10));
    const kill = () => pool.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    if (when === 'before it is sent') await kill();
    const go = async () => {
      for (let id = 2; ; id++) {
        await copy.write(tuple(id, 4 * MIB));
        if (id === 5 && when === 'while it is sent') await kill();
        await sleep(1);
      }
    };
    const { message, code } = await failureOf(go());
    expect(`${code}: ${message}`).toMatch(/57P01|TargetUnreachable|terminat|EPIPE|ECONNRESET/);
    await failureOf(copy.end());
    // Neither does whoever cleans up wait for ever.
    expect(
      await Promise.race([
        copy.abort(new Error('gone')).then(() => 'ended'),
        sleep(20_000, 'too late', { ref: false }),
      ]),
    ).toBe('ended');
    expect(await there(pool)).toEqual({ rows: 0, bytes: 0 });
  },
);
