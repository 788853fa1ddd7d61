import { readTableSql, readVirtualTableSql } from '../../../stores/sqlite/schema-sql';

test('a collation is found in its own column only, in any quotes, and the last one counts', () => {
  const { collations } =
    readTableSql(`CREATE TABLE t(a TEXT COLLATE "no'case", b DEFAULT ('x' COLLATE NOCASE), c COLLATE rtrim NOT NULL COLLATE [my coll],
    "collate nocase" TEXT, d CHECK (d = 'collate NOCASE, e' COLLATE NOCASE), PRIMARY KEY (a COLLATE NOCASE))`);
  expect(collations).toEqual(["no'case", undefined, 'my coll', undefined, undefined]);
});

test('keywords in comments, strings and quoted names are not keywords', () => {
  const sql = `CREATE TABLE "autoincrement" ( -- AUTOINCREMENT
    a /* COLLATE NOCASE, */ TEXT DEFAULT 'it''s AUTOINCREMENT', [x AUTOINCREMENT] INT, \`references\` INT)`;
  expect(readTableSql(sql)).toEqual({
    collations: [undefined, undefined, undefined],
    autoincrement: false,
    deferred: [],
  });
});

test('AUTOINCREMENT is found in a column and in a table constraint', () => {
  expect(readTableSql('create table t(a integer primary key autoincrement)').autoincrement).toBe(true);
  expect(readTableSql('create table t(a integer, primary key(a autoincrement))').autoincrement).toBe(true);
});

test('a foreign key is deferred only when it says DEFERRABLE INITIALLY DEFERRED', () => {
  const { deferred } =
    readTableSql(`CREATE TABLE t(a REFERENCES p, b REFERENCES p DEFERRABLE, c REFERENCES p(x) NOT NULL DEFERRABLE INITIALLY DEFERRED,
    d REFERENCES p NOT DEFERRABLE INITIALLY DEFERRED REFERENCES q DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY (a, b) REFERENCES p(x, y) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)`);
  expect(deferred).toEqual([false, false, true, false, true, true]);
});

test('options of virtual tables are read whatever their quotes and spaces', () => {
  const found = readVirtualTableSql(
    `CREATE VIRTUAL TABLE IF NOT EXISTS "using ft" USING FTS5(content, title, CONTENT = 'a ''b''', tokenize="x y")`,
  );
  expect(found.module).toBe('fts5');
  expect([...found.options]).toEqual([
    ['content', "a 'b'"],
    ['tokenize', 'x y'],
  ]);
  expect(found.arguments).toEqual([['content'], ['title'], ['CONTENT', '=', "a 'b'"], ['tokenize', '=', 'x y']]);
  expect(readVirtualTableSql('create virtual table v using dbstat')).toEqual({
    module: 'dbstat',
    options: new Map(),
    arguments: [],
  });
});
