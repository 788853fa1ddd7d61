import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { draftPlan } from '../../../core/draft';
import { sequenceName } from '../../../core/names';
import { readPlan, writePlan } from '../../../core/plan-file';
import { resolvePlan } from '../../../core/resolve';
import { createTableSql, foreignKeyStep, keySteps } from '../../../stores/postgres/ddl';
import { quoteIdent } from '../../../stores/postgres/names';
import { profileSource } from '../../../stores/sqlite/profile';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-profile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeFile(name: string, sql: string): string {
  const file = path.join(folder, name);
  const db = new Database(file);
  db.pragma('foreign_keys = off');
  db.exec(sql);
  db.close();
  return file;
}

const NASTY = `
  CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, "na""me" VARCHAR(5) NOT NULL DEFAULT 'it''s', ctid INT, born DATE DEFAULT CURRENT_DATE,
    seen DATETIME DEFAULT CURRENT_TIMESTAMP, noted TEXT DEFAULT CURRENT_TIMESTAMP, raw BLOB DEFAULT X'00ff', anything DEFAULT 'x', ok BOOLEAN DEFAULT 1, price DECIMAL(5,2) DEFAULT 4.99);
  CREATE TABLE users_id_seq (a INT);
  CREATE TABLE "users_pkey" (a INT UNIQUE, b TEXT UNIQUE, UNIQUE (a, b));
  CREATE TABLE "${'ü'.repeat(50)}" ("${'ü'.repeat(50)}" INTEGER PRIMARY KEY, "${'ü'.repeat(51)}" INT REFERENCES users);
  CREATE TABLE child (a NUMERIC REFERENCES users(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, b INT REFERENCES ghosts, c INT REFERENCES users_pkey(b), d INT REFERENCES users_pkey(a));
  CREATE INDEX "ix" ON child (a DESC, b);
  CREATE TABLE nullkey (k TEXT PRIMARY KEY, j JSON) WITHOUT ROWID;
  CREATE TABLE "null key" (k TEXT PRIMARY KEY);
  INSERT INTO users (id, "na""me", anything) VALUES (1, 'a', 1), (9, 'b', X'00');
  INSERT INTO "null key" VALUES (NULL), ('a');
  INSERT INTO child VALUES (1, 1, 1, NULL), (7, 1, NULL, 5), (8, NULL, NULL, 6);
  INSERT INTO users_pkey VALUES (5, 'x');
`;

test('counts rows that violate a foreign key, even where SQLite itself cannot check another of the table', async () => {
  const { violations, evidence } = await profileSource(makeFile('violations.db', NASTY));
  // The declared order: a, b, c, d. The parent of b is missing, so SQLite counts every row with a value.
  expect(violations.child).toEqual([2, expect.any(Number), 1, 1]);
  expect(Object.keys(violations)).toEqual(['child']);
  expect(evidence.users!.rows).toBe(2);
  const unchecked = makeFile(
    'mismatch.db',
    'CREATE TABLE p (x INT, y INTEGER PRIMARY KEY); CREATE TABLE c (a INT REFERENCES p(x), b INT REFERENCES p(y)); INSERT INTO c VALUES (1, 1), (NULL, 2)',
  );
  expect((await profileSource(unchecked)).violations).toEqual({ c: [1, 2] });
});

test('says where rows that violate a foreign key are, and by which values', async () => {
  const file = makeFile(
    'violators.db',
    `CREATE TABLE p (x INT, y TEXT, PRIMARY KEY (x, y));
     CREATE TABLE c (id INTEGER PRIMARY KEY, a INT, b TEXT, FOREIGN KEY (a, b) REFERENCES p);
     CREATE TABLE w (k TEXT PRIMARY KEY, a INT REFERENCES c(id)) WITHOUT ROWID;
     CREATE TABLE m (a INT REFERENCES p(x), b INT REFERENCES c(id));
     INSERT INTO p VALUES (1, 'one');
     INSERT INTO c VALUES (1, 1, 'one'), (2, 1, 'it''s'), (3, 2, 'one'), (4, 9, NULL), (5, 3, x'00ff'), (6, 4, 'x');
     INSERT INTO w VALUES ('a', 1), ('b', 77);
     INSERT INTO m VALUES (1, 1), (8, 9)`,
  );
  const { violations, violators } = await profileSource(file);
  expect(violations).toEqual({ c: [4], w: [1], m: [1, 1] });
  expect(violators).toEqual({
    c: [
      [
        { at: 'rowid 2', value: "1, 'it''s'" },
        { at: 'rowid 3', value: "2, 'one'" },
        { at: 'rowid 5', value: "3, X'00FF'" },
      ],
    ],
    w: [[{ at: "'b'", value: '77' }]],
    m: [[{ at: 'rowid 2', value: '8' }], [{ at: 'rowid 2', value: '9' }]],
  });
});

