import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Checkout, type Outcome } from './checkout';

let checkout: Checkout;

beforeEach(() => {
  checkout = new Checkout();
});

afterEach(() => checkout.remove());

const printed = ({ stdout }: Outcome): string[] => JSON.parse(stdout) as string[];

/** The launcher compares times of files: a change must come later than the build by the clock of the file system. */
const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test('the first launch installs and builds, one line each on stderr, and runs the program where the caller is', () => {
  const outcome = checkout.run(['status', 'a b', '--json'], { cwd: os.tmpdir() });
  expect(outcome.stderr).toBe('Installing packages (once; one to three minutes)\nBuilding\n');
  expect(printed(outcome)).toEqual(['hello', realpathSync(os.tmpdir()), 'status', 'a b', '--json']);
  expect(outcome.code).toBe(0);
});

test('with --quiet the steps are not told', () => {
  expect(checkout.run(['setup', '--quiet'])).toMatchObject({ code: 0, stderr: '' });
});

test('the next launch does nothing but run the program, and adds less to it than starting sixty processes takes', () => {
  checkout.run();
  expect(checkout.run()).toMatchObject({ code: 0, stderr: '' });
  expect(checkout.builds()).toBe(1);

  // A node that does nothing leaves the time of the launcher alone; it must be the same file in both runs.
  const bin = path.join(checkout.root, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'node'), '#!/bin/sh\necho v20.12.0\n', { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  checkout.run([], { env });
  const seconds = (work: () => void) => {
    const began = performance.now();
    work();
    return performance.now() - began;
  };
  // In turns, and the least of each: what else the machine does can only add to it.
  const rounds = Array.from({ length: 15 }, () => ({
    launch: seconds(() => checkout.run([], { env })),
    processes: seconds(() => execFileSync('bash', ['-c', 'for i in {1..60}; do /bin/true; done'])),
  }));
  const least = (of: 'launch' | 'processes') => Math.min(...rounds.map((round) => round[of]));
  expect(least('launch') / least('processes')).toBeLessThan(1);
});

test('a changed, a new, a deleted and a renamed source are each built once', async () => {
  checkout.run();
  const rebuilt = async (change: () => void): Promise<Outcome> => {
    await aMoment();
    change();
    const before = checkout.builds();
    const outcome = checkout.run();
    expect(outcome.stderr).toBe('Building\n');
    checkout.run();
    expect(checkout.builds()).toBe(before + 1);
    return outcome;
  };
  expect(printed(await rebuilt(() => checkout.say('changed')))[0]).toBe('changed');
  await rebuilt(() => checkout.write('client/new.ts', ''));
  expect(readdirSync(path.join(checkout.root, 'dist', 'client'))).toContain('new.js');
  await rebuilt(() =>
    renameSync(path.join(checkout.root, 'client/new.ts'), path.join(checkout.root, 'client/other.ts')),
  );
  await rebuilt(() => rmSync(path.join(checkout.root, 'client/other.ts')));
  expect(readdirSync(path.join(checkout.root, 'dist', 'client'))).toEqual(['main.js']);
});

test('a changed lock file installs again; one that was only touched does not', async () => {
  checkout.run();
  await aMoment();
  checkout.writePackage('1.0.1');
  expect(checkout.run().stderr).toBe('Installing packages (once; one to three minutes)\nBuilding\n');
  await aMoment();
  checkout.writePackage('1.0.1');
  expect(checkout.run().stderr).toBe('Building\n');
});

test('packages compiled for another Node are installed again', () => {
  checkout.run();
  checkout.write('node_modules/.sqlift-installed/abi', '1');
  checkout.write('node_modules/.sqlift-installed/node', 'another');
  expect(checkout.run().stderr).toMatch(/^Installing packages/);
});

test('a build that fails shows its output, runs nothing, exits with 4, and is tried again', async () => {
  checkout.run();
  await aMoment();
  checkout.write('package.json', JSON.stringify({ scripts: { build: 'echo main.ts:7 is wrong >&2; exit 1' } }));
  const outcome = checkout.run();
  expect(outcome).toMatchObject({ code: 4, stdout: '' });
  expect(outcome.stderr).toMatch(/main\.ts:7 is wrong\n[^]*sqlift: `npm run --silent build` failed/);
  checkout.writePackage('1.0.0');
  expect(printed(checkout.run())[0]).toBe('hello');
  expect(existsSync(path.join(checkout.root, '.sqlift-setup.lock'))).toBe(false);
});

test('launches at the same time install and build once', async () => {
  checkout.remove();
  checkout = new Checkout('sleep 1;');
  const outcomes = await Promise.all([checkout.launch(), checkout.launch(), checkout.launch()]);
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(outcomes.map((outcome) => printed(outcome)[0])).toEqual(['hello', 'hello', 'hello']);
  expect(checkout.builds()).toBe(1);
});

test('a lock whose owner is gone is taken over', () => {
  mkdirSync(path.join(checkout.root, '.sqlift-setup.lock'));
  // Larger than any pid that Linux gives.
  checkout.write('.sqlift-setup.lock/pid', '99999999');
  expect(checkout.run().code).toBe(0);
});

test('it finds its checkout through symbolic links, relative and absolute', () => {
  mkdirSync(path.join(checkout.root, 'elsewhere'));
  symlinkSync(path.join(checkout.root, 'sqlift'), path.join(checkout.root, 'elsewhere', 'absolute'));
  symlinkSync('absolute', path.join(checkout.root, 'elsewhere', 'relative'));
  const launcher = path.join(checkout.root, 'elsewhere', 'relative');
  expect(printed(checkout.run(['x'], { launcher })).slice(2)).toEqual(['x']);
});

test.each([
  ['v20.11.1', 4],
  ['v18.20.4', 4],
  ['v20.12.0', 0],
  ['v22.1.0', 0],
])('Node %s ends with exit code %i', (version, code) => {
  const bin = path.join(checkout.root, 'bin');
  mkdirSync(bin);
  const node = `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\nexec ${process.execPath} "$@"\n`;
  writeFileSync(path.join(bin, 'node'), node);
  chmodSync(path.join(bin, 'node'), 0o755);
  const outcome = checkout.run([], { env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } });
  expect(outcome.code).toBe(code);
  if (code !== 0)
    expect(outcome.stderr).toBe(
      `sqlift: Node.js 20.12 or later is needed, and this is ${version}; get it from https://nodejs.org\n`,
    );
});

test('without node there is one line that says so', () => {
  const bin = path.join(checkout.root, 'bin');
  mkdirSync(bin);
  for (const tool of ['readlink', 'cmp', 'ls', 'cat', 'find', 'head', 'mkdir', 'rm', 'mv']) {
    const found = ['/usr/bin', '/bin'].map((folder) => path.join(folder, tool)).find(existsSync);
    symlinkSync(found!, path.join(bin, tool));
  }
  const outcome = checkout.run([], { env: { PATH: bin } });
  expect(outcome.code).toBe(4);
  expect(outcome.stderr).toBe(
    'sqlift: Node.js 20.12 or later is needed, and there is no node on the PATH; get it from https://nodejs.org\n',
  );
});
