import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import type { PoolClient } from 'pg';
import { loadChunk } from '../../../activities/import/load-chunk';
import { readChunks, readTotals, takeFence } from '../../../stores/ledger/chunks';
import { readLocators } from '../../../stores/ledger/quarantine';
import { discardRun, holdLiveRun } from '../../../stores/ledger/runs';
import { openTarget } from '../../../stores/postgres/target';
import { ImportBench, expectSqliftError, failure } from '../../support/loaded-run';
import type { PreparedRun } from '../../support/loaded-run';

let bench: ImportBench;
beforeAll(async () => void (bench = await ImportBench.open()));
afterAll(() => bench.close());

function people(count: number): (db: Database.Database) => void {
  return (db) => {
    db.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age)');
    const insert = db.prepare('INSERT INTO people VALUES (?, ?, ?)');
    db.transaction(() => {
      for (let id = 1; id <= count; id++) insert.run(id, `person ${id}`, BigInt(id % 90));
    })();
  };
}

const TYPES = { types: { id: 'bigint', name: 'text', age: 'integer' } };

async function stagedRows(run: PreparedRun, table = 'people'): Promise<number> {
  const { rows } = await bench.pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "${run.staging}"."${table}"`,
  );
  return rows[0]!.count;
}

async function quarantine(run: PreparedRun): Promise<Record<string, unknown>[]> {
  const { rows } = await bench.pool.query<Record<string, unknown>>(
    `SELECT table_name, chunk, locator::text, row_key, column_name, storage_class, reason, encode(raw, 'hex') AS raw, cells FROM sqlift.quarantine WHERE run = $1 ORDER BY quarantine.locator`,
    [run.run],
  );
  return rows;
}

test('rows, quarantined rows and the ledger row come together, chunk after chunk', async () => {
  const run = await bench.prepare(
    (db) => {
      people(3_000)(db);
      db.exec(`UPDATE people SET age = 'old' WHERE id IN (7, 2900)`);
    },
    { people: TYPES },
    16_384,
  );
  const chunks = await readChunks(bench.pool, run.key('people'), 0, 100);
  expect(chunks.length).toBeGreaterThan(3);
  expect(await run.load('people')).toEqual({ rows: 2_998, quarantined: 2 });
  expect(await stagedRows(run)).toBe(2_998);
  expect(await readLocators(bench.pool, run.key('people'))).toEqual([7n, 2900n]);
  expect(await readTotals(bench.pool, run.run)).toMatchObject([
    {
      source: 'main',
      table: 'people',
      loaded: 2_998,
      quarantined: 2,
      chunks: chunks.length,
      chunksLoaded: chunks.length,
      digest: null,
    },
  ]);
  const after = await readChunks(bench.pool, run.key('people'), 0, 100);
  expect(after.every((chunk) => chunk.loaded)).toBe(true);
  expect(after.reduce((sum, chunk) => sum + chunk.rows, 0)).toBe(2_998);
  const sums = await bench.sql(
    `SELECT sum(id)::text AS ids, count(DISTINCT name)::int AS names FROM "${run.staging}".people`,
  );
  expect(sums).toEqual([{ ids: String((3_000 * 3_001) / 2 - 7 - 2_900), names: 2_998 }]);
});

test('a refused cell sends its row to the quarantine whole: place, key, class, bytes and reason', async () => {
  const run = await bench.prepare(
    (db) => {
      db.exec(`CREATE TABLE mixed (a TEXT, b TEXT, v, w REAL, PRIMARY KEY (a, b));
        INSERT INTO mixed (rowid, a, b, v, w) VALUES (5, 'x', 'y', 9007199254740993, 1.5), (6, 'p', 'q', CAST(X'61FF00' AS TEXT), 1e300),
          (9, 'blob', NULL, X'00FF', 1e999), (-3, 'real', 'r', 0.1, NULL), (12, 'good', 'g', 'fits', 2), (13, 'n' || char(0) || 'l', 'g', 'fits', 2)`);
    },
    { mixed: { types: { v: 'text', a: 'text', w: 'double precision' } } },
  );
  expect(await run.load('mixed')).toEqual({ rows: 1, quarantined: 5 });
  const text = (column: string, value: string) => ({ column, class: 'text', value });
  expect(await quarantine(run)).toEqual([
    {
      table_name: 'mixed',
      chunk: 0,
      locator: '-3',
      row_key: { a: 'real', b: 'r' },
      column_name: 'v',
      storage_class: 'real',
      reason: 'wrong storage class',
      raw: null,
      cells: [
        text('a', 'real'),
        text('b', 'r'),
        { column: 'v', class: 'real', value: '0.1' },
        { column: 'w', class: 'null', value: null },
      ],
    },
    {
      table_name: 'mixed',
      chunk: 0,
      locator: '5',
      row_key: { a: 'x', b: 'y' },
      column_name: 'v',
      storage_class: 'integer',
      reason: 'wrong storage class',
      raw: null,
      cells: [
        text('a', 'x'),
        text('b', 'y'),
        { column: 'v', class: 'integer', value: '9007199254740993' },
        { column: 'w', class: 'real', value: '1.5' },
      ],
    },
    {
      table_name: 'mixed',
      chunk: 0,
      locator: '6',
      row_key: { a: 'p', b: 'q' },
      column_name: 'v',
      storage_class: 'text',
      reason: 'NUL byte',
      raw: '61ff00',
      cells: [
        text('a', 'p'),
        text('b', 'q'),
        { column: 'v', class: 'text (hex)', value: '61ff00' },
        { column: 'w', class: 'real', value: '1e+300' },
      ],
    },
    {
      table_name: 'mixed',
      chunk: 0,
      locator: '9',
      row_key: { a: 'blob', b: 'NULL' },
      column_name: 'v',
      storage_class: 'blob',
      reason: 'wrong storage class',
      raw: '00ff',
      cells: [
        text('a', 'blob'),
        { column: 'b', class: 'null', value: null },
        { column: 'v', class: 'blob', value: '00ff' },
        { column: 'w', class: 'real', value: 'Infinity' },
      ],
    },
    {
      table_name: 'mixed',
      chunk: 0,
      locator: '13',
      row_key: { a: '6e006c', b: 'g' },
      column_name: 'a',
      storage_class: 'text',
      reason: 'NUL byte',
      raw: '6e006c',
      cells: [
        { column: 'a', class: 'text (hex)', value: '6e006c' },
        text('b', 'g'),
        text('v', 'fits'),
        { column: 'w', class: 'real', value: '2.0' },
      ],
    },
  ]);
});

test('rows of tables without rowids are located by their number in the scan', async () => {
  const run = await bench.prepare(
    (db) =>
      db.exec(
        `CREATE TABLE words (word TEXT PRIMARY KEY, n) WITHOUT ROWID; INSERT INTO words VALUES ('b', 'two'), ('a', 1), ('d', 'four'), ('c', 3)`,
      ),
    { words: { types: { word: 'text', n: 'integer' } } },
  );
  expect(await run.load('words')).toEqual({ rows: 2, quarantined: 2 });
  expect((await quarantine(run)).map((row) => [row.locator, row.row_key])).toEqual([
    ['1', { word: 'b' }],
    ['3', { word: 'd' }],
  ]);
});

test('NULL in a column that must not be NULL is a refused cell', async () => {
  const run = await bench.prepare((db) => db.exec(`CREATE TABLE t (a); INSERT INTO t VALUES (1), (NULL)`), {
    t: { types: { a: 'bigint' }, columns: { a: { notNull: true } } },
  });
  expect(await run.load('t')).toEqual({ rows: 1, quarantined: 1 });
  expect(await quarantine(run)).toMatchObject([
    { locator: '2', column_name: 'a', storage_class: 'null', reason: 'NULL not allowed' },
  ]);
});

describe('rows that only PostgreSQL refuses are found, and the others loaded', () => {
  test('a row that is too big', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `c${index}`);
    const run = await bench.prepare(
      (db) => {
        db.exec(`CREATE TABLE wide (${names.join(', ')})`);
        const insert = db.prepare(`INSERT INTO wide VALUES (${names.map(() => '?').join(', ')})`);
        for (let row = 0; row < 20; row++) insert.run(names.map(() => (row === 11 ? 'x'.repeat(100) : 'x')));
      },
      { wide: { types: Object.fromEntries(names.map((name) => [name, 'text'])) } },
    );
    expect(await run.load('wide')).toEqual({ rows: 19, quarantined: 1 });
    expect(await quarantine(run)).toMatchObject([
      {
        locator: '12',
        column_name: null,
        storage_class: null,
        raw: null,
        reason: 'refused by PostgreSQL (SQLSTATE 54000)',
      },
    ]);
    expect((await quarantine(run))[0]!.cells).toHaveLength(1_000);
  });

  test('JSON whose numbers or depth are past what PostgreSQL takes, beside cells that a codec refuses', async () => {
    const bad = new Map([
      [3, '[1e200000]'],
      [4, 'not JSON'],
      [50, `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
      [51, '{"a": 1e-200000}'],
      [100, '1e131072'],
    ]);
    const run = await bench.prepare(
      (db) => {
        db.exec('CREATE TABLE docs (id INTEGER PRIMARY KEY, doc TEXT)');
        const insert = db.prepare('INSERT INTO docs VALUES (?, ?)');
        for (let id = 1; id <= 100; id++) insert.run(id, bad.get(id) ?? `{"id": ${id}}`);
      },
      { docs: { types: { id: 'bigint', doc: 'jsonb' } } },
    );
    expect(await run.load('docs')).toEqual({ rows: 95, quarantined: 5 });
    expect((await quarantine(run)).map((row) => [row.locator, row.column_name, row.reason])).toEqual([
      ['3', null, 'refused by PostgreSQL (SQLSTATE 22003)'],
      ['4', 'doc', 'not JSON'],
      ['50', null, 'refused by PostgreSQL (SQLSTATE 54001)'],
      ['51', null, 'refused by PostgreSQL (SQLSTATE 22003)'],
      ['100', null, 'refused by PostgreSQL (SQLSTATE 22003)'],
    ]);
    expect(
      await bench.sql(
        `SELECT count(*)::int AS count, bool_and((doc->>'id')::int = id) AS right FROM "${run.staging}".docs`,
      ),
    ).toEqual([{ count: 95, right: true }]);
  });

  test('texts that are not UTF-8 or hold a NUL, beside a value that only PostgreSQL refuses: each with its own reason', async () => {
    const run = await bench.prepare(
      (db) => {
        db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT, doc TEXT)');
        const insert = db.prepare('INSERT INTO notes VALUES (?, CAST(? AS TEXT), ?)');
        const bad = new Map([
          [7, Buffer.from([0x41, 0xff])],
          [8, Buffer.from('a\0b')],
          [60, Buffer.from([0xed, 0xa0, 0x80])],
        ]);
        for (let id = 1; id <= 60; id++)
          insert.run(id, bad.get(id) ?? Buffer.from('héllo'), id === 9 ? '1e200000' : '1');
      },
      { notes: { types: { id: 'bigint', note: 'text', doc: 'jsonb' } } },
    );
    expect(await run.load('notes')).toEqual({ rows: 56, quarantined: 4 });
    expect((await quarantine(run)).map((row) => [row.locator, row.column_name, row.reason])).toEqual([
      ['7', 'note', 'invalid UTF-8'],
      ['8', 'note', 'NUL byte'],
      ['9', null, 'refused by PostgreSQL (SQLSTATE 22003)'],
      ['60', 'note', 'invalid UTF-8'],
    ]);
  });

  test('a chunk of which PostgreSQL takes no row', async () => {
    const run = await bench.prepare(
      (db) => db.exec(`CREATE TABLE docs (doc TEXT); INSERT INTO docs VALUES ('1e200000'), ('1e200000'), ('1e200000')`),
      { docs: { types: { doc: 'jsonb' } } },
    );
    expect(await run.load('docs')).toEqual({ rows: 0, quarantined: 3 });
  });
});

