import { Migrations } from '../support/migration';
import { targetState } from '../support/target-state';
import { shop } from './sources';

let migrations: Migrations;
let worker: string;
beforeAll(async () => {
  migrations = await Migrations.open();
  worker = (await migrations.startWorker()).name;
});
afterAll(() => migrations.close());

const state = () => targetState(migrations.pool, migrations.database.url);

test('a table that is replaced comes back on rollback with its rows, keys and privileges', async () => {
  await migrations.sql(`
    CREATE SCHEMA replaced;
    CREATE TABLE replaced.customers (id int CONSTRAINT customers_old PRIMARY KEY, old text DEFAULT 'x');
    CREATE INDEX customers_by_old ON replaced.customers (old);
    INSERT INTO replaced.customers SELECT i, 'old ' || i FROM generate_series(1, 30) AS i;
    GRANT SELECT ON replaced.customers TO PUBLIC`);
  const before = await state();
  const plan = await migrations.plan('replaced', shop, (draft) => {
    for (const table of Object.values(draft.sources.main!.tables)) table.ifExists = 'replace';
  });
  const started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');
  expect(await migrations.sql('SELECT count(*)::int AS rows, min(city) AS city FROM replaced.customers')).toEqual([
    { rows: 200, city: 'city 0' },
  ]);
  // Statistics are there before anybody asks for plans of queries.
  expect(
    await migrations.sql(
      `SELECT count(DISTINCT attname)::int AS columns FROM pg_stats WHERE schemaname = 'replaced' AND tablename = 'customers'`,
    ),
  ).not.toEqual([{ columns: 0 }]);
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await state()).toEqual(before);
});

test('rows that were appended go on rollback, and those of others stay', async () => {
  await migrations.sql(`
    CREATE SCHEMA appended;
    CREATE TABLE appended.customers (id bigint PRIMARY KEY, name text NOT NULL, city text, added timestamptz DEFAULT now());
    INSERT INTO appended.customers SELECT 1000 + i, 'mine ' || i FROM generate_series(1, 10) AS i`);
  const before = await state();
  const plan = await migrations.plan('appended', shop, (draft) => {
    const { tables } = draft.sources.main!;
    tables.customers!.ifExists = 'append';
    delete tables.orders;
  });
  const started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');
  expect(await migrations.sql('SELECT count(*)::int AS rows FROM appended.customers')).toEqual([{ rows: 210 }]);
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });

  // Written after the run: neither in the way, nor taken away.
  await migrations.sql(`INSERT INTO appended.customers VALUES (5000, 'later')`);
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await migrations.sql('SELECT count(*)::int AS rows FROM appended.customers')).toEqual([{ rows: 11 }]);
  await migrations.sql('DELETE FROM appended.customers WHERE id = 5000');
  expect(await state()).toEqual(before);
});

test('a unique index that the rows violate is reported as not carried, and the run publishes without it', async () => {
  const plan = await migrations.plan('double', shop, (draft) => {
    draft.sources.main!.tables.customers!.indexes = [
      { name: 'customers_city', unique: true, columns: [{ column: 'city' }] },
      { name: 'customers_name', columns: [{ column: 'name' }] },
    ];
  });
  const started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');
  const report = await migrations.report(started.run);
  expect(report.notCarried).toContainEqual({
    object: expect.stringContaining('customers_city'),
    kind: expect.stringContaining('index'),
    reason: expect.stringContaining('23505'),
    sql: expect.stringContaining('CREATE UNIQUE INDEX "customers_city" ON "double"'),
  });
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(
    await migrations.sql(
      `SELECT indexname FROM pg_indexes WHERE schemaname = 'double' AND indexname LIKE 'customers%'`,
    ),
  ).toContainEqual({ indexname: 'customers_name' });
  expect(await migrations.sql(`SELECT to_regclass('double.customers_city') AS index`)).toEqual([{ index: null }]);
});

test('a foreign key that rows violate is made NOT VALID and said so, and new rows obey it', async () => {
  const plan = await migrations.plan(
    'orphans',
    (db) => {
      shop(db);
      // The application never turned SQLite's foreign keys on.
      db.exec('COMMIT; PRAGMA foreign_keys = off; BEGIN; UPDATE orders SET customer = 9999 WHERE id = 5');
    },
    // The draft has seen the orphan and does not ask for validation; this plan does.
    (draft) => delete draft.sources.main!.tables.orders!.foreignKeys![0]!.validate,
  );
  const started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');
  expect(
    await migrations.sql(
      `SELECT convalidated FROM pg_constraint WHERE conrelid = 'orphans.orders'::regclass AND contype = 'f'`,
    ),
  ).toEqual([{ convalidated: false }]);
  await expect(migrations.sql('INSERT INTO orphans.orders VALUES (9000, 9999, 1)')).rejects.toMatchObject({
    code: '23503',
  });
  const report = await migrations.report(started.run);
  expect(report.notCarried).toContainEqual(
    expect.objectContaining({ reason: expect.stringContaining('NOT VALID') as string }),
  );
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
});

test('the worker of all of these met no error that it does not know', () => {
  expect(migrations.workerLog(worker)).not.toContain('unexpected error');
});

test('append where there is no table yet makes it like any other, with its keys and its sequence', async () => {
  const plan = await migrations.plan(
    'append-anew',
    (db) => db.exec(`CREATE TABLE fresh (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO fresh VALUES (7, 'seven')`),
    (draft) => {
      draft.sources.main!.tables.fresh!.ifExists = 'append';
    },
  );
  expect((await (await migrations.start(plan)).result()).state).toBe('published');
  const { rows } = await migrations.pool.query<{ id: string }>(
    `INSERT INTO append_anew.fresh (name) VALUES ('next') RETURNING id::text AS id`,
  );
  expect(rows).toEqual([{ id: '8' }]);
  await expect(
    migrations.pool.query(`INSERT INTO append_anew.fresh (id, name) VALUES (7, 'again')`),
  ).rejects.toMatchObject({ code: '23505' });
});
