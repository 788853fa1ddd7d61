import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { buildDemo } from '../../examples/demo/build';
import { parseCsv } from '../../examples/demo/data';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-demo-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read<T>(file: string, look: (db: Database.Database) => T): T {
  const db = new Database(file, { readonly: true });
  try {
    return look(db);
  } finally {
    db.close();
  }
}

const TABLES = [
  'characters',
  'appearances',
  'distributors',
  'films',
  'airports',
  'flights',
  'flight_delays',
  'bird_strikes',
  'settings',
  'sessions',
  'events',
];
const content = (file: string) =>
  read(file, (db) => TABLES.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()));

test('two builds have the same rows, and a build replaces an earlier one', () => {
  const first = path.join(folder, 'first.sqlite');
  buildDemo(first);
  const once = content(first);
  buildDemo(first);
  expect(content(first)).toEqual(once);
});

test('the file has aged as real ones do', () => {
  const file = path.join(folder, 'aged.sqlite');
  buildDemo(file);
  read(file, (db) => {
    const number = (sql: string): number => db.prepare(sql).pluck().get() as number;
    expect(number(`SELECT count(*) FROM films WHERE released LIKE '%-02-30'`)).toBeGreaterThan(0);
    expect(number(`SELECT count(*) FROM films WHERE typeof(budget) = 'text'`)).toBeGreaterThan(0);
    expect(number(`SELECT count(DISTINCT is_main) FROM characters`)).toBeGreaterThan(4);
    expect((db.pragma('foreign_key_check') as unknown[]).length).toBeGreaterThan(2);
    expect(number('SELECT count(*) FROM flight_delays')).toBeGreaterThan(190_000);
    expect(db.prepare(`SELECT type FROM sqlite_schema WHERE type IN ('view', 'trigger')`).all()).toHaveLength(3);
  });
});

test('fields in quotes may hold commas, quotes and line ends', () => {
  expect(parseCsv('a,b\r\n"x, ""y""\nz",2\n,\n')).toEqual([
    { a: 'x, "y"\nz', b: '2' },
    { a: '', b: '' },
  ]);
});
