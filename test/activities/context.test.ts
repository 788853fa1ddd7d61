import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createDeps, planOf } from '../../activities/context';
import type { ActivityDeps } from '../../activities/context';
import { runFiles } from '../../stores/artifacts/run-files';

let deps: ActivityDeps;

beforeEach(async () => {
  deps = createDeps(await mkdtemp(path.join(os.tmpdir(), 'sqlift-context-')), {});
});

afterEach(() => rm(deps.artifacts.root, { recursive: true, force: true }));

const text = (name: string) => `version: 1\nname: ${name}\nsources: { a: { sqlite: x, schema: y, tables: {} } }\n`;

async function keep(name: string, sha256?: string): Promise<void> {
  const sum = await deps.artifacts.put(runFiles.plan('r'), text('written'));
  const plan = { version: 1, name, sources: { a: { sqlite: 'x', schema: 'y', tables: {} } } };
  await deps.artifacts.put(runFiles.parsedPlan('r'), JSON.stringify({ sha256: sha256 ?? sum, plan }));
}

test('a plan that the CLI has read is not parsed again', async () => {
  await keep('read-before');
  expect((await planOf(deps, 'r')).name).toBe('read-before');
});

test('what was read of another text does not count', async () => {
  await keep('read-before', 'a'.repeat(64));
  expect((await planOf(deps, 'r')).name).toBe('written');
});

test('a run that somebody else has started brings only the text', async () => {
  await deps.artifacts.put(runFiles.plan('r'), text('written'));
  expect((await planOf(deps, 'r')).name).toBe('written');
});

test.each([
  ['no plan', (sha256: string) => JSON.stringify({ sha256, plan: { version: 1, name: 'read-before', sources: {} } })],
  ['no JSON', () => '{'],
])('what is %s does not count', async (_, content) => {
  const sha256 = await deps.artifacts.put(runFiles.plan('r'), text('written'));
  await deps.artifacts.put(runFiles.parsedPlan('r'), content(sha256));
  expect((await planOf(deps, 'r')).name).toBe('written');
});
