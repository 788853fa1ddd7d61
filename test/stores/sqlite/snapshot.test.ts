import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqlite } from '../../../stores/sqlite/open';
import { takeSnapshot, verifySnapshot } from '../../../stores/sqlite/snapshot';
import type { Snapshot, SnapshotProgress } from '../../../stores/sqlite/snapshot';
import {
  crash,
  expectFailure,
  fingerprint,
  inOtherProcess,
  makeTorture,
  sharedData,
  temporaryFolder,
  testWithShared,
} from './fixtures';

function makeDatabase(folder: string, rows: number, journalMode = 'delete'): string {
  const path = join(folder, 'app.db');
  const db = new Database(path);
  db.pragma(`journal_mode = ${journalMode}`);
  db.exec(`CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB);
    INSERT INTO t(a) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT randomblob(1000) FROM n`);
  db.close();
  return path;
}

function count(snapshot: Snapshot): bigint {
  const db = openSqlite(snapshot.path);
  try {
    return db.prepare('SELECT count(*) FROM t').pluck().get() as bigint;
  } finally {
    db.close();
  }
}

test('a snapshot is the database page for page, read-only, alone in its folder, with its digest', async () => {
  const folder = temporaryFolder();
  const source = makeDatabase(folder, 5000);
  const destination = join(temporaryFolder(), 'new', 'folder', 'app.db');
  const progress: SnapshotProgress[] = [];
  const snapshot = await takeSnapshot({ source, destination, onProgress: (step) => progress.push(step) });
  const bytes = readFileSync(destination);
  expect(snapshot).toEqual({
    path: destination,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    pages: bytes.length / 4096,
    integrity: 'ok',
    journalMode: 'rollback',
  });
  expect(bytes.subarray(100).equals(readFileSync(source).subarray(100))).toBe(true);
  expect(statSync(destination).mode & 0o777).toBe(0o400);
  expect(readdirSync(dirname(destination))).toEqual(['app.db']);
  expect(new Set(progress.map(({ stage }) => stage))).toEqual(new Set(['copying', 'checking', 'digesting']));
  expect(progress.at(-1)).toEqual({ stage: 'digesting', bytesDone: bytes.length, bytesTotal: bytes.length });
});

test('a second snapshot replaces the first, and what an earlier attempt left', async () => {
  const folder = temporaryFolder();
  const source = makeDatabase(folder, 10);
  const destination = join(folder, 'snapshots', 'app.db');
  const first = await takeSnapshot({ source, destination });
  writeFileSync(`${destination}.partial-0000`, 'half');
  const db = new Database(source);
  db.exec('INSERT INTO t(a) VALUES (1)');
  db.close();
  const second = await takeSnapshot({ source, destination });
  expect(count(second)).toBe(11n);
  expect(second.sha256).not.toBe(first.sha256);
  expect(readdirSync(dirname(destination))).toEqual(['app.db']);
  await expectFailure(verifySnapshot(first), 'SnapshotDamaged', destination);
  await verifySnapshot(second);
});

test('a snapshot that was changed or is gone is noticed', async () => {
  const folder = temporaryFolder();
  const snapshot = await takeSnapshot({ source: makeDatabase(folder, 10), destination: join(folder, 'copy.db') });
  await verifySnapshot(snapshot);
  chmodSync(snapshot.path, 0o600);
  appendFileSync(snapshot.path, 'x');
  await expectFailure(verifySnapshot(snapshot), 'SnapshotDamaged', 'copy.db');
  rmSync(snapshot.path);
  await expectFailure(verifySnapshot(snapshot), 'ArtifactMissing', 'copy.db');
  expect(() => openSqlite(snapshot.path)).toThrow(expect.objectContaining({ code: 'ArtifactMissing' }));
});

