import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { sharedData } from '../stores/sqlite/fixtures';
import { affinity } from './letters/affinity';
import { blobs, booleans } from './letters/blobs-booleans';
import { datesAndTimes } from './letters/dates';
import { defaultsAndChecks } from './letters/defaults-checks';
import { otherFiles } from './letters/files';
import { foreignKeys } from './letters/foreign-keys';
import { generatedColumns } from './letters/generated';
import { indexes } from './letters/indexes';
import { jsonDocuments } from './letters/json';
import { names } from './letters/names';
import { numbers } from './letters/numbers';
import { rowsAndKeys } from './letters/rows';
import { otherStores } from './letters/stores';
import { texts } from './letters/texts';
import { viewsAndTriggers } from './letters/views';
import { virtualTables } from './letters/virtual';
import { main, torture, tortureClose, tortureOpen } from './sources';

/**
 * The torture databases, each migrated once by a plan that nobody edited, and a test for each line of EXPECTED.md, named by its id.
 * Users do not have ../shared: there, bench/fidelity shows the same with databases of our own.
 */
(existsSync(sharedData('torture')) ? describe : describe.skip)('the torture databases (needs ../shared)', () => {
  beforeAll(tortureOpen, 300_000);
  afterAll(tortureClose);

  test('Z00 the numbers that the application left in the file’s header are in the report', () => {
    expect(main().report.sources).toMatchObject([{ applicationId: 1414681925, userVersion: 42, encoding: 'UTF-8' }]);
  });
  affinity();
  numbers();
  texts();
  blobs();
  booleans();
  datesAndTimes();
  jsonDocuments();
  generatedColumns();
  rowsAndKeys();
  virtualTables();
  viewsAndTriggers();
  indexes();
  foreignKeys();
  names();
  defaultsAndChecks();
  otherStores();
  otherFiles();

  test.each(['main', 'utf16', 'wide', 'integrity', 'foreign', 'wal'] as const)(
    'every row of every table of %s is in the target, each cell as it was, or whole in quarantine; and verified',
    async (source) => {
      const migrated = torture.migrated[source];
      expect(migrated.report.verification).toEqual({ state: 'verified', differences: [] });
      expect(migrated.report.tables.length).toBeGreaterThan(0);
      for (const { table, sourceRows, loaded, quarantined } of migrated.report.tables) {
        expect([table, loaded + quarantined]).toEqual([table, sourceRows]);
        expect([table, await migrated.unaccounted(table)]).toEqual([table, []]);
      }
    },
  );

  test('no row goes to quarantine that PostgreSQL could hold', () => {
    const rows = Object.values(torture.migrated).flatMap(({ report }) =>
      report.tables
        .filter(({ quarantined }) => quarantined > 0)
        .map(({ table, quarantined }) => `${table}: ${quarantined}`),
    );
    const few = ['a_affinity: 1', 't16: 2', 'widetext: 1'];
    expect(rows.filter((row) => !few.includes(row))).toEqual([]);
  });

  test('each line of EXPECTED.md has its test', () => {
    const ids = [...readFileSync(sharedData('torture/EXPECTED.md'), 'utf8').matchAll(/^\| ([A-Z]\d\d) \|/gm)].map(
      ([, id]) => id!,
    );
    expect(ids).toHaveLength(133);
    const files = [
      __filename,
      // T: folders of files as sources.
      path.join(__dirname, '../end-to-end/files.test.ts'),
      ...['letters', '.'].flatMap((folder) =>
        readdirSync(path.join(__dirname, folder)).map((file) => path.join(__dirname, folder, file)),
      ),
    ];
    const named = new Set(
      files
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/['`]([A-Z]\d\d)[ :]/g)].map(([, id]) => id!)),
    );
    expect(ids.filter((id) => !named.has(id))).toEqual([]);
  });
});
