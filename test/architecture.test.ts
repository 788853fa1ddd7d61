import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { importsOf, type Import } from './support/imports';

/** The arrows between the folders go one way: client → workflows (types) ← worker → activities → stores → core. */

const ROOT = path.resolve(__dirname, '..');

interface Rule {
  /** Folders, single files, packages and Node modules that may be loaded. */
  allowed: readonly string[];
  /** Of these, types only. */
  types?: readonly string[];
  /** Instead of `allowed`, any package and any Node module; then `allowed` names the folders. */
  anyPackage?: true;
}

const RULES: Record<string, Rule> = {
  core: { allowed: ['core', 'zod', 'yaml', 'luxon', 'uuid', 'node:buffer', 'node:crypto', 'node:path'] },
  stores: { allowed: ['core', 'stores'], anyPackage: true },
  activities: { allowed: ['core', 'stores', 'activities'], anyPackage: true },
  workflows: { allowed: ['@temporalio/workflow', '@temporalio/common', 'core', 'workflows'], types: ['activities'] },
  worker: { allowed: ['core', 'stores', 'activities', 'workflows', 'worker'], anyPackage: true },
  stack: { allowed: ['core', 'stack'], anyPackage: true },
  client: {
    // Of the examples, the demo is one of its commands.
    allowed: ['core', 'stack', 'stores', 'client', 'workflows/messages', 'examples/demo/build', 'examples/demo/plan'],
    types: ['workflows', 'activities'],
    anyPackage: true,
  },
  examples: { allowed: ['core', 'stores', 'examples'], anyPackage: true },
};

const FOLDERS = [...Object.keys(RULES), 'bench', 'test'];

function violations(root: string, folder: string): string[] {
  const { allowed, types = [], anyPackage } = RULES[folder]!;
  const isAllowed = ({ target, path: full, typeOnly }: Import): boolean =>
    allowed.includes(target) ||
    allowed.includes(full) ||
    (typeOnly && types.includes(target)) ||
    (anyPackage === true && !FOLDERS.includes(target));
  const wrong = importsOf(root, folder).filter((one) => !isAllowed(one));
  return wrong.map(({ file, target, typeOnly }) => `${file} → ${typeOnly ? 'type of ' : ''}${target}`);
}

test.each(Object.keys(RULES))('%s imports only what it may', (folder) => {
  expect(violations(ROOT, folder)).toEqual([]);
});

test('every folder that is compiled has its rule', () => {
  const { include } = JSON.parse(readFileSync(path.join(ROOT, 'tsconfig.build.json'), 'utf8')) as { include: string[] };
  expect(Object.keys(RULES).sort()).toEqual([...include].sort());
});

test('every way of importing against the arrows is found', () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'sqlift-arrows-'));
  try {
    mkdirSync(path.join(root, 'core', 'deep'), { recursive: true });
    mkdirSync(path.join(root, 'workflows'));
    const bad = [
      `import { open } from '../../stores/sqlite/open';`,
      `export * from '../../worker/main';`,
      `export { run } from '../../activities';`,
      `const pg = () => import('pg');`,
      `const fs = require('node:fs');`,
      `type Client = import('../../client/main').Client;`,
      `import { z } from 'zod'; import { Row } from '../row'; const text = "import 'pg'"; // import 'pg'`,
    ];
    writeFileSync(path.join(root, 'core', 'deep', 'bad.ts'), bad.join('\n'));
    expect(violations(root, 'core')).toEqual([
      'core/deep/bad.ts → stores',
      'core/deep/bad.ts → worker',
      'core/deep/bad.ts → activities',
      'core/deep/bad.ts → pg',
      'core/deep/bad.ts → node:fs',
      'core/deep/bad.ts → type of client',
    ]);
    const mixed = [
      `import type { Activities } from '../activities';`,
      `import { type Other } from '../activities/other';`,
      `import { type Other, run } from '../activities/other';`,
    ];
    writeFileSync(path.join(root, 'workflows', 'mixed.ts'), mixed.join('\n'));
    expect(violations(root, 'workflows')).toEqual(['workflows/mixed.ts → activities']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
