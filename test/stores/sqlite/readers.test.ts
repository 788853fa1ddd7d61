import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openReader } from '../../../stores/sqlite/open-reader';
import { makeTorture, sharedData, temporaryFolder, testWithShared } from './fixtures';
import { agreedRows, catalogOf, copyOf, database, readersOf } from './reader-fixtures';

const DATABASE = /(^chrome_History_59|\.(db|sqlite3?|gpkg|mbtiles))$/;

describe('real databases', () => {
  testWithShared(
    'both readers give the same rows of every table, in whole, in batches and in chunks',
    () => {
      const files = readdirSync(sharedData('public'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        DATABASE.test(name),
      );
      const count = { databases: 0, tables: 0, pages: 0, rows: 0 };
      for (const name of files) {
        if (statSync(join(sharedData('public'), name)).size === 0) continue;
        const path = copyOf(join(sharedData('public'), name));
        count.databases += 1;
        compareAll(path, count);
      }
      expect(count.databases).toBeGreaterThan(30);
      expect(count.pages).toBeGreaterThan(300);
      expect(count.rows).toBeGreaterThan(100_000);
    },
    240_000,
  );

  testWithShared(
    'both readers give the same rows of every torture table',
    () => {
      const folder = makeTorture(temporaryFolder());
      const count = { tables: 0, pages: 0, rows: 0 };
      for (const name of ['torture.db', 'torture_utf16.db', 'torture_wide.db', 'torture_integrity.db'])
        compareAll(copyOf(join(folder, name)), count);
      expect(count.tables).toBeGreaterThan(90);
      expect(count.pages).toBeGreaterThan(80);
    },
    240_000,
  );
});

function compareAll(path: string, count: { tables: number; pages: number; rows: number }): void {
  for (const table of catalogOf(path).tables) {
    count.tables += 1;
    count.rows += agreedRows(path, table.name, 16_384).length;
    const { pages, statement } = readersOf(path, table.name);
    if (pages !== undefined) count.pages += 1;
    pages?.close();
    statement.close();
  }
}

describe('openReader', () => {
  const kinds = (path: string) => {
    const catalog = catalogOf(path);
    return Object.fromEntries(
      catalog.tables.map((table) => {
        const reader = openReader({ path, catalog, table });
        reader.close();
        return [table.name, reader.kind];
      }),
    );
  };

  test('reads pages where it can and asks SQLite for the rest', () => {
    const path = database((db) =>
      db.exec(`
        CREATE TABLE plain (a, b);
        CREATE TABLE kept (a, b AS (a + 1) STORED);
        CREATE TABLE computed (a, b AS (a + 1));
        CREATE TABLE keyed (a PRIMARY KEY, b) WITHOUT ROWID;
        CREATE TABLE nameless (rowid, oid, _rowid_);
        CREATE TABLE aliased (rowid, oid, _rowid_, id INTEGER PRIMARY KEY);
        CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1);
      `),
    );
    expect(kinds(path)).toEqual({
      plain: 'pages',
      kept: 'pages',
      computed: 'statement',
      keyed: 'statement',
      nameless: 'statement',
      aliased: 'pages',
      boxes: 'statement',
    });
  });

  test('asks SQLite for all tables of a UTF-16 database', () => {
    const path = database((db) => db.exec('CREATE TABLE t (a)'), ["encoding = 'UTF-16le'"]);
    expect(kinds(path)).toEqual({ t: 'statement' });
  });

  test('never takes a column for another when some are left out', () => {
    const path = database((db) => db.exec(`CREATE TABLE t (a, b, c); INSERT INTO t VALUES ('a', 'b', 'c')`));
    const catalog = catalogOf(path);
    const table = { ...catalog.tables[0]!, columns: [catalog.tables[0]!.columns[2]!] };
    const reader = openReader({ path, catalog, table });
    let seen = '';
    reader.scan((row) => void (seen = row.bytes.toString('utf8', row.starts[0]!, row.starts[0]! + 1)));
    reader.close();
    expect(reader.columns).toEqual(['c']);
    expect(seen).toBe('c');
  });
});
