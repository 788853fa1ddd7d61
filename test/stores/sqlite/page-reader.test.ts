import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { PageReader } from '../../../stores/sqlite/page-reader';
import {
  agreedRows,
  catalogOf,
  database,
  expectSame,
  readersOf,
  rows,
  rowsInBatches,
  tableOf,
} from './reader-fixtures';

function fill(db: Database.Database, count: number, sql: string): void {
  db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) ${sql}`);
}

function pagesKind(path: string, name: string): boolean {
  const catalog = catalogOf(path);
  return PageReader.reads(catalog, tableOf(catalog, name));
}

describe('tree', () => {
  test.each([512, 1024, 4096, 8192, 65_536])('reads trees of several levels with pages of %i bytes', (pageSize) => {
    const path = database(
      (db) => {
        db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)');
        fill(db, 20_000, `INSERT INTO t SELECT i * 3, i % 300, hex(zeroblob(i % 50)) FROM n`);
        db.exec('DELETE FROM t WHERE id % 7 = 0');
      },
      [`page_size = ${pageSize}`],
    );
    const found = agreedRows(path, 't');
    expect(found.length).toBe(17_143);
    expect(found[0]).toEqual(['3', 'integer 3', 'integer 1', 'text 00']);
  });

  test('an empty table has one chunk and no rows', () => {
    const path = database((db) => db.exec('CREATE TABLE t (a)'));
    expect(agreedRows(path, 't')).toEqual([]);
    const { pages } = readersOf(path, 't');
    expect(pages!.chunks(1)).toEqual([{ number: 0, range: { kind: 'rowid', after: null, upTo: null }, bytes: 4096 }]);
    pages!.close();
  });

  test('reads around pointer-map pages and reserved bytes', () => {
    const build = (db: Database.Database) => {
      db.exec('CREATE TABLE t (a, b)');
      fill(db, 5000, `INSERT INTO t SELECT i, hex(zeroblob(i % 700)) FROM n`);
      db.exec('DELETE FROM t WHERE a % 3 = 0');
    };
    expect(agreedRows(database(build, ['page_size = 512', 'auto_vacuum = full']), 't').length).toBe(3334);
    const path = database(build, ['page_size = 1024']);
    reserveBytes(path, 32);
    expect(readFileSync(path)[20]).toBe(32);
    expect(agreedRows(path, 't').length).toBe(3334);
  });

  test('rowids of every length keep all 64 bits', () => {
    const ids = [
      '0',
      '1',
      '127',
      '128',
      '16383',
      '16384',
      '2097151',
      '2097152',
      '268435455',
      '268435456',
      '4294967295',
      '4294967296',
    ];
    for (let bits = 33; bits < 64; bits++)
      ids.push(String(2n ** BigInt(bits) - 1n), String(2n ** BigInt(bits - 1) + 1n));
    const all = [
      ...new Set(
        ids
          .flatMap((id) => [id, `-${id}`])
          .concat('-9223372036854775808')
          .map((id) => String(BigInt(id))),
      ),
    ];
    const path = database(
      (db) => {
        db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a); CREATE TABLE u (a)');
        for (const id of all)
          db.exec(`INSERT INTO t VALUES (${id}, 'x'); INSERT INTO u (rowid, a) VALUES (${id}, ${id})`);
      },
      ['page_size = 512'],
    );
    const expected = all
      .map(BigInt)
      .sort((a, b) => (a < b ? -1 : 1))
      .map(String);
    expect(agreedRows(path, 't', 512).map((row) => row.slice(0, 2))).toEqual(
      expected.map((id) => [id, `integer ${id}`]),
    );
    expect(agreedRows(path, 'u', 512)).toEqual(expected.map((id) => [id, `integer ${id}`]));
  });

  test('a range takes the rows above its lower bound up to its upper bound, wherever they fall', () => {
    const path = database(
      (db) => {
        db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a)');
        fill(db, 5000, `INSERT INTO t SELECT (i - 2500) * 5, i FROM n`);
      },
      ['page_size = 512'],
    );
    const { pages, statement } = readersOf(path, 't');
    for (const [after, upTo] of [
      ['-100', '100'],
      ['-101', '99'],
      [null, '-12495'],
      [null, '-12496'],
      ['12499', null],
      ['12500', null],
      ['0', '0'],
      ['7', '3'],
      ['-9223372036854775808', '9223372036854775807'],
    ] as const) {
      const range = { kind: 'rowid', after, upTo } as const;
      const expected = rows(statement, range);
      expectSame(rows(pages!, range), expected);
      expectSame(rowsInBatches(pages!, 512, range), expected);
      expect(
        expected.every(
          ([id]) => (after === null || BigInt(id!) > BigInt(after)) && (upTo === null || BigInt(id!) <= BigInt(upTo)),
        ),
      ).toBe(true);
    }
    for (const [offset, count] of [
      [0, 10],
      [777, 1000],
      [4999, 5],
      [5000, 5],
      [3, 0],
    ] as const) {
      const expected = rows(pages!).slice(offset, offset + count);
      expectSame(rows(pages!, { kind: 'ordinal', offset, count }), expected);
      expectSame(rows(statement, { kind: 'ordinal', offset, count }), expected);
    }
    pages!.close();
    statement.close();
  });

  test('a range reads no leaf but those that may hold its rows', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a)');
      fill(db, 5000, `INSERT INTO t SELECT i, i FROM n`);
    });
    const { pages } = readersOf(path, 't');
    const chunks = pages!.chunks(1);
    expect(chunks.length).toBeGreaterThan(5);
    for (const { range } of chunks) expect([...pages!.batches(() => {}, range)]).toEqual([4096]);
    pages!.close();
  });

  test('scans on one reader may alternate, and stop early', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (a, b)');
      fill(db, 20_000, `INSERT INTO t SELECT i, hex(zeroblob(CASE i % 50 WHEN 0 THEN 5000 ELSE 20 END)) FROM n`);
    });
    const { pages } = readersOf(path, 't');
    const first: bigint[] = [];
    const second: bigint[] = [];
    const one = pages!.batches((row) => void first.push(row.rowid), undefined, 8192);
    const two = pages!.batches(
      (row) => void second.push(row.rowid),
      { kind: 'rowid', after: '10000', upTo: null },
      20_000,
    );
    for (let step = one.next(); step.done !== true; step = one.next()) two.next();
    for (const _ of two);
    expect(first.map(Number)).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 1));
    expect(second.map(Number)).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 10_001));
    let seen = 0;
    pages!.scan(() => ++seen === 5);
    expect(seen).toBe(5);
    pages!.close();
  });

  test('batches pause about every so many bytes and report what was read', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (a)');
      fill(db, 50, `INSERT INTO t SELECT zeroblob(300000) FROM n`);
    });
    const { pages } = readersOf(path, 't');
    let pending = 0;
    let most = 0;
    let last = 0;
    for (const bytes of pages!.batches(() => void (pending += 1), undefined, 1 << 20)) {
      most = Math.max(most, pending);
      pending = 0;
      expect(bytes).toBeGreaterThan(last);
      last = bytes;
    }
    expect(most).toBe(4);
    expect(last).toBeGreaterThan(50 * 300_000);
    pages!.close();
  });
});

describe('cells', () => {
  test('integers of every width, 0 and 1 without bytes, and doubles keep every bit', () => {
    const values = [
      '0',
      '1',
      '-1',
      '127',
      '-128',
      '128',
      '32767',
      '-32768',
      '32768',
      '8388607',
      '-8388608',
      '8388608',
      '2147483647',
      '-2147483648',
      '2147483648',
      '140737488355327',
      '-140737488355328',
      '140737488355328',
      '9223372036854775807',
      '-9223372036854775807 - 1',
    ];
    const reals = [
      '0.0',
      '-0.0',
      '1e308',
      '5e-324',
      '9e999',
      '-9e999',
      '0.1',
      '1e15',
      '140737488355328.0',
      '-4503599627370497.0',
      '9007199254740993.0',
      '9.3e18',
    ];
    const path = database((db) => {
      db.exec('CREATE TABLE t (i INTEGER, r REAL, x)');
      for (const value of [...values, ...reals, 'NULL', `'text'`, `x'00ff'`, `''`, `x''`])
        db.exec(`INSERT INTO t VALUES (${value}, ${value}, ${value})`);
    });
    const found = agreedRows(path, 't');
    expect(found.length).toBe(37);
    expect(found[1]!.slice(1)).toEqual(['integer 1', 'real 3ff0000000000000 1', 'integer 1']);
    expect(found[19]!.slice(1)).toEqual([
      'integer -9223372036854775808',
      'real c3e0000000000000 -9223372036854776000',
      'integer -9223372036854775808',
    ]);
  });

  test('a NaN in the file is NULL, as SQLite reads it', () => {
    const path = database((db) => db.exec('CREATE TABLE t (a, b); INSERT INTO t VALUES (1.5, 2.5), (9e999, 2.5)'));
    patch(path, (bytes) => {
      const at = bytes.indexOf(Buffer.from('3ff8000000000000', 'hex'));
      bytes.write('7ff8000000000001', at, 'hex');
    });
    expect(agreedRows(path, 't').map((row) => row[1])).toEqual(['null', 'real 7ff0000000000000 Infinity']);
  });

  test('text keeps invalid UTF-8, NUL bytes and U+FFFD', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (a TEXT)');
      for (const hex of ['ff', '00', '610062', 'efbfbd', 'c3', 'eda080', 'f09f9880', ''])
        db.exec(`INSERT INTO t VALUES (CAST(x'${hex}' AS TEXT))`);
    });
    expect(agreedRows(path, 't').map((row) => row[1])).toEqual(
      ['ff', '00', '610062', 'efbfbd', 'c3', 'eda080', 'f09f9880', ''].map(
        (hex) => `text ${Buffer.from(hex, 'hex').toString('latin1')}`,
      ),
    );
  });

  test('columns added later have their default, with the affinity applied, in rows written before', () => {
    const path = database((db) => {
      db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'first')`);
      for (const column of [
        'b',
        `c TEXT DEFAULT 'it''s'`,
        'd REAL DEFAULT 7',
        `e INTEGER DEFAULT '42'`,
        'f TEXT DEFAULT 42',
        `g BLOB DEFAULT x'00ff'`,
        'h DEFAULT 1.5',
        'i INTEGER DEFAULT -9223372036854775808',
        'j DEFAULT bare',
        'k NUMERIC DEFAULT (3)',
        `l TEXT DEFAULT (x'41')`,
        'm DEFAULT TRUE',
        'n REAL DEFAULT NULL',
        `o DEFAULT ''`,
        'p REAL DEFAULT -1',
        `q DEFAULT '${'long '.repeat(2000)}'`,
      ]) {
        db.exec(`ALTER TABLE t ADD COLUMN ${column}`);
        db.exec(`INSERT INTO t (a) VALUES ('after ${column[0]}'); INSERT INTO t (a) VALUES (zeroblob(9000))`);
      }
      db.exec(`UPDATE t SET d = 12, p = 3 WHERE id % 5 = 0`);
    });
    const [first] = agreedRows(path, 't');
    expect(first!.slice(2, 11)).toEqual([
      'text first',
      'null',
      `text it's`,
      'real 401c000000000000 7',
      'integer 42',
      'text 42',
      'blob 00ff',
      'real 3ff8000000000000 1.5',
      'integer -9223372036854775808',
    ]);
    expect(first!.slice(11)).toEqual([
      'text bare',
      'integer 3',
      expect.stringMatching(/^(blob 41|text A)$/),
      'integer 1',
      'null',
      'text ',
      'real bff0000000000000 -1',
      `text ${'long '.repeat(2000)}`,
    ]);
  });

  test('stored generated columns are read from the row', () => {
    const path = database((db) =>
      db.exec(
        `CREATE TABLE t (a, b AS (a || '!') STORED, c REAL AS (a * 2) STORED, d); INSERT INTO t (a, d) VALUES (21, 'd')`,
      ),
    );
    expect(pagesKind(path, 't')).toBe(true);
    expect(agreedRows(path, 't')).toEqual([['1', 'integer 21', 'text 21!', 'real 4045000000000000 42', 'text d']]);
  });
});

