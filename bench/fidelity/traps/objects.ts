import { fullText, named, noShadows, rowids, rows, view } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

const orders = `CREATE TABLE orders (id INTEGER PRIMARY KEY, who TEXT, amount NUMERIC);
  INSERT INTO orders VALUES (1, 'Ann', 10), (2, 'ann', 20.5), (3, 'Bob', NULL);`;

/** Views, triggers and virtual tables. */
export const objects: Trap[] = [
  trap(
    'view',
    'a view that PostgreSQL understands, and one on it',
    `${orders}
    CREATE VIEW paid AS SELECT id, who FROM orders WHERE amount IS NOT NULL;
    CREATE VIEW paid_ids AS SELECT id FROM paid`,
    rows('orders'),
    view('paid'),
    view('paid_ids'),
  ),
  trap(
    'view-sqlite',
    'a view in SQLite’s own words',
    `${orders}
    CREATE VIEW totals AS SELECT group_concat(who, '|') AS names, total(amount) AS total, typeof(amount) AS kind FROM orders WHERE who GLOB '[AB]*' OR who LIKE 'A%' GROUP BY typeof(amount)`,
    rows('orders'),
    view('totals'),
  ),
  trap(
    'view-broken',
    'a view on a table that is gone',
    `${orders}
    CREATE TABLE gone (a); CREATE VIEW lost AS SELECT a FROM gone; DROP TABLE gone`,
    rows('orders'),
    named('view lost', 'lost'),
  ),
  trap(
    'trigger',
    'triggers, which loading must not fire',
    `${orders}
    CREATE TABLE log (id INTEGER PRIMARY KEY, msg TEXT);
    CREATE TRIGGER audit AFTER INSERT ON orders WHEN new.amount > 5 BEGIN INSERT INTO log (msg) VALUES ('big ' || new.id); END;
    CREATE TRIGGER guard BEFORE UPDATE OF amount ON orders BEGIN SELECT raise(abort, 'negative') WHERE new.amount < 0; END`,
    rows('orders', 'log'),
    named('trigger audit', 'audit'),
    named('trigger guard', 'guard'),
  ),
  trap(
    'fts5',
    'an FTS5 table and its shadow tables',
    `
    CREATE VIRTUAL TABLE docs USING fts5(title, body);
    INSERT INTO docs VALUES ('Hello', 'the quick brown fox'), ('Ünï', 'straße café')`,
    rows('docs'),
    noShadows('docs_data', 'docs_idx', 'docs_content', 'docs_docsize', 'docs_config'),
    fullText('docs', 'docs', ['quick', 'straße', 'hello']),
  ),
  trap(
    'fts5-rowids',
    'an FTS5 table whose rowids are the keys of another table',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, made TEXT); INSERT INTO notes VALUES (7, 'a'), (3, 'b');
    CREATE VIRTUAL TABLE docs USING fts5(body);
    INSERT INTO docs (rowid, body) VALUES (7, 'seven'), (3, 'three')`,
    rows('notes', 'docs'),
    rowids('docs'),
  ),
  trap(
    'fts5-external',
    'an FTS5 index of another table',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'first note'), (2, 'second');
    CREATE VIRTUAL TABLE notes_fts USING fts5(body, content='notes', content_rowid='id');
    INSERT INTO notes_fts (notes_fts) VALUES ('rebuild')`,
    rows('notes'),
    noShadows('notes_fts_data', 'notes_fts_idx', 'notes_fts_docsize', 'notes_fts_config'),
    fullText('notes', 'notes_fts', ['first', 'note']),
  ),
  trap(
    'fts5-contentless',
    'a contentless FTS5 table, whose text is nowhere',
    `
    CREATE VIRTUAL TABLE words USING fts5(body, content='');
    INSERT INTO words (rowid, body) VALUES (1, 'never stored')`,
    noShadows('words_data', 'words_idx', 'words_docsize', 'words_config'),
    named('full-text index words', 'words'),
  ),
  trap(
    'rtree',
    'an R-Tree and its shadow tables',
    `
    CREATE VIRTUAL TABLE places USING rtree(id, minx, maxx, miny, maxy);
    INSERT INTO places VALUES (1, 0.1, 1, 0, 1), (2, -5, 5, -5, 5)`,
    rows('places'),
    noShadows('places_node', 'places_parent', 'places_rowid'),
  ),
  trap(
    'shadow-like',
    'ordinary tables whose names look like shadow tables',
    `
    CREATE VIRTUAL TABLE docs USING fts5(body); INSERT INTO docs VALUES ('text');
    CREATE TABLE notes_content (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO notes_content VALUES (1, 'mine');
    CREATE TABLE docs_extra (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO docs_extra VALUES (1, 'mine, too')`,
    rows('notes_content', 'docs_extra'),
  ),
  trap(
    'module-missing',
    'a virtual table whose module is not there',
    (db) => {
      db.exec(`CREATE TABLE plain (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO plain VALUES (1, 'readable')`);
      db.unsafeMode();
      db.pragma('writable_schema = on');
      db.exec(`INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql)
      VALUES ('table', 'vec_items', 'vec_items', 0, 'CREATE VIRTUAL TABLE vec_items USING vec0(embedding float[4])')`);
      db.pragma('writable_schema = off');
    },
    rows('plain'),
    named('virtual table vec_items', 'vec_items'),
  ),
];
