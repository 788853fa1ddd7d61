import Database from 'better-sqlite3';
import type { Plan } from '../../core/plan';
import { Migrations } from '../support/migration';
import { targetState } from '../support/target-state';

let migrations: Migrations;
beforeAll(async () => {
  migrations = await Migrations.open();
  await migrations.startWorker();
});
afterAll(() => migrations.close());

const VOCABULARY = 'amber bridge copper dragon ember forest garden harbor island jungle kettle lantern meadow'.split(
  ' ',
);

/** Sentences of plain words, always the same. */
function sentence(seed: number): string {
  return Array.from({ length: 6 }, (_, i) => VOCABULARY[(seed * 7 + i * i * 3 + seed * i) % VOCABULARY.length]!).join(
    ' ',
  );
}

function build(db: Database.Database): void {
  db.exec(`
    CREATE TABLE "my docs" (id INTEGER PRIMARY KEY, title VARCHAR(200), "the ""body""" TEXT, n INTEGER, born DATE);
    CREATE VIEW some AS SELECT id, title FROM "my docs";
    CREATE VIRTUAL TABLE own USING fts5(id UNINDEXED, title, body);
    CREATE VIRTUAL TABLE stems USING fts4(id, body, notindexed=id, tokenize=porter);
    CREATE VIRTUAL TABLE three USING fts3(id, body);
    CREATE VIRTUAL TABLE "docs words" USING fts5(title, "the ""body""", n, born, content='my docs', content_rowid='id');
    CREATE VIRTUAL TABLE "same words" USING fts5(title, "the ""body""", n, born, content='MY DOCS', content_rowid='id');
    CREATE VIRTUAL TABLE parts USING fts5(title, content='my docs', content_rowid='id', tokenize='trigram');
    CREATE VIRTUAL TABLE of_view USING fts5(title, content='some', content_rowid='id');
    CREATE VIRTUAL TABLE of_gone USING fts5(title, content='gone');
    CREATE VIRTUAL TABLE contentless USING fts5(title, content='');
    CREATE VIRTUAL TABLE numbers USING fts5(id UNINDEXED, mixed);
    CREATE VIRTUAL TABLE by_language USING fts4(body, languageid=lid)`);
  const docs = db.prepare('INSERT INTO "my docs" VALUES (?, ?, ?, ?, ?)');
  const own = db.prepare('INSERT INTO own VALUES (?, ?, ?)');
  const stems = db.prepare('INSERT INTO stems VALUES (?, ?)');
  const three = db.prepare('INSERT INTO three VALUES (?, ?)');
  const numbers = db.prepare('INSERT INTO numbers VALUES (?, ?)');
  for (let i = 1; i <= 200; i++) {
    const body = i % 20 === 0 ? null : sentence(i);
    docs.run(i, `${sentence(i + 1)}`, body, i, '2026-01-01');
    own.run(String(i), i % 30 === 0 ? null : VOCABULARY[i % 13]!.toUpperCase(), body);
    stems.run(i, `${body ?? ''} ${['connect', 'connected', 'connecting', 'running', 'runs'][i % 5]}`);
    three.run(BigInt(i), body);
    numbers.run(i, i % 3 === 0 ? BigInt(i) : `word${i % 7}`);
  }
  db.exec(`INSERT INTO "docs words" ("docs words") VALUES ('rebuild'); INSERT INTO parts (parts) VALUES ('rebuild');
    INSERT INTO by_language (body, lid) VALUES ('amber', 2)`);
}

const textSearches = VOCABULARY.slice(0, 8);

/** The expression of a full-text index, as the plan has it. */
function expressionOf(plan: Plan, table: string, name: string): string {
  const found = plan.sources.main!.tables[table]!.indexes!.find((one) => one.name === name);
  expect(found?.using).toBe('gin');
  return found!.columns[0]!.expression!;
}

/** Ids that MATCH finds in SQLite, those that @@ finds in PostgreSQL, and the plan of that query without sequential scans. */
async function search(file: string, match: string, table: string, condition: string) {
  const db = new Database(file, { readonly: true });
  const expected = db.prepare(match).pluck().all().map(Number);
  db.close();
  const client = await migrations.pool.connect();
  try {
    await client.query('SET enable_seqscan = off');
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${table} WHERE ${condition}`);
    const explained = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id FROM ${table} WHERE ${condition}`,
    );
    await client.query('RESET enable_seqscan');
    return {
      expected: expected.sort((a, b) => a - b),
      found: rows.map(({ id }) => Number(id)).sort((a, b) => a - b),
      explained: explained.rows.map((row) => row['QUERY PLAN']).join('\n'),
    };
  } finally {
    client.release();
  }
}

