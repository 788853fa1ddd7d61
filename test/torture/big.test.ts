import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { CommandLine } from '../end-to-end/command-line';
import { sharedData } from '../stores/sqlite/fixtures';
import { Migrated } from './migrated';

/** `SQLIFT_TORTURE=big npx jest test/torture/big`: 150 MB in three values' worth of rows, and 1,200,000 narrow rows. Takes minutes. */
(process.env.SQLIFT_TORTURE === 'big' ? describe : describe.skip)(
  'the big torture database (SQLIFT_TORTURE=big)',
  () => {
    let shell: CommandLine;
    let big: Migrated;

    beforeAll(async () => {
      shell = await CommandLine.open();
      const script = shell.file('make_torture.py');
      copyFileSync(sharedData('torture/make_torture.py'), script);
      execFileSync('python3', [script, shell.file('out'), '--big'], { stdio: 'ignore' });
      const file = path.join(shell.file('out'), 'torture_big.db');
      big = await Migrated.open(file, await shell.migrate([file, '--yes']), shell.database.url);
    }, 900_000);
    afterAll(async () => {
      await big?.close();
      await shell.close();
    });

    test('U01 a text and a blob of 50 MB arrive to the byte', async () => {
      expect(big.entry('big')).toMatchObject({ sourceRows: 2, loaded: 2, quarantined: 0 });
      const source = big.source.prepare('SELECT CAST(t AS BLOB) AS t, b FROM big ORDER BY id').all() as {
        t: Buffer;
        b: Buffer;
      }[];
      const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      const there = await big.sql(
        `SELECT encode(sha256(convert_to(t, 'UTF8')), 'hex') AS t, encode(sha256(b), 'hex') AS b FROM ${big.name('big')} ORDER BY id`,
      );
      expect(there).toEqual([
        { t: sha256(source[0]!.t), b: null },
        { t: null, b: sha256(source[1]!.b) },
      ]);
      expect([source[0]!.t.length, source[1]!.b.length].map((bytes) => bytes > 50_000_000)).toEqual([true, true]);
    });

    // That a resume after a kill doubles nothing is shown by test/end-to-end/kill.test.ts.
    test('U02 each of 1,200,000 rows is there once', async () => {
      expect(big.entry('many')).toMatchObject({ sourceRows: 1_200_000, loaded: 1_200_000, quarantined: 0 });
      const sums = `SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(a) AS a, sum(length(t)) AS length`;
      const [there] = await big.sql(`${sums} FROM ${big.name('many')}`);
      const source = big.source.prepare(`${sums} FROM many`).get() as Record<string, number>;
      expect(there).toEqual(Object.fromEntries(Object.entries(source).map(([name, value]) => [name, String(value)])));
    });
  },
);