describe('a chunk is loaded once', () => {
  test('a second attempt at a loaded chunk is told that there is nothing left to do, and one that goes on is refused', async () => {
    const run = await bench.prepare(people(50), { people: TYPES });
    const stale = await run.attempt('people');
    await run.load('people');
    expect(await takeFence(bench.pool, run.key('people'), 0)).toBeUndefined();
    await expectSqliftError(loadChunk(stale), 'AttemptFenced', 'chunk 0 of people');
    await expectSqliftError(loadChunk({ ...stale, fence: stale.fence + 1 }), 'AttemptFenced');
    expect(await stagedRows(run)).toBe(50);
  });

  test('an attempt that comes back from the dead after a newer one has begun writes nothing', async () => {
    const run = await bench.prepare(
      (db) => {
        people(5_000)(db);
        db.exec(`UPDATE people SET age = 'old' WHERE id = 3`);
      },
      { people: TYPES },
    );
    let wake = () => {};
    const woken = new Promise<void>((resolve) => (wake = resolve));
    const zombie = await run.attempt('people', 0);
    // It falls asleep after it has sent its rows, with its transaction open.
    const reader = zombie.reader;
    const client = await bench.pool.connect();
    const pool = Object.assign(Object.create(bench.pool) as typeof bench.pool, {
      connect: async () => sleepy(client, woken),
    });
    const late = failure(loadChunk({ ...zombie, pool, reader }));
    await sleep(300);
    const newer = await run.attempt('people', 0);
    expect(newer.fence).toBe(zombie.fence + 1);
    expect(await loadChunk(newer)).toEqual({ rows: 4_999, quarantined: 1 });
    wake();
    expect(await late).toMatchObject({ code: 'AttemptFenced' });
    expect(await stagedRows(run)).toBe(4_999);
    expect(await quarantine(run)).toHaveLength(1);
    newer.reader.close();
    reader.close();
  });

  test('an attempt that begins while another one commits waits for it and finds the chunk loaded', async () => {
    const run = await bench.prepare(people(20), { people: TYPES });
    const { fence } = await run.attempt('people');
    const client = await bench.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `UPDATE sqlift.chunks SET loaded = true, rows = 20, quarantined = 0 WHERE run = $1 AND fence = $2`,
      [run.run, fence],
    );
    const second = takeFence(bench.pool, run.key('people'), 0);
    expect(await Promise.race([second.then(() => 'done'), sleep(200, 'waits')])).toBe('waits');
    await client.query('COMMIT');
    client.release();
    expect(await second).toBeUndefined();
  });
});