describe('the source is never changed', () => {
  async function unchanged(folder: string): Promise<Snapshot> {
    const before = fingerprint(folder);
    const snapshot = await takeSnapshot({
      source: join(folder, 'app.db'),
      destination: join(temporaryFolder(), 'app.db'),
    });
    expect(fingerprint(folder)).toEqual(before);
    return snapshot;
  }

  test.each(['delete', 'persist', 'truncate', 'wal'])('in %s mode with nobody connected', async (mode) => {
    const folder = temporaryFolder();
    makeDatabase(folder, 100, mode);
    const snapshot = await unchanged(folder);
    expect(count(snapshot)).toBe(100n);
    expect(snapshot.journalMode).toBe(mode === 'wal' ? 'wal' : 'rollback');
  });

  test('in WAL mode with a program connected and rows in -wal only: they are in the snapshot', async () => {
    const folder = temporaryFolder();
    const path = makeDatabase(folder, 100, 'wal');
    const other = await inOtherProcess(
      path,
      `globalThis.db = new Database(path); db.exec('INSERT INTO t(a) VALUES (1)'); say();`,
    );
    try {
      const before = fingerprint(folder);
      const snapshot = await takeSnapshot({ source: path, destination: join(temporaryFolder(), 'app.db') });
      const after = fingerprint(folder);
      expect(Object.keys(after)).toEqual(['app.db', 'app.db-shm', 'app.db-wal']);
      // A reader's mark goes to -shm, as any reader's does.
      expect({ ...after, 'app.db-shm': '' }).toEqual({ ...before, 'app.db-shm': '' });
      expect(count(snapshot)).toBe(101n);
    } finally {
      await crash(other);
    }
  });

  test.each([
    ['with -shm left behind', ['app.db-shm']],
    ['without -shm', []],
  ])('after a crash in WAL mode %s: committed rows of -wal are in the snapshot', async (_, shm) => {
    const folder = temporaryFolder();
    const path = makeDatabase(folder, 100, 'wal');
    await crash(
      await inOtherProcess(
        path,
        `globalThis.db = new Database(path); db.exec('INSERT INTO t(a) VALUES (1), (2)'); db.exec('BEGIN; DELETE FROM t'); say();`,
      ),
    );
    if (shm.length === 0) rmSync(`${path}-shm`);
    const before = fingerprint(folder);
    const snapshot = await takeSnapshot({ source: path, destination: join(temporaryFolder(), 'app.db') });
    const after = fingerprint(folder);
    expect(Object.keys(after)).toEqual(['app.db', ...shm, 'app.db-wal']);
    for (const name of ['app.db', 'app.db-wal']) expect(after[name]).toBe(before[name]);
    expect(count(snapshot)).toBe(102n);
  });

  test('after a crash in the middle of a commit in rollback mode: the copy is rolled back, the source is not', async () => {
    const folder = temporaryFolder();
    const path = makeDatabase(folder, 2000);
    // A cache of ten pages spills uncommitted pages into the database before the commit.
    await crash(
      await inOtherProcess(
        path,
        `globalThis.db = new Database(path); db.pragma('cache_size = 10'); db.exec('BEGIN; DELETE FROM t WHERE id % 2; UPDATE t SET a = randomblob(900)'); say();`,
      ),
    );
    expect(existsSync(`${path}-journal`)).toBe(true);
    const snapshot = await unchanged(folder);
    expect(count(snapshot)).toBe(2000n);
    expect(snapshot.integrity).toBe('ok');
  });
});

test('an empty file has an empty snapshot', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'empty.db'), '');
  const snapshot = await takeSnapshot({ source: join(folder, 'empty.db'), destination: join(folder, 'copy.db') });
  expect(snapshot).toMatchObject({ bytes: 0, pages: 0, integrity: 'ok' });
  await verifySnapshot(snapshot);
});

test('an exclusive lock is waited for, then reported, and nothing is left', async () => {
  const folder = temporaryFolder();
  const path = makeDatabase(folder, 10);
  const destination = join(temporaryFolder(), 'app.db');
  const other = await inOtherProcess(path, `globalThis.db = new Database(path); db.exec('BEGIN EXCLUSIVE'); say();`);
  try {
    await expectFailure(takeSnapshot({ source: path, destination, patience: 300 }), 'SourceLocked', path);
    expect(readdirSync(dirname(destination))).toEqual([]);
  } finally {
    await crash(other);
  }
});

test('an aborted snapshot ends at once with the reason, and leaves nothing', async () => {
  const folder = temporaryFolder();
  const path = makeDatabase(folder, 10);
  const destination = join(temporaryFolder(), 'app.db');
  const other = await inOtherProcess(path, `globalThis.db = new Database(path); db.exec('BEGIN EXCLUSIVE'); say();`);
  try {
    const reason = new Error('stop');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 500);
    await expect(takeSnapshot({ source: path, destination, signal: controller.signal })).rejects.toBe(reason);
    expect(readdirSync(dirname(destination))).toEqual([]);
    await expect(takeSnapshot({ source: path, destination, signal: controller.signal })).rejects.toBe(reason);
  } finally {
    await crash(other);
  }
});

test('the caller’s event loop goes on while a snapshot is taken', async () => {
  const folder = temporaryFolder();
  const path = makeDatabase(folder, 60_000);
  let longest = 0;
  let last = Date.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, Date.now() - last);
    last = Date.now();
  }, 10);
  await takeSnapshot({ source: path, destination: join(folder, 'copy.db') });
  clearInterval(timer);
  expect(longest).toBeLessThan(1000);
});

test('a destination that cannot be written to is not taken for an unreadable source', async () => {
  const folder = temporaryFolder();
  const source = makeDatabase(folder, 10);
  await expectFailure(takeSnapshot({ source, destination: join(source, 'app.db') }), 'FolderUnwritable', source);
});

