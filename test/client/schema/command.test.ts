import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { temporaryFolder } from '../../stores/sqlite/fixtures';
import { sqlift } from '../command-line';

/** A folder with a source and its plan. */
async function project(): Promise<{ cwd: string; run: (...argv: string[]) => ReturnType<typeof sqlift> }> {
  const cwd = temporaryFolder();
  const db = new Database(path.join(cwd, 'shop.sqlite'));
  db.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES people(id));`);
  db.close();
  const run = (...argv: string[]) => sqlift(argv, { cwd, env: { SQLIFT_HOME: path.join(cwd, 'home') } });
  expect((await run('plan', 'shop.sqlite', '-o', 'shop.plan.yaml')).code).toBe(0);
  return { cwd, run };
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

test.each(['sql', 'prisma', 'docs'])('schema %s goes to stdout, or to a file that it names', async (kind) => {
  const { cwd, run } = await project();
  const shown = await run('schema', kind, 'shop.plan.yaml');
  expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('people')]);
  const written = await run('schema', kind, 'shop.plan.yaml', '-o', 'made/it.txt');
  expect([written.code, written.stdout, written.stderr]).toEqual([0, 'made/it.txt\n', 'Wrote 1 file:\n']);
  expect(readFileSync(path.join(cwd, 'made/it.txt'), 'utf8')).toBe(shown.stdout);
});

test('each artefact names the plan and the SHA-256 of its file, and comes out the same again', async () => {
  const { cwd, run } = await project();
  for (const kind of ['sql', 'prisma', 'docs']) {
    const { stdout } = await run('schema', kind, 'shop.plan.yaml');
    expect(stdout).toContain(`Plan shop, SHA-256 ${sha256(path.join(cwd, 'shop.plan.yaml'))}`);
    expect((await run('schema', kind, 'shop.plan.yaml')).stdout).toBe(stdout);
  }
  const again = async (folder: string) => {
    const { stdout } = await run('schema', 'drizzle', 'shop.plan.yaml', '-o', folder, '--json');
    return JSON.parse(stdout) as { files: { path: string; bytes: number; sha256: string }[] };
  };
  const first = await again('one');
  expect(await again('two')).toEqual(first);
  expect(first.files.map((file) => file.path)).toEqual([
    'schema.ts',
    'relations.ts',
    'index.ts',
    'drizzle.config.ts',
    'drizzle/0000_baseline.sql',
    'drizzle/meta/_journal.json',
    'drizzle/meta/0000_snapshot.json',
  ]);
  for (const file of first.files) expect(sha256(path.join(cwd, 'one', file.path))).toBe(file.sha256);
});

test('files that are there stay as they are, all of them, until --force', async () => {
  const { cwd, run } = await project();
  mkdirSync(path.join(cwd, 'app'));
  writeFileSync(path.join(cwd, 'app/relations.ts'), 'mine');
  const refused = await run('schema', 'drizzle', 'shop.plan.yaml', '-o', 'app');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/relations\.ts.*--force/)]);
  expect(existsSync(path.join(cwd, 'app/schema.ts'))).toBe(false);
  expect(readFileSync(path.join(cwd, 'app/relations.ts'), 'utf8')).toBe('mine');
  const forced = await run('schema', 'drizzle', 'shop.plan.yaml', '-o', 'app', '--force');
  expect(forced.stdout.split('\n')).toContain('app/relations.ts');
  expect(readFileSync(path.join(cwd, 'app/relations.ts'), 'utf8')).toContain('relations(orders');
});

test('a folder that is a file, and a Drizzle project without a folder, are wrong usage', async () => {
  const { run } = await project();
  const file = await run('schema', 'drizzle', 'shop.plan.yaml', '-o', 'shop.sqlite');
  expect([file.code, file.stderr]).toEqual([2, expect.stringContaining('needs a folder')]);
  const none = await run('schema', 'drizzle', 'shop.plan.yaml');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('--output')]);
});
