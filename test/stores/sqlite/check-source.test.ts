import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { checkSource } from '../../../stores/sqlite/open';
import { readLiveCatalog } from '../../../stores/sqlite/snapshot';
import { lookAt } from '../../../stores/sqlite/source-files';
import { crash, expectFailure, fingerprint, inOtherProcess, temporaryFolder } from './fixtures';

const folder = temporaryFolder();

function makeDatabase(name: string, pragma = 'journal_mode = delete'): string {
  const path = join(folder, name);
  const db = new Database(path);
  db.pragma(pragma);
  db.exec('CREATE TABLE t(a); INSERT INTO t SELECT randomblob(3000) FROM (VALUES (1), (2), (3), (4), (5))');
  db.close();
  return path;
}

test('a good file passes in every journal mode, through a symbolic link, and when it is empty', async () => {
  await checkSource(makeDatabase('delete.db'));
  await checkSource(makeDatabase('wal.db', 'journal_mode = wal'));
  await checkSource(makeDatabase('persist.db', 'journal_mode = persist'));
  symlinkSync(join(folder, 'delete.db'), join(folder, 'link.db'));
  await checkSource(join(folder, 'link.db'));
  writeFileSync(join(folder, 'empty.db'), '');
  await checkSource(join(folder, 'empty.db'));
});

test('checking a WAL database that nobody has open leaves nothing beside it', async () => {
  const alone = temporaryFolder();
  const db = new Database(join(alone, 'a.db'));
  db.pragma('journal_mode = wal');
  db.exec('CREATE TABLE t(a)');
  db.close();
  const before = fingerprint(alone);
  await checkSource(join(alone, 'a.db'));
  expect(fingerprint(alone)).toEqual(before);
});

test.each(['delete', 'wal', 'persist'])(
  'the schema of a file in journal mode %s is read without a trace, whether somebody has it open or not',
  async (mode) => {
    const alone = temporaryFolder();
    const path = join(alone, 'a.db');
    const db = new Database(path);
    db.pragma(`journal_mode = ${mode}`);
    db.exec('CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)');
    const tables = async () => {
      const scratch = join(temporaryFolder(), 'look', 'copy');
      const { tables: found } = await readLiveCatalog(path, { scratch });
      expect(readdirSync(dirname(scratch))).toEqual([]);
      return found.map(({ name, columns }) => `${name}: ${columns.map((column) => column.name).join()}`);
    };
    const open = fingerprint(alone);
    expect(await tables()).toEqual(['t: a,b']);
    // SQLite’s read mark in -shm is all that may change while somebody has it open.
    expect(Object.keys(fingerprint(alone))).toEqual(Object.keys(open));
    db.exec('CREATE TABLE u(c)');
    db.close();
    const closed = fingerprint(alone);
    expect(await tables()).toEqual(['t: a,b', 'u: c']);
    expect(fingerprint(alone)).toEqual(closed);
  },
);

test('the schema of what is no database is refused like the file itself', async () => {
  const scratch = join(temporaryFolder(), 'copy');
  writeFileSync(join(folder, 'note.db'), 'hello');
  await expectFailure(readLiveCatalog(join(folder, 'note.db'), { scratch }), 'SourceNotSqlite', 'note.db');
  await expectFailure(readLiveCatalog(join(folder, 'none.db'), { scratch }), 'SourceMissing', 'none.db');
});

test('a missing file, a folder and a device are told apart', async () => {
  await expectFailure(checkSource(join(folder, 'nothing.db')), 'SourceMissing', 'nothing.db');
  await expectFailure(checkSource(join(folder, 'delete.db', 'x.db')), 'SourceMissing', 'x.db');
  await expectFailure(checkSource(folder), 'SourceNotAFile', folder);
  await expectFailure(checkSource('/dev/null'), 'SourceNotAFile', '/dev/null');
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await expectFailure(checkSource(join(folder, 'pipe')), 'SourceNotAFile', 'pipe');
});

test('another kind of file and an encrypted one are no SQLite database', async () => {
  for (const [name, content] of [
    ['text.db', 'hello'],
    ['encrypted.db', randomBytes(8192)],
    ['short.db', 'SQLite format 3'],
  ] as const) {
    writeFileSync(join(folder, name), content);
    await expectFailure(checkSource(join(folder, name)), 'SourceNotSqlite', name);
  }
});

test('a file that was cut off is corrupt', async () => {
  const path = makeDatabase('cut.db');
  truncateSync(path, 8192);
  await expectFailure(checkSource(path), 'SourceCorrupt', 'cut.db is cut off: it has 8192 bytes');
  truncateSync(path, 50);
  await expectFailure(checkSource(path), 'SourceCorrupt', 'cut.db is cut off');
});

test('a schema that SQLite cannot parse is corrupt', async () => {
  const path = makeDatabase('schema.db');
  const bytes = readFileSync(path);
  bytes.write('CREATE TABLX', bytes.indexOf('CREATE TABLE'));
  writeFileSync(path, bytes);
  await expectFailure(checkSource(path), 'SourceCorrupt', 'schema.db is damaged: malformed database schema');
});

test('a file locked by another program is waited for, then reported', async () => {
  const path = makeDatabase('locked.db');
  const other = await inOtherProcess(path, `const db = new Database(path); db.exec('BEGIN EXCLUSIVE'); say();`);
  try {
    const began = Date.now();
    await expectFailure(checkSource(path, { patience: 300 }), 'SourceLocked', 'locked.db');
    expect(Date.now() - began).toBeGreaterThan(250);
    const patient = checkSource(path, { patience: 20_000 });
    setTimeout(() => other.kill('SIGKILL'), 300);
    await patient;
  } finally {
    await crash(other);
  }
});

test('a name that the driver would trim is refused rather than taken for another file', async () => {
  makeDatabase('name.db');
  writeFileSync(join(folder, 'name.db '), readFileSync(join(folder, 'name.db')));
  await expectFailure(checkSource(join(folder, 'name.db ')), 'SourceUnreadable', 'white space');
});

// Root reads everything, so the check is made as another user.
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;
testAsRoot('a file without the right to read it is unreadable', async () => {
  const path = makeDatabase('secret.db');
  chmodSync(folder, 0o755);
  chmodSync(path, 0o600);
  mkdirSync(join(folder, 'closed'), { mode: 0o700 });
  const lookAsNobody = async (file: string) => {
    process.seteuid!(65_534);
    try {
      lookAt(file);
    } finally {
      process.seteuid!(0);
    }
  };
  await expectFailure(lookAsNobody(path), 'SourceUnreadable', 'secret.db');
  await expectFailure(lookAsNobody(join(folder, 'closed', 'a.db')), 'SourceUnreadable', 'a.db');
});
