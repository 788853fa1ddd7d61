import { openTarget } from '../../../stores/postgres/target';
import { readTotals, recordTableState, enterTable } from '../../../stores/ledger/chunks';
import {
  clearDifferences,
  countDifferences,
  readDifferences,
  recordDifferences,
} from '../../../stores/ledger/differences';
import { addNotCarried, enterNotCarried, readNotCarried } from '../../../stores/ledger/not-carried';
import {
  beginRun,
  hasLedger,
  readRun,
  recordDigestAfter,
  recordProgress,
  reviveRun,
  discardRun,
  whileLive,
} from '../../../stores/ledger/runs';
import { installLedger } from '../../../stores/ledger/schema';
import type { Difference, RunProgress } from '../../../core/run';
import { withClient } from '../../../stores/postgres/target';
import { expectSqliftError, ImportBench } from '../../support/loaded-run';
import { eventually } from '../../support/migration';
import { createDatabase } from '../../support/postgres';

let bench: ImportBench;
beforeAll(async () => {
  bench = await ImportBench.open();
});
afterAll(() => bench.close());

const TABLE = { t: { types: { a: 'bigint' } } };
const prepare = () => bench.prepare((db) => db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)'), TABLE);

test('10 connections may install the ledger at once, and again', async () => {
  const database = await createDatabase();
  const pool = openTarget(database.url, { max: 10 });
  try {
    expect(await withClient(pool, hasLedger)).toBe(false);
    expect(await readRun(pool, 'any')).toBeUndefined();
    await Promise.all(Array.from({ length: 10 }, () => installLedger(pool)));
    expect(await withClient(pool, hasLedger)).toBe(true);
    await installLedger(pool);
    const { rows } = await pool.query<{ tables: string[] }>(
      `SELECT array_agg(tablename::text ORDER BY tablename) AS tables FROM pg_tables WHERE schemaname = 'sqlift'`,
    );
    const tables = [
      'before_images',
      'chunks',
      'conflicts',
      'differences',
      'feed_chunks',
      'feed_quarantine',
      'feeds',
      'not_carried',
      'quarantine',
      'runs',
      'sources',
      'stores',
      'tables',
      'undo',
      'views',
    ];
    expect(rows[0]!.tables).toEqual(tables);
    expect(await readRun(pool, 'any')).toBeUndefined();
  } finally {
    await pool.end();
    await database.drop();
  }
});

test('a run is entered once, whoever repeats it', async () => {
  const { run } = await prepare();
  const touched = { sources: ['main'], schemas: ['other'], tables: [] };
  await beginRun(bench.pool, {
    run,
    planName: 'another',
    planSha256: 'x',
    workflowId: 'y',
    touched,
    digestBefore: 'z',
  });
  expect(await readRun(bench.pool, run)).toMatchObject({
    run,
    planName: 'bench',
    state: 'running',
    phase: 'preflight',
    digestBefore: '',
    digestAfter: null,
    publishedAt: null,
    touched: { sources: [], schemas: [], tables: [] },
  });
});

test('progress is kept whole; the run has finished when it first says so', async () => {
  const { run } = await prepare();
  const progress: RunProgress = {
    run,
    plan: 'bench',
    state: 'running',
    phase: 'import',
    phases: [{ name: 'import', state: 'running', seconds: 1.5 }],
    startedAt: new Date().toISOString(),
    paused: false,
    tables: { total: 1, imported: 0, verified: 0 },
    rows: { source: 2, loaded: 1, quarantined: 0 },
    bytes: { done: 1, total: 2 },
  };
  const finished = async () =>
    (await bench.sql(`SELECT finished_at, progress FROM sqlift.runs WHERE run = '${run}'`))[0]!;
  await recordProgress(bench.pool, progress);
  expect(await finished()).toEqual({ finished_at: null, progress });
  const error = { code: 'TargetUnreachable', message: 'gone', place: { table: 't' }, hint: 'wait' };
  await recordProgress(bench.pool, { ...progress, state: 'failed', error });
  const first = (await finished()).finished_at;
  expect(first).toBeInstanceOf(Date);
  await recordProgress(bench.pool, { ...progress, state: 'rolled_back' });
  expect((await finished()).finished_at).toEqual(first);
  expect(await readRun(bench.pool, run)).toMatchObject({ state: 'rolled_back', phase: 'import', error: null });
  await recordDigestAfter(bench.pool, run, 'abc');
  expect(await readRun(bench.pool, run)).toMatchObject({ digestAfter: 'abc' });
});