/** A client whose statements about the run wait for a signal: everything before them has been sent by then. */
function sleepy(client: PoolClient, woken: Promise<void>): PoolClient {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name, target) as unknown;
      return (...args: unknown[]) => {
        const call = () => (target.query as (...given: unknown[]) => unknown).apply(target, args);
        return typeof args[0] === 'string' && args[0].includes('FROM sqlift.runs') ? woken.then(call) : call();
      };
    },
  });
}

describe('a run that is being undone', () => {
  test('takes no more writes', async () => {
    const run = await bench.prepare(people(20), { people: TYPES });
    const attempt = await run.attempt('people');
    await discardRun(bench.pool, run.run);
    await expectSqliftError(loadChunk(attempt), 'RunDiscarded', run.run);
    expect(await stagedRows(run)).toBe(0);
    expect((await readChunks(bench.pool, run.key('people'), 0, 1))[0]!.loaded).toBe(false);
  });

  test('waits for a commit under way', async () => {
    const run = await bench.prepare(people(20), { people: TYPES });
    const client = await bench.pool.connect();
    await client.query('BEGIN');
    await holdLiveRun(client, run.run);
    const discarded = discardRun(bench.pool, run.run);
    expect(await Promise.race([discarded.then(() => 'done'), sleep(200, 'waits')])).toBe('waits');
    await client.query('COMMIT');
    client.release();
    await discarded;
    await expectSqliftError(
      bench.pool.connect().then(async (other) => holdLiveRun(other, run.run).finally(() => other.release())),
      'RunDiscarded',
    );
  });

  test('is refused when it is not in the ledger at all', async () => {
    const client = await bench.pool.connect();
    await expectSqliftError(holdLiveRun(client, 'never-begun'), 'RunDiscarded', 'never-begun').finally(() =>
      client.release(),
    );
    await discardRun(bench.pool, 'never-begun');
  });
});

