import { rows } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

const hex = (text: string): string => `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;

/** Texts that PostgreSQL, COPY or a driver takes for something else. */
export const texts: Trap[] = [
  trap(
    'nul',
    'NUL characters in text',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES (1, CAST(x'6162006364' AS TEXT)), (2, CAST(x'00' AS TEXT)), (3, 'fine')`,
    rows('notes'),
  ),
  trap(
    'invalid-utf8',
    'bytes that are no UTF-8 in text',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES (1, CAST(x'636166e9' AS TEXT)), (2, CAST(x'eda080' AS TEXT)), (3, CAST(x'c0af' AS TEXT)), (4, 'fine')`,
    rows('notes'),
  ),
  trap(
    'empty-and-null',
    'the empty string, NULL, and the words for them',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES (1, ''), (2, NULL), (3, 'NULL'), (4, 'null'), (5, '\\N')`,
    rows('notes'),
  ),
  trap(
    'copy-text',
    'what means something to COPY, CSV and format strings',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES ${[
      '\\.',
      'a\tb\nc\r\nd\re',
      'C:\\new\\table\\x41',
      `it's "quoted", $$d$$`,
      `'); DROP TABLE notes; --`,
      '%s %(x)s {0} :p ?1 $1',
      '{a,"b",NULL}',
      '=1+1',
      ' lead and trail ',
    ]
      .map((text, i) => `(${i + 1}, ${hex(text)})`)
      .join(', ')}`,
    rows('notes'),
  ),
  trap(
    'unicode',
    'four bytes, composed and decomposed, BOM, controls, noncharacters',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES ${[
      '😀👩\u200d👩\u200d👧',
      'é',
      'e\u0301',
      '\ufeffabc',
      '\u{10ffff}',
      '\uffff',
      '\u202eabc',
      '\u0001\u001f\u007f',
      'a\u2028b\u0085c',
    ]
      .map((text, i) => `(${i + 1}, ${hex(text)})`)
      .join(', ')}`,
    rows('notes'),
  ),
  trap(
    'large-text',
    'a text of 3 MB',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES (1, printf('%.*c', 3000000, 'x') || 'end'), (2, 'short')`,
    rows('notes'),
  ),
  trap(
    'large-blob',
    'a blob of 6 MB',
    `
    CREATE TABLE files (id INTEGER PRIMARY KEY, v BLOB);
    INSERT INTO files VALUES (1, CAST(zeroblob(6000000) || x'01' AS BLOB)), (2, x'02')`,
    rows('files'),
  ),
  trap(
    'utf16',
    'a database whose texts are UTF-16',
    (db) => {
      db.pragma(`encoding = 'UTF-16le'`);
      db.exec(`CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
      INSERT INTO notes VALUES (1, 'naïve 😀'), (2, ''), (3, 'plain')`);
    },
    rows('notes'),
  ),
];
