import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import Database from 'better-sqlite3';
import { inspectionJsonSchema } from '../../client/inspect/schema';
import type { FileInspection, TableInspection } from '../../core/inspection';
import { fingerprint, makeTorture, temporaryFolder, testWithShared } from '../stores/sqlite/fixtures';
import { sqlift } from './command-line';

const folder = temporaryFolder();
const env = { SQLIFT_HOME: path.join(folder, 'home') };
const fits = new Ajv({ strict: false }).compile(inspectionJsonSchema());

test('schemas/inspect.v1.json is current (SQLIFT_UPDATE=1 writes it)', () => {
  const file = path.join(__dirname, '../../schemas/inspect.v1.json');
  const wanted = `${JSON.stringify(inspectionJsonSchema(), null, 2)}\n`;
  if (process.env.SQLIFT_UPDATE === '1') writeFileSync(file, wanted);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(wanted));
});

function makeFile(name: string, sql: string): string {
  const file = path.join(folder, name);
  const db = new Database(file);
  db.pragma('foreign_keys = off');
  db.exec(sql);
  db.close();
  return file;
}

async function inspected(...args: string[]): Promise<FileInspection[]> {
  const { code, stdout, stderr } = await sqlift(['inspect', '--json', ...args], { env });
  expect({ code, stderr: stderr.replaceAll(/^Looking at .*$/gm, '').trim() }).toEqual({ code: 0, stderr: '' });
  const whole = JSON.parse(stdout) as { files: FileInspection[] };
  expect({ fits: fits(whole), errors: fits.errors }).toEqual({ fits: true, errors: null });
  return whole.files;
}

const SHOP = `
  PRAGMA user_version = 7;
  PRAGMA application_id = 1145390418;
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born DATE, boss INT REFERENCES people(id), score INTEGER);
  CREATE INDEX people_name ON people (name);
  CREATE TABLE log (line);
  CREATE TABLE empty (a TEXT PRIMARY KEY);
  CREATE TRIGGER watch AFTER INSERT ON people BEGIN DELETE FROM log; END;
  INSERT INTO people VALUES (1, 'a', '2020-02-29', NULL, 1), (2, 'b', '2021-02-29', 9, 'none'), (3, 'c' || char(0), '2020-03-01', 1, 9007199254740993);
  INSERT INTO log VALUES ('x'), ('x');
`;

test('the profile has the facts of the file, the size of every tree, and each oddity with its place', async () => {
  const [shop] = await inspected(makeFile('shop.sqlite', SHOP));
  expect(shop!.facts).toMatchObject({
    encoding: 'UTF-8',
    pageSize: 4096,
    freePages: 0,
    userVersion: 7,
    applicationId: 1_145_390_418,
    journalMode: 'rollback',
    walBytes: 0,
  });
  expect(shop!.facts.bytes).toBe(shop!.facts.pages * 4096);
  expect(shop!.integrity).toEqual([]);
  const people = tableOf(shop!, 'people');
  expect(people).toMatchObject({ kind: 'rowid', rows: 3, bytes: 4096, indexBytes: 4096, primaryKey: ['id'] });
  expect(people.columns.map(({ column, declared, nulls, texts }) => [column, declared, nulls, texts])).toEqual([
    ['id', 'INTEGER', 0, 0],
    ['name', 'TEXT', 0, 3],
    ['born', 'DATE', 0, 3],
    ['boss', 'INT', 1, 0],
    ['score', 'INTEGER', 0, 1],
  ]);
  expect(people.columns[4]!.why).toMatch(/1 text among 2 integers/);
  expect(people.oddities.map(({ kind, column, count, samples }) => [kind, column, count, samples])).toEqual([
    ['NUL bytes', 'name', 1, [{ at: 'rowid 3', value: '"c\\u0000"' }]],
    ['not as declared', 'born', 1, [{ at: 'rowid 2', value: '"2021-02-29"' }]],
    ['mixed storage classes', 'score', 1, [{ at: 'rowid 2', value: '"none"' }]],
    ['past 2^53', 'score', 1, [{ at: 'rowid 3', value: '9007199254740993' }]],
    ['foreign key violated', 'boss', 1, [{ at: 'rowid 2', value: '9' }]],
  ]);
  expect(tableOf(shop!, 'log').oddities.map(({ kind }) => kind)).toEqual(['no key']);
  expect(tableOf(shop!, 'empty').oddities).toEqual([]);
  expect(shop!.notCarried).toEqual(
    expect.arrayContaining([expect.objectContaining({ object: 'people.score' })].slice(1)),
  );
});