describe('an attempt that breaks off', () => {
  test('leaves nothing when its connection dies in the middle of COPY, and the next one loads the chunk', async () => {
    const run = await bench.prepare(people(40_000), { people: TYPES });
    // The server stops at a row in the middle until its end comes.
    await bench.pool
      .query(`CREATE FUNCTION public.stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
      CREATE TRIGGER stop BEFORE INSERT ON "${run.staging}".people FOR EACH ROW WHEN (NEW.id = 20000) EXECUTE FUNCTION public.stop()`);
    const pool = openTarget(bench.database.url);
    const attempt = await run.attempt('people', 0, { pool });
    const dies = expectSqliftError(loadChunk(attempt), 'TargetUnreachable');
    for (let ended = 0; ended === 0; await sleep(50)) {
      const { rowCount } = await bench.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
      );
      ended = rowCount!;
    }
    await dies;
    expect(await stagedRows(run)).toBe(0);
    await pool.end();
    await bench.pool.query('DROP FUNCTION public.stop CASCADE');
    expect(await run.load('people')).toEqual({ rows: 40_000, quarantined: 0 });
  });

  test('leaves nothing when its socket is torn down, as by SIGKILL', async () => {
    const run = await bench.prepare(people(40_000), { people: TYPES });
    const pool = openTarget(bench.database.url);
    let socket: { destroy(): void } | undefined;
    pool.on(
      'connect',
      (client) =>
        void (socket = (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream),
    );
    const attempt = await run.attempt('people', 0, { pool, onPiece: () => socket!.destroy() });
    await expectSqliftError(loadChunk(attempt), 'TargetUnreachable');
    expect(await stagedRows(run)).toBe(0);
    await pool.end();
  });

  test('leaves nothing and a connection that works when it is cancelled between two pieces', async () => {
    const run = await bench.prepare(people(40_000), { people: TYPES });
    const pool = openTarget(bench.database.url, { max: 1 });
    const stop = new Error('cancelled');
    const attempt = await run.attempt('people', 0, {
      pool,
      onPiece: () => {
        throw stop;
      },
    });
    expect(await failure(loadChunk(attempt))).toBe(stop);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await stagedRows(run)).toBe(0);
    await pool.end();
  });

  test('says what is wrong when the staging table is gone', async () => {
    const run = await bench.prepare(people(10), { people: TYPES });
    const attempt = await run.attempt('people');
    await bench.pool.query(`DROP TABLE "${run.staging}".people`);
    await expectSqliftError(loadChunk(attempt), 'TargetRefused', '42P01');
    expect((await bench.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

test('an empty table has one chunk without rows', async () => {
  const run = await bench.prepare((db) => db.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age)'), {
    people: TYPES,
  });
  expect(await readChunks(bench.pool, run.key('people'), 0, 10)).toHaveLength(1);
  expect(await run.load('people')).toEqual({ rows: 0, quarantined: 0 });
  expect(await readTotals(bench.pool, run.run)).toMatchObject([{ loaded: 0, chunks: 1, chunksLoaded: 1 }]);
});

test('a table of which no column is moved keeps its number of rows', async () => {
  const run = await bench.prepare(people(1_000), { people: { types: {} } });
  expect(await run.load('people')).toEqual({ rows: 1_000, quarantined: 0 });
  expect(await stagedRows(run)).toBe(1_000);
});

test('a cell of 60 MB goes over whole', async () => {
  const run = await bench.prepare(
    (db) => {
      db.exec('CREATE TABLE files (content BLOB)');
      db.prepare('INSERT INTO files VALUES (?), (?)').run(Buffer.alloc(60 << 20, 7), Buffer.from('small'));
    },
    { files: { types: { content: 'bytea' } } },
  );
  expect(await run.load('files')).toEqual({ rows: 2, quarantined: 0 });
  expect(
    await bench.sql(`SELECT length(content) AS length, md5(content) FROM "${run.staging}".files ORDER BY 1 DESC`),
  ).toMatchObject([{ length: 60 << 20 }, { length: 5 }]);
});
