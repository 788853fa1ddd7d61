import Database from 'better-sqlite3';
import type { SqliftError } from '../../../core/errors';
import { openSqlite } from '../../../stores/sqlite/open';
import { StatementReader } from '../../../stores/sqlite/statement-reader';
import { agreedRows, catalogOf, database, readersOf, rows, rowsOfChunks, tableOf } from './reader-fixtures';

describe('tables without rowids', () => {
  test('are read in the order of their tree, not of an index that holds all columns', () => {
    const path = database((db) =>
      db.exec(`
        CREATE TABLE t (a TEXT PRIMARY KEY, b) WITHOUT ROWID;
        INSERT INTO t VALUES ('x', 3), ('y', 2), ('z', 1);
        CREATE INDEX i ON t (b);
        CREATE TABLE u (id INTEGER PRIMARY KEY, b);
        INSERT INTO u VALUES (1, 3), (2, 2), (3, 1);
        CREATE INDEX j ON u (b);
      `),
    );
    expect(agreedRows(path, 't').map((row) => row.slice(0, 2))).toEqual([
      ['undefined', 'text x'],
      ['undefined', 'text y'],
      ['undefined', 'text z'],
    ]);
    expect(agreedRows(path, 'u').map((row) => row[0])).toEqual(['1', '2', '3']);
  });

  test('are cut into chunks by the bytes of their rows', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID');
      const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
      for (let i = 0; i < 3000; i++) insert.run(i, Buffer.alloc(i % 100 === 0 ? 50_000 : 10));
    });
    const { statement } = readersOf(path, 't');
    const chunks = statement.chunks(100_000);
    expect(chunks.length).toBeGreaterThan(10);
    for (const chunk of chunks) expect(chunk.bytes).toBeLessThan(160_000);
    expect(rowsOfChunks(statement, chunks).map((row) => row[1])).toEqual(
      Array.from({ length: 3000 }, (_, i) => `integer ${i}`),
    );
    statement.close();
  });

  test('an empty one has one chunk', () => {
    const path = database((db) => db.exec('CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID'));
    const { statement } = readersOf(path, 't');
    expect(statement.chunks(1000)).toEqual([{ number: 0, range: { kind: 'ordinal', offset: 0, count: 0 }, bytes: 0 }]);
    statement.close();
  });

  test('rows whose rowid no name reaches are read by their number', () => {
    const path = database((db) =>
      db.exec(`CREATE TABLE t (rowid, oid, _rowid_); INSERT INTO t VALUES (7, 8, 9), ('a', 'b', 'c')`),
    );
    expect(agreedRows(path, 't', 1)).toEqual([
      ['undefined', 'integer 7', 'integer 8', 'integer 9'],
      ['undefined', 'text a', 'text b', 'text c'],
    ]);
  });
});

describe('virtual tables', () => {
  test('are read as they show themselves', () => {
    const path = database((db) =>
      db.exec(`
        CREATE VIRTUAL TABLE f USING fts5 (title, body);
        INSERT INTO f VALUES ('one', CAST(x'6100ff' AS TEXT)), ('two', NULL);
        CREATE VIRTUAL TABLE r USING rtree (id, x0, x1);
        INSERT INTO r VALUES (5, 0.5, 1.5);
      `),
    );
    expect(agreedRows(path, 'f', 1)).toEqual([
      ['undefined', 'text one', 'text a\0\xff'],
      ['undefined', 'text two', 'null'],
    ]);
    expect(agreedRows(path, 'r')).toEqual([
      ['undefined', 'integer 5', 'real 3fe0000000000000 0.5', 'real 3ff8000000000000 1.5'],
    ]);
  });
});

