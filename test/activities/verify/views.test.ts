import type Database from 'better-sqlite3';
import { carryViews } from '../../../activities/verify/views';
import type { SourceMapping } from '../../../core/mapping';
import { readNotCarried } from '../../../stores/ledger/not-carried';
import { readViews } from '../../../stores/ledger/views';
import { ImportBench } from '../../support/loaded-run';
import type { PreparedRun, TableWish } from '../../support/loaded-run';

let bench: ImportBench;
beforeAll(async () => {
  bench = await ImportBench.open();
});
afterAll(() => bench.close());

interface Case {
  /** What each view is in SQLite, and in the plan. */
  views: Record<string, [sqlite: string, postgres: string]>;
  tables?: string;
  wishes?: Record<string, TableWish>;
  seconds?: number;
}

interface Outcome {
  run: PreparedRun;
  mapping: SourceMapping;
  snapshotPath: string;
  carried: string[];
  refused: Record<string, string>;
}

async function carry({ views, tables = 'CREATE TABLE t (a)', wishes = {}, seconds }: Case): Promise<Outcome> {
  const run = await bench.prepare((db: Database.Database) => {
    db.exec(tables);
    for (const [name, [sql]] of Object.entries(views)) db.exec(`CREATE VIEW "${name}" AS ${sql}`);
  }, wishes);
  for (const table of run.source.tables) await run.load(table.table);
  const mapping: SourceMapping = {
    ...run.source,
    views: Object.entries(views).map(([view, [origin, sql]]) => ({
      source: 'main',
      view,
      schema: 'app',
      target: view,
      ifExists: 'error',
      sql,
      origin,
    })),
  };
  const input = { target: bench.pool, run: run.run, mapping, snapshotPath: mapping.path, ...(seconds && { seconds }) };
  await carryViews(input);
  const refused = await readNotCarried(bench.pool, run.run);
  return {
    run,
    mapping,
    snapshotPath: mapping.path,
    carried: (await readViews(bench.pool, run.run)).map(({ view }) => view),
    refused: Object.fromEntries(refused.map(({ object, reason }) => [object, reason])),
  };
}

test('views that cannot be computed in time are not carried, whichever side is slow, and do not hold the others up', async () => {
  const forever = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n`;
  const { carried, refused } = await carry({
    tables: 'CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2)',
    wishes: { t: { types: { a: 'bigint' } } },
    views: {
      slow_here: [forever, 'SELECT 1::bigint AS c'],
      slow_there: ['SELECT 1 AS c', forever],
      quick: ['SELECT a + 1 AS b FROM t', 'SELECT a + 1 AS b FROM t'],
    },
    seconds: 6,
  });
  expect(refused).toEqual({
    slow_here: 'not proved: computing it in SQLite takes too long',
    slow_there: 'not proved: computing it in PostgreSQL takes too long',
  });
  expect(carried).toEqual(['quick']);
  expect(refused).toEqual({
    slow_here: 'not proved: computing it in SQLite takes too long',
    slow_there: 'not proved: computing it in PostgreSQL takes too long',
  });
});
