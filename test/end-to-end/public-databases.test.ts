import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { draftOf } from '../support/plans';
import { Migrations } from '../support/migration';

const shared = path.resolve(__dirname, '../../../shared/data/public');

const files = existsSync(shared)
  ? ['sqlite', 'geo', 'spider', 'chroma/philosopher', 'chroma/chroma_0424', 'chroma/chroma_159'].flatMap((folder) =>
      readdirSync(path.join(shared, folder))
        .filter((name) => /\.(sqlite3?|db|gpkg|mbtiles)$|^chrome_History/.test(name))
        .map((name) => path.join(folder, name)),
    )
  : [];

(files.length > 0 ? describe : describe.skip)(
  'every public database, by a plan that nobody edited (needs ../shared)',
  () => {
    let migrations: Migrations;
    beforeAll(async () => {
      migrations = await Migrations.open();
      await migrations.startWorker();
    });
    afterAll(() => migrations.close());

    test.each(files)(
      '%s: each source row is in the target or in quarantine with its reason, and every cell is verified',
      async (file) => {
        const name = file
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '-')
          .replaceAll(/^-|-$/g, '')
          .slice(0, 40);
        const started = await migrations.start(await draftOf(path.join(shared, file), name), {
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
