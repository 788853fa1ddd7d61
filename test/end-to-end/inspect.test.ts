import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { FileInspection } from '../../core/inspection';
import { sqlift } from '../client/command-line';
import { makeTorture } from '../stores/sqlite/fixtures';
import { Migrations } from '../support/migration';
import { draftOf } from '../support/plans';

const shared = path.resolve(__dirname, '../../../shared/data/torture');

(existsSync(shared) ? describe : describe.skip)('inspect foretells what a run quarantines (needs ../shared)', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-inspect-'));
  let migrations: Migrations;
  let files: string;
  let foretold = 0;

  beforeAll(async () => {
    files = makeTorture(folder);
    migrations = await Migrations.open();
    await migrations.startWorker();
  });
  afterAll(async () => {
    await migrations.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    'torture.db',
    'torture_utf16.db',
    'torture_wide.db',
    'torture_integrity.db',
    'torture_foreign.db',
    'torture_wal/copy.db',
  ])('%s: rows of each table, by reason', async (name) => {
    const file = path.join(files, name);
    const env = { SQLIFT_HOME: path.join(folder, 'home') };
    const { stdout } = await sqlift(['inspect', file, '--json'], { env });
    const [found] = (JSON.parse(stdout) as { files: FileInspection[] }).files;

    const started = await migrations.start(await draftOf(file, path.basename(file, '.db').replaceAll('_', '-')), {
      acceptQuarantine: true,
    });
    await started.result();
    const report = await migrations.report(started.run);
    const byName = (a: { table: string; reason: string }, b: { table: string; reason: string }) =>
      a.table < b.table || (a.table === b.table && a.reason < b.reason) ? -1 : 1;
    const expected = report.quarantine.map(({ table, reason, rows }) => ({ table, reason, rows })).sort(byName);
    const byReason = found!.tables.flatMap(({ table, quarantine }) => {
      const reasons = new Map<string, number>();
      for (const { reason, rows } of quarantine.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + rows);
      return [...reasons].map(([reason, rows]) => ({ table, reason: reason as string, rows }));
    });
    expect(byReason.sort(byName)).toEqual(expected);
    expect(found!.tables.filter(({ target }) => target !== null).map(({ table, rows }) => [table, rows])).toEqual(
      report.tables.map(({ table, sourceRows }) => [table, sourceRows]),
    );
    foretold += expected.reduce((sum, { rows }) => sum + rows, 0);
  });

  test('some rows of these files are quarantined at all', () => expect(foretold).toBeGreaterThan(0));
});
