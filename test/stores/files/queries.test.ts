import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openSqlite } from '../../../stores/sqlite/open';
import { queryColumns, readQuery } from '../../../stores/sqlite/query-reader';
import { readQueryAgain } from '../../../stores/sqlite/read-query-again';
import { takeSnapshot } from '../../../stores/sqlite/snapshot';
import { temporaryFolder } from '../sqlite/fixtures';

let snapshot: string;

beforeAll(async () => {
  const source = path.join(temporaryFolder(), 'store');
  mkdirSync(source);
  writeFileSync(path.join(source, 'people.jsonl'), '{"name":"Ada"}\n{"name":\n{"name":"Bo"}\nno JSON\n');
  snapshot = path.join(temporaryFolder(), 'snapshot.sqlite');
  await takeSnapshot({ source, destination: snapshot, files: {} });
});

test.each(['jsonl', 'JSONL', '"jsonl" AS j'])(
  'a query sees the documents that could be read, by both readings: %s',
  (table) => {
    const sql = `SELECT name FROM ${table} ORDER BY name`;
    expect([...readQuery(snapshot, 'cache.people', sql)].map(([name]) => String(name))).toEqual(['Ada', 'Bo']);
    expect([...readQueryAgain(snapshot, sql)]).toEqual([['Ada'], ['Bo']]);
  },
);

test('the others are still in the snapshot, where tables are read from, and nothing was written', () => {
  const db = openSqlite(snapshot);
  expect(queryColumns(db, 'cache.people', 'SELECT * FROM jsonl')).toContain('name');
  expect(db.prepare('SELECT count(*) FROM main.jsonl').pluck().get()).toBe(4n);
  expect(() => db.exec('CREATE TEMP TABLE t (a)')).toThrow(/read-?only|query_only/i);
  db.close();
});
