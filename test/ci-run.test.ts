import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-ci-'));
  mkdirSync(path.join(folder, '.ci'));
  copyFileSync(path.join(ROOT, '.ci', 'run'), path.join(folder, '.ci', 'run'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `.ci/run` where `npm test` is this shell command; gives its exit code and its last line. */
function ci(test: string): { code: number | null; last: string | undefined } {
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ scripts: { test } }));
  const { status, stdout } = spawnSync(path.join(folder, '.ci', 'run'), { encoding: 'utf8' });
  return { code: status, last: stdout.trimEnd().split('\n').at(-1) };
}

test.each([
  ['echo "3 passed, 0 failed"; echo afterwards', 0, '3 passed, 0 failed'],
  ['echo "3 passed, 0 failed, 2 skipped"', 0, '3 passed, 0 failed, 2 skipped'],
  ['echo "3 passed, 1 failed, 2 skipped"; exit 1', 1, '3 passed, 1 failed, 2 skipped'],
  ['echo "set-up is broken" >&2; exit 4', 1, '0 passed, 1 failed'],
  ['echo "3 passed, 0 failed"; exit 1', 1, '3 passed, 1 failed'],
  ['echo "nothing was run"', 1, '0 passed, 1 failed'],
])('`%s` ends with exit code %i and the line `%s`', (command, code, last) => {
  expect(ci(command)).toEqual({ code, last });
});

test('jest’s reporter counts passed, failed and skipped tests, and a file that cannot be loaded', () => {
  const jest = path.join(ROOT, 'node_modules', '.bin', 'jest');
  const reporter = path.join(ROOT, 'test', 'support', 'summary-reporter.js');
  writeFileSync(path.join(folder, 'jest.config.js'), `module.exports = { reporters: ['default', '${reporter}'] };`);
  const cases = `test('a', () => {}); test('b', () => {}); test('c', () => { throw new Error('no'); }); test.skip('d', () => {});`;
  writeFileSync(path.join(folder, 'a.test.js'), cases);
  writeFileSync(path.join(folder, 'b.test.js'), `require('./nowhere');`);
  expect(ci(jest)).toEqual({ code: 1, last: '2 passed, 2 failed, 1 skipped' });
});
