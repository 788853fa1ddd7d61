import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { createDatabase } from '../support/postgres';
import { makeTorture, temporaryFolder, testWithShared } from '../stores/sqlite/fixtures';
import { bytesOf, CommandLine, errorsIn } from './command-line';

const NOTES = `
  CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
  INSERT INTO notes VALUES (1, 'one'), (2, 'two');`;

let shell: CommandLine;
beforeAll(async () => {
  shell = await CommandLine.open();
});
afterAll(() => shell.close());

interface Refusal {
  exit: number;
  error: string;
  /** What the message must say: what, and where. */
  says: RegExp;
}

/** The command fails with exactly this one error, and leaves neither folder, file nor schema, nor a changed byte. */
async function refuses(
  argv: string[],
  { exit, error, says }: Refusal,
  { source, env, home }: { source?: string; env?: Record<string, string>; home?: string } = {},
): Promise<void> {
  const before = { traces: await shell.traces(home), bytes: source === undefined ? {} : bytesOf(source) };
  const { code, stdout, stderr } = await shell.sqlift(argv, env);
  expect({ code, stdout, errors: errorsIn(stderr) }).toEqual({ code: exit, stdout: '', errors: [error] });
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/^ {4}at /m);
  const bytes = source === undefined ? {} : bytesOf(source);
  expect({ traces: await shell.traces(home), bytes }).toEqual(before);
}

test('a file that is missing', () =>
  refuses(['migrate', 'gone.sqlite'], { exit: 1, error: 'SourceMissing', says: /gone\.sqlite does not exist/ }));

test('a name or schema on the command line that no plan may have', async () => {
  const source = shell.makeSource('named.sqlite', NOTES);
  for (const option of [
    ['--name', 'A B'],
    ['--name', 'a/b'],
    ['--schema', 's'.repeat(64)],
  ])
    await refuses(
      ['migrate', 'named.sqlite', '--yes', ...option],
      { exit: 2, error: 'PlanInvalid', says: /name|schema/ },
      { source },
    );
});

test('a folder', async () => {
  mkdirSync(shell.file('folder.sqlite'));
  await refuses(['migrate', 'folder.sqlite'], {
    exit: 1,
    error: 'SourceNotAFile',
    says: /is a folder without any file that is read/,
  });
});

test.each([
  ['text', Buffer.from('Dear diary,\n'.repeat(200))],
  ['an encrypted database, which looks like noise', randomBytes(8192)],
])('a file that is not SQLite: %s', async (_what, bytes) => {
  const source = shell.file('diary.sqlite');
  writeFileSync(source, bytes);
  await refuses(
    ['migrate', 'diary.sqlite'],
    { exit: 1, error: 'SourceNotSqlite', says: /diary\.sqlite[^]*encrypted/ },
    { source },
  );
});

testWithShared('a corrupt file (needs ../shared)', async () => {
  const source = shell.file('broken.sqlite');
  copyFileSync(path.join(makeTorture(temporaryFolder()), 'torture_corrupt.db'), source);
  await refuses(['migrate', 'broken.sqlite'], { exit: 1, error: 'SourceCorrupt', says: /\.recover/ }, { source });
});

test('a file that another program has locked', async () => {
  const source = shell.makeSource('locked.sqlite', NOTES);
  const writer = lockedBy(source);
  try {
    await once(writer.stdout, 'data');
    await refuses(['migrate', 'locked.sqlite'], { exit: 1, error: 'SourceLocked', says: /locked\.sqlite/ });
  } finally {
    writer.kill('SIGKILL');
  }
  // Looked at afterwards: reading a file here would not disturb the lock, but a journal left by us would show.
  expect(Object.keys(bytesOf(source))).toEqual(['locked.sqlite']);
});

test('a PostgreSQL that cannot be reached: host, port and setting are named, the password is not', async () => {
  const source = shell.makeSource('unreachable.sqlite', NOTES);
  const port = await closedPort();
  await refuses(
    ['migrate', 'unreachable.sqlite'],
    { exit: 4, error: 'TargetUnreachable', says: new RegExp(`127\\.0\\.0\\.1:${port} \\(environment DATABASE_URL\\)`) },
    { source, env: { DATABASE_URL: `postgres://me:hunter22@127.0.0.1:${port}/app` } },
  );
});

test('a Temporal that cannot be reached', async () => {
  const source = shell.makeSource('nowhere.sqlite', NOTES);
  const address = `127.0.0.1:${await closedPort()}`;
  await refuses(
    ['migrate', 'nowhere.sqlite'],
    { exit: 4, error: 'TemporalUnreachable', says: new RegExp(address.replaceAll('.', '\\.')) },
    { source, env: { TEMPORAL_ADDRESS: address } },
  );
});

test('a wrong password', async () => {
  const source = shell.makeSource('stranger.sqlite', NOTES);
  const url = new URL(shell.database.url);
  url.password = 'not-the-password';
  const { code } = await connects(url.href);
  // A server that trusts whoever comes cannot show it: a user that it does not know is refused all the same.
  if (code === undefined) url.username = 'nobody_we_know';
  await refuses(
    ['migrate', 'stranger.sqlite'],
    { exit: 4, error: 'TargetAccessDenied', says: /environment DATABASE_URL/ },
    { source, env: { DATABASE_URL: url.href } },
  );
});

