import type { ChunkRange } from '../../../core/chunk';
import type { SqliftError } from '../../../core/errors';
import type { ColumnMapping } from '../../../core/mapping';
import { InvalidText } from '../../../core/meaning/meaning';
import type { SourceValue } from '../../../core/meaning/meaning';
import { NOT_COMPUTABLE } from '../../../core/row';
import { shapeTable } from '../../../core/shape';
import type { Shape } from '../../../core/shape';
import type { SourceTable } from '../../../core/source';
import { checkShape } from '../../../stores/sqlite/check-shape';
import { openReader } from '../../../stores/sqlite/open-reader';
import { openSqlite } from '../../../stores/sqlite/open';
import { profileShaped } from '../../../stores/sqlite/profile';
import { checkLiveShapes } from '../../../stores/sqlite/snapshot';
import { ReadAgain } from '../../../stores/sqlite/read-again';
import { catalogOf, database, rows, rowsOfChunks, tableOf } from './reader-fixtures';

/** Tables that a plan shapes: read by import through one statement, by verification through another. */

function shaped(path: string, name: string, shape: Shape): SourceTable {
  return shapeTable(tableOf(catalogOf(path), name), shape);
}

function read(path: string, table: SourceTable, targetBytes = 1 << 20): string[][] {
  const reader = openReader({ path, catalog: catalogOf(path), table });
  try {
    expect(reader.kind).toBe('statement');
    const all = rows(reader);
    expect(rowsOfChunks(reader, reader.chunks(targetBytes))).toEqual(all);
    return all;
  } finally {
    reader.close();
  }
}

function readAgain(path: string, table: SourceTable): SourceValue[][] {
  const columns = table.columns.map(({ name, value }) => ({ source: name, value }) as ColumnMapping);
  const again = new ReadAgain(path, table, columns, table.kind === 'rowid' ? 'rowid' : 'ordinal');
  const found: SourceValue[][] = [];
  for (const _ of again.slices((cells, locator) => void found.push([locator, ...cells]), undefined));
  again.close();
  return found;
}

const people = (pragmas: string[] = []) =>
  database(
    (db) =>
      db.exec(`
        CREATE TABLE t (id INTEGER PRIMARY KEY, first TEXT, last TEXT, j TEXT, n);
        INSERT INTO t VALUES (-5, 'Ada', 'Lovelace', '{"a":9007199254740993,"b":"é"}', 1), (2, 'Alan', NULL, '{"a":1.5}', 2), (7, 'x', 'y', '[]', 3);
        CREATE INDEX by_n ON t (n DESC, first, last, j)`),
    pragmas,
  );

test.each(['UTF-8', 'UTF-16le'])('computed cells have the storage class that SQLite gives them, in %s', (encoding) => {
  const path = people([`encoding = '${encoding}'`]);
  const table = shaped(path, 't', {
    columns: {
      full: { value: `first || ' ' || last -- a comment` },
      a: { value: `j ->> '$.a'` },
      b: { value: `j ->> '$.b'` },
      blob: { value: `x'00ff'` },
      first: { value: 'upper(first)' },
    },
  });
  expect(read(path, table).map((row) => [row[0], ...row.slice(6)])).toEqual([
    [
      '-5',
      'text Ada Lovelace',
      'integer 9007199254740993',
      `text ${Buffer.from('é').toString('latin1')}`,
      'blob 00ff',
      'text ADA',
    ],
    ['2', 'null', 'real 3ff8000000000000 1.5', 'null', 'blob 00ff', 'text ALAN'],
    ['7', 'text x y', 'null', 'null', 'blob 00ff', 'text X'],
  ]);
  expect(readAgain(path, table).map((row) => row.slice(6))).toEqual([
    ['Ada Lovelace', 9007199254740993n, 'é', Buffer.from('00ff', 'hex'), 'ADA'],
    [null, 1.5, null, Buffer.from('00ff', 'hex'), 'ALAN'],
    ['x y', null, null, Buffer.from('00ff', 'hex'), 'X'],
  ]);
});

