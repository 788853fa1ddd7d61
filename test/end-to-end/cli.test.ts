import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { bytesOf, CommandLine, errorsIn } from './command-line';

const SHOP = `
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people, price NUMERIC(10,2), paid BOOLEAN);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    INSERT INTO people SELECT i, 'person ' || i, date('1950-01-01', i || ' days') FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
    INSERT INTO orders SELECT i, 1 + i % 500, i + 0.25, i % 2 FROM n;
  CREATE VIEW paid_orders AS SELECT * FROM orders WHERE paid;`;

/** Three of its rows are no dates. */
const DIARY = `
  CREATE TABLE days (id INTEGER PRIMARY KEY, day DATE NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO days SELECT i, date('2020-01-01', i || ' days') FROM n;
  UPDATE days SET day = '2020-02-30' WHERE id IN (7, 70, 170);`;

const repository = path.resolve(__dirname, '../..');
const fits = new Ajv({ strict: false, formats: { 'date-time': true, uri: true } }).compile(
  JSON.parse(readFileSync(path.join(repository, 'schemas/run.v1.json'), 'utf8')) as object,
);

let shell: CommandLine;
beforeAll(async () => {
  shell = await CommandLine.open();
});
afterAll(() => shell.close());

const scalar = async (sql: string): Promise<unknown> =>
  Object.values((await shell.pool.query<Record<string, unknown>>(sql)).rows[0]!)[0];

