import { PHASES } from '../../core/run';
import { tableWorkflowId } from '../../core/ids';
import { Migrations } from '../support/migration';
import { startTemporal } from '../support/private-temporal';
import type { PrivateTemporal } from '../support/private-temporal';
import { manyEvents, manyTables } from './sources';

const TABLES = 240;
const EVENTS = 80_000;

let temporal: PrivateTemporal;
let migrations: Migrations;
beforeAll(async () => {
  // Histories are called long from this many events on; as a rule it is 4,096.
  temporal = await startTemporal(['limit.historyCount.suggestContinueAsNew=50']);
  migrations = await Migrations.open(temporal.address);
  await migrations.startWorker();
});
afterAll(async () => {
  await migrations.close();
  await temporal.stop();
});

async function historiesOf(workflowId: string): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of migrations.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    statuses.push(status.name);
  return statuses.sort();
}

test('a run of many tables and chunks goes through several histories, with its phases and counts whole', async () => {
  const plan = await migrations.plan(
    'long',
    (db) => {
      manyTables(db, TABLES);
      manyEvents(db, EVENTS);
    },
    (draft) => (draft.chunkBytes = 65_536),
  );
  const started = await migrations.start(plan);
  const { state } = await started.result();
  const report = await migrations.report(started.run);
  expect({ state, verification: report.verification }).toEqual({
    state: 'published',
    verification: { state: 'verified', differences: [] },
  });

  const histories = await historiesOf(started.handle.workflowId);
  expect(histories.at(-1)).toBe('CONTINUED_AS_NEW');
  expect(histories.length).toBeGreaterThan(2);
  expect((await historiesOf(tableWorkflowId(started.run, 'main', 'events'))).length).toBeGreaterThan(1);

  const last = await migrations.progress(started);
  // The plan fills no other store.
  const skipped: string[] = ['graph build', 'embed', 'cache'];
  expect(last.phases.map(({ name, state: phase }) => [name, phase])).toEqual(
    PHASES.map((name) => [name, skipped.includes(name) ? 'skipped' : 'done']),
  );
  const rows = TABLES * 10 + EVENTS;
  expect(last).toMatchObject({
    state: 'published',
    tables: { total: TABLES + 1, imported: TABLES + 1, verified: TABLES + 1 },
    rows: { source: rows, loaded: rows, quarantined: 0 },
  });
  expect(last.bytes.done).toBe(last.bytes.total);
  const seconds = report.phases.reduce((sum, phase) => sum + phase.seconds, 0);
  // Counted anew in each history they would be a multiple; the clocks of workflow and ledger differ by a little.
  expect(seconds).toBeLessThan(1.5 * report.seconds + 1);
  expect(report.tables).toHaveLength(TABLES + 1);
  for (const table of report.tables) expect(table).toMatchObject({ loaded: table.sourceRows, quarantined: 0 });
  expect(await migrations.sql('SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids FROM long.events')).toEqual(
    [{ rows: EVENTS, ids: EVENTS }],
  );
});

test('a run that is cancelled in a later history undoes what the earlier ones did', async () => {
  const plan = await migrations.plan(
    'undone',
    (db) => manyTables(db, TABLES),
    (draft) => (draft.approval = true),
  );
  const started = await migrations.start(plan);
  await migrations.until(started, ({ waitingFor }) => waitingFor === 'approval');
  expect((await historiesOf(started.handle.workflowId)).length).toBeGreaterThan(1);
  await started.handle.cancel();
  await expect(started.result()).rejects.toThrow('cancelled');
  expect(
    await migrations.sql(`SELECT nspname FROM pg_namespace WHERE nspname ~ '^sqlift_' OR nspname = 'undone'`),
  ).toEqual([]);
  expect((await migrations.progress(started)).state).toBe('cancelled');
});