test('an undo waits for what is written elsewhere while the run is live, and nothing is written there after it', async () => {
  const { run } = await prepare();
  const order: string[] = [];
  let release!: () => void;
  const written = whileLive(bench.pool, run, async () => {
    await new Promise<void>((resolve) => (release = resolve));
    order.push('written');
  });
  await eventually(async () => release !== undefined);
  const discarded = discardRun(bench.pool, run).then(() => order.push('discarded'));
  await eventually(
    async () =>
      (await bench.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`))
        .length > 0,
  );
  release();
  await Promise.all([written, discarded]);
  expect(order).toEqual(['written', 'discarded']);
  await expectSqliftError(
    whileLive(bench.pool, run, async () => void order.push('late')),
    'RunDiscarded',
  );
  expect(order).toEqual(['written', 'discarded']);
});

test('only a published run comes back from being discarded', async () => {
  const { run } = await prepare();
  const discarded = async () =>
    (await bench.sql(`SELECT discarded_at IS NOT NULL AS yes FROM sqlift.runs WHERE run = '${run}'`))[0]!.yes;
  await discardRun(bench.pool, run);
  await reviveRun(bench.pool, run);
  expect(await discarded()).toBe(true);
  await bench.sql(`UPDATE sqlift.runs SET published_at = now() WHERE run = '${run}'`);
  await reviveRun(bench.pool, run);
  expect(await discarded()).toBe(false);
});

test('totals add up chunks by table, in the order of the plan, tables without chunks included', async () => {
  const run = await bench.prepare(
    (db) => {
      db.exec('CREATE TABLE z (a INTEGER PRIMARY KEY, b); CREATE TABLE m (a); CREATE TABLE c (a)');
      const insert = db.prepare('INSERT INTO z VALUES (?, ?)');
      for (let id = 1; id <= 2_000; id++) insert.run(id, id === 1999 ? 'bad' : BigInt(id));
    },
    { z: { types: { a: 'bigint', b: 'integer' } }, m: { types: { a: 'text' } }, c: { types: { a: 'text' } } },
    8_192,
  );
  await run.load('z');
  await withClient(bench.pool, (client) => enterTable(client, run.run, 2, run.table('c'), { rows: 77 }, []));
  await recordTableState(bench.pool, run.key('z'), 'imported');
  await recordTableState(bench.pool, run.key('z'), 'verified', { digest: 'feed', chunksAgain: 1 });
  await recordTableState(bench.pool, run.key('z'), 'differs');
  const [z, m, c] = await readTotals(bench.pool, run.run);
  expect(z).toMatchObject({ source: 'main', table: 'z', loaded: 1_999, quarantined: 1, digest: 'feed' });
  expect(z!.chunks).toBeGreaterThan(2);
  expect(z!.chunksLoaded).toBe(z!.chunks);
  expect(m).toMatchObject({ table: 'm', loaded: 0, quarantined: 0, chunks: 1, chunksLoaded: 0, digest: null });
  expect(c).toEqual({
    source: 'main',
    table: 'c',
    sourceRows: 77,
    bytes: 0,
    loaded: 0,
    quarantined: 0,
    filtered: null,
    chunks: 0,
    chunksLoaded: 0,
    digest: null,
  });
});

test('entering a table again forgets what an earlier attempt had of it', async () => {
  const run = await bench.prepare((db) => db.exec(`CREATE TABLE t (a); INSERT INTO t VALUES (1), ('x')`), TABLE);
  await run.load('t');
  expect((await readTotals(bench.pool, run.run))[0]).toMatchObject({ loaded: 1, quarantined: 1 });
  await withClient(bench.pool, (client) =>
    enterTable(client, run.run, 0, run.table('t'), { rows: 2 }, [
      { number: 0, range: { kind: 'rowid', after: null, upTo: null }, bytes: 9 },
    ]),
  );
  expect((await readTotals(bench.pool, run.run))[0]).toMatchObject({
    loaded: 0,
    quarantined: 0,
    sourceRows: 2,
    bytes: 9,
    chunks: 1,
    chunksLoaded: 0,
  });
  expect(await bench.sql(`SELECT FROM sqlift.quarantine WHERE run = '${run.run}'`)).toEqual([]);
});

test('differences replace those of their kinds only', async () => {
  const run = await prepare();
  const difference = (kind: Difference['kind'], key: string): Difference => ({
    source: 'main',
    table: 't',
    kind,
    key,
    expected: 'é "quoted"',
    found: '\\',
  });
  await recordDifferences(
    bench.pool,
    run.key('t'),
    [difference('cell', '1'), difference('missing row', '2')],
    ['cell', 'missing row'],
  );
  await recordDifferences(bench.pool, run.key('t'), [difference('sequence', '3')], ['sequence']);
  await recordDifferences(bench.pool, run.key('t'), [difference('cell', '4')], ['cell', 'missing row']);
  expect(await readDifferences(bench.pool, run.run, 10)).toEqual([
    difference('sequence', '3'),
    difference('cell', '4'),
  ]);
  expect(await readDifferences(bench.pool, run.run, 1)).toHaveLength(1);
  expect(await countDifferences(bench.pool, run.run)).toBe(2);
  await clearDifferences(bench.pool, run.run);
  expect(await countDifferences(bench.pool, run.run)).toBe(0);
});

test('what is not carried keeps every reason of an object once, and is entered anew by each attempt', async () => {
  const { run } = await prepare();
  const object = (name: string, reason: string) => ({ object: name, kind: 'index', reason });
  await withClient(bench.pool, async (client) => {
    await enterNotCarried(client, run, 'main', [object('stale', 'x')]);
    await enterNotCarried(client, run, 'main', [object('b', 'first'), object('a', 'first')]);
    const later = [object('b', 'first'), object('b', 'second'), object('c', 'second')];
    await addNotCarried(client, run, 'main', later);
    await addNotCarried(client, run, 'main', later);
  });
  expect(await readNotCarried(bench.pool, run)).toEqual([
    object('a', 'first'),
    object('b', 'first'),
    object('b', 'second'),
    object('c', 'second'),
  ]);
});
