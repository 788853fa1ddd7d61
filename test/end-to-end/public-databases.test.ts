import path from 'node:path';
import { Migrations } from '../support/migration';
import { draftOf } from '../support/plans';
import { planNameOf, publicDatabases, publicFolder } from '../support/public-databases';

(publicDatabases.length > 0 ? describe : describe.skip)(
  'every public database, by a plan that nobody edited (needs ../shared)',
  () => {
    let migrations: Migrations;
    beforeAll(async () => {
      migrations = await Migrations.open();
      await migrations.startWorker();
    });
    afterAll(() => migrations.close());

    test.each(publicDatabases)(
      '%s: each source row is in the target or in quarantine with its reason, and every cell is verified',
      async (file) => {
        const started = await migrations.start(await draftOf(path.join(publicFolder, file), planNameOf(file)), {
          acceptQuarantine: true,
        });
        const { state } = await started.result();
        const report = await migrations.report(started.run);
        expect({ state, verification: report.verification }).toEqual({
          state: 'published',
          verification: { state: 'verified', differences: [] },
        });
        for (const table of report.tables) {
          expect({ table: table.table, rows: table.loaded + table.quarantined }).toEqual({
            table: table.table,
            rows: table.sourceRows,
          });
          const [schema, ...rest] = table.target.split('.');
          const { rows } = await migrations.pool.query<{ count: number }>(
            `SELECT count(*)::float8 AS count FROM "${schema}"."${rest.join('.').replaceAll('"', '""')}"`,
          );
          expect({ table: table.table, rows: rows[0]!.count }).toEqual({ table: table.table, rows: table.loaded });
        }
        const reasons = report.quarantine.reduce((sum, { rows }) => sum + rows, 0);
        expect(reasons).toBe(report.tables.reduce((sum, { quarantined }) => sum + quarantined, 0));
      },
    );
  },
);
