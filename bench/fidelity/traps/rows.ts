import { copyFileSync, renameSync } from 'node:fs';
import { nextId, refuses, rows } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

/** Rows and how they are found again. */
export const rowTraps: Trap[] = [
  trap(
    'without-rowid',
    'WITHOUT ROWID with a composite text key',
    `
    CREATE TABLE words (lang TEXT, word TEXT, n INT, PRIMARY KEY (lang, word)) WITHOUT ROWID;
    INSERT INTO words VALUES ('en', 'a', 1), ('en', 'b', 2), ('de', 'a', 3)`,
    rows('words'),
    refuses(
      'words',
      { lang: 'en', word: 'a', n: '9' },
      '23505',
      ['words', ['primary', 'key', 'pkey']],
      'primary key of words',
    ),
  ),
  trap(
    'strict-any',
    'a STRICT table with an ANY column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, i INT NOT NULL, v ANY) STRICT;
    INSERT INTO readings VALUES (1, 1, 42), (2, 2, '42'), (3, 3, x'ff'), (4, 4, 1.5)`,
    rows('readings'),
  ),
  trap(
    'duplicates',
    'equal rows in a table without a key',
    `
    CREATE TABLE log (level INTEGER, line TEXT);
    INSERT INTO log VALUES (1, 'again'), (1, 'again'), (1, 'again'), (NULL, NULL), (NULL, NULL)`,
    rows('log'),
  ),
  trap(
    'null-in-key',
    'NULLs in a primary key, which SQLite lets in',
    `
    CREATE TABLE codes (code TEXT PRIMARY KEY, v INT);
    INSERT INTO codes VALUES ('a', 1), (NULL, 2), (NULL, 3), ('', 4)`,
    rows('codes'),
    refuses('codes', { code: 'a', v: '9' }, '23505', ['codes', ['primary', 'key', 'pkey']], 'uniqueness of codes.code'),
  ),
  trap(
    'text-in-key',
    'INT PRIMARY KEY (no rowid) with text in it',
    `
    CREATE TABLE codes (code INT PRIMARY KEY, v INT);
    INSERT INTO codes VALUES (1, 1), ('x', 2), (NULL, 3)`,
    rows('codes'),
  ),
  trap(
    'rowid-extremes',
    'negative rowids and both ends of 64 bits',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO items VALUES (-9223372036854775808, 'min'), (-1, 'neg'), (0, 'zero'), (9223372036854775807, 'max')`,
    rows('items'),
  ),
  trap(
    'rowid-columns',
    'columns really named rowid, oid and _rowid_',
    `
    CREATE TABLE items (rowid TEXT, oid INT, _rowid_ BLOB);
    INSERT INTO items VALUES ('not the rowid', 7, x'01'), ('nor this', 8, x'02')`,
    rows('items'),
  ),
  trap(
    'autoincrement',
    'AUTOINCREMENT whose last ids were deleted',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
    INSERT INTO items VALUES (1, 'a'), (2, 'b'), (5000, 'gone');
    DELETE FROM items WHERE id = 5000`,
    rows('items'),
    nextId('items', '5001', { v: 'next' }),
  ),
  trap(
    'next-id',
    'INTEGER PRIMARY KEY goes on after its largest value',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO items VALUES (1, 'a'), (7, 'b')`,
    rows('items'),
    nextId('items', '8', { v: 'next' }),
  ),
  trap(
    'autoincrement-full',
    'AUTOINCREMENT at 2^63 - 1',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT);
    INSERT INTO items VALUES (9223372036854775807, 'full')`,
    rows('items'),
  ),
  trap(
    'empty-table',
    'a table without rows',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT NOT NULL)`,
    rows('items'),
    nextId('items', '1', { v: 'first' }),
  ),
  {
    ...trap(
      'wal',
      'rows that are only in the write-ahead log',
      (db) => {
        db.pragma('journal_mode = wal');
        db.pragma('wal_autocheckpoint = 0');
        db.exec(`CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO items VALUES (1, 'checkpointed')`);
        db.pragma('wal_checkpoint(truncate)');
        db.exec(
          `INSERT INTO items VALUES (2, 'only in the log'); CREATE TABLE late (id INTEGER PRIMARY KEY); INSERT INTO late VALUES (1)`,
        );
      },
      rows('items', 'late'),
    ),
    whileOpen: (file) => {
      for (const ending of ['', '-wal']) copyFileSync(file + ending, `${file}.copy${ending}`);
    },
    afterwards: (file) => {
      for (const ending of ['', '-wal']) renameSync(`${file}.copy${ending}`, file + ending);
    },
  },
  trap(
    'added-columns',
    'rows older than ALTER TABLE ADD COLUMN with a default',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO items VALUES (1, 'old'), (2, 'old');
    ALTER TABLE items ADD COLUMN n INTEGER NOT NULL DEFAULT 7;
    ALTER TABLE items ADD COLUMN w TEXT DEFAULT 'later';
    INSERT INTO items VALUES (3, 'new', 8, NULL)`,
    rows('items'),
  ),
  trap(
    'columns-1000',
    'a table of 1,000 columns',
    (db) => {
      const names = Array.from({ length: 1000 }, (_, i) => `c${i}`);
      db.exec(`CREATE TABLE wide (${names.map((name) => `${name} INT`).join(', ')})`);
      db.exec(`INSERT INTO wide VALUES (${names.map((_, i) => i).join(', ')})`);
    },
    rows('wide'),
  ),
  trap(
    'columns-1700',
    'a table of 1,700 columns, where PostgreSQL stops at 1,600',
    (db) => {
      const names = Array.from({ length: 1699 }, (_, i) => `c${i}`);
      db.exec(`CREATE TABLE wide (id INTEGER PRIMARY KEY, ${names.join(' TEXT, ')} TEXT)`);
      db.exec(`INSERT INTO wide VALUES (1, ${names.map((_, i) => `'v${i}'`).join(', ')})`);
    },
    rows('wide'),
  ),
  trap(
    'row-too-big',
    '1,000 texts of 100 bytes in a row, more than a page of PostgreSQL',
    (db) => {
      const names = Array.from({ length: 1000 }, (_, i) => `t${i}`);
      db.exec(`CREATE TABLE wide (id INTEGER PRIMARY KEY, ${names.join(' TEXT, ')} TEXT)`);
      db.exec(`INSERT INTO wide VALUES (1, ${names.map(() => `'${'x'.repeat(100)}'`).join(', ')})`);
      db.exec('INSERT INTO wide (id, t0) VALUES (2, NULL)');
    },
    rows('wide'),
  ),
  trap(
    'long-key',
    'a unique text of 12,800 bytes that does not compress',
    (db) => {
      db.exec('CREATE TABLE keys (k TEXT PRIMARY KEY, v INT)');
      let state = 1;
      const noise = Array.from({ length: 12_800 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return String.fromCharCode(33 + ((state >>> 20) % 90));
      }).join('');
      const insert = db.prepare('INSERT INTO keys VALUES (?, ?)');
      insert.run(`${noise}a`, 1);
      insert.run(`${noise}b`, 2);
    },
    rows('keys'),
  ),
];