test('a condition leaves rows out without changing the order of the others, whatever index would serve it', () => {
  const path = people();
  const table = shaped(path, 't', { where: 'n > 1 OR n < 1', columns: {} });
  expect(read(path, table).map(([id]) => id)).toEqual(['2', '7']);
  expect(readAgain(path, table).map(([locator]) => locator)).toEqual([2n, 7n]);
  // What is neither true nor false leaves the row out, as in SQL.
  const unknown = shaped(path, 't', { where: "last <> ''", columns: {} });
  expect(read(path, unknown).map(([id]) => id)).toEqual(['-5', '7']);
  const again = new ReadAgain(path, unknown, [], 'rowid');
  expect(again.countFiltered()).toBe(1);
  again.close();
});

test('tables without rowids are numbered by the rows that are left, the same in both readings', () => {
  const path = database((db) => {
    db.exec('CREATE TABLE t (a INTEGER, b TEXT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID; CREATE INDEX i ON t (a)');
    const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
    for (let i = 0; i < 500; i++) insert.run(i, `text ${i % 7}`);
  });
  const table = shaped(path, 't', { where: 'a IN (3, 1, 2, 400, 10, 17)', columns: { c: { value: 'a * 2' } } });
  const found = read(path, table, 20);
  expect(found).toHaveLength(6);
  expect(readAgain(path, table).map((row) => row.slice(1).map(String))).toEqual(
    found.map((row) => row.slice(1).map((cell) => cell.replace(/^\w+ /, ''))),
  );
});

test('the census of a shaped table counts what its expressions give', async () => {
  const path = people();
  const table = shaped(path, 't', { where: 'id > 0', columns: { a: { value: `j ->> '$.a'` } } });
  const { rows: kept, columns } = (await profileShaped(path, catalogOf(path), new Map([['mine', table]]))).mine!;
  expect(kept).toBe(2);
  expect(columns.at(-1)).toMatchObject({ column: 'a', nulls: 1, reals: { count: 1 } });
});

describe('SQL of a plan that cannot be', () => {
  const path = people();
  const problem = (shape: Shape) => {
    const db = openSqlite(path);
    try {
      return checkShape(db, shaped(path, 't', shape))[0];
    } finally {
      db.close();
    }
  };

  test.each([
    ['frist || last', 'no such column: frist'],
    ['"frist"', 'no such column: "frist"'],
    ['first ||', 'syntax error'],
    ['nosuch(first)', 'no such function: nosuch'],
    ['count(*)', 'misuse of aggregate'],
    ['row_number() OVER ()', 'misuse of window function'],
    ['first, last', 'row value misused'],
    ['(first, last)', 'row value misused'],
    ['first) FROM t --', 'syntax error'],
    ['1) /*', ''],
    ['1)) /*', ''],
    ['1) UNION SELECT (2', ''],
    ['1) LIMIT (2', ''],
    ['1; DROP TABLE t', ''],
    ['?', 'no parameters'],
    [':name', 'no parameters'],
    ['random()', 'random gives something else each time'],
    ['coalesce(first, hex(randomblob(4)))', 'randomblob gives something else each time'],
    ['CURRENT_TIMESTAMP', 'current_timestamp gives something else each time'],
    [`datetime('now')`, 'the present time'],
    [`strftime('%s', 'NOW')`, 'the present time'],
    [`strftime('%s')`, 'the present time'],
    ['julianday()', 'the present time'],
    [`datetime('subsec')`, 'the present time'],
    [`datetime(j, 'localtime')`, `'localtime' means the time zone of the machine`],
    ['(SELECT random() FROM t AS o WHERE o.id = t.id)', 'random gives something else each time'],
  ])('%s', (sql, reason) => {
    for (const [what, shape] of [
      ['value of column c', { columns: { c: { value: sql } } }],
      ['where', { where: sql, columns: {} }],
    ] as const) {
      const found = problem(shape);
      expect(found?.code).toBe('PlanInvalid');
      expect(found?.message).toContain(`table t: ${what}: `);
      expect(found?.message).toContain(reason);
    }
  });

  test.each([
    `date('2024-01-01', '+1 day')`,
    `datetime(n, 'unixepoch')`,
    '(SELECT count(*) FROM t AS other WHERE other.n < t.n)',
    `CASE WHEN json_valid(j) THEN j ->> '$.a' END -- guarded`,
    `printf('%05d', n) /* padded */`,
    `'now'`,
    'rowid',
  ])('%s is taken', (sql) => {
    expect(problem({ where: sql, columns: { c: { value: sql } } })).toBeUndefined();
  });
});

