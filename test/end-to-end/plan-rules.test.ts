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
  expect(report.views.map(({ view }) => view)).toEqual(['big']);
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

const DIARY = (owner: string) => `
  CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT, written_at INTEGER);
  CREATE TABLE links (note TEXT REFERENCES notes, url TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
    INSERT INTO notes SELECT printf('%08x-0000-4000-8000-%012x', i, i), '${owner} ' || i, 1700000000 + i FROM n;
  INSERT INTO links SELECT id, 'https://example.org/' || rowid FROM notes LIMIT 20`;

test('several files with tables of the same names go into one database, a schema each, and back', async () => {
  for (const owner of ['ann', 'ben', 'cleo']) shell.makeSource(`${owner}.db`, DIARY(owner));
  const drafted = await shell.sqlift([
    'plan',
    'ann.db',
    'ben.db',
    'cleo.db',
    '--narrow',
    '--name',
    'diaries',
    '-o',
    'diaries.plan.yaml',
  ]);
  expect(drafted).toMatchObject({ code: 0, stdout: '' });
  expect(readFileSync(shell.file('diaries.plan.yaml'), 'utf8')).toMatch(/id: \{ type: uuid \}.*narrowed from text/);
  const report = await shell.migrate(['diaries.plan.yaml']);
  expect(report.tables.map(({ target, loaded }) => [target, loaded])).toEqual(
    ['ann', 'ben', 'cleo'].flatMap((owner) => [
      [`${owner}.links`, 20],
      [`${owner}.notes`, 50],
    ]),
  );
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(
    await rows(`SELECT n.text, extract(epoch FROM n.written_at)::int AS at, pg_typeof(l.note)::text AS type
      FROM ben.links l JOIN ben.notes n ON n.id = l.note WHERE n.text = 'ben 7'`),
  ).toEqual([{ text: 'ben 7', at: 1_700_000_007, type: 'uuid' }]);
  expect((await shell.sqlift(['rollback', report.run, '--yes'])).code).toBe(5);
  expect((await shell.traces()).schemas).not.toEqual(expect.arrayContaining(['ann']));
});

test('files that are put into one schema get names of their own, and a plan that has them collide is refused', async () => {
  for (const owner of ['ann', 'ben']) shell.makeSource(`one-${owner}.db`, DIARY(owner));
  const files = ['one-ann.db', 'one-ben.db'];
  expect((await shell.sqlift(['plan', ...files, '--schema', 'one', '-o', 'one.plan.yaml'])).code).toBe(0);
  const plan = shell.file('one.plan.yaml');
  const report = await shell.migrate(['one.plan.yaml']);
  expect(report.tables.map(({ source, table, loaded }) => [source, table, loaded])).toHaveLength(4);
  expect(new Set(report.tables.map(({ target }) => target)).size).toBe(4);
  const renamed = report.notCarried.filter(({ kind }) => kind === 'table name').map(({ object }) => object);
  expect(renamed.sort()).toEqual(['links', 'notes']);

  writeFileSync(plan, readFileSync(plan, 'utf8').replaceAll(/^ +to: notes_.*\n/gm, ''));
  const { code, stderr } = await shell.sqlift(['migrate', 'one.plan.yaml', '--name', 'other']);
  expect({ code, errors: errorsIn(stderr) }).toEqual({ code: 2, errors: ['PlanInvalid'] });
  expect(stderr).toMatch(/table notes: schema one already has something called notes/);
});

test('plan check says which rule decided each column, and writes nothing', async () => {
  shell.makeSource('why.sqlite', SHOP);
  write('why.plan.yaml', [
    'name: why',
    'sources:',
    '  main:',
    '    sqlite: why.sqlite',
    '    schema: why',
    '    tables:',
    '      "*": { columns: { "*": {}, "*_at": { format: unix-seconds } } }',
    '      orders: { quarantine: 1%, where: total > 3, columns: { created_at: { to: ordered } } }',
  ]);
  const traces = await shell.traces();
  const { code, stdout } = await shell.sqlift(['plan', 'check', 'why.plan.yaml', '--json']);
  const { tables } = JSON.parse(stdout) as { tables: { table: string; columns: { source: string }[] }[] };
  expect({ code, names: tables.map(({ table }) => table) }).toEqual({
    code: 0,
    names: ['customers', 'orders', 'tmp_import'],
  });
  expect(tables[1]).toMatchObject({
    target: 'why.orders',
    quarantine: '1%',
    where: 'total > 3',
    rules: ['tables.orders', 'tables.*'],
  });
  expect(tables[1]!.columns).toEqual([
    expect.objectContaining({ source: 'id', decidedBy: { type: 'inferred: INTEGER: 300 integers from 1 to 300' } }),
    expect.objectContaining({ source: 'customer' }),
    {
      source: 'created_at',
      target: 'ordered',
      type: 'timestamptz',
      format: 'unix-seconds',
      decidedBy: {
        to: 'tables.orders.columns.created_at',
        type: 'tables.*.columns.*_at',
        format: 'tables.*.columns.*_at',
      },
    },
    expect.objectContaining({ source: 'total', type: 'numeric(8,2)' }),
  ]);
  const people = await shell.sqlift(['plan', 'check', 'why.plan.yaml']);
  expect(people.stderr).toMatch(
    /orders → why\.orders, only rows where total > 3, quarantine: 1%\n +created_at +→ ordered timestamptz/,
  );
  expect(people.stdout).toMatch(/^CREATE TABLE/);
  expect(await shell.traces()).toEqual(traces);
});

test('a full-text table keeps its rowids by a rule, and its index; a table whose indexes are given gets no other', async () => {
  shell.makeSource(
    'words.sqlite',
    `CREATE TABLE notes (id INTEGER PRIMARY KEY, made TEXT); INSERT INTO notes VALUES (7, 'amber'), (3, 'ember');
     CREATE TABLE letters (id INTEGER PRIMARY KEY, made TEXT); INSERT INTO letters VALUES (1, 'amber');
     CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs (rowid, body) VALUES (7, 'seven'), (3, 'three');
     CREATE VIRTUAL TABLE of_notes USING fts5(made, content='notes', content_rowid='id');
     CREATE VIRTUAL TABLE of_letters USING fts5(made, content='letters', content_rowid='id')`,
  );
  write('words.plan.yaml', [
    'name: words',
    'sources:',
    '  main:',
    '    sqlite: words.sqlite',
    '    schema: words',
    '    tables:',
    '      "*": {}',
    '      docs: { columns: { id: { type: bigint, value: rowid }, body: {} }, primaryKey: { name: docs_pkey, columns: [id] } }',
    '      letters: { indexes: [] }',
  ]);
  const report = await shell.migrate(['words.plan.yaml']);
  expect(report).toMatchObject({ state: 'published', verification: { state: 'verified' } });
  expect(
    await rows(
      `SELECT n.id::int FROM words.notes n JOIN words.docs d USING (id)
       WHERE to_tsvector('simple', coalesce(d.body, '')) @@ to_tsquery('simple', 'seven') AND n.made = 'amber'`,
    ),
  ).toEqual([{ id: 7 }]);
  expect(
    await rows(
      `SELECT indexname FROM pg_indexes WHERE schemaname = 'words' AND indexdef LIKE '%USING gin%' ORDER BY indexname`,
    ),
  ).toEqual([{ indexname: 'docs_fts' }, { indexname: 'of_notes' }]);
  expect(
    report.notCarried.find(({ object, kind }) => object === 'of_letters' && kind === 'virtual table')?.reason,
  ).toBe('full-text index of letters, without text of its own: the plan says which indexes that has');
});
