import { isAlive, startMark } from '../../stack/liveness';
import type { Plan } from '../../core/plan';
import { stagingSchema, tableWorkflowId } from '../../core/ids';
import { eventually, Migrations } from '../support/migration';
import type { StartedRun } from '../support/migration';
import { manyEvents } from './sources';

const ROWS = 300_000;
const FEW = 20_000;

/** A run whose worker is killed at a moment of the test's choosing; each has its own worker, so that they can run side by side. */
class Killing {
  readonly migrations: Migrations;
  readonly started: StartedRun;

  private constructor(
    migrations: Migrations,
    started: StartedRun,
    readonly pid: number,
  ) {
    this.migrations = migrations;
    this.started = started;
  }

  static async begin(rows: number, edit: (plan: Plan) => void): Promise<Killing> {
    const migrations = await Migrations.open();
    const { pid } = await migrations.startWorker();
    const plan = await migrations.plan('killed', (db) => manyEvents(db, rows), edit);
    return new Killing(migrations, await migrations.start(plan), pid);
  }

  async kill(): Promise<void> {
    const mark = startMark(this.pid);
    process.kill(this.pid, 'SIGKILL');
    await eventually(async () => mark === undefined || !isAlive({ pid: this.pid, mark }));
  }

  /** Starts another worker, and proves that the run ends as if nothing had happened. */
  async finish(rows: number, interrupted: string): Promise<void> {
    const { migrations, started } = this;
    await migrations.startWorker();
    const { state } = await started.result();
    const report = await migrations.report(started.run);
    expect({ state, verification: report.verification }).toEqual({
      state: 'published',
      verification: { state: 'verified', differences: [] },
    });
    expect(report.tables[0]).toMatchObject({ sourceRows: rows, loaded: rows, quarantined: 0 });
    expect(report.tables[0]!.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(
      await migrations.sql(
        `SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, sum(id)::float8 AS total, max(note) AS last FROM killed.events`,
      ),
    ).toEqual([{ rows, ids: rows, total: (rows * (rows + 1)) / 2, last: String(rows * 7919).padStart(80, '0') }]);
    const chunks = await migrations.sql(
      `SELECT bool_and(loaded) AS loaded, sum(rows)::float8 AS rows FROM sqlift.chunks WHERE run = $1`,
      [started.run],
    );
    expect(chunks).toEqual([{ loaded: true, rows }]);
    expect(await attemptsOf(migrations, started, interrupted)).toBeGreaterThan(1);
  }
}

/** The most attempts that an activity of this name took: chunks are the business of their table's workflow, the rest of the run's. */
async function attemptsOf(migrations: Migrations, { run, handle }: StartedRun, name: string): Promise<number> {
  const table = migrations.client.workflow.getHandle(tableWorkflowId(run, 'main', 'events'));
  const { events } = await (name === 'importChunks' ? table : handle).fetchHistory();
  const scheduled = new Set(
    (events ?? [])
      .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === name)
      .map((event) => String(event.eventId)),
  );
  const attempts = (events ?? [])
    .flatMap(({ activityTaskStartedEventAttributes: attempt }) => attempt ?? [])
    .filter(({ scheduledEventId }) => scheduled.has(String(scheduledEventId)));
  return Math.max(0, ...attempts.map(({ attempt }) => attempt ?? 0));
}

const killings: Killing[] = [];
afterAll(async () => {
  for (const { migrations } of killings) await migrations.close();
});

// Side by side, since each waits for a heartbeat timeout: half a minute for chunks, a minute for the rest.
test.concurrent(
  'a worker killed in the middle of import is replaced by another, and no row is doubled or lost',
  async () => {
    const killing = await Killing.begin(ROWS, (plan) => (plan.chunkBytes = 65_536));
    killings.push(killing);
    const { migrations, started } = killing;
    await eventually(async () => (await migrations.chunks(started.run)).loaded > 20);
    await killing.kill();
    const { loaded, all } = await migrations.chunks(started.run);
    expect(all).toBeGreaterThan(200);
    expect(loaded).toBeLessThan(all);
    await killing.finish(ROWS, 'importChunks');
  },
  150_000,
);

test.concurrent(
  'a worker killed in the middle of verification is replaced by another',
  async () => {
    const killing = await Killing.begin(FEW, () => {});
    killings.push(killing);
    const { migrations, started } = killing;
    // Nothing but a verification writes here: it will have compared the rows, and wait for this lock with its verdict.
    await eventually(async () => (await migrations.chunks(started.run)).all > 0);
    const hold = await migrations.pool.connect();
    await hold.query('BEGIN; LOCK TABLE sqlift.differences IN ACCESS EXCLUSIVE MODE');
    await migrations.untilBlocked();
    await killing.kill();
    expect((await migrations.sql('SELECT phase FROM sqlift.runs'))[0]).toEqual({ phase: 'import' });
    await hold.query('ROLLBACK');
    hold.release();
    await killing.finish(FEW, 'verifyTables');
  },
  150_000,
);

test.concurrent(
  'a worker killed in the middle of publishing is replaced by another, and the run is published once',
  async () => {
    const killing = await Killing.begin(FEW, (plan) => (plan.approval = true));
    killings.push(killing);
    const { migrations, started } = killing;
    await migrations.until(started, ({ waitingFor }) => waitingFor === 'approval');
    // Publishing has to wait for this lock, with its transaction open.
    const hold = await migrations.pool.connect();
    await hold.query(`BEGIN; LOCK TABLE "${stagingSchema(started.run, 'main')}".events IN ACCESS SHARE MODE`);
    await started.handle.executeUpdate('approve', { args: [{ by: 'test' }] });
    await migrations.untilBlocked();
    await killing.kill();
    await hold.query('ROLLBACK');
    hold.release();
    await killing.finish(FEW, 'publishRun');
    expect(await migrations.sql(`SELECT count(*)::int AS count FROM sqlift.undo WHERE name = 'publish'`)).toEqual([
      { count: 1 },
    ]);
  },
  150_000,
);
