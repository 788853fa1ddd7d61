import type Database from 'better-sqlite3';
import type { Plan } from '../../core/plan';
import { writePlan } from '../../core/plan-file';
import { stagingSchema } from '../../core/ids';
import { readRun } from '../../stores/ledger/runs';
import type { QuarantineRetryResult } from '../../workflows/quarantine';
import { Migrations } from '../support/migration';
import type { StartedRun } from '../support/migration';

let migrations: Migrations;
let worker: string;
beforeAll(async () => {
  migrations = await Migrations.open();
  worker = (await migrations.startWorker()).name;
});
afterAll(() => migrations.close());

/** 200 rows, of which one holds a text where the plan wants a number. */
function oneBadRow(db: Database.Database, declared = 'INTEGER'): void {
  db.exec(`
    CREATE TABLE readings (id INTEGER PRIMARY KEY, value ${declared}, note TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO readings SELECT i, iif(i = 77, 'n/a', i * 3), 'note ' || i FROM n;`);
}

const strict = (name: string, edit: (plan: Plan) => void = () => {}, declared = 'INTEGER') =>
  migrations.plan(
    name,
    (db) => oneBadRow(db, declared),
    (plan) => {
      plan.sources.main!.tables.readings!.columns.value = { type: 'bigint' };
      edit(plan);
    },
  );

/** What the retry command starts, with the plan edited so that the column takes everything. */
async function retryAsText(started: StartedRun, plan: Plan, waiting: boolean): Promise<QuarantineRetryResult> {
  const edited = structuredClone(plan);
  edited.sources.main!.tables.readings!.columns.value = { type: 'text' };
  const planKey = `runs/${started.run}/retry.plan.yaml`;
  await migrations.artifacts.put(planKey, writePlan(edited));
  return await migrations.workflow<QuarantineRetryResult>('quarantineRetryWorkflow', {
    run: started.run,
    planKey,
    waiting: waiting ? started.handle.workflowId : null,
  });
}

const untilAsked = (started: StartedRun) => migrations.until(started, ({ waitingFor }) => waitingFor === 'quarantine');
const rowsOf = (schema: string) =>
  migrations.sql(`SELECT count(*)::int AS rows, count(*) FILTER (WHERE id = 77)::int AS bad FROM "${schema}".readings`);

test('a row in quarantine stops the run before publishing; accepted, it is published without that row', async () => {
  const started = await migrations.start(await strict('asked'));
  await untilAsked(started);
  expect(await migrations.progress(started)).toMatchObject({
    state: 'waiting',
    rows: { source: 200, loaded: 199, quarantined: 1 },
  });
  expect(await migrations.sql(`SELECT to_regnamespace('asked') AS schema`)).toEqual([{ schema: null }]);
  const { publishedAt } = (await readRun(migrations.pool, started.run))!;
  expect(publishedAt).toBeNull();
  expect(await migrations.sql('SELECT column_name, reason, row_key FROM sqlift.quarantine')).toEqual([
    { column_name: 'value', reason: expect.any(String), row_key: { id: '77' } },
  ]);

  await started.handle.executeUpdate('acceptQuarantine', { args: [{ by: 'test' }] });
  expect((await started.result()).state).toBe('published');
  expect(await rowsOf('asked')).toEqual([{ rows: 199, bad: 0 }]);
  const report = await migrations.report(started.run);
  expect(report.tables[0]).toMatchObject({ sourceRows: 200, loaded: 199, quarantined: 1 });
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(report.quarantine).toEqual([{ source: 'main', table: 'readings', reason: expect.any(String), rows: 1 }]);
});

test('a retry with an edited plan loads the row, and the run that waited goes on by itself', async () => {
  const plan = await strict('edited');
  const started = await migrations.start(plan);
  await untilAsked(started);
  expect(await retryAsText(started, plan, true)).toMatchObject({ loaded: 1, left: 0, differences: 0 });
  expect((await started.result()).state).toBe('published');
  expect(await rowsOf('edited')).toEqual([{ rows: 200, bad: 1 }]);
  expect(await migrations.sql('SELECT value FROM edited.readings WHERE id IN (76, 77) ORDER BY id')).toEqual([
    { value: '228' },
    { value: 'n/a' },
  ]);
  const report = await migrations.report(started.run);
  expect(report.tables[0]).toMatchObject({ sourceRows: 200, loaded: 200, quarantined: 0 });
  expect(report.tables[0]!.columns[1]).toMatchObject({ source: 'value', type: 'text' });
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(await migrations.progress(started)).toMatchObject({ rows: { source: 200, loaded: 200, quarantined: 0 } });
});

test('a retry that changes nothing leaves the run waiting', async () => {
  const started = await migrations.start(await strict('same'));
  await untilAsked(started);
  const retry = { run: started.run, planKey: null, waiting: started.handle.workflowId };
  expect(await migrations.workflow('quarantineRetryWorkflow', retry)).toMatchObject({ loaded: 0, left: 1 });
  expect(await migrations.progress(started)).toMatchObject({ waitingFor: 'quarantine' });
  await started.handle.cancel();
  await expect(started.result()).rejects.toThrow('cancelled');
});

test('a retry that would make numbers into texts where SQLite keeps them apart is refused, and nothing has changed', async () => {
  const plan = await strict('apart', () => {}, '');
  const started = await migrations.start(plan);
  await untilAsked(started);
  await expect(retryAsText(started, plan, true)).rejects.toMatchObject({ cause: { cause: { type: 'PlanInvalid' } } });
  expect(
    await migrations.sql(
      `SELECT data_type FROM information_schema.columns WHERE table_schema = $1 AND column_name = 'value'`,
      [stagingSchema(started.run, 'main')],
    ),
  ).toEqual([{ data_type: 'bigint' }]);
  await started.handle.executeUpdate('acceptQuarantine', { args: [{ by: 'test' }] });
  expect((await started.result()).state).toBe('published');
  expect((await migrations.report(started.run)).verification).toEqual({ state: 'verified', differences: [] });
});

test('a retry after publishing loads the row into the published table, and the run can still be rolled back', async () => {
  const plan = await strict('later', (draft) => (draft.quarantine = 'any'));
  const started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');
  expect(await rowsOf('later')).toEqual([{ rows: 199, bad: 0 }]);
  expect(await retryAsText(started, plan, false)).toMatchObject({ loaded: 1, left: 0, differences: 0 });
  expect(await rowsOf('later')).toEqual([{ rows: 200, bad: 1 }]);
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });
  expect((await migrations.report(started.run)).tables[0]).toMatchObject({ loaded: 200, quarantined: 0 });
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await migrations.sql(`SELECT to_regnamespace('later') AS schema`)).toEqual([{ schema: null }]);
});

test.each([
  ['0.4%', true],
  ['0.5%', false],
  ['any', false],
] as const)('with one row of 200 in quarantine, a tolerance of %s asks: %s', async (tolerance, asks) => {
  const name = `share-${tolerance.replace(/[^a-z0-9]/g, '')}`;
  const started = await migrations.start(await strict(name, (plan) => (plan.quarantine = tolerance)));
  if (asks) {
    await untilAsked(started);
    await started.handle.cancel();
    await expect(started.result()).rejects.toThrow('cancelled');
  } else expect((await started.result()).state).toBe('published');
});

test('the worker of all of these met no error that it does not know', () => {
  expect(migrations.workerLog(worker)).not.toContain('unexpected error');
});
