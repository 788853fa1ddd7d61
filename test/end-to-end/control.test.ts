import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { stagingSchema } from '../../core/ids';
import { runFiles } from '../../stores/artifacts/run-files';
import { readRun } from '../../stores/ledger/runs';
import type { RollbackResult } from '../../workflows/messages';
import { eventually, Migrations } from '../support/migration';
import { targetState } from '../support/target-state';
import { manyEvents, shop } from './sources';

let migrations: Migrations;
let worker: string;
beforeAll(async () => {
  migrations = await Migrations.open();
  worker = (await migrations.startWorker()).name;
  await migrations.sql('CREATE SCHEMA held; CREATE TABLE held.others (id int PRIMARY KEY, note text)');
  await migrations.sql(`INSERT INTO held.others VALUES (1, 'not ours')`);
});
afterAll(() => migrations.close());

const state = () => targetState(migrations.pool, migrations.database.url);

/** A plan whose import has many chunks, into a schema that is there already. */
const heldPlan = (name: string) =>
  migrations.plan(
    name,
    (db) => manyEvents(db, 20_000),
    (plan) => {
      plan.chunkBytes = 65_536;
      plan.sources.main!.schema = 'held';
    },
  );

async function expectNothingLeft(run: string): Promise<void> {
  expect(await migrations.sql('SELECT FROM pg_namespace WHERE nspname = $1', [stagingSchema(run, 'main')])).toEqual([]);
  expect(await migrations.artifacts.has(runFiles.snapshot(run, 'main'))).toBe(false);
}

test('a run that is cancelled in the middle of import undoes itself: target as before, no staging, no snapshot', async () => {
  const before = await state();
  const held = await migrations.startHeld(await heldPlan('cancelled'), 'events', 20);
  await held.handle.cancel();
  await held.release();
  await expect(held.result()).rejects.toThrow('cancelled');

  expect((await held.handle.describe()).status.name).toBe('CANCELLED');
  const record = (await readRun(migrations.pool, held.run))!;
  expect(record).toMatchObject({ state: 'cancelled', publishedAt: null });
  expect(record.digestAfter).toBe(record.digestBefore);
  expect((await migrations.report(held.run)).state).toBe('cancelled');
  expect(await migrations.progress(held)).toMatchObject({ state: 'cancelled', phase: 'import' });
  await expectNothingLeft(held.run);
  expect(await state()).toEqual(before);
});

test('a run that was terminated in the middle of import is rolled back from the ledger alone, and its late writes are refused', async () => {
  const before = await state();
  const held = await migrations.startHeld(await heldPlan('terminated'), 'events', 20);
  await held.handle.terminate('the test');
  const result = await migrations.workflow<RollbackResult>('rollbackWorkflow', { run: held.run, force: false });
  expect(result).toMatchObject({ state: 'rolled_back', left: [] });
  expect(result.after).toBe(result.before);

  // The worker's activity is still at its chunk, and goes on now.
  const { loaded } = await migrations.chunks(held.run);
  await held.release();
  await eventually(async () => {
    const busy = await migrations.sql(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sqlift' AND state <> 'idle'`,
    );
    return busy.length === 0;
  });
  expect((await migrations.chunks(held.run)).loaded).toBe(loaded);
  expect((await readRun(migrations.pool, held.run))!.state).toBe('rolled_back');
  await expectNothingLeft(held.run);
  expect(await state()).toEqual(before);
});

test('a published run is rolled back to the target as it was, its window ends, and rolling back twice changes nothing', async () => {
  const before = await state();
  const started = await migrations.start(await migrations.plan('back', shop));
  expect((await started.result()).state).toBe('published');
  expect(await migrations.sql('SELECT count(*)::int AS count FROM back.orders')).toEqual([{ count: 500 }]);
  const window = migrations.client.workflow.getHandle(`sqlift/${started.run}/window`);
  expect((await window.describe()).status.name).toBe('RUNNING');

  for (let time = 1; time <= 2; time++) {
    const result = await migrations.workflow<RollbackResult>('rollbackWorkflow', { run: started.run, force: false });
    expect(result).toMatchObject({ state: 'rolled_back', left: [], after: result.before });
    expect(await state()).toEqual(before);
    await expectNothingLeft(started.run);
  }
  expect(await window.result()).toBe('rolled back');
  expect((await migrations.report(started.run)).state).toBe('rolled_back');
});

test('a rollback that would destroy what was written since is refused, the run stays published, and force goes through', async () => {
  const before = await state();
  const started = await migrations.start(await migrations.plan('changed', shop));
  await started.result();
  await migrations.sql(`UPDATE changed.customers SET name = 'newer' WHERE id = 3`);

  const refused = migrations.workflow('rollbackWorkflow', { run: started.run, force: false });
  await expect(refused).rejects.toMatchObject({ cause: { type: 'RollbackConflict' } });
  expect(await migrations.sql('SELECT name FROM changed.customers WHERE id = 3')).toEqual([{ name: 'newer' }]);
  expect((await readRun(migrations.pool, started.run))!.state).toBe('published');
  expect(await migrations.artifacts.has(runFiles.snapshot(started.run, 'main'))).toBe(true);

  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: true })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await state()).toEqual(before);
});

