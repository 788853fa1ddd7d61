import type Database from 'better-sqlite3';
import { loadDrafted } from '../../support/drafted-run';
import type { DraftedRun } from '../../support/drafted-run';
import { ImportBench } from '../../support/loaded-run';

/** Keys, indexes and checks of drafted plans where the rows or PostgreSQL's limits are in their way. */

let bench: ImportBench;
beforeAll(async () => void (bench = await ImportBench.open()));
afterAll(() => bench.close());

/** Letters that do not compress to what an index takes. */
const LONG = Array.from({ length: 8000 }, (_, i) =>
  String.fromCharCode(97 + ((Math.imul(i + 1, 2654435761) >>> 24) % 26)),
).join('');

const migrate = (sql: string, { narrow = false, fill = (_db: Database.Database) => {} } = {}): Promise<DraftedRun> =>
  loadDrafted(
    bench,
    bench.makeFile((db) => fill(db.exec(sql))),
    { narrow },
  );

/** SQLSTATE that an INSERT ends with, or `made`. */
async function insert({ run }: DraftedRun, table: string, values: string): Promise<string> {
  const client = await bench.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`INSERT INTO "${run.staging}"."${table}" VALUES (${values})`);
    return 'made';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** The indexes of a table, from `USING` on. */
async function indexes({ run }: DraftedRun, table: string): Promise<Record<string, string>> {
  const rows = await bench.sql(
    `SELECT indexname AS name, substring(indexdef from 'USING .*') AS sql FROM pg_indexes WHERE schemaname = '${run.staging}' AND tablename = '${table}'`,
  );
  return Object.fromEntries(rows.map(({ name, sql }) => [name as string, sql as string]));
}

test('a unique column of long values of every class stays unique, by a digest', async () => {
  const drafted = await migrate('CREATE TABLE t (v UNIQUE)', {
    fill: (db) => {
      const add = db.prepare('INSERT INTO t VALUES (?)');
      // Bytes that do not compress, which are twice as many in jsonb.
      const bytes = Buffer.from(Array.from({ length: 1500 }, (_, i) => (i * i * 31 + i * 7) % 251));
      for (const value of [bytes, 2n, '2', 'ä'.repeat(1300)]) add.run(value);
      db.prepare('INSERT INTO t VALUES (CAST(? AS TEXT))').run(bytes);
    },
  });
  expect(await drafted.run.refusals()).toEqual([]);
  expect(Object.values(await indexes(drafted, 't'))).toEqual([expect.stringContaining('md5(')]);
  const states: Record<string, string> = {};
  for (const value of ['2', '2.0', '2.5', '"2"', '"2.0"', `"${'ä'.repeat(1300)}"`, 'NULL'])
    states[value.slice(0, 5)] = await insert(drafted, 't', value === 'NULL' ? value : `'${value}'`);
  expect(states).toEqual({
    2: '23505',
    '2.0': '23505',
    2.5: 'made',
    '"2"': '23505',
    '"2.0"': 'made',
    '"ääää': '23505',
    NULL: 'made',
  });
});

test('a key by NOCASE of long texts finds equal what SQLite does', async () => {
  const drafted = await migrate('CREATE TABLE t (a TEXT COLLATE NOCASE, b INT, UNIQUE (a, b))', {
    fill: (db) => db.prepare('INSERT INTO t VALUES (?, 1)').run(LONG),
  });
  expect(await drafted.run.refusals()).toEqual([]);
  const states: string[] = [];
  for (const values of [`upper('${LONG}'), 1`, `'${LONG}', 2`, `'${LONG}x', 1`])
    states.push(await insert(drafted, 't', values));
  expect(states).toEqual(['23505', 'made', 'made']);
});

test('a computed column with results that PostgreSQL refuses keeps its values, and no row is lost', async () => {
  const drafted = await migrate('CREATE TABLE t (i INT, r REAL, next AS (i + 1), twice REAL AS (r * 2))', {
    fill: (db) => db.exec('INSERT INTO t (i, r) VALUES (9223372036854775807, 1e308), (1, 1)'),
  });
  expect(await drafted.run.refusals()).toEqual([]);
  expect(await bench.sql(`SELECT next::float8, twice FROM "${drafted.run.staging}".t ORDER BY i`)).toEqual([
    { next: 2, twice: 2 },
    { next: 2 ** 63, twice: Infinity },
  ]);
  expect(drafted.notCarried.map(({ object, kind }) => [object, kind])).toEqual([
    ['t.next', 'generated column'],
    ['t.twice', 'generated column'],
  ]);
});

test('an index on long texts is a hash index, which finds them', async () => {
  const drafted = await migrate('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX t_v ON t (v)', {
    fill: (db) => {
      const add = db.prepare('INSERT INTO t (v) VALUES (?)');
      for (let i = 0; i < 50; i++) add.run(`${i} `.repeat(2000));
    },
  });
  expect(await drafted.run.refusals()).toEqual([]);
  expect(await indexes(drafted, 't')).toMatchObject({ t_v: 'USING hash (v)' });
  expect(drafted.notCarried).toMatchObject([{ object: 't_v', kind: 'index method' }]);
  const client = await bench.pool.connect();
  try {
    await client.query('SET enable_seqscan = off');
    const query = `FROM "${drafted.run.staging}".t WHERE v = repeat('7 ', 2000)`;
    const { rows: plan } = await client.query<Record<string, string>>(`EXPLAIN SELECT ${query}`);
    expect(JSON.stringify(plan)).toContain('t_v');
    expect((await client.query(`SELECT id ${query}`)).rows).toEqual([{ id: '8' }]);
  } finally {
    await client.query('RESET enable_seqscan');
    client.release();
  }
});

test('a check that rows violate is there for new rows, and named', async () => {
  const drafted = await migrate('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER CONSTRAINT small CHECK (n < 10))', {
    fill: (db) => {
      db.pragma('ignore_check_constraints = on');
      db.exec('INSERT INTO t VALUES (1, 5), (2, 50), (3, NULL)');
    },
  });
  expect(await drafted.run.refusals()).toMatchObject([
    { object: 'small', kind: 'check constraint', reason: expect.stringContaining('NOT VALID') },
  ]);
  const [{ rows }] = (await bench.sql(`SELECT count(*)::int AS rows FROM "${drafted.run.staging}".t`)) as [
    { rows: number },
  ];
  expect(rows).toBe(3);
  expect(await insert(drafted, 't', '4, 50')).toBe('23514');
  expect(await insert(drafted, 't', '4, 9')).toBe('made');
  expect(await insert(drafted, 't', '4, NULL')).toBe('made');
});

test('UUIDs of a unique key that differ by case alone all arrive; that the narrower type has no such key is named', async () => {
  const drafted = await migrate('CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID', {
    narrow: true,
    fill: (db) =>
      db.exec(
        `INSERT INTO t VALUES ('6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b', 1), ('6EC0BD7F-11C0-43DA-975E-2A8AD9EBAE0B', 2), ('00000000-0000-4000-8000-000000000000', 3)`,
      ),
  });
  const refused = await drafted.run.refusals();
  const [{ type, rows }] = (await bench.sql(
    `SELECT min(pg_typeof(id)::text) AS type, count(*)::int AS rows FROM "${drafted.run.staging}".t`,
  )) as [{ type: string; rows: number }];
  expect({ type, rows }).toEqual({ type: 'uuid', rows: 3 });
  expect(refused).toMatchObject([{ object: 't_pkey', kind: 'primary key', sqlstate: '23505' }]);
});
