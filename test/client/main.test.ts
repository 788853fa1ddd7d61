import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandNames } from '../../client/program';
import { sqlift } from './command-line';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'sqlift-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));
const quiet = (argv: string[]) => sqlift(argv, { cwd, env: { SQLIFT_HOME: path.join(cwd, 'home') } });

test('help names every command, goes to stdout and ends with 0', async () => {
  const { code, stdout, stderr } = await quiet(['--help']);
  expect([code, stderr]).toEqual([0, '']);
  for (const name of commandNames()) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
});

test('every file in client/commands is a command, and the other way round', () => {
  const files = readdirSync(path.join(__dirname, '../../client/commands')).map((name) => name.replace('.ts', ''));
  expect(files.sort()).toEqual(commandNames().sort());
});

test.each(commandNames())('%s has help of its own', async (name) => {
  const { code, stdout } = await quiet([name, '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^(Start here.*\\n\\n)?Usage: sqlift ${name} `));
});

test.each([
  [['migrte', 'x.sqlite'], /unknown command 'migrte'[^]*Did you mean migrate/],
  [['migrate'], /missing required argument/],
  [['list', '--jsn'], /unknown option '--jsn'[^]*Did you mean --json/],
  [['report', '--format', 'pdf'], /Allowed choices are md, json, html/],
  [['plan'], /missing required argument/],
])('%j is a usage error: exit code 2, said once, nothing on stdout', async (argv, message) => {
  const { code, stdout, stderr } = await quiet(argv);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
  expect(stderr.match(/error\[UsageInvalid\]/g)).toHaveLength(1);
});

test('a group without a subcommand shows its help and ends with 2', async () => {
  const { code, stdout, stderr } = await quiet(['quarantine']);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('export');
});

test('a missing file, a folder without documents and a missing plan each give one error before any server is started', async () => {
  writeFileSync(path.join(cwd, 'notes.txt'), 'not a database');
  for (const [argument, error, exit] of [
    ['gone.sqlite', 'SourceMissing', 1],
    ['.', 'SourceNotAFile', 1],
    ['gone.plan.yaml', 'PlanInvalid', 2],
  ] as const) {
    const { code, stderr } = await quiet(['migrate', argument]);
    expect([argument, code, stderr.match(/error\[(\w+)\]/g)]).toEqual([argument, exit, [`error[${error}]`]]);
  }
  expect(existsSync(path.join(cwd, 'home'))).toBe(false);
});

test('every wrong setting is a usage error', async () => {
  const { code, stderr } = await sqlift(['config', 'show'], {
    cwd,
    env: { DATABASE_URL: 'oracle://x', SQLIFT_WORKER_IDLE_SECONDS: '-1' },
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/DATABASE_URL[^]*SQLIFT_WORKER_IDLE_SECONDS/);
});

test('config show tells where a value came from and hides passwords', async () => {
  const { code, stdout } = await sqlift(['config', 'show'], {
    cwd,
    env: { DATABASE_URL: 'postgres://me:hunter22@db/app', SQLIFT_HOME: path.join(cwd, 'home') },
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/postgres:\/\/me:\*\*\*@db\/app +environment DATABASE_URL/);
  expect(stdout).not.toContain('hunter22');
});

test('colour follows --color, NO_COLOR and FORCE_COLOR', async () => {
  const error = ['frobnicate'];
  expect((await sqlift(error, { cwd })).stderr).not.toContain('\u001b[');
  expect((await sqlift(error, { cwd, env: { FORCE_COLOR: '1' } })).stderr).toContain('\u001b[');
  expect((await sqlift(error, { cwd, env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stderr).not.toContain('\u001b[');
});

const compiled = path.join(__dirname, '../../dist/client/main.js');
(existsSync(compiled) ? describe : describe.skip)('the compiled program', () => {
  const spawned = (argv: string[], env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [compiled, ...argv], {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SQLIFT_HOME: path.join(cwd, 'home'), ...env },
    });

  test('an unreachable server ends with 4, naming host, port and setting, and no password', () => {
    const postgres = spawned(['doctor'], { DATABASE_URL: 'postgres://me:hunter22@127.0.0.1:9/app' });
    expect(postgres.status).toBe(4);
    expect(postgres.stdout).toMatch(/127\.0\.0\.1:9 \(environment DATABASE_URL\)/);
    const temporal = spawned(['pause', 'x'], {
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      DATABASE_URL: 'postgres://me:hunter22@127.0.0.1:9/app',
    });
    expect(temporal.status).toBe(4);
    expect(temporal.stderr).toContain(
      'error[TemporalUnreachable]: Temporal at 127.0.0.1:9 (environment TEMPORAL_ADDRESS) does not answer',
    );
    expect(postgres.stdout + postgres.stderr + temporal.stderr).not.toContain('hunter22');
  });

  test('answers --help fast, without loading a server’s client', () => {
    const times = Array.from({ length: 5 }, () => {
      const start = process.hrtime.bigint();
      execFileSync(process.execPath, [compiled, '--help'], { stdio: 'pipe' });
      return Number(process.hrtime.bigint() - start) / 1e6;
    });
    // The machine may be busy with other tests: its best time is the program's own.
    expect(Math.min(...times)).toBeLessThan(400);
    const loaded = execFileSync(
      process.execPath,
      [
        '-e',
        `process.argv = ['node', 'sqlift', '--help']; require(${JSON.stringify(compiled)}).main(['--help'], { streams: process, env: {}, cwd: '/' }).then(() => console.log(Object.keys(require.cache).join('\\n')))`,
      ],
      { encoding: 'utf8' },
    );
    expect(loaded).not.toMatch(/node_modules\/(@temporalio|better-sqlite3|pg|zod|yaml)\//);
  });
});