test('everything that is wrong with a plan’s SQL is named at once, before a row of the live file is read', async () => {
  const path = people();
  const tables = [
    shaped(path, 't', { where: 'nope = 1', columns: { a: { value: 'random()' }, b: { value: 'first' } } }),
    shaped(path, 't', { columns: { c: { value: 'first ||' } } }),
  ];
  const failure = await checkLiveShapes(path, tables, { scratch: `${path}.scratch` }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'PlanInvalid' });
  expect((failure as SqliftError).message.split('\n')).toEqual([
    'table t: where: no such column: nope',
    expect.stringContaining('table t: value of column a: random gives something else each time'),
    expect.stringContaining('table t: value of column c: '),
  ]);
  await checkLiveShapes(path, [shaped(path, 't', { where: 'n > 1', columns: {} })], { scratch: `${path}.scratch` });
});

test('a condition that fails in a row is named before anything is written', async () => {
  const path = database((db) => db.exec(`CREATE TABLE t (j TEXT); INSERT INTO t VALUES ('{}'), ('{"secret')`));
  const table = shaped(path, 't', { where: `j ->> '$.a' IS NULL`, columns: {} });
  const failure = await profileShaped(path, catalogOf(path), new Map([['t', table]])).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'PlanInvalid', message: 'table t: where: malformed JSON' });
  expect(String((failure as SqliftError).message)).not.toContain('secret');
});

test('a row in which an expression fails is kept apart from the others, which are all read', async () => {
  const path = database((db) => {
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, j TEXT)');
    const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
    for (let i = 0; i < 2000; i++) insert.run(i - 3, i % 700 === 5 ? '{"secret' : `{"a":${i}}`);
    insert.run(-(2n ** 63n), '{');
  });
  const table = shaped(path, 't', {
    where: 'id <> 10',
    columns: { a: { value: `j ->> '$.a'` }, b: { value: `json_array_length(j, '$')` }, c: { value: 'id / 2' } },
  });
  const reader = openReader({ path, catalog: catalogOf(path), table });
  const found = new Map<bigint, number[]>();
  const scan = (range?: ChunkRange) => {
    const kept: bigint[] = [];
    reader.scan((row) => {
      kept.push(row.rowid!);
      found.set(row.rowid!, [...row.serials].slice(2));
    }, range);
    return kept;
  };
  const all = scan();
  expect(all).toHaveLength(2000);
  expect(reader.chunks(4096).flatMap(({ range }) => scan(range))).toEqual(all);
  reader.close();
  const failed = [...found].filter(([, [a]]) => a === NOT_COMPUTABLE);
  expect(failed.map(([id]) => id)).toEqual([-(2n ** 63n), 2n, 702n, 1402n]);
  for (const [, [, b, c]] of failed) expect([b, c]).toEqual([NOT_COMPUTABLE, 6]);

  const again = readAgain(path, table);
  expect(again.map(([id]) => id)).toEqual(all);
  expect(again.filter(([, , , a]) => a instanceof InvalidText).map(([id]) => id)).toEqual(failed.map(([id]) => id));
  expect(again.slice(-1)[0]).toEqual([1996n, 1996n, '{"a":1999}', 1999n, 0n, 998n]);
  const census = (await profileShaped(path, catalogOf(path), new Map([['t', table]]))).t!;
  expect(census.rows).toBe(2000);
  expect(census.columns[2]).toMatchObject({ nulls: 0, integers: { count: 1996 } });
});
