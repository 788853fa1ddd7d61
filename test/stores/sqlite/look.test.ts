import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqlite } from '../../../stores/sqlite/open';
import { copyToLook, surveyCopy } from '../../../stores/sqlite/look';
import {
  crash,
  expectFailure,
  fingerprint,
  inOtherProcess,
  makeTorture,
  temporaryFolder,
  testWithShared,
} from './fixtures';

const folder = temporaryFolder();

test('a copy has the rows that are only in the write-ahead log; the source stays as it is', async () => {
  const live = temporaryFolder();
  const source = join(live, 'app.db');
  const writer = await inOtherProcess(
    source,
    `const db = new Database(path); db.pragma('journal_mode = wal'); db.exec('CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)'); say();`,
  );
  try {
    const before = fingerprint(live);
    const copy = await copyToLook(source, join(folder, 'wal.db'));
    expect(copy).toEqual({
      path: join(folder, 'wal.db'),
      bytes: statSync(source).size,
      journalMode: 'wal',
      walBytes: statSync(`${source}-wal`).size,
    });
    expect(copy.walBytes).toBeGreaterThan(0);
    const db = openSqlite(copy.path);
    expect(db.prepare('SELECT count(*) FROM t').pluck().get()).toBe(2n);
    db.close();
    const { 'app.db-shm': _, ...after } = fingerprint(live);
    const { 'app.db-shm': __, ...expected } = before;
    expect(after).toEqual(expected);
  } finally {
    await crash(writer);
  }
});

test('a survey measures every tree, and says what breaks the schema', async () => {
  const file = join(folder, 'odd.db');
  const db = new Database(file);
  db.exec(`
    CREATE TABLE big (id INTEGER PRIMARY KEY, body BLOB, tag TEXT);
    CREATE INDEX big_tag ON big (tag);
    CREATE TABLE nn (id INTEGER PRIMARY KEY, v TEXT);
    CREATE TABLE gone (a);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO big SELECT i, randomblob(2000), 'tag ' || i FROM n;
    INSERT INTO gone SELECT body FROM big;
    DROP TABLE gone;
    INSERT INTO nn VALUES (1, 'x'), (2, NULL);`);
  db.unsafeMode(true);
  db.pragma('writable_schema = on');
  db.exec(
    `UPDATE sqlite_schema SET sql = 'CREATE TABLE nn (id INTEGER PRIMARY KEY, v TEXT NOT NULL)' WHERE name = 'nn'`,
  );
  const pages = db.pragma('page_count', { simple: true }) as number;
  const free = db.pragma('freelist_count', { simple: true }) as number;
  db.close();
  const { integrity, trees, freePages, violatedChecks } = await surveyCopy(file, file);
  expect(integrity).toEqual({ problems: ['NULL value in nn.v'] });
  expect(freePages).toBe(free);
  expect(violatedChecks).toEqual([]);
  expect(Object.keys(trees).sort()).toEqual(['big', 'big_tag', 'nn', 'sqlite_schema']);
  expect(Object.values(trees).reduce((sum, bytes) => sum + bytes, 0)).toBe((pages - free) * 4096);
  expect(trees['big']!).toBeGreaterThan(500 * 2000);
  expect(trees['nn']).toBe(4096);
});

testWithShared('a survey refuses damaged pages, by the name of the source', async () => {
  const file = join(makeTorture(temporaryFolder()), 'torture_corrupt.db');
  const copy = await copyToLook(file, join(folder, 'corrupt.db'));
  await expectFailure(surveyCopy(copy.path, file), 'SourceCorrupt', file);
});

test('of a file that is not a database nothing is left', async () => {
  const alone = temporaryFolder();
  await expectFailure(copyToLook(__filename, join(alone, 'copy.db')), 'SourceNotSqlite', __filename);
  await expectFailure(copyToLook(join(alone, 'no.db'), join(alone, 'copy.db')), 'SourceMissing', 'no.db');
  expect(readdirSync(alone)).toEqual([]);
});
