import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { stackDown, stackUp } from '../../stack';
import { isAlive, startMark } from '../../stack/liveness';
import { managedStatus } from '../../stack/process';
import { tableWorkflowId } from '../../core/ids';
import { eventually, Migrations } from '../support/migration';
import type { StartedRun } from '../support/migration';
import { manyEvents, manyTables } from './sources';

/** What kill.test.ts does not do: other activities whose worker is killed, a server that stops hard, a reading that is wrong. */

const opened: Migrations[] = [];
afterAll(async () => {
  for (const migrations of opened) await migrations.close();
});

async function open(): Promise<Migrations> {
  const migrations = await Migrations.open();
  opened.push(migrations);
  return migrations;
}

async function killed(pid: number): Promise<void> {
  const mark = startMark(pid);
  process.kill(pid, 'SIGKILL');
  await eventually(async () => mark === undefined || !isAlive({ pid, mark }));
}

async function eventsOf({ handle }: StartedRun, name: string): Promise<{ scheduled: number; attempts: number }> {
  const { events = [] } = await handle.fetchHistory();
  const scheduled = events!
    .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === name)
    .map((event) => String(event.eventId));
  const attempts = events!.map(({ activityTaskStartedEventAttributes: started }) =>
    scheduled.includes(String(started?.scheduledEventId)) ? (started!.attempt ?? 0) : 0,
  );
  return { scheduled: scheduled.length, attempts: Math.max(0, ...attempts) };
}

// Side by side, since each waits for a heartbeat timeout: half a minute for chunks, a minute for the rest.
test.concurrent(
  'a worker killed in the middle of a group of small tables is replaced, and each table is there once, with its key',
  async () => {
    // As many as one group takes.
    const TABLES = 25;
    const migrations = await open();
    const stuck = path.join(migrations.home, 'stuck.js');
    writeFileSync(
      stuck,
      `const load = require(${JSON.stringify(path.resolve(__dirname, '../../dist/activities/import/load-chunk.js'))});
       const { loadChunk } = load;
       let calls = 0;
       load.loadChunk = (chunk) => (++calls < ${TABLES} ? loadChunk(chunk) : new Promise(() => {}));`,
    );
    const { pid } = await migrations.startWorker({ NODE_OPTIONS: `--require ${stuck}` });
    const plan = await migrations.plan('small', (db) => manyTables(db, TABLES));
    const started = await migrations.start(plan);
    await eventually(async () => (await migrations.chunks(started.run)).loaded === TABLES - 1);
    await killed(pid);
    await migrations.startWorker();
    expect((await started.result()).state).toBe('published');
    const report = await migrations.report(started.run);
    expect(report.verification.state).toBe('verified');
    expect(report.tables.map(({ loaded }) => loaded)).toEqual(Array(TABLES).fill(10));
    const counts = Array.from({ length: TABLES }, (_, i) => `SELECT count(*) FROM small.part_${i + 1}`);
    expect(await migrations.sql(`SELECT DISTINCT count::int FROM (${counts.join(' UNION ALL ')}) AS each`)).toEqual([
      { count: 10 },
    ]);
    expect(
      await migrations.sql(
        `SELECT count(*)::int AS keys FROM pg_constraint WHERE contype = 'p' AND connamespace = 'small'::regnamespace`,
      ),
    ).toEqual([{ keys: TABLES }]);
    expect(await eventsOf(started, 'importTables')).toEqual({ scheduled: 1, attempts: 2 });
  },
  180_000,
);

test.concurrent(
  'a worker killed while it checks the snapshot is replaced, and the snapshot is checked again',
  async () => {
    const ROWS = 250_000;
    const migrations = await open();
    const { pid } = await migrations.startWorker();
    const plan = await migrations.plan('checked', (db) => {
      manyEvents(db, ROWS);
      // Checking an index takes its time.
      db.exec('CREATE INDEX by_note ON events (note, kind); CREATE INDEX by_kind ON events (kind, weight, note)');
    });
    const started = await migrations.start(plan);
    await eventually(async () => (await eventsOf(started, 'checkBackup')).scheduled === 1);
    await killed(pid);
    await migrations.startWorker();
    expect((await started.result()).state).toBe('published');
    const report = await migrations.report(started.run);
    expect(report.verification.state).toBe('verified');
    expect(report.tables[0]).toMatchObject({ sourceRows: ROWS, loaded: ROWS });
    expect(await eventsOf(started, 'checkBackup')).toEqual({ scheduled: 1, attempts: 2 });
  },
  180_000,
);

