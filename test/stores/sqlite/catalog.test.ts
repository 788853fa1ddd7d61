import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { SourceCatalog, SourceTable } from '../../../core/source';
import { readCatalog } from '../../../stores/sqlite/catalog';
import { quoteName } from '../../../stores/sqlite/names';
import { openSqlite } from '../../../stores/sqlite/open';
import { makeTorture, sharedData, temporaryFolder, testWithShared } from './fixtures';

function catalogOf(sql: string): SourceCatalog {
  const db = new Database(':memory:');
  db.exec(sql);
  return readCatalog(db);
}

function tableOf(catalog: SourceCatalog, name: string): SourceTable {
  const found = catalog.tables.find((table) => table.name === name);
  if (found === undefined) throw new Error(`no table ${name}`);
  return found;
}

test('only INTEGER PRIMARY KEY is an alias of the rowid', () => {
  const catalog =
    catalogOf(`CREATE TABLE a(id INTEGER PRIMARY KEY, x); CREATE TABLE b(id INT PRIMARY KEY); CREATE TABLE c(id INTEGER PRIMARY KEY DESC);
    CREATE TABLE d(id integer, x, PRIMARY KEY(id DESC)); CREATE TABLE e(id INTEGER PRIMARY KEY) WITHOUT ROWID; CREATE TABLE f(id INTEGER UNIQUE PRIMARY KEY); CREATE TABLE g(a, b, PRIMARY KEY (b, a))`);
  expect(catalog.tables.map(({ name, rowidAlias }) => [name, rowidAlias])).toEqual([
    ['a', 'id'],
    ['b', undefined],
    ['c', undefined],
    ['d', 'id'],
    ['e', undefined],
    ['f', 'id'],
    ['g', undefined],
  ]);
  // SQLite itself says which column is the rowid.
  const db = new Database(':memory:');
  for (const table of catalog.tables.filter(({ kind, primaryKey }) => kind === 'rowid' && primaryKey.length === 1)) {
    db.exec(table.sql);
    const key = quoteName(table.primaryKey[0]!);
    db.exec(`INSERT INTO ${table.name}(rowid) VALUES (77)`);
    const isAlias = db.prepare(`SELECT ${key} IS 77 FROM ${table.name}`).pluck().get() === 1;
    expect([table.name, table.rowidAlias !== undefined]).toEqual([table.name, isAlias]);
  }
  expect(tableOf(catalog, 'g').primaryKey).toEqual(['b', 'a']);
});

test('the rowid is addressed by a spelling that no column hides', () => {
  const catalog = catalogOf(
    'CREATE TABLE a(x); CREATE TABLE b(RowId, x); CREATE TABLE c(rowid, _ROWID_); CREATE TABLE d(rowid, oid, _rowid_); CREATE TABLE e(x PRIMARY KEY) WITHOUT ROWID',
  );
  expect(catalog.tables.map(({ rowidName }) => rowidName)).toEqual(['rowid', '_rowid_', 'oid', undefined, undefined]);
});

test('columns carry type, affinity, default, collation and how they are generated', () => {
  const { columns } = tableOf(
    catalogOf(
      `CREATE TABLE t(a VARCHAR(5) NOT NULL DEFAULT 'x''y', b, c INT GENERATED ALWAYS AS (a || b) STORED, d AS (b) VIRTUAL, e TEXT COLLATE nocase)`,
    ),
    't',
  );
  expect(columns).toEqual([
    { name: 'a', declared: 'VARCHAR(5)', affinity: 'text', notNull: true, default: "'x''y'" },
    { name: 'b', declared: '', affinity: 'blob', notNull: false },
    { name: 'c', declared: 'INT', affinity: 'integer', notNull: false, generated: 'stored' },
    { name: 'd', declared: '', affinity: 'blob', notNull: false, generated: 'virtual' },
    { name: 'e', declared: 'TEXT', affinity: 'text', notNull: false, collation: 'NOCASE' },
  ]);
});

test('foreign keys come in order of declaration, whole, resolved to the parent’s spelling', () => {
  const catalog =
    catalogOf(`CREATE TABLE Parent(Id INTEGER PRIMARY KEY, A, B, UNIQUE (A, B)); CREATE TABLE Pair(a, b, PRIMARY KEY (b, a)); CREATE TABLE bare(x);
    CREATE TABLE child(p REFERENCES PARENT, q REFERENCES bare, a, b, FOREIGN KEY (a, b) REFERENCES parent(a, B) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
      FOREIGN KEY (a, b) REFERENCES pair, FOREIGN KEY (b) REFERENCES gone(x), FOREIGN KEY (a) REFERENCES pair)`);
  const rest = { onDelete: 'NO ACTION', onUpdate: 'NO ACTION', deferred: false };
  expect(tableOf(catalog, 'child').foreignKeys).toEqual([
    { ...rest, columns: ['p'], parent: 'Parent', parentColumns: ['Id'] },
    { ...rest, columns: ['q'], parent: 'bare', parentColumns: [] },
    {
      columns: ['a', 'b'],
      parent: 'Parent',
      parentColumns: ['A', 'B'],
      onDelete: 'CASCADE',
      onUpdate: 'SET NULL',
      deferred: true,
    },
    { ...rest, columns: ['a', 'b'], parent: 'Pair', parentColumns: ['b', 'a'] },
    { ...rest, columns: ['b'], parent: 'gone', parentColumns: ['x'] },
    { ...rest, columns: ['a'], parent: 'Pair', parentColumns: [] },
  ]);
});

