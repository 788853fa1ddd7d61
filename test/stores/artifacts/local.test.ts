import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalArtifacts } from '../../../stores/artifacts/local';
import { runFiles } from '../../../stores/artifacts/run-files';
import { expectSqliftError } from '../../support/loaded-run';

let root: string;
let artifacts: LocalArtifacts;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sqlift-artifacts-'));
  artifacts = new LocalArtifacts(path.join(root, 'home'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('what was stored comes back, with its digest, for the owner only', async () => {
  const sha256 = await artifacts.put('runs/r/plan.yaml', 'version: 1\n');
  expect(sha256).toBe(createHash('sha256').update('version: 1\n').digest('hex'));
  expect((await artifacts.get('runs/r/plan.yaml', sha256)).toString()).toBe('version: 1\n');
  expect(statSync(artifacts.path('runs/r/plan.yaml')).mode & 0o777).toBe(0o600);
  expect(statSync(artifacts.path('runs/r')).mode & 0o777).toBe(0o700);
  expect([
    await artifacts.has('runs/r/plan.yaml'),
    await artifacts.has('runs/r/other'),
    await artifacts.has('runs/r/plan.yaml/x'),
  ]).toEqual([true, false, false]);
});

test.each(['../x', 'runs/../../x', '/etc/passwd', '.', '', 'runs/..', '../home-too/x'])(
  'a key that leaves the root is refused: %p',
  async (key) => {
    const work = [
      () => artifacts.put(key, 'x'),
      () => artifacts.get(key),
      () => artifacts.remove(key),
      () => artifacts.has(key),
      () => artifacts.prepare(key),
    ];
    for (const attempt of work) await expectSqliftError(attempt(), 'Internal', 'leaves the root');
    expect(readdirSync(root)).toEqual([]);
  },
);

test('of many who store under one key at once, one wins whole, and nothing else is left', async () => {
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(200_000));
  await Promise.all(contents.map((content) => artifacts.put('runs/r/report.json', content)));
  expect(contents).toContain((await artifacts.get('runs/r/report.json')).toString());
  expect(readdirSync(artifacts.path('runs/r'))).toEqual(['report.json']);
});

test('what fails to be stored leaves what was there', async () => {
  await artifacts.put('runs/r/plan.yaml', 'old');
  // A folder in its place cannot be replaced by a file.
  mkdirSync(artifacts.path('runs/r/folder'));
  writeFileSync(path.join(artifacts.path('runs/r/folder'), 'x'), '');
  await expect(artifacts.put('runs/r/folder', 'new')).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(artifacts.path('runs/r')).sort()).toEqual(['folder', 'plan.yaml']);
});

test('content that is not what the run stored is refused', async () => {
  const sha256 = await artifacts.put('runs/r/plan.yaml', 'version: 1');
  writeFileSync(artifacts.path('runs/r/plan.yaml'), 'version: 2');
  await expectSqliftError(
    artifacts.get('runs/r/plan.yaml', sha256),
    'ArtifactMissing',
    'plan.yaml is not what the run stored',
  );
  expect((await artifacts.get('runs/r/plan.yaml')).toString()).toBe('version: 2');
  await expectSqliftError(artifacts.get('runs/r/nothing'), 'ArtifactMissing', 'nothing is missing');
});

test('removing takes a file, or all of a run, read-only files included, and succeeds when there is nothing', async () => {
  for (const key of [runFiles.plan('r'), runFiles.snapshot('r', 'main'), runFiles.plan('s')])
    await artifacts.put(key, 'x');
  chmodSync(artifacts.path(runFiles.snapshot('r', 'main')), 0o400);
  await artifacts.remove(runFiles.plan('r'));
  await artifacts.remove(runFiles.all('r'));
  await artifacts.remove(runFiles.all('r'));
  expect(readdirSync(artifacts.path('runs'))).toEqual(['s']);
});

/** A file system of 64 KB and 4 files, where the user may mount one. */
function tinyDisk(): string | undefined {
  const mount = path.join(root, 'tiny');
  mkdirSync(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=4', 'tmpfs', mount], { stdio: 'ignore' });
    return mount;
  } catch {
    return undefined;
  }
}

test('a full disk is named as one, and no part of the file is left', async () => {
  const mount = tinyDisk();
  if (mount === undefined) {
    console.warn('skipped: this user may not mount a tmpfs');
    return;
  }
  try {
    const tiny = new LocalArtifacts(mount);
    await tiny.put('small', 'old');
    await expectSqliftError(tiny.put('small', Buffer.alloc(1 << 20)), 'DiskFull', mount);
    expect(readdirSync(mount)).toEqual(['small']);
    expect((await tiny.get('small')).toString()).toBe('old');
    // No inode is left for the folders.
    await expectSqliftError(tiny.put('runs/r/plan.yaml', 'x'), 'DiskFull');
  } finally {
    execFileSync('umount', [mount]);
  }
});