test('a read-only folder is no obstacle', async () => {
  const folder = temporaryFolder();
  const mounted = join(folder, 'mounted');
  const kept = join(folder, 'kept');
  for (const path of [mounted, kept]) mkdirSync(path);
  await crash(
    await inOtherProcess(
      makeDatabase(kept, 50, 'wal'),
      `globalThis.db = new Database(path); db.exec('INSERT INTO t(a) VALUES (1)'); say();`,
    ),
  );
  if (!mount(['--bind', '-o', 'ro', kept, mounted])) return;
  try {
    const snapshot = await takeSnapshot({ source: join(mounted, 'app.db'), destination: join(folder, 'copy.db') });
    expect(count(snapshot)).toBe(51n);
  } finally {
    execFileSync('umount', [mounted]);
  }
});

test('a full disk is named, and the partial copy is removed', async () => {
  const folder = temporaryFolder();
  const source = makeDatabase(folder, 3000);
  const full = join(folder, 'full');
  mkdirSync(full);
  if (!mount(['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', full])) return;
  try {
    await expectFailure(takeSnapshot({ source, destination: join(full, 'app.db') }), 'DiskFull', full);
    expect(readdirSync(full)).toEqual([]);
  } finally {
    execFileSync('umount', [full]);
  }
});

test('a disk that fills up during the copy is named, and the partial copy is removed', async () => {
  const folder = temporaryFolder();
  const full = join(folder, 'full');
  mkdirSync(full);
  // The database is as large as the disk, which leaves no room for the journal of the last step.
  if (!mount(['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', full])) return;
  try {
    const source = makeDatabase(folder, 3200);
    const db = new Database(source);
    db.exec('DELETE FROM t WHERE id > 2990; VACUUM; PRAGMA journal_mode = wal');
    db.close();
    const room = 4 * 1024 * 1024;
    writeFileSync(join(full, 'ballast'), Buffer.alloc(room - statSync(source).size));
    await expectFailure(takeSnapshot({ source, destination: join(full, 'app.db') }), 'DiskFull', full);
    expect(readdirSync(full)).toEqual(['ballast']);
  } finally {
    execFileSync('umount', [full]);
  }
});

/** False where the machine does not let us mount: the test is then of no use and says so. */
function mount(options: string[]): boolean {
  try {
    execFileSync('mount', options, { stdio: 'ignore' });
    return true;
  } catch {
    console.warn(`skipped: mount ${options.join(' ')} is not permitted here`);
    return false;
  }
}

describe('torture databases', () => {
  let out = '';
  beforeAll(() => {
    if (existsSync(sharedData('torture'))) out = makeTorture(temporaryFolder());
  });
  const snapshotOf = (file: string) =>
    takeSnapshot({ source: join(out, file), destination: join(out, 'snapshots', basename(file)) });

  testWithShared('overwritten pages are refused with SQLite’s words, and nothing is left', async () => {
    await expectFailure(snapshotOf('torture_corrupt.db'), 'SourceCorrupt', 'Tree 7 page 7');
    expect(existsSync(join(out, 'snapshots/torture_corrupt.db'))).toBe(false);
  });

  testWithShared('rows that break constraints are reported', async () => {
    expect((await snapshotOf('torture_integrity.db')).integrity).toEqual({
      problems: ['NUMERIC value in af.t', 'NUMERIC value in af.t', 'NULL value in nn.v'],
    });
  });

  testWithShared('functions and collations of the application are no damage', async () => {
    expect((await snapshotOf('torture_foreign.db')).integrity).toEqual({
      problems: [
        'fn cannot be checked: unknown function: app_norm()',
        'tag cannot be checked: no such collation sequence: UNICASE',
      ],
    });
  });

  testWithShared('damage is found even where a function of the application is missing', async () => {
    const path = join(out, 'torture_foreign.db');
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 3 * 4096, 4 * 4096);
    writeFileSync(path, bytes);
    await expectFailure(snapshotOf('torture_foreign.db'), 'SourceCorrupt', 'torture_foreign.db is damaged');
  });

  testWithShared('rows that are only in a -wal whose database was copied are there', async () => {
    utimesSync(join(out, 'torture_wal/copy.db'), new Date(), new Date());
    const before = fingerprint(join(out, 'torture_wal'));
    const snapshot = await snapshotOf('torture_wal/copy.db');
    expect(fingerprint(join(out, 'torture_wal'))).toEqual(before);
    const db = openSqlite(snapshot.path);
    expect(db.prepare('SELECT count(*) FROM sqlite_schema WHERE name = ?').pluck().get('only_in_wal')).toBe(1n);
    db.close();
  });
});