test('indexes carry their keys, expressions, order and collation', () => {
  const { indexes } = tableOf(
    catalogOf('CREATE TABLE t(a UNIQUE, b TEXT COLLATE NOCASE); CREATE UNIQUE INDEX i ON t(b DESC, a+1) WHERE a > 0'),
    't',
  );
  expect(indexes).toEqual([
    {
      name: 'i',
      unique: true,
      origin: 'c',
      partial: true,
      sql: 'CREATE UNIQUE INDEX i ON t(b DESC, a+1) WHERE a > 0',
      columns: [
        { name: 'b', descending: true, collation: 'NOCASE' },
        { descending: false, collation: 'BINARY' },
      ],
    },
    {
      name: 'sqlite_autoindex_t_1',
      unique: true,
      origin: 'u',
      partial: false,
      columns: [{ name: 'a', descending: false, collation: 'BINARY' }],
    },
  ]);
});

test('the AUTOINCREMENT sequence is exact, and rubbish in sqlite_sequence is left out', () => {
  const catalog =
    catalogOf(`CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE b(id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE c(id INTEGER PRIMARY KEY);
    INSERT INTO a VALUES (9223372036854775807); INSERT INTO b VALUES (1); UPDATE sqlite_sequence SET seq = 'x' WHERE name = 'b'; INSERT INTO sqlite_sequence VALUES ('c', 5), (NULL, NULL)`);
  expect(catalog.tables.map(({ autoincrement, sequence }) => [autoincrement, sequence])).toEqual([
    [true, '9223372036854775807'],
    [true, undefined],
    [false, undefined],
  ]);
});

test('hostile names survive, the empty one too', () => {
  const names = ['', ' ', '"', "'", '";DROP TABLE x;--', 'a\nb', '🦀', '%s', '[x]', '`', 'Ünïcode'];
  const sql = names.map(
    (name) =>
      `CREATE TABLE ${quoteName(name)}(${quoteName(name)} INTEGER PRIMARY KEY, ${quoteName(`${name}2`)} REFERENCES ${quoteName(name)}); CREATE INDEX ${quoteName(`i${name}`)} ON ${quoteName(name)}(${quoteName(name)});`,
  );
  const { tables } = catalogOf(sql.join('\n'));
  expect(tables.map(({ name }) => name)).toEqual([...names].sort());
  for (const { name, columns, indexes, foreignKeys } of tables) {
    expect(columns.map((column) => column.name)).toEqual([name, `${name}2`]);
    expect(indexes.map((index) => index.columns[0]!.name)).toEqual([name]);
    expect(foreignKeys).toMatchObject([{ parent: name, parentColumns: [name] }]);
  }
});

test('full-text indexes without text of their own are not tables; others are, without their shadow tables', () => {
  const catalog =
    catalogOf(`CREATE TABLE doc(id INTEGER PRIMARY KEY, body); CREATE TABLE notes_content(x); CREATE VIRTUAL TABLE own USING fts5(body); CREATE VIRTUAL TABLE old USING fts4(body);
    CREATE VIRTUAL TABLE ext USING fts5(body, content = "doc"); CREATE VIRTUAL TABLE none USING fts5(body, content=''); CREATE VIRTUAL TABLE terms USING fts5vocab(own, 'row'); CREATE VIRTUAL TABLE box USING rtree(id, lo, hi)`);
  expect(catalog.tables.map(({ name, kind }) => [name, kind])).toEqual([
    ['box', 'virtual'],
    ['doc', 'rowid'],
    ['notes_content', 'rowid'],
    ['old', 'virtual'],
    ['own', 'virtual'],
  ]);
  expect(tableOf(catalog, 'own').columns.map(({ name }) => name)).toEqual(['body']);
  expect(tableOf(catalog, 'box').columns.map(({ name, affinity }) => [name, affinity])).toEqual([
    ['id', 'integer'],
    ['lo', 'real'],
    ['hi', 'real'],
  ]);
  const unreadable = catalog.others
    .filter(({ kind }) => kind === 'virtual table')
    .map((other) => [other.name, other.unreadable]);
  expect(unreadable).toEqual([
    ['ext', expect.stringContaining('index of doc')],
    ['none', expect.stringContaining('contentless')],
    ['terms', expect.stringContaining('another table')],
  ]);
  expect(catalog.others.filter(({ kind, table }) => kind === 'shadow table' && table === undefined)).toEqual([]);
});

