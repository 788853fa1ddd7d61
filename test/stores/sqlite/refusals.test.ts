import { openSqlite } from '../../../stores/sqlite/open';
import { profileSource } from '../../../stores/sqlite/profile';
import { findRefusals } from '../../../stores/sqlite/refusals';
import type { Refusals } from '../../../core/refusals';
import { ImportBench } from '../../support/loaded-run';
import type { PreparedRun } from '../../support/loaded-run';

let bench: ImportBench;
beforeAll(async () => void (bench = await ImportBench.open()));
afterAll(() => bench.close());

async function predicted(run: PreparedRun, table: string): Promise<Refusals> {
  const { catalog, evidence } = await profileSource(run.file);
  const db = openSqlite(run.file);
  try {
    return await findRefusals(run.file, db, catalog, run.table(table), evidence[table]!);
  } finally {
    db.close();
  }
}

/** What the run itself says, by column and reason. */
async function quarantined(run: PreparedRun, table: string): Promise<unknown[]> {
  return bench.sql(
    `SELECT column_name AS column, reason, count(*)::int AS rows FROM sqlift.quarantine WHERE run = '${run.run}' AND table_name = '${table}' GROUP BY 1, 2 ORDER BY 3 DESC, 1`,
  );
}

test('names the rows that an import then refuses, each once, by its first refused column', async () => {
  const run = await bench.prepare(
    (db) =>
      db.exec(`
        CREATE TABLE t (id INTEGER PRIMARY KEY, n, d, label TEXT, at INTEGER);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
        INSERT INTO t SELECT i, iif(i % 10 = 0, 'ten', i), iif(i % 15 = 0, '2021-02-29', '2020-02-29'),
          iif(i % 50 = 7, CAST(x'61ff' AS TEXT), iif(i % 50 = 8, 'a' || char(0), 'ok')), iif(i % 100 = 3, 1 << 62, i) FROM n;
        INSERT INTO t VALUES (401, NULL, NULL, NULL, NULL)`),
    {
      t: {
        types: { id: 'bigint', n: 'smallint', d: 'date', label: 'varchar(2)', at: 'timestamptz' },
        columns: { at: { format: 'unix-seconds' }, label: { notNull: true } },
      },
    },
  );
  const found = await predicted(run, 't');
  const { quarantined: rows } = await run.load('t');
  expect(found.rows).toBe(rows);
  expect(found.rows).toBeGreaterThan(70);
  const reasons = found.reasons.map(({ column, reason, rows: number }) => ({ column, reason, rows: number }));
  expect(reasons).toHaveLength(6);
  expect(new Set(reasons.map((one) => JSON.stringify(one)))).toEqual(
    new Set((await quarantined(run, 't')).map((one) => JSON.stringify(one))),
  );
  const [first] = found.reasons;
  expect(first).toMatchObject({ column: 'n', reason: 'wrong storage class', rows: 40 });
  expect(first!.samples).toEqual([10, 20, 30].map((id) => ({ at: `rowid ${id}`, value: '"ten"' })));
});

test('finds rows that are too big for a page of PostgreSQL, and no others', async () => {
  const columns = Array.from({ length: 700 }, (_, i) => `c${i}`);
  const insert = (value: string) => `INSERT INTO wide VALUES (${columns.map(() => value).join(', ')})`;
  const run = await bench.prepare(
    (db) =>
      db.exec(
        `CREATE TABLE wide (${columns.join(', ')});
         ${insert('hex(randomblob(40))')}; ${insert('hex(randomblob(5))')}; ${insert("'abc'")}; ${insert('NULL')}; ${insert('hex(randomblob(600))')}`,
      ),
    { wide: { types: Object.fromEntries(columns.map((name) => [name, 'text'])) } },
  );
  const found = await predicted(run, 'wide');
  const { quarantined: rows } = await run.load('wide');
  expect(found).toMatchObject({ rows, reasons: [{ reason: 'refused by PostgreSQL (SQLSTATE 54000)' }] });
  expect(found.reasons[0]!.samples.map(({ at }) => at)).toEqual(['rowid 1', 'rowid 5']);
});

test('reads nothing where the census leaves no doubt', async () => {
  const run = await bench.prepare(
    (db) => db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'x')`),
    { t: { types: { id: 'bigint', v: 'text' } } },
  );
  const { catalog, evidence } = await profileSource(run.file);
  const db = openSqlite(run.file);
  db.close();
  // No such file: it is not opened.
  expect(await findRefusals('/nowhere', db, catalog, run.table('t'), evidence['t']!)).toEqual({ rows: 0, reasons: [] });
});
