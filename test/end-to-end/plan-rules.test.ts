import { readFileSync, writeFileSync } from 'node:fs';
import { bytesOf, CommandLine, errorsIn } from './command-line';

/** What people write instead of a whole plan: patterns, left-out types, several files. */

const SHOP = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT 'nobody', created_at INTEGER NOT NULL);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers, created_at INTEGER, total DECIMAL(8,2));
  CREATE INDEX orders_by_time ON orders (created_at DESC);
  CREATE TABLE tmp_import (line TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
    INSERT INTO customers SELECT i, 'customer ' || i, 1700000000 + i FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO orders SELECT i, 1 + i % 100, 1700000000 + 60 * i, i / 4.0 FROM n;
  INSERT INTO tmp_import VALUES ('x');
  CREATE VIEW big AS SELECT * FROM orders WHERE total > 50;`;

let shell: CommandLine;
beforeAll(async () => {
  shell = await CommandLine.open();
});
afterAll(() => shell.close());

const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await shell.pool.query<Record<string, unknown>>(sql)).rows;

function write(name: string, lines: readonly string[]): void {
  writeFileSync(shell.file(name), ['version: 1', ...lines, ''].join('\n'));
}

test('a plan of a few rules moves everything else as drafted: keys, indexes, foreign keys and defaults', async () => {
  const source = shell.makeSource('rules.sqlite', SHOP);
  const before = bytesOf(source);
  write('rules.plan.yaml', [
    'name: rules',
    'sources:',
    '  main:',
    '    sqlite: rules.sqlite',
    '    schema: rules',
    '    exclude: [tmp_*]',
    '    tables:',
    '      "*": { columns: { "*": {}, "*_at": { type: timestamptz, format: unix-seconds } } }',
    '      customers: { to: people, columns: { created_at: { to: joined } } }',
  ]);
  const report = await shell.migrate(['rules.plan.yaml']);
  expect({
    state: report.state,
    loaded: report.tables.map(({ table, target, loaded }) => [table, target, loaded]),
  }).toEqual({
    state: 'published',
    loaded: [
      ['customers', 'rules.people', 100],
      ['orders', 'rules.orders', 300],
    ],
  });
  expect(report.notCarried.map(({ object, kind }) => `${kind} ${object}`)).toContain('view big');
  expect(
    await rows(
      `SELECT column_name AS name, data_type AS type, is_nullable AS nullable, column_default AS "default", is_identity AS identity
       FROM information_schema.columns WHERE table_schema = 'rules' AND table_name = 'people' ORDER BY ordinal_position`,
    ),
  ).toEqual([
    { name: 'id', type: 'bigint', nullable: 'NO', default: null, identity: 'YES' },
    { name: 'name', type: 'text', nullable: 'NO', default: `'nobody'::text`, identity: 'NO' },
    { name: 'joined', type: 'timestamp with time zone', nullable: 'NO', default: null, identity: 'NO' },
  ]);
  expect(await rows(`SELECT extract(epoch FROM created_at)::int AS at FROM rules.orders WHERE id = 7`)).toEqual([
    { at: 1_700_000_420 },
  ]);
  expect(
    await rows(
      `SELECT conname AS name, contype AS type FROM pg_constraint WHERE connamespace = 'rules'::regnamespace AND contype IN ('p', 'f') ORDER BY 1`,
    ),
  ).toEqual([
    { name: 'orders_customer_fkey', type: 'f' },
    { name: 'orders_pkey', type: 'p' },
    { name: 'people_pkey', type: 'p' },
  ]);
  expect(
    await rows(`SELECT indexdef FROM pg_indexes WHERE schemaname = 'rules' AND indexname = 'orders_by_time'`),
  ).toEqual([{ indexdef: expect.stringContaining('(created_at DESC') }]);
  expect(bytesOf(source)).toEqual(before);
  // What everything after the census worked with, for people to read.
  const exact = readFileSync(shell.file(`home/runs/${report.run}/exact.plan.yaml`), 'utf8');
  expect(exact).toMatch(/joined.*timestamptz.*unix-seconds/);

  const back = await shell.sqlift(['rollback', report.run, '--yes', '--json']);
  const { before: was, after } = JSON.parse(back.stdout) as { before: string; after: string };
  expect({ code: back.code, after }).toEqual({ code: 5, after: was });
});

test.each([
  [
    'a column that the file does not have',
    'orders: { columns: { id: { type: bigint }, totl: { type: text } } }',
    /table orders has no column totl; did you mean total\?/,
  ],
  [
    'a table that the file does not have',
    'ordres: { columns: { id: { type: bigint } } }',
    /has no table ordres; did you mean orders\?/,
  ],
  ['a pattern that matches nothing', '"costumer*": {}', /no table that matches costumer\*; did you mean customers\?/],
])('%s is found before there is a run', async (_what, line, says) => {
  shell.makeSource(
    `stale.sqlite`,
    `DROP TABLE IF EXISTS orders; DROP TABLE IF EXISTS customers; DROP TABLE IF EXISTS tmp_import; DROP VIEW IF EXISTS big; ${SHOP}`,
  );
  write('stale.plan.yaml', [
    'name: stale',
    'sources:',
    '  main:',
    '    sqlite: stale.sqlite',
    '    schema: stale',
    '    tables:',
    `      ${line}`,
  ]);
  const traces = await shell.traces();
  for (const command of [['migrate'], ['plan', 'check']]) {
    const { code, stdout, stderr } = await shell.sqlift([...command, 'stale.plan.yaml']);
    expect({ code, stdout, errors: errorsIn(stderr) }).toEqual({ code: 2, stdout: '', errors: ['PlanStale'] });
    expect(stderr).toMatch(says);
  }
  expect(await shell.traces()).toEqual(traces);
});