test('lets others work in between, reports progress, and stops when told to', async () => {
  const file = makeFile(
    'long.db',
    `CREATE TABLE t (a TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO t SELECT hex(randomblob(500)) FROM n`,
  );
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  const seen: number[] = [];
  try {
    await profileSource(file, { onProgress: ({ bytes }) => seen.push(bytes) });
  } finally {
    clearInterval(timer);
  }
  expect(turns).toBeGreaterThan(0);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  const controller = new AbortController();
  let calls = 0;
  const stopped = profileSource(file, {
    signal: controller.signal,
    onProgress: () => {
      calls += 1;
      controller.abort(new Error('enough'));
    },
  });
  await expect(stopped).rejects.toThrow('enough');
  expect(calls).toBe(1);
});

const shared = path.resolve(__dirname, '../../../../shared/data/public');
const publicFiles = existsSync(shared)
  ? readdirSync(shared, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(sqlite3?|db)$/.test(name))
      .sort()
  : [];

(process.env.SQLIFT_TEST_SERVERS === 'off' ? describe.skip : describe)('what is drafted, PostgreSQL takes', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await createDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  /** Makes the empty tables of a drafted plan, with all their keys. */
  async function build(file: string, schema: string): Promise<void> {
    const profile = await profileSource(file);
    const { plan, comments } = draftPlan({ name: 'p', sources: [{ name: 's', path: file, schema, ...profile }] });
    const again = readPlan(writePlan(plan, comments), 'p.yaml');
    expect(again).toEqual(plan);
    const { tables } = resolvePlan(plan, '/', { s: profile.catalog })[0]!;
    await client.query(`CREATE SCHEMA ${quoteIdent(schema)}`);
    const at = (table: (typeof tables)[number]) => ({ schema, table: table.target });
    for (const table of tables) {
      await client.query(createTableSql(table, at(table)));
      for (const { sql } of keySteps(table, at(table))) await client.query(sql);
    }
    for (const table of tables) {
      for (const key of table.foreignKeys) {
        const parent = tables.find((candidate) => candidate.table === key.references.table)!;
        await client.query(foreignKeyStep(table, at(table), key, parent, at(parent)).sql);
      }
    }
  }

  test('of a schema with every kind of name, key and default', async () => {
    await build(makeFile('nasty.db', NASTY), 'nasty');
    const sequences = await client.query<{ table: string; column: string; sequence: string }>(
      `SELECT t.relname AS "table", a.attname AS "column", s.relname AS sequence FROM pg_depend d
         JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_class t ON t.oid = d.refobjid
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
       WHERE d.deptype = 'i' AND t.relnamespace = 'nasty'::regnamespace`,
    );
    expect(sequences.rows).toHaveLength(2);
    for (const { table, column, sequence } of sequences.rows) expect(sequence).toBe(sequenceName(table, column));
    const { rows } = await client.query(
      'INSERT INTO nasty.users DEFAULT VALUES RETURNING id, "na""me", raw, anything, ok, price, seen IS NOT NULL AND born IS NOT NULL AND noted IS NOT NULL AS timed',
    );
    expect(rows).toEqual([
      { id: '1', 'na"me': "it's", raw: Buffer.from([0, 255]), anything: 'x', ok: true, price: '4.99', timed: true },
    ]);
  });

  (publicFiles.length > 0 ? test : test.skip)('of every public database (skipped without ../shared)', async () => {
    for (const [i, name] of publicFiles.entries()) await build(path.join(shared, name), `public_${i}`);
  });
});
