import { WorkflowFailedError } from '@temporalio/client';
import { Migrations } from '../support/migration';

/** Rows for tables that are there already. */

let migrations: Migrations;
beforeAll(async () => {
  migrations = await Migrations.open();
  await migrations.startWorker();
});
afterAll(() => migrations.close());

test('rows go to a table whose column PostgreSQL computes, and leave it again', async () => {
  await migrations.sql(`CREATE SCHEMA app`);
  await migrations.sql(
    `CREATE TABLE app.boxes (id bigint PRIMARY KEY, w bigint, h bigint, area bigint GENERATED ALWAYS AS (w * h) STORED)`,
  );
  await migrations.sql('INSERT INTO app.boxes (id, w, h) VALUES (100, 10, 10)');
  const plan = await migrations.plan(
    'boxes',
    (db) =>
      db.exec(`CREATE TABLE boxes (id INTEGER PRIMARY KEY, w INT, h INT, area INT AS (w * h) STORED);
               INSERT INTO boxes (id, w, h) VALUES (1, 2, 3), (2, NULL, 4), (3, -5, 6)`),
    ({ sources }) => {
      const [source] = Object.values(sources);
      source!.schema = 'app';
      source!.tables.boxes!.ifExists = 'append';
    },
  );
  expect(Object.values(plan.sources)[0]!.tables.boxes!.columns!.area).toMatchObject({ generated: expect.any(String) });
  const started = await migrations.start(plan);
  expect(await started.result()).toMatchObject({ state: 'published' });
  expect((await migrations.report(started.run)).verification).toEqual({ state: 'verified', differences: [] });
  const rows = () => migrations.sql('SELECT id::int, area::int FROM app.boxes ORDER BY id');
  expect(await rows()).toEqual([
    { id: 1, area: 6 },
    { id: 2, area: null },
    { id: 3, area: -30 },
    { id: 100, area: 100 },
  ]);
  await migrations.workflow('rollbackWorkflow', { run: started.run, force: false });
  expect(await rows()).toEqual([{ id: 100, area: 100 }]);
});

test('a table there that computes a column in another way stops the run before any row is read', async () => {
  await migrations.sql(
    `CREATE TABLE app.discs (id bigint PRIMARY KEY, r bigint, size bigint GENERATED ALWAYS AS (r * 3) STORED)`,
  );
  const plan = await migrations.plan(
    'discs',
    (db) =>
      db.exec(`CREATE TABLE discs (id INTEGER PRIMARY KEY, r INT, size INT AS (r * r) STORED);
               INSERT INTO discs (id, r) VALUES (1, 3), (2, 4)`),
    ({ sources }) => {
      const [source] = Object.values(sources);
      source!.schema = 'app';
      source!.tables.discs!.ifExists = 'append';
    },
  );
  const started = await migrations.start(plan);
  const failure = await started.result().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect(String((failure as WorkflowFailedError).cause)).toContain('app.discs.size is computed by (r * 3)');
  expect(await migrations.sql('SELECT * FROM app.discs')).toEqual([]);
});