test('a plan with approval waits with everything verified and nothing published, until somebody approves', async () => {
  const plan = await migrations.plan('approved', shop, (draft) => (draft.approval = true));
  const started = await migrations.start(plan);
  await expect(started.handle.executeUpdate('approve', { args: [{ by: 'hasty' }] })).rejects.toMatchObject({
    cause: { type: 'UsageInvalid' },
  });
  await migrations.until(started, ({ state: now }) => now === 'waiting');
  expect(await migrations.progress(started)).toMatchObject({
    state: 'waiting',
    waitingFor: 'approval',
    tables: { total: 2, verified: 2 },
  });
  await eventually(async () => (await readRun(migrations.pool, started.run))!.state === 'waiting');
  expect(await migrations.sql(`SELECT to_regnamespace('approved') AS schema`)).toEqual([{ schema: null }]);
  await started.handle.executeUpdate('approve', { args: [{ by: 'test', reason: 'looks right' }] });
  expect((await started.result()).state).toBe('published');
  expect((await migrations.progress(started)).waitingFor).toBeUndefined();
});

test('a run that waits for approval and is cancelled leaves the target as before and waits for nothing any more', async () => {
  const before = await state();
  const started = await migrations.start(await migrations.plan('unwanted', shop, (draft) => (draft.approval = true)));
  await migrations.until(started, ({ waitingFor }) => waitingFor === 'approval');
  await started.handle.cancel();
  await expect(started.result()).rejects.toThrow('cancelled');
  const progress = await migrations.progress(started);
  expect(progress.state).toBe('cancelled');
  expect(progress.waitingFor).toBeUndefined();
  expect(await state()).toEqual(before);
});

test('a cancellation that comes after publishing is too late: the run ends published, in Temporal as in the ledger', async () => {
  const started = await migrations.start(await migrations.plan('late', shop, (draft) => (draft.approval = true)));
  await migrations.until(started, ({ waitingFor }) => waitingFor === 'approval');
  // The run's last record takes long enough for the cancellation to come before it is done.
  await migrations.sql(`
    CREATE FUNCTION held.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;
    CREATE TRIGGER dawdle BEFORE UPDATE ON sqlift.runs FOR EACH ROW
      WHEN (OLD.state = 'published' AND NEW.state = 'published') EXECUTE FUNCTION held.dawdle()`);
  try {
    await started.handle.executeUpdate('approve', { args: [{ by: 'test' }] });
    await eventually(
      async () =>
        (
          await migrations.sql(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
          )
        ).length > 0,
    );
    await started.handle.cancel();
    expect((await started.result()).state).toBe('published');
  } finally {
    await migrations.sql('DROP TRIGGER dawdle ON sqlift.runs; DROP FUNCTION held.dawdle()');
  }
  expect((await readRun(migrations.pool, started.run))!.state).toBe('published');
  expect((await migrations.report(started.run)).state).toBe('published');
  const window = migrations.client.workflow.getHandle(`sqlift/${started.run}/window`);
  expect((await window.describe()).status.name).toBe('RUNNING');
});

test('a paused run starts no further batch, says so, and goes on when it is resumed', async () => {
  const held = await migrations.startHeld(await heldPlan('paused'), 'events', 20);
  await held.handle.signal('pause', { by: 'test' });
  await migrations.until(held, ({ paused }) => paused);
  await held.release();
  // The batches under way end: 8 chunks each, two at once.
  await eventually(async () => {
    const { loaded } = await migrations.chunks(held.run);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return loaded >= 24 && loaded === (await migrations.chunks(held.run)).loaded;
  });
  const { loaded, all } = await migrations.chunks(held.run);
  expect(loaded).toBeLessThanOrEqual(32);
  expect(all).toBeGreaterThan(32);
  expect(await migrations.progress(held)).toMatchObject({ paused: true, phase: 'import' });
  await held.handle.signal('resume', { by: 'test' });
  expect((await held.result()).state).toBe('published');
  expect(await migrations.sql('SELECT count(*)::int AS count FROM held.events')).toEqual([{ count: 20_000 }]);
});

test('two runs of one plan at once are refused by Temporal, and one after the other are not', async () => {
  const plan = await migrations.plan('twice', shop, (draft) => (draft.approval = true));
  const first = await migrations.start(plan);
  await expect(migrations.start(plan)).rejects.toThrow(WorkflowExecutionAlreadyStartedError);
  await migrations.until(first, ({ waitingFor }) => waitingFor === 'approval');
  await first.handle.cancel();
  await expect(first.result()).rejects.toThrow('cancelled');
  const second = await migrations.start(plan);
  await migrations.until(second, ({ waitingFor }) => waitingFor === 'approval');
  await second.handle.executeUpdate('approve', { args: [{ by: 'test' }] });
  expect((await second.result()).state).toBe('published');
});

test('a preflight that fails leaves no schema in the database, not even the ledger, and no snapshot', async () => {
  const empty = await Migrations.open();
  try {
    await empty.startWorker();
    await empty.sql('CREATE SCHEMA taken; CREATE TABLE taken.orders (id int)');
    const before = await targetState(empty.pool, empty.database.url);
    const started = await empty.start(await empty.plan('taken', shop));
    await expect(started.result()).rejects.toMatchObject({ cause: { type: 'TargetExists' } });
    expect((await started.handle.describe()).status.name).toBe('FAILED');
    expect(await targetState(empty.pool, empty.database.url)).toEqual(before);
    expect(await empty.sql(`SELECT to_regnamespace('sqlift') AS ledger`)).toEqual([{ ledger: null }]);
    expect(await empty.artifacts.has(runFiles.snapshot(started.run, 'main'))).toBe(false);
    expect(await empty.report(started.run)).toMatchObject({ state: 'failed', error: { code: 'TargetExists' } });
  } finally {
    await empty.close();
  }
});

test('the worker of all of these met no error that it does not know', () => {
  expect(migrations.workerLog(worker)).not.toContain('unexpected error');
});