test('full-text tables become full-text indexes, which find the same rows as MATCH for plain words', async () => {
  const before = await targetState(migrations.pool, migrations.database.url);
  const plan = await migrations.plan('words', build);
  const file = plan.sources.main!.sqlite!;
  const started = await migrations.start(plan);
  expect((await started.result()).state).toBe('published');

  const indexes = await migrations.sql(
    `SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'words' AND indexdef LIKE '%USING gin%' ORDER BY 1, 2`,
  );
  expect(indexes.map(({ tablename, indexname }) => `${String(tablename)}: ${String(indexname)}`)).toEqual([
    'by_language: by_language_fts',
    'my docs: docs words',
    'my docs: parts',
    'numbers: numbers_fts',
    'own: own_fts',
    'stems: stems_fts',
    'three: three_fts',
  ]);

  const searches: [match: string, table: string, index: string, configuration: string, words: readonly string[]][] = [
    ['own', 'own', 'own_fts', 'simple', textSearches],
    ['docs words', 'my docs', 'docs words', 'simple', [...textSearches, '17', '112']],
    ['stems', 'stems', 'stems_fts', 'english', [...textSearches, 'connect', 'connection', 'run', 'running']],
    ['three', 'three', 'three_fts', 'simple', textSearches],
    ['numbers', 'numbers', 'numbers_fts', 'simple', ['word3', '42', '99']],
  ];
  for (const [match, table, index, configuration, words] of searches) {
    const expression = expressionOf(plan, table, index);
    const id = match === 'docs words' ? 'rowid' : 'id';
    for (const word of words) {
      const { expected, found, explained } = await search(
        file,
        `SELECT ${id} FROM "${match}" WHERE "${match}" MATCH '${word}'`,
        `words."${table}"`,
        `${expression} @@ to_tsquery('${configuration}', '${word}')`,
      );
      expect([index, word, found]).toEqual([index, word, expected]);
      expect(found.length).toBeGreaterThan(0);
      expect(explained).toContain(`Bitmap Index Scan on ${index.includes(' ') ? `"${index}"` : index}`);
    }
  }
  // The beginnings of words, two words, either of two.
  for (const [match, query] of [
    ['lant*', 'lant:*'],
    ['amber AND forest', 'amber & forest'],
    ['kettle OR ember', 'kettle | ember'],
  ]) {
    const expression = expressionOf(plan, 'own', 'own_fts');
    const { expected, found } = await search(
      file,
      `SELECT id FROM own WHERE own MATCH '${match}'`,
      'words.own',
      `${expression} @@ to_tsquery('simple', '${query}')`,
    );
    expect([match, found]).toEqual([match, expected]);
    expect(found.length).toBeGreaterThan(0);
  }

  const report = await migrations.report(started.run);
  const said = Object.fromEntries(
    report.notCarried
      .filter(({ kind }) => ['virtual table', 'tokenizer', 'full-text column', 'column'].includes(kind))
      .map(({ object, kind, reason }) => [`${kind} ${object}`, reason]),
  );
  const moved =
    'its rows are moved into an ordinary table, without their rowids (a column with value: rowid carries them); words are found by the index';
  const external = 'full-text index of my docs, without text of its own: words are found by the index';
  expect(said).toEqual({
    'virtual table own': `${moved} own_fts, with @@ instead of MATCH`,
    'virtual table stems': `${moved} stems_fts, with @@ instead of MATCH`,
    'virtual table three': `${moved} three_fts, with @@ instead of MATCH`,
    'virtual table numbers': `${moved} numbers_fts, with @@ instead of MATCH`,
    'virtual table by_language': `${moved} by_language_fts, with @@ instead of MATCH`,
    'column by_language.lid': expect.stringContaining('language'),
    'virtual table docs words': `${external} docs words of that table, with @@ instead of MATCH`,
    'virtual table same words': `${external} docs words of that table, with @@ instead of MATCH`,
    'virtual table parts': `${external} parts of that table, with @@ instead of MATCH`,
    'virtual table of_view': expect.stringContaining('that is a view'),
    'virtual table of_gone': expect.stringContaining('that is not moved'),
    'virtual table contentless': 'contentless full-text index: the text was never stored',
    'full-text column docs words.born': expect.stringContaining('it becomes date'),
    'full-text column same words.born': expect.stringContaining('it becomes date'),
    'tokenizer own': expect.stringContaining('unicode61'),
    'tokenizer numbers': expect.stringContaining('unicode61'),
    'tokenizer docs words': expect.stringContaining('unicode61'),
    'tokenizer same words': expect.stringContaining('unicode61'),
    'tokenizer stems': expect.stringContaining('english'),
    'tokenizer parts': expect.stringContaining('pg_trgm'),
  });
  expect(report.notCarried.find(({ object }) => object === 'contentless')?.sql).toContain(`content=''`);

  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });
  await migrations.sql(`DROP INDEX words.own_fts; CREATE INDEX own_fts ON words.own (lower(body))`);
  expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 1 });
  expect((await migrations.report(started.run)).verification.differences).toMatchObject([
    {
      table: 'own',
      kind: 'constraint',
      column: 'own_fts',
      expected: expect.stringContaining('gin index ((to_tsvector('),
    },
  ]);
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: true })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await targetState(migrations.pool, migrations.database.url)).toEqual(before);
});

