import path from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import Database from 'better-sqlite3';
import { verifyTable } from '../../activities/verify/verify-table';
import type { NotCarried } from '../../core/plan';
import { readChunks } from '../../stores/ledger/chunks';
import { quoteName } from '../../stores/sqlite/names';
import { openSqlite } from '../../stores/sqlite/open';
import { findRefusals } from '../../stores/sqlite/refusals';
import { takeSnapshot } from '../../stores/sqlite/snapshot';
import { loadDrafted } from '../support/drafted-run';
import { ImportBench } from '../support/loaded-run';
import type { PreparedRun } from '../support/loaded-run';
import fc, { runs } from '../support/property';
import { build, readRows } from './build';
import { databases } from './databases';
import type { RandomDatabase } from './databases';
import { judgeDeclared } from './judge-declared';
import { meaningInSource, meaningInTarget, UNHOLDABLE } from './judge';

/**
 * Random databases by the plan that is drafted for them: snapshot, census, draft, COPY into PostgreSQL, keys, verification. Then every row
 * is in the target or in quarantine as this folder's own rules want it. `npm run test:properties` for the long form.
 */

const RUNS = runs(8);
/** The long form has larger tables, too. */
const LONG = RUNS >= 160;
const MAX_ROWS = LONG ? 200 : 40;

let bench: ImportBench;
const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-random-'));
beforeAll(async () => void (bench = await ImportBench.open()));
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
});

let generated = 0;
let moved = 0;
let kept = 0;
let snapshots = 0;
let tried = 0;

test('every row of a random database arrives as it was, or is in quarantine because it cannot be held', async () => {
  await fc.assert(
    fc.asyncProperty(databases(MAX_ROWS), async (database) => {
      await migrateAndJudge(database).catch((error: Error) => {
        // fast-check shows the database, which is long, and not always the error.
        process.stderr.write(`${error.stack}\n`);
        throw error;
      });
    }),
    {
      numRuns: RUNS,
      endOnFailure: process.env['SQLIFT_SHRINK'] === undefined,
      // The path of a failure that was printed, to see it alone.
      ...(process.env['SQLIFT_PATH'] !== undefined && { path: process.env['SQLIFT_PATH'] }),
    },
  );
  process.stderr.write(
    `databases: ${generated} cells generated, ${moved} rows moved, ${kept} quarantined, ${tried} new rows tried, seed ${fc.readConfigureGlobal()?.seed ?? 'random'}\n`,
  );
  expect(generated).toBeGreaterThan(LONG ? 100_000 : RUNS * 40);
  expect(moved).toBeGreaterThan(RUNS * 5);
});

async function migrateAndJudge(database: RandomDatabase): Promise<void> {
  generated += database.tables.reduce((sum, { columns, rows }) => sum + columns.length * rows.length, 0);
  const source = bench.makeFile((db) => build(db, database));
  const snapshot = path.join(folder, `${snapshots++}.sqlite`);
  await takeSnapshot({ source, destination: snapshot });
  const { run, profile, notCarried } = await loadDrafted(bench, snapshot);
  const { tables } = run.source;
  const refusedSteps = await run.refusals();
  const incomplete = new Set<string>();
  const db = openSqlite(snapshot);
  try {
    expect(tables.map(({ table }) => table)).toEqual(profile.catalog.tables.map(({ name }) => name));
    for (const { table } of tables) {
      const refused = await quarantined(run, table);
      const refusals = await findRefusals(snapshot, db, profile.catalog, run.table(table), profile.evidence[table]!);
      const beyond = await outOfRange(run, table, notCarried);
      expect({ table, foretold: refusals.rows + beyond }).toEqual({ table, foretold: refused.size });
      await verify(run, table, new Set(refused.keys()));
      await judge(run, db, table, refused);
      if (refused.size > 0) incomplete.add(table);
    }
    for (const table of database.tables) {
      const client = await bench.pool.connect();
      const copy = new Database(db.serialize());
      try {
        tried += await judgeDeclared({
          table,
          mapping: run.table(table.name),
          run,
          db: copy,
          client,
          notCarried,
          refused: refusedSteps,
          incomplete,
        });
      } finally {
        copy.close();
        client.release();
      }
    }
  } finally {
    db.close();
    rmSync(snapshot, { force: true });
    rmSync(source, { force: true });
    await bench.sql(`DROP SCHEMA "${run.staging}" CASCADE`);
  }
}

