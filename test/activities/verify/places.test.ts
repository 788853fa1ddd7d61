import type Database from 'better-sqlite3';
import { verifyTable } from '../../../activities/verify/verify-table';
import type { TableVerdict, VerifyTableInput } from '../../../activities/verify/verify-table';
import { readChunks } from '../../../stores/ledger/chunks';
import { readLocators } from '../../../stores/ledger/quarantine';
import { ImportBench } from '../../support/loaded-run';
import type { PreparedRun } from '../../support/loaded-run';

/** Rows as import has left them, by both readings: where chunks are counted off, and where the rows go to a table that is there. */

let bench: ImportBench;
beforeAll(async () => void (bench = await ImportBench.open()));
afterAll(() => bench.close());

/** Compares a table in staging; `again` are the chunks of the second reading. */
async function compared(
  run: PreparedRun,
  name: string,
  again: 'none' | 'all' | number[],
  more: Partial<VerifyTableInput> = {},
): Promise<TableVerdict> {
  const mapping = run.table(name);
  const ranges = (await readChunks(bench.pool, run.key(name), 0, 1_000)).map(({ range }) => range);
  expect(ranges.length).toBeGreaterThan(3);
  return await verifyTable({
    snapshotPath: run.file,
    catalog: run.catalog,
    target: bench.pool,
    location: run.place(mapping),
    mapping,
    ranges,
    quarantined: new Set(await readLocators(bench.pool, run.key(name))),
    again: new Set(again === 'none' ? [] : again === 'all' ? ranges.keys() : again),
    ...more,
  });
}

const kinds = ({ differences }: TableVerdict) => differences.map(({ kind, key }) => `${kind} ${key ?? ''}`.trim());

describe('a table without rowids, some of its rows in quarantine', () => {
  let run: PreparedRun;
  const ROWS = 3_000;
  /** In the order of the key: what import refuses, in several chunks, the first and the last row among them. */
  const REFUSED = [0, 7, 8, 1_500, 2_400, ROWS - 1];
  const code = (n: number) => `k${String(n).padStart(5, '0')}`;

  beforeAll(async () => {
    run = await bench.prepare(
      (db: Database.Database) => {
        db.exec('CREATE TABLE coded (code TEXT PRIMARY KEY, n) WITHOUT ROWID');
        const insert = db.prepare('INSERT INTO coded VALUES (?, ?)');
        db.transaction(() => {
          for (let n = 0; n < ROWS; n++) insert.run(code(n), REFUSED.includes(n) ? 'no number' : BigInt(n));
        })();
      },
      { coded: { types: { code: 'text', n: 'bigint' }, primaryKey: { name: 'coded_pkey', columns: ['code'] } } },
      8_192,
    );
    expect(await run.load('coded')).toEqual({ rows: ROWS - REFUSED.length, quarantined: REFUSED.length });
    await run.finish();
  });

  test.each<['none' | 'all' | number[]]>([['none'], ['all'], [[0]], [[1, 2]]])(
    'its rows are where they belong by both readings (again: %j)',
    async (again) => {
      const verdict = await compared(run, 'coded', again);
      expect(verdict).toMatchObject({
        differences: [],
        sourceRows: ROWS,
        targetRows: ROWS - REFUSED.length,
        quarantined: REFUSED.length,
      });
      const chunks = (await readChunks(bench.pool, run.key('coded'), 0, 1_000)).length;
      expect(verdict.chunksAgain).toBe(again === 'none' ? 0 : again === 'all' ? chunks : again.length);
    },
  );

  test('both readings number rows alike: a digest is the same with and without the second', async () => {
    const [once, twice] = [await compared(run, 'coded', 'none'), await compared(run, 'coded', 'all')];
    expect(once.digest).toBe(twice.digest);
  });

  test('a row that is in quarantine by mistake, or out of it, is found', async () => {
    const places = await readLocators(bench.pool, run.key('coded'));
    expect(places).toEqual(REFUSED.map(BigInt));
    // Said to be in quarantine, and in the target all the same.
    const more = new Set([...places, 1_501n]);
    expect(kinds(await compared(run, 'coded', 'all', { quarantined: more }))).toEqual([`extra row ${code(1_501)}`]);
    // Not loaded, and not in quarantine.
    const fewer = new Set(places.filter((place) => place !== 8n));
    expect(kinds(await compared(run, 'coded', 'none', { quarantined: fewer }))).toEqual([`missing row ${code(8)}`]);
  });
});

describe('rows for a table that is there already, still in staging', () => {
  let run: PreparedRun;
  const ROWS = 2_000;

  beforeAll(async () => {
    run = await bench.prepare(
      (db: Database.Database) => {
        db.exec('CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT)');
        const insert = db.prepare('INSERT INTO visits VALUES (?, ?)');
        db.transaction(() => {
          for (let id = 1; id <= ROWS; id++) insert.run(id, `page ${id % 90}`);
        })();
      },
      {
        visits: {
          types: { id: 'bigint', page: 'text' },
          ifExists: 'append',
          primaryKey: { name: 'visits_pkey', columns: ['id'] },
        },
      },
      8_192,
    );
    await run.load('visits');
    // As the import activity does: keys and indexes are those of the table that is appended to.
    await run.finish();
    const indexes = `SELECT FROM pg_indexes WHERE schemaname = '${run.staging}' AND tablename = 'visits'`;
    expect(await bench.sql(indexes)).toEqual([]);
  });

  test.each<['none' | 'all' | number[]]>([['none'], ['all'], [[1, 3]]])(
    'are compared by both readings, without an index (again: %j)',
    async (again) => {
      const verdict = await compared(run, 'visits', again);
      expect(verdict).toMatchObject({ differences: [], sourceRows: ROWS, targetRows: ROWS });
      const chunks = (await readChunks(bench.pool, run.key('visits'), 0, 1_000)).length;
      expect(verdict.chunksAgain).toBe(again === 'none' ? 0 : again === 'all' ? chunks : again.length);
    },
  );

  test.each<['none' | 'all' | number[]]>([['none'], ['all'], [[1, 3]]])(
    'a changed one is found, whichever chunks are read again (again: %j)',
    async (again) => {
      await bench.sql(`UPDATE "${run.staging}".visits SET page = 'other' WHERE id = 1234`);
      try {
        expect((await compared(run, 'visits', again)).differences).toEqual([
          expect.objectContaining({ kind: 'cell', key: '1234', column: 'page', expected: 'page 64', found: 'other' }),
        ]);
      } finally {
        await bench.sql(`UPDATE "${run.staging}".visits SET page = 'page 64' WHERE id = 1234`);
      }
    },
  );
});
