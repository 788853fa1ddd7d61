import { defaults, rows } from '../oracle/judges';
import { trap } from '../trap';
import type { Trap } from '../trap';

/** Values that the declared type of their column does not promise. */
export const values: Trap[] = [
  trap(
    'int64',
    'integers at both ends of 64 bits and around 2^53',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v INTEGER);
    INSERT INTO readings VALUES (1, 9223372036854775807), (2, -9223372036854775807 - 1), (3, 9007199254740993), (4, -1), (5, 4611686018427387905)`,
    rows('readings'),
  ),
  trap(
    'int-literal-too-big',
    'an integer literal past 2^63, which SQLite stores as REAL',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v INTEGER);
    INSERT INTO readings VALUES (1, 9223372036854775807), (2, 9223372036854775808), (3, 7)`,
    rows('readings'),
  ),
  trap(
    'unsigned-bigint',
    'UNSIGNED BIG INT past 2^63',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v UNSIGNED BIG INT);
    INSERT INTO readings VALUES (1, 18446744073709551615), (2, 12)`,
    rows('readings'),
  ),
  trap(
    'small-ints',
    'TINYINT 300, SMALLINT 70000, INT(11) 2^31',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, ti TINYINT, si SMALLINT, it INT(11), mi MEDIUMINT);
    INSERT INTO readings VALUES (1, 300, 70000, 2147483648, 16777216), (2, -129, -32769, -2147483649, -1)`,
    rows('readings'),
  ),
  trap(
    'text-in-integer',
    'text in an INTEGER column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v INTEGER);
    INSERT INTO readings VALUES (1, 10), (2, 'n/a'), (3, '12 apples'), (4, 0)`,
    rows('readings'),
  ),
  trap(
    'empty-in-integer',
    'the empty string in an INTEGER column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v INTEGER);
    INSERT INTO readings VALUES (1, 10), (2, ''), (3, NULL)`,
    rows('readings'),
  ),
  trap(
    'real-in-integer',
    'a fraction in an INTEGER column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v INTEGER);
    INSERT INTO readings VALUES (1, 10), (2, 1.5), (3, 1e300)`,
    rows('readings'),
  ),
  trap(
    'blob-in-integer',
    'a blob in an INTEGER column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v INTEGER);
    INSERT INTO readings VALUES (1, 10), (2, x'dead'), (3, 3)`,
    rows('readings'),
  ),
  trap(
    'text-in-real',
    'text in a REAL column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v REAL);
    INSERT INTO readings VALUES (1, 1.25), (2, 'unknown'), (3, '')`,
    rows('readings'),
  ),
  trap(
    'blob-in-text',
    'a blob in a TEXT column',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO notes VALUES (1, 'plain'), (2, x'00ff'), (3, x'706c61696e')`,
    rows('notes'),
  ),
  trap(
    'text-in-blob',
    'text in a BLOB column, some of it looking like base64',
    `
    CREATE TABLE files (id INTEGER PRIMARY KEY, v BLOB);
    INSERT INTO files VALUES (1, x'414243'), (2, 'ABC'), (3, 'QUJD')`,
    rows('files'),
  ),
  trap(
    'blobs',
    'blobs: empty, NULL, NUL bytes, all 256 bytes',
    `
    CREATE TABLE files (id INTEGER PRIMARY KEY, v BLOB);
    INSERT INTO files VALUES (1, x''), (2, NULL), (3, x'0000'),
      (4, x'${Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('hex')}')`,
    rows('files'),
  ),
  trap(
    'untyped',
    'a column without a type: 42, text 42, 1.5 and a blob',
    `
    CREATE TABLE anything (id INTEGER PRIMARY KEY, v);
    INSERT INTO anything VALUES (1, 42), (2, '42'), (3, 1.5), (4, '1.5'), (5, x'3432'), (6, NULL)`,
    rows('anything'),
  ),
  trap(
    'doubles',
    'doubles bit for bit: denormal, largest, 0.1 + 0.2',
    (db) => {
      db.exec('CREATE TABLE readings (id INTEGER PRIMARY KEY, v REAL)');
      const insert = db.prepare('INSERT INTO readings (v) VALUES (?)');
      for (const v of [
        5e-324,
        2.2250738585072009e-308,
        Number.MAX_VALUE,
        0.1 + 0.2,
        1 / 3,
        123456789012345680,
        1e23,
        -0.1,
      ])
        insert.run(v);
    },
    rows('readings'),
  ),
  trap(
    'infinity',
    'infinities in a REAL column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v REAL);
    INSERT INTO readings VALUES (1, 9e999), (2, -9e999), (3, 1.5)`,
    rows('readings'),
  ),
  trap(
    'integral-real',
    'whole numbers in a REAL column',
    `
    CREATE TABLE readings (id INTEGER PRIMARY KEY, v REAL);
    INSERT INTO readings VALUES (1, 3), (2, 1e15), (3, -7.0), (4, 9007199254740992)`,
    rows('readings'),
  ),
  trap(
    'decimal-overflow',
    'DECIMAL(5,2) with more digits than that',
    `
    CREATE TABLE prices (id INTEGER PRIMARY KEY, v DECIMAL(5,2));
    INSERT INTO prices VALUES (1, 19.99), (2, 12345.678), (3, 0.005), (4, 1234567890123)`,
    rows('prices'),
  ),
  trap(
    'decimal',
    'DECIMAL(10,2) with prices',
    `
    CREATE TABLE prices (id INTEGER PRIMARY KEY, v DECIMAL(10,2));
    INSERT INTO prices VALUES (1, 19.99), (2, 100), (3, -0.01), (4, NULL)`,
    rows('prices'),
  ),
  trap(
    'money',
    'text with a currency sign in a MONEY column',
    `
    CREATE TABLE prices (id INTEGER PRIMARY KEY, v MONEY);
    INSERT INTO prices VALUES (1, 19.99), (2, '$19.99')`,
    rows('prices'),
  ),
  trap(
    'varchar-too-long',
    'VARCHAR(5) with longer texts',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v VARCHAR(5));
    INSERT INTO notes VALUES (1, 'short'), (2, 'far too long for five'), (3, '日本語文字列')`,
    rows('notes'),
  ),
  trap(
    'char',
    'CHAR(3) with spaces at the end',
    `
    CREATE TABLE notes (id INTEGER PRIMARY KEY, v CHAR(3));
    INSERT INTO notes VALUES (1, 'a  '), (2, 'a'), (3, 'abc'), (4, '')`,
    rows('notes'),
  ),
  trap(
    'leading-zeros',
    'texts of digits with zeros before them',
    `
    CREATE TABLE people (id INTEGER PRIMARY KEY, phone TEXT, zip VARCHAR(10));
    INSERT INTO people VALUES (1, '0049123', '01067'), (2, '+49 1', '1e3')`,
    rows('people'),
  ),
  trap(
    'odd-types',
    'declared types that no other database knows',
    `
    CREATE TABLE odd (id INTEGER PRIMARY KEY, a STRING, b FLOATING POINT, c CHARINT, d ENUM, e YEAR, f "LONG WEIRD TYPE");
    INSERT INTO odd VALUES (1, '007', 1.5, 7, 'red', 2024, 'x'), (2, 'x', 2, 8, 'blue', 99, 3)`,
    rows('odd'),
  ),
  trap(
    'booleans',
    'BOOLEAN with nothing but 0 and 1, and a default',
    `
    CREATE TABLE flags (id INTEGER PRIMARY KEY, v BOOLEAN NOT NULL DEFAULT 0);
    INSERT INTO flags VALUES (1, 0), (2, 1)`,
    rows('flags'),
    defaults('flags', 'v', /^(f|0)$/),
  ),
  trap(
    'boolean-mixed',
    'BOOLEAN with 2, -1, yes, the empty string',
    `
    CREATE TABLE flags (id INTEGER PRIMARY KEY, v BOOLEAN);
    INSERT INTO flags VALUES (1, 0), (2, 1), (3, 2), (4, 'yes'), (5, ''), (6, -1), (7, NULL), (8, 'maybe')`,
    rows('flags'),
  ),
  trap(
    'uuid',
    'a UUID column in which not all are',
    `
    CREATE TABLE items (id INTEGER PRIMARY KEY, v UUID);
    INSERT INTO items VALUES (1, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'), (2, 'not-a-uuid'), (3, x'6ba7b8109dad11d180b400c04fd430c8')`,
    rows('items'),
  ),
  trap(
    'json',
    'JSON with integers past 2^53 and 1e400',
    `
    CREATE TABLE documents (id INTEGER PRIMARY KEY, v JSON);
    INSERT INTO documents VALUES (1, '{"n":9007199254740993}'), (2, '{"n":1e400}'), (3, '[1, "a", null]'), (4, NULL)`,
    rows('documents'),
  ),
  trap(
    'json-u0000',
    'JSON with \\u0000 and a lone surrogate',
    String.raw`
    CREATE TABLE documents (id INTEGER PRIMARY KEY, v JSON);
    INSERT INTO documents VALUES (1, '{"s":"a\u0000b"}'), (2, '{"s":"\ud800"}'), (3, '{"s":"fine"}')`,
    rows('documents'),
  ),
  trap(
    'json-invalid',
    'a JSON column with what is no JSON',
    `
    CREATE TABLE documents (id INTEGER PRIMARY KEY, v JSON);
    INSERT INTO documents VALUES (1, '{"a":1}'), (2, ''), (3, '{bad'), (4, '{a:1,}'), (5, 'NaN')`,
    rows('documents'),
  ),
  trap(
    'json-duplicates',
    'JSON with a member twice, spaces and 1.000',
    `
    CREATE TABLE documents (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO documents VALUES (1, '{"a":1,"a":2}'), (2, '{ "b":1,  "a":1.000 }')`,
    rows('documents'),
  ),
];