test.concurrent(
  'a PostgreSQL that stops hard in the middle of import comes back, and no row is doubled or lost',
  async () => {
    const ROWS = 300_000;
    const home = mkdtempSync(path.join(os.tmpdir(), 'sqlift-hard-'));
    const migrations = await open();
    await migrations.startWorker();
    let pool: Pool | undefined;
    try {
      const { postgres } = await stackUp({ home, servers: ['postgres'] });
      const { url } = postgres!;
      pool = new Pool({ connectionString: url });
      pool.on('error', () => {});
      const sql = async (text: string) => (await pool!.query<Record<string, unknown>>(text)).rows;
      const plan = await migrations.plan(
        'hard',
        (db) => manyEvents(db, ROWS),
        (draft) => (draft.chunkBytes = 65_536),
      );
      const started = await migrations.start(plan, { postgres: url });
      const loaded = `SELECT (count(*) FILTER (WHERE loaded))::int AS loaded, count(*)::int AS "all" FROM sqlift.chunks`;
      await eventually(async () => {
        const [ledger] = await sql(`SELECT to_regclass('sqlift.chunks') IS NOT NULL AS there`);
        return ledger!.there === true && Number((await sql(loaded))[0]!.loaded) > 20;
      });
      // What `pg_ctl stop -m immediate` sends: no checkpoint, nothing is finished, the next start recovers from the log.
      process.kill(managedStatus(home, 'postgres')!.pid, 'SIGQUIT');
      await eventually(async () => managedStatus(home, 'postgres') === undefined);
      await stackUp({ home, servers: ['postgres'] });
      const [after] = await sql(loaded);
      expect(Number(after!.loaded)).toBeLessThan(Number(after!.all));

      expect((await started.result()).state).toBe('published');
      const report = await migrations.report(started.run);
      expect(report.verification).toEqual({ state: 'verified', differences: [] });
      expect(report.tables[0]).toMatchObject({ sourceRows: ROWS, loaded: ROWS, quarantined: 0 });
      expect(
        await sql(
          `SELECT count(*)::int AS rows, count(DISTINCT id)::int AS ids, sum(id)::float8 AS total FROM hard.events`,
        ),
      ).toEqual([{ rows: ROWS, ids: ROWS, total: (ROWS * (ROWS + 1)) / 2 }]);
      expect(await sql(`SELECT sum(rows)::int AS rows FROM sqlift.chunks`)).toEqual([{ rows: ROWS }]);
      const table = migrations.client.workflow.getHandle(tableWorkflowId(started.run, 'main', 'events'));
      const { events } = await table.fetchHistory();
      // It was in the way of some batch: what was tried once only proves nothing.
      const attempts = (events ?? []).map((event) => event.activityTaskStartedEventAttributes?.attempt ?? 0);
      expect(Math.max(...attempts)).toBeGreaterThan(1);
    } finally {
      await pool?.end();
      await stackDown({ home });
      rmSync(home, { recursive: true, force: true });
    }
  },
  180_000,
);

test.concurrent('where the two readings disagree the run fails, and everything is undone', async () => {
  const migrations = await open();
  // A worker whose fast reading of the source is wrong: hashes of one row in a hundred differ by a bit.
  const broken = path.join(migrations.home, 'broken.js');
  const module = path.resolve(__dirname, '../../dist/core/field-digest/source.js');
  writeFileSync(
    broken,
    `const source = require(${JSON.stringify(module)});
     const { sourceHasher } = source;
     let rows = 0;
     source.sourceHasher = (columns) => {
       const right = sourceHasher(columns);
       return (row, hash) => { right(row, hash); if (rows++ % 100 === 42) hash.low ^= 1; };
     };`,
  );
  await migrations.startWorker({ NODE_OPTIONS: `--require ${broken}` });
  const plan = await migrations.plan('disagree', (db) => manyEvents(db, 1_000));
  const started = await migrations.start(plan);
  await expect(started.result()).rejects.toThrow('Workflow execution failed');
  const { state, error } = await migrations.progress(started);
  expect([state, error?.code]).toEqual(['failed', 'ReadingsDisagree']);
  expect(error!.message).toContain('events');
  expect(
    await migrations.sql(`SELECT nspname FROM pg_namespace WHERE nspname ~ '^sqlift_' OR nspname = 'disagree'`),
  ).toEqual([]);
});