test('a read-only PostgreSQL', async () => {
  const source = shell.makeSource('frozen.sqlite', NOTES);
  const frozen = await createDatabase();
  try {
    await shell.pool.query(`ALTER DATABASE ${frozen.name} SET default_transaction_read_only = on`);
    await refuses(
      ['migrate', 'frozen.sqlite'],
      { exit: 1, error: 'TargetReadOnly', says: /accepts no writes/ },
      { source, env: { DATABASE_URL: frozen.url } },
    );
  } finally {
    await frozen.drop();
  }
});

const small = mkdtempSync(path.join(os.tmpdir(), 'sqlift-small-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]).status === 0;
afterAll(() => {
  if (mounted) execFileSync('umount', ['-l', small]);
  rmdirSync(small);
});
(mounted ? test : test.skip)('a disk that is too small for the snapshot (needs the right to mount)', async () => {
  const source = shell.makeSource(
    'large.sqlite',
    `CREATE TABLE t (b BLOB); INSERT INTO t VALUES (randomblob(4000000));`,
  );
  await refuses(
    ['migrate', 'large.sqlite'],
    { exit: 1, error: 'DiskFull', says: new RegExp(small) },
    { source, env: { SQLIFT_HOME: small }, home: small },
  );
});

describe('a plan', () => {
  const plan = (edit: (text: string) => string): string => {
    const file = shell.file('notes.plan.yaml');
    writeFileSync(file, edit(readFileSync(shell.file('draft.plan.yaml'), 'utf8')));
    return 'notes.plan.yaml';
  };
  beforeAll(async () => {
    shell.makeSource('notes.sqlite', NOTES);
    expect((await shell.sqlift(['plan', 'notes.sqlite', '-o', 'draft.plan.yaml'])).code).toBe(0);
  });

  test('with a typo in a key: its place, and what was meant', async () => {
    const file = plan((text) => text.replace(/^( +)columns:/m, '$1colums:'));
    const line =
      readFileSync(shell.file(file), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('colums:')) + 1;
    const says = new RegExp(`notes\\.plan\\.yaml:${line}:\\d+: .*unknown key colums; did you mean columns\\?`);
    await refuses(['migrate', file], { exit: 2, error: 'PlanInvalid', says });
    const check = await shell.sqlift(['plan', 'check', file]);
    expect({ code: check.code, says: says.test(check.stderr) }).toEqual({ code: 2, says: true });
  });

  test('with a column that the file does not have: neither is it checked nor is there a run of it', async () => {
    const file = plan((text) => text.replace(/^( +)text:/m, '$1txt:'));
    const refusal = { exit: 2, error: 'PlanStale', says: /no column txt; did you mean text\?/ };
    await refuses(['plan', 'check', file], refusal);
    await refuses(['migrate', file], refusal);
  });

  test('that is no YAML', async () => {
    const file = plan(() => 'version: 1\n  name: [\n');
    await refuses(['migrate', file], { exit: 2, error: 'PlanInvalid', says: /notes\.plan\.yaml:\d+:\d+/ });
  });

  test('whose source is gone', async () => {
    const file = plan((text) => text.replace(/notes\.sqlite/g, 'moved.sqlite'));
    await refuses(['migrate', file], { exit: 1, error: 'SourceMissing', says: /moved\.sqlite/ });
  });

  test('whose address is not set', async () => {
    const file = plan((text) => text.replace(/^version: 1$/m, 'version: 1\ntarget:\n  postgres: ${NOT_SET_ANYWHERE}'));
    await refuses(['migrate', file], { exit: 2, error: 'SettingMissing', says: /NOT_SET_ANYWHERE/ });
  });
});

test('an unknown command, an unknown option and an unknown run', async () => {
  await refuses(['migrte', 'x'], { exit: 2, error: 'UsageInvalid', says: /Did you mean migrate/ });
  await refuses(['list', '--jsno'], { exit: 2, error: 'UsageInvalid', says: /Did you mean --json/ });
  await refuses(['status', 'no-such-run'], { exit: 2, error: 'RunUnknown', says: /no-such-run/ });
});

test('nothing of all this has started a server', () => {
  expect(existsSync(path.join(shell.home, 'postgres'))).toBe(false);
  expect(existsSync(path.join(shell.home, 'temporal'))).toBe(false);
});

/** Another process, since closing a file anywhere in this one would let go of all its locks on it. */
function lockedBy(source: string) {
  const script = `const db = new (require('better-sqlite3'))(process.argv[1]); db.exec('BEGIN EXCLUSIVE'); console.log('locked'); setInterval(() => {}, 1000)`;
  return spawn(process.execPath, ['-e', script, source], {
    cwd: path.resolve(__dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function connects(url: string): Promise<{ code: string | undefined }> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return { code: undefined };
  } catch (error) {
    return { code: (error as { code?: string }).code ?? 'unknown' };
  } finally {
    await client.end().catch(() => undefined);
  }
}