describe.each(['UTF-16le', 'UTF-16be'])('a database in %s', (encoding) => {
  test('gives text in UTF-8, and what is not valid UTF-16 as invalid UTF-8', () => {
    const units = (text: string) => {
      const bytes = Buffer.from(text, 'utf16le');
      return encoding === 'UTF-16le' ? bytes : bytes.swap16();
    };
    const path = database(
      (db) => {
        db.exec('CREATE TABLE t (a TEXT)');
        const insert = db.prepare('INSERT INTO t VALUES (CAST(? AS TEXT))');
        for (const text of ['plain', 'ä€😀', 'nul\0in', '\ufffd', 'lone\ud83d', '\ude00\ud83d'])
          insert.run(units(text));
      },
      [`encoding = '${encoding}'`],
    );
    const utf8 = (text: string) => `text ${Buffer.from(text).toString('latin1')}`;
    expect(agreedRows(path, 't').map((row) => row[1])).toEqual([
      utf8('plain'),
      utf8('ä€😀'),
      utf8('nul\0in'),
      utf8('\ufffd'),
      'text lone\xed\xa0\xbd',
      'text \xed\xb8\x80\xed\xa0\xbd',
    ]);
  });
});

describe('what only the application can compute', () => {
  test('a column whose function is missing is named, and the others can be read without it', () => {
    const path = database((db) => {
      db.function('app', { deterministic: true }, (value: unknown) => value);
      db.exec(`CREATE TABLE t (a, b AS (app(a)), c); INSERT INTO t (a, c) VALUES (1, 2)`);
    });
    const catalog = catalogOf(path);
    const table = tableOf(catalog, 't');
    const whole = new StatementReader(path, catalog, table);
    expect(failure(() => rows(whole))).toMatchObject({
      code: 'SourceNotComputable',
      place: { table: 't', field: 'b' },
    });
    whole.close();
    const part = new StatementReader(path, catalog, {
      ...table,
      columns: table.columns.filter(({ name }) => name !== 'b'),
    });
    expect(rows(part)).toEqual([['1', 'integer 1', 'integer 2']]);
    part.close();
  });

  test('an expression that fails for a row is named without the value', () => {
    const path = database((db) =>
      db.exec(
        `CREATE TABLE t (a); INSERT INTO t VALUES ('{"x":1}'), ('secret'); ALTER TABLE t ADD COLUMN b AS (json_extract(a, '$.x'))`,
      ),
    );
    const { statement } = readersOf(path, 't');
    const error = failure(() => rows(statement));
    expect(error).toMatchObject({ code: 'SourceNotComputable', place: { table: 't', field: 'b' } });
    expect(error.message).not.toContain('secret');
    statement.close();
  });

  test('a table whose tree is sorted by a missing collation is named: SQLite cannot even scan it', () => {
    const path = database((db) => {
      db.exec(`CREATE TABLE t (a TEXT PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1)`);
      db.unsafeMode(true);
      db.pragma('writable_schema = on');
      db.exec(`UPDATE sqlite_schema SET sql = replace(sql, 'TEXT PRIMARY', 'TEXT COLLATE app PRIMARY')`);
    });
    const { statement } = readersOf(path, 't');
    const error = failure(() => rows(statement));
    expect([error.code, error.place.table, error.place.field]).toEqual(['SourceNotComputable', 't', undefined]);
    statement.close();
  });
});

describe('connections', () => {
  test('a paused scan leaves other connections and the reader itself free, and may be abandoned', () => {
    const path = database((db) => {
      db.exec('CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID');
      for (let i = 0; i < 100; i++) db.prepare('INSERT INTO t VALUES (?)').run(i);
    });
    const { statement } = readersOf(path, 't');
    const paused = statement.batches(() => {}, undefined, 80);
    expect(paused.next().done).toBe(false);
    expect(rows(statement).length).toBe(100);
    const db = openSqlite(path);
    expect(db.prepare('SELECT count(*) FROM t').pluck().get()).toBe(100n);
    db.close();
    statement.close();
    const writer = new Database(path);
    writer.exec('DELETE FROM t');
    writer.close();
  });

  test('a visitor that throws leaves no statement open', () => {
    const path = database((db) =>
      db.exec('CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES (1), (2)'),
    );
    const { statement } = readersOf(path, 't');
    expect(() =>
      statement.scan(() => {
        throw new Error('enough');
      }),
    ).toThrow('enough');
    let seen = 0;
    statement.scan(() => ++seen === 1);
    expect(seen).toBe(1);
    statement.close();
  });
});

function failure(action: () => unknown): SqliftError {
  try {
    action();
  } catch (error) {
    return error as SqliftError;
  }
  throw new Error('nothing was thrown');
}