test('a text of more words than PostgreSQL takes costs the index and nothing else', async () => {
  const plan = await migrations.plan('long', (db) => {
    db.exec(`CREATE VIRTUAL TABLE big USING fts5(body); CREATE VIRTUAL TABLE small USING fts5(body)`);
    const many = Array.from({ length: 200_000 }, (_, i) => `word${i.toString(36)}`).join(' ');
    db.prepare('INSERT INTO big VALUES (?), (?)').run(many, 'amber');
    // One word of 3,000 letters is left out of the index, and no reason to refuse it.
    db.prepare('INSERT INTO small VALUES (?), (?)').run('x'.repeat(3_000), 'amber');
  });
  const started = await migrations.start(plan);
  expect(await started.result()).toMatchObject({ state: 'published' });
  const report = await migrations.report(started.run);
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(report.tables.map(({ table, loaded }) => [table, loaded])).toEqual([
    ['big', 2],
    ['small', 2],
  ]);
  const indexes = report.notCarried.filter(({ kind }) => kind === 'index');
  expect(indexes).toEqual([
    {
      object: 'big_fts',
      kind: 'index',
      reason: 'PostgreSQL refused it (SQLSTATE 54000)',
      sql: `CREATE INDEX "big_fts" ON "long"."big" USING gin ((to_tsvector('simple'::regconfig, coalesce("body", ''))))`,
    },
  ]);
  expect(await migrations.sql(`SELECT indexname FROM pg_indexes WHERE schemaname = 'long'`)).toEqual([
    { indexname: 'small_fts' },
  ]);
});

test('every type that a searched column may become makes an index, or is named', async () => {
  const cells: Record<string, unknown[]> = {
    big: [1n, 2n],
    decimal: ['1.10', '2.20'],
    id: ['0b5e6a0e-3d2b-4e8a-9d6c-0f1e2d3c4b5a', null],
    document: ['{"a": "amber"}', '{"a": "ember"}'],
    flag: [0n, 1n],
    moment: ['2026-01-01 10:00:00', null],
    bytes: [Buffer.from('ab'), null],
    real: [1.5, 2.5],
    mixed: [1n, 'amber'],
    short: ['amber', 'ember'],
    empty: [null, null],
  };
  const types: Record<string, string> = {
    big: 'INTEGER',
    decimal: 'DECIMAL(8,2)',
    id: 'UUID',
    document: 'JSON',
    flag: 'BOOLEAN',
    moment: 'DATETIME',
    bytes: 'BLOB',
    real: 'REAL',
    mixed: '',
    short: 'VARCHAR(10)',
    empty: 'TEXT',
  };
  const columns = Object.keys(cells);
  const plan = await migrations.plan(
    'types',
    (db) => {
      db.exec(`CREATE TABLE t (${columns.map((name) => `${name} ${types[name]}`).join(', ')})`);
      for (const row of [0, 1])
        db.prepare(`INSERT INTO t VALUES (${columns.map(() => '?').join(', ')})`).run(
          columns.map((name) => cells[name]![row]),
        );
      for (const name of columns) db.exec(`CREATE VIRTUAL TABLE "of_${name}" USING fts5(${name}, content='t')`);
    },
    ({ sources }) => {
      const { columns: planned } = sources.main!.tables.t!;
      expect(Object.values(planned).map(({ type }) => type)).toEqual(
        expect.arrayContaining(['bigint', 'jsonb', 'boolean', 'timestamp', 'bytea', 'double precision', 'varchar(10)']),
      );
    },
  );
  const started = await migrations.start(plan);
  expect(await started.result()).toMatchObject({ state: 'published' });
  const report = await migrations.report(started.run);
  expect(report.notCarried.filter(({ kind }) => kind === 'index')).toEqual([]);
  const without = report.notCarried.filter(({ kind }) => kind === 'full-text column').map(({ object }) => object);
  const made = await migrations.sql(`SELECT indexname FROM pg_indexes WHERE schemaname = 'types' ORDER BY 1`);
  expect(made.map(({ indexname }) => indexname)).toEqual(
    ['of_big', 'of_decimal', 'of_document', 'of_empty', 'of_id', 'of_mixed', 'of_short'].sort(),
  );
  expect(without.sort()).toEqual(['of_bytes.bytes', 'of_flag.flag', 'of_moment.moment', 'of_real.real']);
});