/** Quarantined rows by their place, with the column that is to blame. */
async function quarantined(run: PreparedRun, table: string): Promise<Map<bigint, string | null>> {
  const { rows } = await bench.pool.query<{ locator: string; column: string | null }>(
    'SELECT locator::text, column_name AS column FROM sqlift.quarantine WHERE run = $1 AND table_name = $2',
    [run.run, table],
  );
  return new Map(rows.map(({ locator, column }) => [BigInt(locator), column]));
}

/** Rows whose computed column is a number too small for PostgreSQL, of a table that is said to have such a column. */
async function outOfRange(run: PreparedRun, table: string, notCarried: readonly NotCarried[]): Promise<number> {
  if (!notCarried.some(({ kind, object }) => kind === 'calculation' && object.startsWith(`${table}.`))) return 0;
  const { rowCount } = await bench.pool.query(
    `SELECT FROM sqlift.quarantine WHERE run = $1 AND table_name = $2 AND reason = 'refused by PostgreSQL (SQLSTATE 22003)'`,
    [run.run, table],
  );
  return rowCount!;
}

async function verify(run: PreparedRun, table: string, refused: Set<bigint>): Promise<void> {
  const mapping = run.table(table);
  const ranges = (await readChunks(bench.pool, run.key(table), 0, 1_000_000)).map(({ range }) => range);
  const { differences } = await verifyTable({
    snapshotPath: run.file,
    catalog: run.catalog,
    target: bench.pool,
    location: run.place(mapping),
    mapping,
    ranges,
    quarantined: refused,
  });
  expect({ table, differences }).toEqual({ table, differences: [] });
}

/** Compares by the rules of this folder: rows of the target with those of the source that are not in quarantine, in whatever order. */
async function judge(
  run: PreparedRun,
  db: Database.Database,
  table: string,
  refused: ReadonlyMap<bigint, string | null>,
): Promise<void> {
  const { columns, origin, target } = run.table(table);
  const rowid = origin.kind === 'rowid' ? (origin.rowidName ?? origin.rowidAlias) : undefined;
  const rows = readRows(
    db,
    table,
    columns.map(({ source }) => source),
    rowid,
    origin.kind === 'without rowid' ? origin.primaryKey : [],
  );
  const expected: string[] = [];
  for (const [number, row] of rows.entries()) {
    const meanings = row.cells.map((cell, i) => meaningInSource(cell, columns[i]!));
    const place = row.rowid ?? BigInt(number);
    const blamed = refused.get(place);
    if (blamed !== undefined) {
      kept += 1;
      // PostgreSQL refused it, and says no column.
      if (blamed === null) continue;
      const index = columns.findIndex(({ source }) => source === blamed);
      expect({ table, blamed, meaning: meanings[index] }).toEqual({ table, blamed, meaning: UNHOLDABLE });
      continue;
    }
    expect({ table, row: row.cells, held: !meanings.includes(UNHOLDABLE) }).toEqual({
      table,
      row: row.cells,
      held: true,
    });
    expected.push(meanings.join('\u0000'));
  }
  const names = columns.map((column) => `${quoteName(column.target)}::text`);
  const { rows: found } = await bench.pool.query<(string | null)[]>({
    text: `SELECT ${names.join(', ')} FROM ${quoteName(run.staging)}.${quoteName(target)}`,
    rowMode: 'array',
  });
  const arrived = found.map((cells) => cells.map((cell, i) => meaningInTarget(cell, columns[i]!)).join('\u0000'));
  expect({ table, rows: arrived.sort() }).toEqual({ table, rows: expected.sort() });
  moved += arrived.length;
}
