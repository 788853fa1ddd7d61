import { accepts, defaults, foreignKey, index, named, refuses, rows } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

const people = `CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT, deleted INT DEFAULT 0);
  INSERT INTO people VALUES (1, 'Ann', 'ann@x.org', 0), (2, 'Bob', 'bob@x.org', 0), (3, 'Ann', 'ann@x.org', 1);`;

/** What a schema promises: defaults, checks, generated columns, indexes. */
export const schema: Trap[] = [
  trap(
    'generated-stored',
    'a stored generated column',
    `
    CREATE TABLE boxes (id INTEGER PRIMARY KEY, w REAL, h REAL, area REAL GENERATED ALWAYS AS (w * h) STORED);
    INSERT INTO boxes (id, w, h) VALUES (1, 2, 3), (2, 20.5, 30), (3, NULL, 1)`,
    rows('boxes'),
    defaults('boxes', 'area', /^6(\.0)?$/, { id: '1000', w: '2', h: '3' }),
  ),
  trap(
    'generated-virtual',
    'virtual generated columns, which table_info hides',
    `
    CREATE TABLE boxes (id INTEGER PRIMARY KEY, w INT, label TEXT AS (printf('%05d', w)) VIRTUAL, low TEXT AS (lower(label)));
    INSERT INTO boxes (id, w) VALUES (1, 2), (2, 20)`,
    rows('boxes'),
    defaults('boxes', 'label', /^00007$/, { id: '1000', w: '7' }),
  ),
  trap(
    'default-literals',
    'literal defaults: a string in double quotes, a blob, hexadecimal',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT DEFAULT "double quoted", b BLOB DEFAULT x'00ff', c INT DEFAULT 0x10, d TEXT DEFAULT 'it''s', e INT DEFAULT -1, f TEXT DEFAULT '');
    INSERT INTO items (id) VALUES (1)`,
    rows('items'),
    defaults('items', 'a', /^double quoted$/),
    defaults('items', 'b', /^\\x00ff$/),
    defaults('items', 'c', /^16$/),
    defaults('items', 'd', /^it's$/),
    defaults('items', 'e', /^-1$/),
    defaults('items', 'f', /^$/),
  ),
  trap(
    'default-now',
    'CURRENT_TIMESTAMP in a TEXT column: UTC, as SQLite writes it',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, made TEXT DEFAULT CURRENT_TIMESTAMP);
    INSERT INTO items VALUES (1, '2024-01-01 00:00:00')`,
    rows('items'),
    defaults('items', 'made', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  ),
  trap(
    'default-functions',
    'defaults that are SQLite functions',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, made TEXT DEFAULT (datetime('now')), token TEXT DEFAULT (lower(hex(randomblob(8)))), day INT DEFAULT (strftime('%s', 'now')));
    INSERT INTO items VALUES (1, '2024-01-01 00:00:00', 'aa', 1)`,
    rows('items'),
    defaults('items', 'made', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    defaults('items', 'token', /^[0-9a-f]{16}$/),
    defaults('items', 'day', /^\d{10}$/),
  ),
  trap(
    'default-expression',
    'a default that is an expression: (1 + 1)',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v INT DEFAULT (1 + 1));
    INSERT INTO items VALUES (1, 5)`,
    rows('items'),
    defaults('items', 'v', /^2$/),
  ),
  trap(
    'check',
    'a CHECK that PostgreSQL understands',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v INT, CONSTRAINT v_in_range CHECK (v BETWEEN 1 AND 10));
    INSERT INTO items VALUES (1, 1), (2, 10), (3, NULL)`,
    rows('items'),
    refuses('items', { id: '1000', v: '11' }, '23514', ['items', 'check'], 'CHECK v_in_range'),
  ),
  trap(
    'checks-many',
    'three CHECKs on one table',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, a INT CHECK (a > 0), b INT CHECK (b < 100), c TEXT CHECK (length(c) <= 3));
    INSERT INTO items VALUES (1, 1, 1, 'abc')`,
    rows('items'),
    refuses('items', { id: '1000', a: '0' }, '23514', ['items', 'check', 'a > 0'], 'CHECK (a > 0)'),
    refuses('items', { id: '1000', b: '100' }, '23514', ['items', 'check', 'b < 100'], 'CHECK (b < 100)'),
    refuses('items', { id: '1000', c: 'abcd' }, '23514', ['items', 'check', 'length(c)'], 'CHECK (length(c) <= 3)'),
  ),
  trap(
    'check-sqlite',
    'CHECKs in SQLite’s own words: typeof, GLOB, LIKE',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT CHECK (typeof(a) = 'text'), b TEXT CHECK (b GLOB '[A-Z]*'), c TEXT CHECK (c LIKE 'x%'));
    INSERT INTO items VALUES (1, 'a', 'ABC', 'Xyz')`,
    rows('items'),
    accepts(
      'items',
      { id: '1000', a: 'a', b: 'ABC', c: 'Xyz' },
      ['items', 'check'],
      'a row that SQLite takes is refused',
    ),
    refuses('items', { id: '1000', b: 'abc', c: 'x' }, '23514', ['items', 'check', 'GLOB'], 'CHECK with GLOB'),
    refuses('items', { id: '1000', b: 'A', c: 'y' }, '23514', ['items', 'check', 'LIKE'], 'CHECK with LIKE'),
  ),
  trap(
    'check-violated',
    'a row that violates its CHECK',
    (db) => {
      db.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, v INT CHECK (v > 0))');
      db.pragma('ignore_check_constraints = on');
      db.exec('INSERT INTO items VALUES (1, 5), (2, -5)');
      db.pragma('ignore_check_constraints = off');
    },
    rows('items'),
    refuses('items', { id: '1000', v: '-1' }, '23514', ['items', 'check'], 'CHECK (v > 0)'),
  ),
  trap(
    'not-null',
    'NOT NULL',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT NOT NULL);
    INSERT INTO items VALUES (1, 'a'), (2, '')`,
    rows('items'),
    refuses('items', { id: '1000', v: null }, '23502', ['items', 'v', 'null'], 'NOT NULL of items.v'),
  ),
  trap(
    'not-null-violated',
    'a NULL in a NOT NULL column',
    (db) => {
      db.exec(`CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO items VALUES (1, 'a'), (2, NULL)`);
      db.unsafeMode();
      db.pragma('writable_schema = on');
      db.exec(
        `UPDATE sqlite_schema SET sql = 'CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT NOT NULL)' WHERE name = 'items'`,
      );
      db.pragma('writable_schema = off');
    },
    rows('items'),
    refuses('items', { id: '1000', v: null }, '23502', ['items', 'v', 'null'], 'NOT NULL of items.v'),
  ),
  trap(
    'unique',
    'a UNIQUE constraint, NULLs distinct',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT, b INT, UNIQUE (a, b));
    INSERT INTO items VALUES (1, 'x', 1), (2, 'x', NULL), (3, 'x', NULL)`,
    rows('items'),
    refuses(
      'items',
      { id: '1000', a: 'x', b: '1' },
      '23505',
      ['items', ['unique', 'items_a_b', 'autoindex']],
      'UNIQUE (a, b)',
    ),
    accepts('items', { id: '1000', a: 'x', b: null }, ['items'], 'NULLs are no longer distinct'),
  ),
  trap(
    'index-plain',
    'an index and a descending one',
    `${people}
    CREATE INDEX by_name ON people (name);
    CREATE INDEX newest ON people (id DESC, name)`,
    rows('people'),
    index('people', 'by_name', /\(name/),
    index('people', 'newest', /\(id DESC.*, name/),
  ),
  trap(
    'index-partial',
    'a partial UNIQUE index',
    `${people}
    CREATE UNIQUE INDEX live_email ON people (email) WHERE deleted = 0`,
    rows('people'),
    refuses(
      'people',
      { id: '1000', email: 'ann@x.org', deleted: '0' },
      '23505',
      ['live_email'],
      'partial UNIQUE index live_email',
    ),
    accepts(
      'people',
      { id: '1000', email: 'ann@x.org', deleted: '1' },
      ['live_email'],
      'a partial UNIQUE index became a whole one',
    ),
  ),
  trap(
    'index-expression',
    'an index on expressions',
    `${people}
    CREATE INDEX by_low ON people (lower(email), abs(deleted))`,
    rows('people'),
    index('people', 'by_low', /\(lower\(/),
  ),
  trap(
    'index-nocase',
    'UNIQUE COLLATE NOCASE, which folds ASCII only',
    `
    CREATE TABLE people (id INTEGER PRIMARY KEY, nick TEXT COLLATE NOCASE);
    CREATE UNIQUE INDEX by_nick ON people (nick);
    INSERT INTO people VALUES (1, 'Ann'), (2, 'Émile'), (3, 'émile')`,
    rows('people'),
    refuses(
      'people',
      { id: '1000', nick: 'ANN' },
      '23505',
      [
        ['by_nick', 'people.nick'],
        ['nocase', 'collation'],
      ],
      'uniqueness by NOCASE',
    ),
  ),
  trap(
    'key-nocase',
    'a primary key COLLATE NOCASE',
    `
    CREATE TABLE people (nick TEXT COLLATE NOCASE PRIMARY KEY, v INT);
    INSERT INTO people VALUES ('Ann', 1), ('Bob', 2)`,
    rows('people'),
    refuses('people', { nick: 'ANN' }, '23505', ['people', 'nocase'], 'primary key by NOCASE'),
  ),
  trap(
    'index-rtrim',
    'UNIQUE COLLATE RTRIM',
    `
    CREATE TABLE people (id INTEGER PRIMARY KEY, nick TEXT COLLATE RTRIM);
    CREATE UNIQUE INDEX by_nick ON people (nick);
    INSERT INTO people VALUES (1, 'Ann'), (2, 'Bob')`,
    rows('people'),
    refuses(
      'people',
      { id: '1000', nick: 'Ann  ' },
      '23505',
      [['by_nick', 'people.nick'], 'rtrim'],
      'uniqueness by RTRIM',
    ),
  ),
  trap(
    'index-untyped',
    'UNIQUE on a column without a type: 1 and text 1',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v);
    CREATE UNIQUE INDEX by_v ON items (v);
    INSERT INTO items VALUES (1, 1), (2, '1'), (3, 1.5), (4, '1.5'), (5, x'31')`,
    rows('items'),
    index('items', 'by_v', /UNIQUE/),
  ),
  trap(
    'collation-foreign',
    'a collation that only the application has',
    (db) => {
      db.exec(`CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO tags VALUES (1, 'One'), (2, 'two')`);
      db.unsafeMode();
      db.pragma('writable_schema = on');
      db.exec(
        `UPDATE sqlite_schema SET sql = 'CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT COLLATE UNICASE)' WHERE name = 'tags'`,
      );
      db.pragma('writable_schema = off');
    },
    rows('tags'),
    named('what the collation UNICASE means', 'tags', ['unicase', 'collation']),
  ),
  trap(
    'on-conflict',
    'ON CONFLICT clauses, which change what a write does',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, a TEXT UNIQUE ON CONFLICT IGNORE, b INT NOT NULL ON CONFLICT REPLACE DEFAULT 9);
    INSERT INTO items VALUES (1, 'x', 1), (2, 'y', NULL)`,
    rows('items'),
    named('what happens on a conflict', 'items', 'conflict'),
  ),
  trap(
    'user-version',
    'user_version and application_id in the file’s header',
    `
    PRAGMA user_version = 42; PRAGMA application_id = 1414681925;
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO items VALUES (1, 'a')`,
    rows('items'),
    named('user_version 42', 'user_version', '42'),
    named('application_id 1414681925', 'application_id', '1414681925'),
  ),
];

/** Foreign keys. */
export const foreignKeys: Trap[] = [
  trap(
    'fk-composite',
    'a composite foreign key with NULLs and actions',
    `
    CREATE TABLE parents (x INT, y TEXT, PRIMARY KEY (x, y)); INSERT INTO parents VALUES (1, 'a'), (1, 'b');
    CREATE TABLE children (id INTEGER PRIMARY KEY, x INT, y TEXT, FOREIGN KEY (x, y) REFERENCES parents (x, y) ON DELETE CASCADE ON UPDATE SET NULL);
    INSERT INTO children VALUES (1, 1, 'a'), (2, 1, NULL), (3, NULL, NULL)`,
    rows('parents', 'children'),
    foreignKey('children', /\(x, y\).*parents\(x, y\) ON UPDATE SET NULL ON DELETE CASCADE/, [
      'children',
      ['foreign', 'fkey', 'parents'],
    ]),
  ),
  trap(
    'fk-implicit',
    'a foreign key that names no column',
    `
    CREATE TABLE parents (id INTEGER PRIMARY KEY); INSERT INTO parents VALUES (1);
    CREATE TABLE children (id INTEGER PRIMARY KEY, p INT REFERENCES Parents); INSERT INTO children VALUES (1, 1), (2, NULL)`,
    rows('parents', 'children'),
    foreignKey('children', /\(p\).*parents\(id\)/i, ['children', ['foreign', 'fkey', 'parents']]),
  ),
  trap(
    'fk-cycles',
    'two tables that refer to each other, and one to itself',
    `
    CREATE TABLE alphas (id INTEGER PRIMARY KEY, beta INT NOT NULL REFERENCES betas (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE betas (id INTEGER PRIMARY KEY, alpha INT NOT NULL REFERENCES alphas (id), boss INT REFERENCES betas (id));
    PRAGMA foreign_keys = off; INSERT INTO alphas VALUES (1, 1); INSERT INTO betas VALUES (1, 1, 2), (2, 1, 1)`,
    rows('alphas', 'betas'),
    foreignKey('alphas', /\(beta\).*betas\(id\)/, ['alphas', ['foreign', 'fkey']]),
    foreignKey('betas', /\(alpha\).*alphas\(id\)/, ['betas', ['foreign', 'fkey']]),
    foreignKey('betas', /\(boss\).*betas\(id\)/, ['betas', 'boss']),
  ),
  trap(
    'fk-orphans',
    'rows that violate their foreign key',
    `
    PRAGMA foreign_keys = off;
    CREATE TABLE parents (id INTEGER PRIMARY KEY); INSERT INTO parents VALUES (1);
    CREATE TABLE children (id INTEGER PRIMARY KEY, p INT REFERENCES parents (id)); INSERT INTO children VALUES (1, 1), (2, 999), (3, 0)`,
    rows('parents', 'children'),
    foreignKey('children', /\(p\).*parents\(id\)/, ['children', ['foreign', 'fkey', 'parents']]),
  ),
  trap(
    'fk-missing-table',
    'a foreign key to a table that does not exist',
    `
    PRAGMA foreign_keys = off;
    CREATE TABLE children (id INTEGER PRIMARY KEY, p INT REFERENCES nobody (id)); INSERT INTO children VALUES (1, 5), (2, NULL)`,
    rows('children'),
    named('the foreign key to nobody', 'children', 'nobody'),
  ),
  trap(
    'fk-not-unique',
    'a foreign key to a column that is not unique',
    `
    PRAGMA foreign_keys = off;
    CREATE TABLE parents (id INTEGER PRIMARY KEY, code TEXT); INSERT INTO parents VALUES (1, 'p'), (2, 'p');
    CREATE TABLE children (id INTEGER PRIMARY KEY, code TEXT REFERENCES parents (code)); INSERT INTO children VALUES (1, 'p')`,
    rows('parents', 'children'),
    named('the foreign key to parents.code', 'children', 'parents'),
  ),
  trap(
    'fk-type-mix',
    'a TEXT column that refers to an INTEGER one',
    `
    PRAGMA foreign_keys = off;
    CREATE TABLE parents (id INTEGER PRIMARY KEY); INSERT INTO parents VALUES (1), (2);
    CREATE TABLE children (id INTEGER PRIMARY KEY, p TEXT REFERENCES parents (id)); INSERT INTO children VALUES (1, '1'), (2, '2')`,
    rows('parents', 'children'),
    foreignKey('children', /\(p\).*parents\(id\)/, ['children', 'parents']),
  ),
  trap(
    'fk-nocase',
    'a foreign key that matches by NOCASE only',
    `
    PRAGMA foreign_keys = off;
    CREATE TABLE parents (nick TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO parents VALUES ('Ann');
    CREATE TABLE children (id INTEGER PRIMARY KEY, nick TEXT REFERENCES parents (nick)); INSERT INTO children VALUES (1, 'ann')`,
    rows('parents', 'children'),
    foreignKey('children', /\(nick\).*parents\(nick\)(?!.*NOT VALID)/, ['children', ['foreign', 'fkey']]),
  ),
];
