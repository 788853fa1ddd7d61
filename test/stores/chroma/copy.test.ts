import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expectChroma } from '../../../stores/chroma/copy';
import { expectSqliftError } from '../../support/loaded-run';

test('a folder that is missing, empty or holds something else is said before anything is copied', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-chroma-'));
  try {
    await expectSqliftError(expectChroma(path.join(folder, 'none')), 'SourceMissing', 'no Chroma folder');
    await expectSqliftError(expectChroma(folder), 'SourceMissing', 'chroma.sqlite3');
    writeFileSync(path.join(folder, 'chroma.sqlite3'), 'no database, but long enough to be looked at '.repeat(20));
    await expectSqliftError(expectChroma(folder), 'SourceNotSqlite');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
