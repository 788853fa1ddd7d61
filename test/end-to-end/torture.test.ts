import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeTorture } from '../stores/sqlite/fixtures';
import { Migrations } from '../support/migration';
import { draftOf } from '../support/plans';

const shared = path.resolve(__dirname, '../../../shared/data/torture');

(existsSync(shared) ? describe : describe.skip)(
  'the torture databases, by a plan that nobody edited (needs ../shared)',
  () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-torture-'));
    let migrations: Migrations;
    let files: string;

    beforeAll(async () => {
      files = makeTorture(folder);
      migrations = await Migrations.open();
      await migrations.startWorker();
    });
    afterAll(async () => {
      await migrations.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Migrates a file whole; gives what went to quarantine, by table. */
    async function migrate(file: string): Promise<Record<string, number>> {
      const name = path.basename(file, path.extname(file)).replaceAll('_', '-');
      const started = await migrations.start(await draftOf(path.join(files, file), name), { acceptQuarantine: true });
      const { state } = await started.result();
      const { verification, tables } = await migrations.report(started.run);
      expect({ state, verification }).toEqual({
        state: 'published',
        verification: { state: 'verified', differences: [] },
      });
      expect(tables.filter((table) => table.loaded + table.quarantined !== table.sourceRows)).toEqual([]);
      return Object.fromEntries(
        tables.filter((table) => table.quarantined > 0).map((table) => [table.table, table.quarantined]),
      );
    }

    test('133 traps in 98 tables: every row arrives, or is in quarantine', async () => {
      expect(Object.values(await migrate('torture.db')).reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(1);
    });

    test('of a UTF-16 file, only text that no UTF-8 can hold goes to quarantine', async () => {
      expect(await migrate('torture_utf16.db')).toEqual({ t16: 2 });
    });

    test('a file that violates its own schema is moved all the same', async () => {
      expect(await migrate('torture_integrity.db')).toEqual({});
    });

    test('columns, collations and modules that only the application knows do not hold up the rest', async () => {
      expect(await migrate('torture_foreign.db')).toEqual({});
    });

    test('a row too wide for PostgreSQL goes to quarantine, a table too wide is named', async () => {
      expect(await migrate('torture_wide.db')).toEqual({ widetext: 1 });
    });

    test('rows that are only in the write-ahead log arrive', async () => {
      expect(await migrate(path.join('torture_wal', 'copy.db'))).toEqual({});
    });
  },
);