describe('overflow pages', () => {
  test.each([512, 4096, 65_536])('payloads around every limit, with pages of %i bytes', (pageSize) => {
    const path = database(
      (db) => {
        db.exec('CREATE TABLE t (a, b, c)');
        const insert = db.prepare('INSERT INTO t VALUES (?, ?, ?)');
        for (const middle of [pageSize - 35, pageSize, pageSize + (pageSize - 4), 3 * pageSize]) {
          for (let i = -45; i < 25; i++) insert.run(middle, Buffer.alloc(middle + i, i & 255), 'behind');
        }
      },
      [`page_size = ${pageSize}`],
    );
    expect(agreedRows(path, 't', pageSize * 4).length).toBe(280);
  });

  test('values of 50 MB are read whole, and their memory is given back', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT)');
      db.prepare('INSERT INTO t VALUES (1, ?, ?)').run(Buffer.alloc(50_000_000, 7), 'x'.repeat(50_000_000));
      db.exec(`INSERT INTO t VALUES (2, 'small', zeroblob(9000))`);
    });
    const { pages, statement } = readersOf(path, 't');
    for (const reader of [pages!, statement]) {
      const sizes: number[] = [];
      reader.scan((row) => {
        sizes.push(row.serials[1]!, row.serials[2]!);
        if (sizes.length === 2) {
          expect([
            row.bytes[row.starts[1]!],
            row.bytes[row.starts[1]! + 49_999_999],
            row.bytes[row.starts[2]! + 49_999_999],
          ]).toEqual([7, 7, 120]);
        } else expect(row.bytes.length).toBeLessThan(5 << 20);
      });
      expect(sizes).toEqual([100_000_012, 100_000_013, 23, 18_012]);
      reader.close();
    }
  });

  test('chunks weigh what lies on overflow pages', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (a)');
      fill(db, 200, `INSERT INTO t SELECT zeroblob(100000) FROM n`);
    });
    const { pages, statement } = readersOf(path, 't');
    const chunks = pages!.chunks(1 << 20);
    expect(chunks.length).toBeGreaterThan(10);
    // A leaf holds up to eight of these rows.
    for (const chunk of chunks) expect(chunk.bytes).toBeLessThan((1 << 20) + 9 * 110_000);
    expect(statement.chunks(1 << 20)).toEqual(chunks);
    pages!.close();
    statement.close();
  });

  test('pages before and behind the lock-byte page of a file of over 1 GiB are found', () => {
    const path = database((db) => db.exec('CREATE TABLE t (a)'), ['page_size = 65536']);
    // A sparse file, whose pages up to shortly before the lock-byte page belong to nothing.
    const pages = (1 << 30) / 65_536 - 20;
    patch(path, (bytes) => bytes.writeUInt32BE(pages, 28));
    truncateSync(path, pages * 65_536);
    const db = new Database(path);
    fill(db, 10, `INSERT INTO t SELECT zeroblob(300000) || i FROM n`);
    fill(db, 10, `INSERT INTO t SELECT 'small ' || i FROM n`);
    db.close();
    expect(statSync(path).size).toBeGreaterThan((1 << 30) + 65_536);
    expect(agreedRows(path, 't', 1 << 20).length).toBe(20);
  });
});

/** Rebuilds a database with reserved bytes at the end of each page: Python reaches the file control for it, the driver does not. */
function reserveBytes(path: string, count: number): void {
  const script = `
import ctypes, ctypes.util, sys
lib = ctypes.CDLL(ctypes.util.find_library('sqlite3') or 'libsqlite3.so.0')
db = ctypes.c_void_p()
assert lib.sqlite3_open(sys.argv[1].encode(), ctypes.byref(db)) == 0
assert lib.sqlite3_file_control(db, b'main', 38, ctypes.byref(ctypes.c_int(int(sys.argv[2])))) == 0
assert lib.sqlite3_exec(db, b'VACUUM', None, None, None) == 0
assert lib.sqlite3_close(db) == 0
`;
  execFileSync('python3', ['-c', script, path, String(count)]);
}

function patch(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}