test('an empty file is an empty catalog', () => {
  const { tables, others, pageCount } = catalogOf('');
  expect({ tables, others, pageCount }).toEqual({ tables: [], others: [], pageCount: 0 });
});

/** SQLite's own answer: the collation it would sort a column by, from the byte code of a statement that is never run. */
function sortCollation(db: Database.Database, table: string, column: string): string {
  const code = db.prepare(`EXPLAIN SELECT 1 FROM ${quoteName(table)} ORDER BY +${quoteName(column)}`).all() as {
    opcode: string;
    p4: string;
  }[];
  const name =
    /^k\(\d+,(?:N\.)?(\w+)/.exec(code.find(({ opcode }) => opcode.startsWith('Sorter'))?.p4 ?? '')?.[1] ?? 'B';
  return name === 'B' ? 'BINARY' : name.toUpperCase();
}

const features = sharedData('public/features.json');
testWithShared('the catalogs of all public databases agree with what is known of them, and with SQLite', () => {
  const known = JSON.parse(readFileSync(features, 'utf8')) as Record<string, Known>;
  expect(Object.keys(known).length).toBeGreaterThan(30);
  for (const [file, expected] of Object.entries(known)) {
    if (!/\.(db|sqlite3?)$/.test(file)) continue;
    const copy = new Database(readFileSync(sharedData(`public/${file}`)));
    const catalog = readCatalog(copy);
    expect({
      file,
      encoding: catalog.encoding,
      pageSize: catalog.pageSize,
      userVersion: catalog.userVersion,
      applicationId: catalog.applicationId,
    }).toEqual({
      file,
      encoding: expected.encoding,
      pageSize: expected.page_size,
      userVersion: expected.user_version,
      applicationId: expected.application_id,
    });
    const notTables = catalog.others
      .filter(({ kind }) => kind !== 'view' && kind !== 'trigger')
      .map(({ name }) => name);
    const all = [...catalog.tables.map(({ name }) => name), ...notTables];
    expect({ file, missing: Object.keys(expected.tables).filter((name) => !all.includes(name)) }).toEqual({
      file,
      missing: [],
    });
    const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
    expect({ file, views: names(catalog.others.filter(({ kind }) => kind === 'view')) }).toEqual({
      file,
      views: [...(expected.features.views ?? [])].sort(),
    });
    expect({ file, triggers: names(catalog.others.filter(({ kind }) => kind === 'trigger')) }).toEqual({
      file,
      triggers: [...(expected.features.triggers ?? [])].sort(),
    });
    expect({ file, autoincrement: names(catalog.tables.filter(({ autoincrement }) => autoincrement)) }).toEqual({
      file,
      autoincrement: [...(expected.features.autoincrement ?? [])].sort(),
    });
    expect({ file, keys: catalog.tables.reduce((sum, { foreignKeys }) => sum + foreignKeys.length, 0) }).toEqual({
      file,
      keys: expected.features.fks ?? 0,
    });
    for (const table of catalog.tables.filter(({ kind }) => kind !== 'virtual')) {
      for (const column of table.columns) {
        expect([file, table.name, column.name, column.collation ?? 'BINARY']).toEqual([
          file,
          table.name,
          column.name,
          sortCollation(copy, table.name, column.name),
        ]);
      }
    }
    copy.close();
  }
});

interface Known {
  encoding: string;
  page_size: number;
  user_version: number;
  application_id: number;
  tables: Record<string, number>;
  features: { views?: string[]; triggers?: string[]; autoincrement?: string[]; fks?: number };
}

testWithShared('the torture databases are read whole, with what cannot be read named', () => {
  const folder = temporaryFolder();
  const out = makeTorture(folder);
  const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as Record<string, Record<string, unknown>>;
  expect(Object.keys(truth).length).toBeGreaterThan(3);
  for (const [file, tables] of Object.entries(truth)) {
    const db = openSqlite(join(out, file));
    const catalog = readCatalog(db);
    db.close();
    const found = new Set([...catalog.tables, ...catalog.others].map(({ name }) => name));
    expect({ file, missing: Object.keys(tables).filter((name) => !found.has(name)) }).toEqual({ file, missing: [] });
  }
  const db = openSqlite(join(out, 'torture_foreign.db'));
  const foreign = readCatalog(db);
  db.close();
  expect(foreign.others).toEqual([
    { name: 'vec_items', kind: 'virtual table', sql: expect.any(String), unreadable: 'no such module: vec0' },
  ]);
  expect(tableOf(foreign, 'tag').columns[1]).toMatchObject({ name: 'name', collation: 'UNICASE' });
  expect(tableOf(foreign, 'fn').columns[2]).toMatchObject({ name: 'n', generated: 'virtual' });
});
