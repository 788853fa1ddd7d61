import type Database from 'better-sqlite3';
import type { Plan } from '../../core/plan';
import { writePlan } from '../../core/plan-file';
import { Migrations } from '../support/migration';
import { targetState } from '../support/target-state';

let migrations: Migrations;
beforeAll(async () => {
  migrations = await Migrations.open();
  await migrations.startWorker();
});
afterAll(() => migrations.close());

const state = () => targetState(migrations.pool, migrations.database.url);

const BIG = 'SELECT id, cust FROM orders WHERE amount > 10';
const PER_DAY = 'SELECT day, count(*) AS orders, sum(amount) AS amount FROM orders GROUP BY day';

function build(db: Database.Database): void {
  db.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, cust TEXT, amount INTEGER, day DATE, at INTEGER)`);
  const insert = db.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?)');
  for (let i = 1; i <= 100; i++)
    insert.run(i, `customer ${i % 7}`, i % 20, `2026-01-${String((i % 28) + 1).padStart(2, '0')}`, 1_700_000_000 + i);
  db.exec(`
    CREATE VIEW big AS ${BIG};
    CREATE VIEW of_big AS SELECT cust, count(*) AS n FROM big GROUP BY cust;
    CREATE VIEW per_day AS ${PER_DAY};
    CREATE VIEW recent AS SELECT id, at FROM orders WHERE id > 90;
    CREATE VIEW few AS SELECT id, amount FROM orders WHERE amount < 3;
    CREATE VIEW differs AS SELECT id FROM orders WHERE amount % 2 = 1;
    CREATE VIEW refused AS SELECT id FROM orders;
    CREATE VIEW unwanted AS SELECT id FROM orders;
    CREATE TABLE gone (a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone`);
}

/** Views in an order in which they cannot be made. */
function withViews(ifExists?: 'replace'): (plan: Plan) => void {
  return (plan) => {
    const source = plan.sources.main!;
    source.tables.orders!.columns.at = { type: 'timestamptz', format: 'unix-seconds' };
    if (ifExists !== undefined) source.tables.orders!.ifExists = ifExists;
    const views = {
      of_big: 'SELECT cust, count(*) AS n FROM "big ones" GROUP BY cust',
      big: BIG,
      per_day: PER_DAY,
      recent: 'SELECT id, at FROM orders WHERE id > 90;',
      few: 'SELECT id, amount FROM orders WHERE amount < 3',
      differs: 'SELECT id FROM orders WHERE amount % 2 = 0',
      refused: 'SELECT id, nothing FROM orders',
      broken: 'SELECT 1 AS a',
    };
    source.views = Object.fromEntries(
      Object.entries(views).map(([name, sql]) => [
        name,
        { ...(name === 'big' && { to: 'big ones' }), ...(ifExists && { ifExists }), sql },
      ]),
    );
    delete source.notCarried;
  };
}

test('views whose rows are the source’s are published with the tables; the others are named with their reason and SQL', async () => {
  const before = await state();
  const started = await migrations.start(await migrations.plan('views', build, withViews()));
  expect((await started.result()).state).toBe('published');
  expect(await migrations.sql(`SELECT viewname FROM pg_views WHERE schemaname = 'views' ORDER BY 1`)).toEqual(
    ['big ones', 'few', 'of_big', 'per_day', 'recent'].map((viewname) => ({ viewname })),
  );
  expect(await migrations.sql('SELECT sum(n)::int AS n FROM views.of_big')).toEqual([{ n: 45 }]);

  const report = await migrations.report(started.run);
  expect(report.views.map(({ view, target, rows }) => [view, target, rows])).toEqual([
    ['big', 'views.big ones', 45],
    ['per_day', 'views.per_day', 28],
    ['recent', 'views.recent', 10],
    ['few', 'views.few', 15],
    ['of_big', 'views.of_big', 7],
  ]);
  const named = report.notCarried.filter(({ kind }) => kind === 'view');
  expect(named.map(({ object, reason }) => [object, reason])).toEqual([
    ['broken', expect.stringContaining('SQLite cannot compute it: no such table')],
    ['differs', 'its rows differ from SQLite’s (50 on both sides)'],
    ['refused', 'PostgreSQL refuses it (SQLSTATE 42703): column "nothing" does not exist'],
    ['unwanted', 'not in the plan'],
  ]);
  expect(named.map(({ sql }) => sql)).toContain('CREATE VIEW refused AS SELECT id FROM orders');
  // No trace of staging is left in what was published.
  expect(await migrations.sql(`SELECT nspname FROM pg_namespace WHERE nspname LIKE '%staging%'`)).toEqual([]);
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });

  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await state()).toEqual(before);
});

test('views that are replaced come back on rollback, also those that have no successor', async () => {
  await migrations.sql(`
    CREATE SCHEMA again;
    CREATE TABLE again.orders (old text); INSERT INTO again.orders VALUES ('old');
    CREATE VIEW again."big ones" AS SELECT old FROM again.orders;
    CREATE VIEW again.differs AS SELECT count(*) FROM again.orders;
    GRANT SELECT ON again."big ones" TO PUBLIC`);
  const before = await state();
  const started = await migrations.start(await migrations.plan('again', build, withViews('replace')));
  expect((await started.result()).state).toBe('published');
  expect(await migrations.sql('SELECT count(*)::int AS n FROM again."big ones"')).toEqual([{ n: 45 }]);
  expect(await migrations.sql(`SELECT to_regclass('again.differs') AS differs`)).toEqual([{ differs: null }]);
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await state()).toEqual(before);
});

test('a name that is taken stops the run before anything is written', async () => {
  await migrations.sql('CREATE SCHEMA taken; CREATE VIEW taken.per_day AS SELECT 1 AS a');
  const started = await migrations.start(await migrations.plan('taken', build, withViews()));
  await expect(started.result()).rejects.toMatchObject({ cause: { type: 'TargetExists' } });
  await migrations.sql('DROP SCHEMA taken CASCADE');
});

test('a view that was changed after the run is found by verify, and kept from a rollback without force', async () => {
  const started = await migrations.start(await migrations.plan('tampered', build, withViews()));
  expect((await started.result()).state).toBe('published');
  await migrations.sql(`CREATE OR REPLACE VIEW tampered.recent AS SELECT id, at FROM tampered.orders WHERE id > 91`);
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 1 });
  expect((await migrations.report(started.run)).verification.differences).toEqual([
    {
      source: 'main',
      table: 'recent',
      kind: 'view',
      expected: '10 rows, as in SQLite',
      found: 'its rows differ from SQLite’s (10 in SQLite, 9 in PostgreSQL)',
    },
  ]);
  await expect(migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('view tampered.recent was changed after the run') },
  });
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: true })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await migrations.sql(`SELECT to_regnamespace('tampered') AS schema`)).toEqual([{ schema: null }]);
});

test.each(['waiting', 'published'])('columns under a view are widened by a retry of a run that is %s', async (when) => {
  const name = `widened-${when}`;
  const narrow = (type: string) => (plan: Plan) => {
    withViews()(plan);
    plan.sources.main!.tables.orders!.columns.amount = { type };
  };
  const source = (db: Database.Database) => {
    build(db);
    db.exec('INSERT INTO orders VALUES (101, NULL, 70000, NULL, 1700000101)');
  };
  const plan = await migrations.plan(name, source, narrow('smallint'));
  const started = await migrations.start(plan, { acceptQuarantine: when === 'published' });
  if (when === 'published') await started.result();
  else await migrations.until(started, ({ waitingFor }) => waitingFor === 'quarantine');
  const edited = { ...plan };
  narrow('bigint')(edited);
  const planKey = `runs/${started.run}/edited.yaml`;
  await migrations.artifacts.put(planKey, writePlan(edited));
  const retried = await migrations.workflow('quarantineRetryWorkflow', {
    run: started.run,
    planKey,
    waiting: when === 'waiting' ? started.handle.workflowId : null,
  });
  expect(retried).toMatchObject({ loaded: 1, left: 0, differences: 0 });
  await started.result();
  const schema = name.replaceAll('-', '_');
  const views = await migrations.sql(`SELECT viewname FROM pg_views WHERE schemaname = $1 ORDER BY 1`, [schema]);
  // With a row in quarantine, the views that would show it cannot be right.
  expect(views.map(({ viewname }) => viewname)).toEqual(
    when === 'waiting' ? ['big ones', 'few', 'of_big', 'per_day', 'recent'] : ['few'],
  );
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
});