describe('a file that is migrated', () => {
  let source: string;
  let before: Record<string, string>;
  let run: string;
  beforeAll(async () => {
    source = shell.makeSource('shop.sqlite', SHOP);
    before = bytesOf(source);
    const report = await shell.migrate(['shop.sqlite']);
    run = report.run;
  });

  test('is in the target, and the report fits the published schema', async () => {
    const { code, stdout } = await shell.sqlift(['report', run, '--format', 'json']);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(fits(report) ? [] : fits.errors).toEqual([]);
    expect({ code, state: report.state, plan: report.plan }).toEqual({ code: 0, state: 'published', plan: 'shop' });
    expect(await scalar('SELECT count(*)::int FROM shop.orders')).toBe(2000);
    expect(await scalar('SELECT price::text FROM shop.orders WHERE id = 7')).toBe('7.25');
    expect(bytesOf(source)).toEqual(before);
  });

  test('cannot be migrated again: one error names the tables, and nothing is left behind', async () => {
    const traces = await shell.traces();
    const { code, stdout, stderr } = await shell.sqlift(['migrate', 'shop.sqlite']);
    expect({ code, stdout, errors: errorsIn(stderr) }).toEqual({ code: 1, stdout: '', errors: ['TargetExists'] });
    expect(stderr).toMatch(/shop\.people/);
    expect(stderr).toMatch(/shop\.orders/);
    expect((await shell.traces()).schemas).toEqual(traces.schemas);
    expect(await scalar('SELECT count(*)::int FROM shop.orders')).toBe(2000);
  });

  test('is listed, and its state and its report can be read in every form', async () => {
    const list = await shell.sqlift(['list', '--json']);
    const runs = JSON.parse(list.stdout) as { runs: { run: string; state: string }[] };
    expect(runs.runs.find((entry) => entry.run === run)).toMatchObject({ state: 'published' });
    const status = await shell.sqlift(['status', run]);
    expect({ code: status.code, first: status.stdout.split('\n')[0] }).toEqual({
      code: 0,
      first: `shop: published  ${run}`,
    });
    expect((await shell.sqlift(['report', run, '--format', 'md'])).stdout).toMatch(/^# .*shop[^]*2,000/);
    expect((await shell.sqlift(['report', run, '--format', 'html'])).stdout).toMatch(
      /^<!doctype html>[^]*2,000[^]*<\/html>\s*$/i,
    );
  });

  test('is found to differ when a cell of the target is changed behind its back, and not when it is mended', async () => {
    expect((await shell.sqlift(['verify', run])).code).toBe(0);
    await shell.pool.query(`UPDATE shop.people SET name = 'someone else' WHERE id = 42`);
    const { code, stdout, stderr } = await shell.sqlift(['verify', run]);
    expect({ code, errors: errorsIn(stderr) }).toEqual({ code: 3, errors: ['Differences'] });
    expect(stdout).toMatch(/people[^]*42/);
    await shell.pool.query(`UPDATE shop.people SET name = 'person 42' WHERE id = 42`);
    expect((await shell.sqlift(['verify', run])).code).toBe(0);
  });

  test('is rolled back on request only, to a target with the digest of before', async () => {
    const asked = await shell.sqlift(['rollback', run]);
    expect({ code: asked.code, errors: errorsIn(asked.stderr) }).toEqual({ code: 2, errors: ['UsageInvalid'] });
    expect(await scalar(`SELECT count(*)::int FROM shop.orders`)).toBe(2000);

    // The table was written to since, if only back to what it was: nothing of that is destroyed without being told to.
    const conflict = await shell.sqlift(['rollback', run, '--yes']);
    expect({ code: conflict.code, errors: errorsIn(conflict.stderr) }).toEqual({
      code: 1,
      errors: ['RollbackConflict'],
    });
    expect(await scalar(`SELECT count(*)::int FROM shop.orders`)).toBe(2000);

    const { code, stdout } = await shell.sqlift(['rollback', run, '--yes', '--force', '--json']);
    const result = JSON.parse(stdout) as { state: string; before: string; after: string };
    expect({ code, state: result.state, after: result.after }).toEqual({
      code: 5,
      state: 'rolled_back',
      after: result.before,
    });
    expect(await scalar(`SELECT to_regclass('shop.orders') IS NULL`)).toBe(true);
    expect((await shell.traces()).schemas).not.toContain('shop');
    expect(bytesOf(source)).toEqual(before);
  });
});

test('a plan is drafted, edited, checked without a trace, and followed', async () => {
  shell.makeSource('planned.sqlite', SHOP);
  expect((await shell.sqlift(['plan', 'planned.sqlite', '-o', 'planned.plan.yaml'])).code).toBe(0);
  const file = shell.file('planned.plan.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=/);
  writeFileSync(file, text.replace(/^( +)people:$/m, '$1people:\n$1  to: persons'));

  const traces = await shell.traces();
  const check = await shell.sqlift(['plan', 'check', 'planned.plan.yaml']);
  expect({ code: check.code, ddl: /CREATE TABLE "?planned"?\."?persons"?/.test(check.stdout) }).toEqual({
    code: 0,
    ddl: true,
  });
  expect(await shell.traces()).toEqual(traces);

  const { code, stderr } = await shell.sqlift(['migrate', 'planned.plan.yaml', '--yes']);
  expect({ code, errors: errorsIn(stderr) }).toEqual({ code: 0, errors: [] });
  expect(await scalar('SELECT count(*)::int FROM planned.persons')).toBe(500);
});

test('rows that the target cannot hold stop a run before publishing, until they are accepted', async () => {
  shell.makeSource('diary.sqlite', DIARY);
  // The draft proposes text, since three rows are no dates; somebody wants dates all the same.
  await shell.sqlift(['plan', 'diary.sqlite', '-o', 'diary.plan.yaml']);
  const plan = shell.file('diary.plan.yaml');
  writeFileSync(plan, readFileSync(plan, 'utf8').replace('day: { type: text', 'day: { type: date'));
  const waiting = await shell.sqlift(['migrate', 'diary.plan.yaml', '--json']);
  expect({ code: waiting.code, stderr: waiting.stderr }).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('quarantine accept'),
  });
  const { run, state } = JSON.parse(waiting.stdout) as { run: string; state: string };
  expect(state).toBe('waiting');
  expect(await scalar(`SELECT to_regclass('diary.days') IS NULL`)).toBe(true);

  const list = JSON.parse((await shell.sqlift(['quarantine', 'list', run, '--json'])).stdout) as {
    rows: { key: Record<string, string>; column: string; reason: string }[];
  };
  expect(list.rows.map(({ key, column }) => [key.id, column])).toEqual([
    ['7', 'day'],
    ['70', 'day'],
    ['170', 'day'],
  ]);
  const exported = await shell.sqlift(['quarantine', 'export', run]);
  expect(
    exported.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { run: string }).run),
  ).toEqual([run, run, run]);
  expect((await shell.sqlift(['quarantine', 'accept', run])).code).toBe(0);
  expect((await shell.sqlift(['watch', run])).code).toBe(0);
  expect(await scalar('SELECT count(*)::int FROM diary.days')).toBe(297);
});

test('a pipe gets plain lines, one a step, and stdout stays free for data', async () => {
  shell.makeSource('plain.sqlite', SHOP);
  const { code, stdout, stderr } = await shell.sqlift(['migrate', 'plain.sqlite']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect([...stderr].some((character) => character < ' ' && character !== '\n')).toBe(false);
  for (const phase of ['preflight', 'backup', 'export', 'transform', 'import', 'verify', 'cut-over'])
    expect(stderr.match(new RegExp(`^.*${phase}\\b`, 'gm'))?.length).toBeGreaterThan(0);
  const forced = await shell.sqlift(['list'], { FORCE_COLOR: '1' });
  expect(forced.stdout).toContain('\u001b[');
  expect((await shell.sqlift(['list'], { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout).not.toContain('\u001b[');
});