test('rows that break NOT NULL or a CHECK are counted, with what SQLite says of the file', async () => {
  const file = makeFile(
    'broken.sqlite',
    `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, n INT);
     INSERT INTO t VALUES (1, 'x', 1), (2, NULL, 2), (3, NULL, -3), (4, 'y', -4)`,
  );
  const db = new Database(file);
  db.unsafeMode(true);
  db.pragma('writable_schema = on');
  db.exec(
    `UPDATE sqlite_schema SET sql = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL, n INT CHECK (n > 0))'`,
  );
  db.close();
  const [broken] = await inspected(file);
  expect(broken!.integrity).toEqual(['NULL value in t.v', 'NULL value in t.v']);
  const { oddities } = tableOf(broken!, 't');
  expect(oddities.map(({ kind, what, samples }) => [kind, what, samples.map(({ at }) => at)])).toEqual([
    ['NULL', '2 NULLs in a NOT NULL column', ['rowid 2', 'rowid 3']],
    ['CHECK violated', '2 rows against CHECK (n > 0)', ['rowid 3', 'rowid 4']],
  ]);
  const { stdout } = await sqlift(['inspect', file], { env });
  expect(stdout).toMatch(/integrity +NULL value in t\.v \(2 times\)\n/);
});

test('for a person: a line for each table, then what is odd; --table and --all show columns', async () => {
  const file = makeFile('text.sqlite', SHOP);
  const { stdout } = await sqlift(['inspect', file], { env });
  expect(stdout).toMatch(/^.*text\.sqlite\nsize +\d/);
  expect(stdout).toMatch(/application_id +0x44454552 \(DEER\)/);
  expect(stdout).toMatch(/\npeople +3 +4\.1 kB +4\.1 kB +5 +5\b/);
  expect(stdout).toMatch(/\n3 tables, 5 rows; 2 tables with oddities\. /);
  expect(stdout).toMatch(/\n {2}! born: 1 text that is no date\n {6}rowid 2: "2021-02-29"\n/);
  expect(stdout).not.toMatch(/declared/);
  expect(stdout).toMatch(/trigger watch: /);
  const one = await sqlift(['inspect', file, '--table', 'empty'], { env });
  expect(one.stdout).toMatch(/\nempty {2}0 rows/);
  expect(one.stdout).toMatch(/ {2}column +declared +becomes +why +holds\n {2}a +TEXT +text /);
  expect(one.stdout).not.toMatch(/people/);
  const all = await sqlift(['inspect', file, '--all'], { env });
  expect(all.stdout.match(/ {2}column +declared/g)).toHaveLength(3);
  const none = await sqlift(['inspect', file, '--table', 'nobody'], { env });
  expect({ code: none.code, said: /no table|no file has a table nobody/.test(none.stderr) }).toEqual({
    code: 2,
    said: true,
  });
});

test('names from a file cannot steer the terminal, and an empty file is no error', async () => {
  const hostile = makeFile(
    'hostile.sqlite',
    `CREATE TABLE "a\u001b[2Jb\u202e" ("c\u001b[1A" TEXT, d); INSERT INTO "a\u001b[2Jb\u202e" VALUES (x'00', 'x\u001b[31m')`,
  );
  for (const flags of [[], ['--all']])
    expect((await sqlift(['inspect', hostile, ...flags], { env })).stdout).not.toMatch(/[\u001b\u202e]/);
  const empty = path.join(folder, 'empty.sqlite');
  writeFileSync(empty, '');
  const { code, stdout } = await sqlift(['inspect', empty], { env });
  expect({ code, stdout: stdout.includes('nothing to migrate') }).toEqual({ code: 0, stdout: true });
  expect((await inspected(empty))[0]!.tables).toEqual([]);
});

testWithShared(
  'the torture files: the sources stay as they are, damage is refused, everything else has a profile',
  async () => {
    const out = makeTorture(temporaryFolder());
    const before = fingerprint(path.join(out, 'torture_wal'));
    const files = ['torture.db', 'torture_utf16.db', 'torture_wide.db', 'torture_integrity.db', 'torture_foreign.db'];
    const found = await inspected(...files.map((file) => path.join(out, file)), path.join(out, 'torture_wal/copy.db'));
    expect(found).toHaveLength(6);
    expect(found[5]!.facts.walBytes).toBeGreaterThan(0);
    expect(found[5]!.tables.map(({ table }) => table)).toContain('only_in_wal');
    expect(fingerprint(path.join(out, 'torture_wal'))).toEqual(before);
    expect(found[1]!.facts.encoding).toBe('UTF-16le');
    expect(found[3]!.integrity).toContain('NULL value in nn.v');
    expect(tableOf(found[3]!, 'ck').oddities.map(({ kind, count }) => [kind, count])).toEqual([['CHECK violated', 1]]);
    const corrupt = await sqlift(['inspect', path.join(out, 'torture_corrupt.db')], { env });
    expect({ code: corrupt.code, damaged: corrupt.stderr.includes('is damaged') }).toEqual({ code: 1, damaged: true });
  },
);

function tableOf(file: FileInspection, name: string): TableInspection {
  return file.tables.find(({ table }) => table === name)!;
}
