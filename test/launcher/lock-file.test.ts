import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');
const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, object>;
};
// eslint-disable-next-line typescript/no-require-imports -- a script of .ci is no module of ours
const { missing } = require('../../.ci/complete-lock-file') as { missing: (packages: object) => { name: string }[] };

test('the lock file has the optional packages of every platform, so that npm ci takes it (.ci/complete-lock-file.js adds them)', () => {
  expect(missing(lock.packages)).toEqual([]);
});

test('an optional package of another platform that is not in the lock file is noticed', () => {
  const packages = {
    'node_modules/tool': { optionalDependencies: { 'tool-linux-x64': '1.0.0', 'tool-darwin-arm64': '1.0.0' } },
    'node_modules/tool/node_modules/tool-linux-x64': {},
  };
  expect(missing(packages).map(({ name }) => name)).toEqual(['tool-darwin-arm64']);
});

test('the lock file names no registry', () => {
  expect(JSON.stringify(lock)).not.toContain('"resolved"');
});
