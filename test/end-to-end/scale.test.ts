import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { CommandLine } from './command-line';

/**
 * Sources that are large in one direction, through the command line: many tables, many columns, one long row, nothing at all. All of
 * it by `SQLIFT_SCALE=full npx jest test/end-to-end/scale`, which takes minutes on a busy machine; a smaller number of tables otherwise.
 */

const FULL = process.env.SQLIFT_SCALE === 'full';
const TABLES = FULL ? 1_000 : 300;
/** SQLite takes 2,000 unless it is built otherwise, PostgreSQL 1,600 of these types. */
const COLUMNS = 1_000;
const ROW_BYTES = 50_000_000;

let shell: CommandLine;
beforeAll(async () => {
  shell = await CommandLine.open();
});
afterAll(() => shell.close());

/** Builds a source, migrates it, and gives it open beside the report. */
async function migrated(name: string, build: (db: Database.Database) => void) {
  const file = shell.file(`${name}.db`);
  const db = new Database(file);
  db.pragma('synchronous = off');
  db.transaction(build)(db);
  db.close();
  const report = await shell.migrate([file, '--yes']);
  expect(report).toMatchObject({ state: 'published', verification: { differences: [] } });
  return report;
}

async function one(sql: string): Promise<Record<string, unknown>> {
  return (await shell.pool.query<Record<string, unknown>>(sql)).rows[0]!;
}

const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

test(
  `${TABLES} tables, each with a key, an index and a foreign key`,
  async () => {
    const nameOf = (number: number) => `t${String(number).padStart(4, '0')}`;
    const report = await migrated('tables', (db) => {
      for (let number = 0; number < TABLES; number++) {
        const parent = nameOf(Math.max(0, number - 1));
        db.exec(`CREATE TABLE ${nameOf(number)} (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES ${parent} (id), name TEXT);
          CREATE INDEX ${nameOf(number)}_name ON ${nameOf(number)} (name);`);
        const insert = db.prepare(`INSERT INTO ${nameOf(number)} VALUES (?, ?, ?)`);
        for (let id = 1; id <= 10; id++) insert.run(id, id, `${number}-${id}`);
      }
    });
    expect(report.tables).toHaveLength(TABLES);
    expect(report.verification.state).toBe('verified');
    // One in twenty, or one more where that is no whole number.
    expect(report.readAgain).toEqual({ chunks: Math.ceil(TABLES / 20), of: TABLES });
    for (const { sourceRows, loaded } of report.tables) expect([sourceRows, loaded]).toEqual([10, 10]);
    expect(report.notCarried).toEqual([]);
    const built = await one(`SELECT count(*) FILTER (WHERE contype = 'p')::int AS keys,
      count(*) FILTER (WHERE contype = 'f' AND convalidated)::int AS "foreign",
      (SELECT count(*)::int FROM pg_indexes WHERE schemaname = 'tables') AS indexes
      FROM pg_constraint WHERE connamespace = 'tables'::regnamespace`);
    expect(built).toEqual({ keys: TABLES, foreign: TABLES, indexes: 2 * TABLES });
    expect(await one(`SELECT count(*)::int AS rows, min(name) AS name FROM tables.${nameOf(TABLES - 1)}`)).toEqual({
      rows: 10,
      name: `${TABLES - 1}-1`,
    });
    // What a person reads of a thousand tables is one page all the same.
    const text = await shell.sqlift(['report', report.run]);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain(nameOf(TABLES - 1));
  },
  FULL ? 1_200_000 : 600_000,
);

test(`a table of ${COLUMNS} columns`, async () => {
  const kinds = ['INTEGER', 'TEXT', 'REAL', 'BLOB'];
  const names = Array.from({ length: COLUMNS - 1 }, (_, i) => `c_${i}`);
  const ROWS = 200;
  const report = await migrated('columns', (db) => {
    db.exec(
      `CREATE TABLE broad (id INTEGER PRIMARY KEY, ${names.map((name, i) => `${name} ${kinds[i % 4]}`).join(', ')})`,
    );
    const insert = db.prepare(`INSERT INTO broad VALUES (?${', ?'.repeat(COLUMNS - 1)})`);
    for (let row = 1; row <= ROWS; row++) {
      const cells = names.map((_, i) => [row * i, `t${row}`, row / (i + 1), Buffer.from([row & 255, i & 255])][i % 4]);
      insert.run(row, ...cells.map((cell, i) => ((row * i) % 7 === 1 ? null : cell)));
    }
  });
  expect(report.tables[0]).toMatchObject({
    sourceRows: ROWS,
    loaded: ROWS,
    digest: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  const source = new Database(shell.file('columns.db'), { readonly: true });
  const numbers = source
    .prepare('SELECT sum(c_0) AS a, sum(c_4) AS b, sum(c_996) AS c, count(c_998) AS d FROM broad')
    .get();
  source.close();
  expect(
    await one(
      'SELECT sum(c_0)::int AS a, sum(c_4)::int AS b, sum(c_996)::int AS c, count(c_998)::int AS d FROM columns.broad',
    ),
  ).toEqual(numbers);
});

test('a row with a blob of 50 MB, and one with a text of 50 MB', async () => {
  const blob = Buffer.alloc(ROW_BYTES);
  for (let at = 0; at < ROW_BYTES; at += 4) blob.writeInt32LE(Math.imul(at, 2_654_435_761) | 0, at);
  const text = 'word – '.repeat(Math.ceil(ROW_BYTES / Buffer.byteLength('word – ')));
  const report = await migrated('row', (db) => {
    db.exec('CREATE TABLE long (id INTEGER PRIMARY KEY, body BLOB, words TEXT)');
    const insert = db.prepare('INSERT INTO long VALUES (?, ?, ?)');
    insert.run(1, blob, 'short');
    insert.run(2, null, text);
    insert.run(3, Buffer.from('short'), null);
  });
  expect(report.tables[0]).toMatchObject({ sourceRows: 3, loaded: 3, quarantined: 0 });
  expect(
    await one(`SELECT (SELECT encode(sha256(body), 'hex') FROM "row".long WHERE id = 1) AS body,
      (SELECT encode(sha256(convert_to(words, 'UTF8')), 'hex') FROM "row".long WHERE id = 2) AS words`),
  ).toEqual({ body: sha256(blob), words: sha256(text) });
});

test.each([
  ['no rows', 'CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE b (id INTEGER, at TEXT);', 2],
  ['no tables', '', 0],
])('a run with nothing to do: a database with %s', async (what, sql, tables) => {
  const report = await migrated(what.replace(' ', '_'), (db) => db.exec(sql));
  expect(report.tables.map(({ loaded }) => loaded)).toEqual(Array(tables).fill(0));
  expect(report.verification.state).toBe(tables === 0 ? 'not run' : 'verified');
  // It takes seconds; a machine that is shared may be several times as slow.
  expect(report.seconds).toBeLessThan(30);
});
