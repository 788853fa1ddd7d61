import type { Pool } from 'pg';
import type { ChunkRange } from '../../../core/chunk';
import { openTarget } from '../../../stores/postgres/target';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { Snapshot, tableMapping, verify } from './fixture';
import type { Column } from './fixture';

let database: TestDatabase;
let target: Pool;
let snapshot: Snapshot;

beforeAll(async () => {
  database = await createDatabase();
  target = openTarget(database.url);
});
afterAll(async () => {
  await target.end();
  await database.drop();
});
beforeEach(() => {
  snapshot = new Snapshot();
});
afterEach(async () => {
  snapshot.remove();
  await target.query('DROP TABLE IF EXISTS public.people, public.log, public.pairs CASCADE');
});

const PEOPLE: Column[] = [
  { name: 'id', declared: 'INTEGER PRIMARY KEY', type: 'bigint' },
  { name: 'name', declared: 'TEXT', type: 'text' },
  { name: 'height', declared: 'REAL', type: 'double precision' },
  { name: 'born', declared: 'TEXT', type: 'date' },
];
const people = tableMapping('people', PEOPLE);
const LONG = 'x'.repeat(5000);
const ROWS = 3000;

/** The same rows on both sides, each written by its own statement. */
async function peopleOnBothSides(): Promise<void> {
  snapshot.db.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, height REAL, born TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    INSERT INTO people SELECT i, 'person ' || i, i / 8.0, date('1950-01-01', i || ' days') FROM n;
    UPDATE people SET name = '${LONG}' WHERE id = 77;
    UPDATE people SET height = 0.1 WHERE id = 5; UPDATE people SET name = NULL WHERE id = 6; UPDATE people SET name = '' WHERE id = 7`);
  await target.query(`CREATE TABLE public.people (id bigint PRIMARY KEY, name text, height double precision, born date);
    INSERT INTO public.people SELECT i, 'person ' || i, i / 8.0::float8, date '1950-01-01' + i FROM generate_series(1, ${ROWS}) AS i;
    UPDATE public.people SET name = '${LONG}' WHERE id = 77;
    UPDATE public.people SET height = 0.1 WHERE id = 5; UPDATE public.people SET name = NULL WHERE id = 6; UPDATE public.people SET name = '' WHERE id = 7`);
}

const chunks: ChunkRange[] = [
  { kind: 'rowid', after: null, upTo: '1000' },
  { kind: 'rowid', after: '1000', upTo: '2000' },
  { kind: 'rowid', after: '2000', upTo: null },
];
const ways: [string, ChunkRange[]][] = [
  ['as a whole', [{ kind: 'rowid', after: null, upTo: null }]],
  ['by chunks', chunks],
];

const base = { source: 'app', table: 'people' };
const tampering: [what: string, sql: string, differences: object[]][] = [
  [
    'one changed cell',
    `UPDATE public.people SET name = 'someone else' WHERE id = 1234`,
    [{ ...base, kind: 'cell', key: '1234', column: 'name', expected: 'person 1234', found: 'someone else' }],
  ],
  [
    'a missing row',
    `DELETE FROM public.people WHERE id = 2001`,
    [
      {
        ...base,
        kind: 'missing row',
        key: '2001',
        expected: 'id=2001, name=person 2001, height=250.125, born=1955-06-25',
      },
    ],
  ],
  [
    'a row too many',
    `INSERT INTO public.people VALUES (99999, 'nobody', 1, NULL)`,
    [{ ...base, kind: 'extra row', key: '99999', found: 'id=99999, name=nobody, height=1, born=NULL' }],
  ],
  [
    'a row before all others',
    `INSERT INTO public.people VALUES (-4, 'nobody', 1, NULL)`,
    [{ ...base, kind: 'extra row', key: '-4', found: 'id=-4, name=nobody, height=1, born=NULL' }],
  ],
  [
    'a doubled row',
    `ALTER TABLE public.people DROP CONSTRAINT people_pkey; CREATE INDEX ON public.people (id); INSERT INTO public.people SELECT * FROM public.people WHERE id = 8`,
    [{ ...base, kind: 'extra row', key: '8', found: 'id=8, name=person 8, height=1, born=1950-01-09' }],
  ],
  [
    'a row without a key',
    `ALTER TABLE public.people DROP CONSTRAINT people_pkey; CREATE INDEX ON public.people (id); ALTER TABLE public.people ALTER id DROP NOT NULL; INSERT INTO public.people VALUES (NULL, 'nobody', 1, NULL)`,
    [{ ...base, kind: 'extra row', key: 'NULL', found: 'id=NULL, name=nobody, height=1, born=NULL' }],
  ],
  [
    'swapped cells between two rows',
    `UPDATE public.people SET height = CASE id WHEN 16 THEN 100 ELSE 2 END WHERE id IN (16, 800)`,
    [
      { ...base, kind: 'cell', key: '16', column: 'height', expected: '2', found: '100' },
      { ...base, kind: 'cell', key: '800', column: 'height', expected: '100', found: '2' },
    ],
  ],
  [
    'a truncated string',
    `UPDATE public.people SET name = left(name, 4999) WHERE id = 77`,
    [
      {
        ...base,
        kind: 'cell',
        key: '77',
        column: 'name',
        expected: `…${'x'.repeat(41)} (5000 characters)`,
        found: `…${'x'.repeat(40)} (4999 characters)`,
      },
    ],
  ],
  [
    'a double that differs in its last bit',
    `UPDATE public.people SET height = 0.10000000000000002 WHERE id = 5`,
    [{ ...base, kind: 'cell', key: '5', column: 'height', expected: '0.1', found: '0.10000000000000002' }],
  ],
  [
    'NULL made an empty text',
    `UPDATE public.people SET name = '' WHERE id = 6`,
    [{ ...base, kind: 'cell', key: '6', column: 'name', expected: 'NULL', found: '' }],
  ],
  [
    'an empty text made NULL',
    `UPDATE public.people SET name = NULL WHERE id = 7`,
    [{ ...base, kind: 'cell', key: '7', column: 'name', expected: '', found: 'NULL' }],
  ],
  [
    'a space at the end of a text',
    `UPDATE public.people SET name = name || ' ' WHERE id = 9`,
    [{ ...base, kind: 'cell', key: '9', column: 'name', expected: 'person 9', found: 'person 9 ' }],
  ],
  [
    'a date moved by a day',
    `UPDATE public.people SET born = born + 1 WHERE id = 2999`,
    [{ ...base, kind: 'cell', key: '2999', column: 'born', expected: '1958-03-19', found: '1958-03-20' }],
  ],
  [
    'a changed key',
    `UPDATE public.people SET id = 5000 WHERE id = 1500`,
    [
      {
        ...base,
        kind: 'missing row',
        key: '1500',
        expected: 'id=1500, name=person 1500, height=187.5, born=1954-02-09',
      },
      { ...base, kind: 'extra row', key: '5000', found: 'id=5000, name=person 1500, height=187.5, born=1954-02-09' },
    ],
  ],
];

describe.each(ways)('a table with a key, compared %s', (_, ranges) => {
  test('has no differences when nobody touched it', async () => {
    await peopleOnBothSides();
    const verdict = await verify(snapshot, target, people, { ranges });
    expect(verdict).toMatchObject({
      sourceRows: ROWS,
      targetRows: ROWS,
      quarantined: 0,
      differences: [],
      differenceCount: 0,
      countExact: true,
    });
    expect(verdict.digest).toMatch(/^[0-9a-f]{16}$/);
  });

  test.each(tampering)('%s is found and named', async (_what, sql, differences) => {
    await peopleOnBothSides();
    await target.query(sql);
    const verdict = await verify(snapshot, target, people, { ranges });
    expect(verdict.differences).toEqual(differences);
    expect(verdict.differenceCount).toBe(differences.length);
  });
});

test('the digest is of the target’s rows, the same however they are cut and ordered', async () => {
  await peopleOnBothSides();
  const whole = await verify(snapshot, target, people);
  await target.query('CREATE INDEX shuffled ON public.people (md5(name || id)); CLUSTER public.people USING shuffled');
  expect((await verify(snapshot, target, people, { ranges: chunks })).digest).toBe(whole.digest);
  await target.query('UPDATE public.people SET height = -height WHERE id = 3');
  expect((await verify(snapshot, target, people)).digest).not.toBe(whole.digest);
});

test('rows in quarantine are not expected in the target, and are extra rows when they are there after all', async () => {
  await peopleOnBothSides();
  await target.query('DELETE FROM public.people WHERE id IN (10, 20)');
  const quarantined = new Set([10n, 20n]);
  expect(await verify(snapshot, target, people, { quarantined, ranges: chunks })).toMatchObject({
    sourceRows: ROWS,
    targetRows: ROWS - 2,
    quarantined: 2,
    differences: [],
    differenceCount: 0,
  });
  await target.query(`INSERT INTO public.people VALUES (20, 'person 20', 2.5, '1950-01-21')`);
  expect((await verify(snapshot, target, people, { quarantined, ranges: chunks })).differences).toEqual([
    { ...base, kind: 'extra row', key: '20', found: 'id=20, name=person 20, height=2.5, born=1950-01-21' },
  ]);
});

test('a row in quarantine that the snapshot does not have is a difference of counts', async () => {
  await peopleOnBothSides();
  expect((await verify(snapshot, target, people, { quarantined: new Set([4_000_000n]) })).differences).toEqual([
    { ...base, kind: 'count', expected: '1 rows of the quarantine in the snapshot', found: '0 of them' },
  ]);
});

test('of very many differences a thousand are kept and all are counted', async () => {
  await peopleOnBothSides();
  await target.query(`UPDATE public.people SET name = name || '!', height = height + 1 WHERE id > 1000`);
  const verdict = await verify(snapshot, target, people);
  expect(verdict.differences).toHaveLength(1000);
  // One name is NULL on both sides, but its id is below.
  expect(verdict).toMatchObject({ differenceCount: 2 * (ROWS - 1000), countExact: true });
});

test('text that was never valid is found when it got loaded all the same, and a real U+FFFD is not held against anybody', async () => {
  snapshot.db.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, height REAL, born TEXT);
    INSERT INTO people VALUES (1, 'a' || char(65533) || 'b', NULL, NULL), (2, CAST(x'61ff62' AS TEXT), NULL, NULL), (3, 'c', 1, NULL)`);
  await target.query(`CREATE TABLE public.people (id bigint PRIMARY KEY, name text, height double precision, born date);
    INSERT INTO public.people VALUES (1, E'a\\ufffdb', NULL, NULL), (2, E'a\\ufffdb', NULL, NULL), (3, 'c', 1, NULL)`);
  expect((await verify(snapshot, target, people)).differences).toEqual([
    { ...base, kind: 'cell', key: '2', column: 'name', expected: 'invalid text \\x61ff62', found: 'a\uFFFDb' },
  ]);
});

test('half a surrogate pair in a UTF-16 file is found, whole pairs are read as they are', async () => {
  snapshot.db.pragma(`encoding = 'UTF-16le'`);
  snapshot.db.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, height REAL, born TEXT);
    INSERT INTO people VALUES (1, 'é😀', NULL, NULL), (2, CAST(x'3dd84100' AS TEXT), NULL, NULL)`);
  await target.query(`CREATE TABLE public.people (id bigint PRIMARY KEY, name text, height double precision, born date);
    INSERT INTO public.people VALUES (1, 'é😀', NULL, NULL), (2, 'A', NULL, NULL)`);
  expect((await verify(snapshot, target, people)).differences).toEqual([
    { ...base, kind: 'cell', key: '2', column: 'name', expected: 'invalid text \\x3dd84100', found: 'A' },
  ]);
});

describe('a table without a key', () => {
  const log = tableMapping('log', [
    { name: 'at', declared: 'INTEGER', type: 'timestamptz', format: 'unix-seconds' },
    { name: 'what', declared: 'TEXT', type: 'text' },
    { name: 'who', declared: 'TEXT', type: 'text' },
  ]);
  const own = { source: 'app', table: 'log' };
  beforeEach(async () => {
    snapshot.db.exec(`CREATE TABLE log (at INTEGER, what TEXT, who TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
      INSERT INTO log SELECT 1700000000 + i / 2, 'event ' || (i / 3), 'user ' || (i % 7) FROM n;
      INSERT INTO log SELECT * FROM log WHERE rowid <= 10`);
    await target.query(`CREATE TABLE public.log (at timestamptz, what text, who text);
      INSERT INTO public.log SELECT to_timestamp(1700000000 + i / 2), 'event ' || (i / 3), 'user ' || (i % 7) FROM generate_series(1, 500) AS i;
      INSERT INTO public.log SELECT to_timestamp(1700000000 + i / 2), 'event ' || (i / 3), 'user ' || (i % 7) FROM generate_series(1, 10) AS i`);
  });

  test('may hold the same row twice', async () => {
    expect(await verify(snapshot, target, log)).toMatchObject({ sourceRows: 510, targetRows: 510, differences: [] });
  });

  test('has its changed cell named by the rowid, paired with the most similar row', async () => {
    await target.query(`UPDATE public.log SET what = 'EVENT' WHERE at = to_timestamp(1700000100) AND who = 'user 4'`);
    expect((await verify(snapshot, target, log)).differences).toEqual([
      { ...own, kind: 'cell', key: 'rowid 200', column: 'what', expected: 'event 66', found: 'EVENT' },
    ]);
  });

  test('has a doubled, a missing and a foreign row named', async () => {
    await target.query(
      `INSERT INTO public.log SELECT * FROM public.log WHERE at = to_timestamp(1700000050) AND who = 'user 3'`,
    );
    await target.query(`DELETE FROM public.log WHERE at = to_timestamp(1700000210)`);
    const { differences } = await verify(snapshot, target, log);
    expect(differences.map(({ kind, key, expected, found }) => [kind, key, expected ?? found])).toEqual([
      ['missing row', 'rowid 420', 'at=1700000210, what=event 140, who=user 0'],
      ['missing row', 'rowid 421', 'at=1700000210, what=event 140, who=user 1'],
      ['extra row', '', 'at=2023-11-14 22:14:10+00, what=event 33, who=user 3'],
    ]);
  });

  test('addresses quarantined rows by their number in natural order when it has no rowids', async () => {
    snapshot.db
      .exec(`CREATE TABLE pairs (a TEXT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID; CREATE INDEX backwards ON pairs (a);
      INSERT INTO pairs VALUES ('z', '1'), ('y', '2'), ('x', '3'), ('w', '4')`);
    await target.query(
      `CREATE TABLE public.pairs (a text, b text, PRIMARY KEY (b, a)); INSERT INTO public.pairs VALUES ('w', '4'), ('y', '2'), ('z', '1')`,
    );
    const pairs = tableMapping(
      'pairs',
      [
        { name: 'a', declared: 'TEXT', type: 'text' },
        { name: 'b', declared: 'TEXT', type: 'text' },
      ],
      {
        key: ['b', 'a'],
        origin: { kind: 'without rowid' },
      },
    );
    const ranges: ChunkRange[] = [
      { kind: 'ordinal', offset: 0, count: 2 },
      { kind: 'ordinal', offset: 2, count: 2 },
    ];
    expect(await verify(snapshot, target, pairs, { ranges, quarantined: new Set([2n]) })).toMatchObject({
      quarantined: 1,
      differences: [],
    });
    expect((await verify(snapshot, target, pairs, { ranges })).differences).toEqual([
      { source: 'app', table: 'pairs', kind: 'missing row', key: '3, x', expected: 'a=x, b=3' },
    ]);
  });
});

describe('a table that was appended to', () => {
  test('has each row of the source looked up by its key', async () => {
    await peopleOnBothSides();
    await target.query(`INSERT INTO public.people SELECT i, 'older', 1, NULL FROM generate_series(10001, 10100) AS i`);
    expect(await verify(snapshot, target, people, { contained: true })).toMatchObject({
      sourceRows: ROWS,
      targetRows: ROWS + 100,
      differences: [],
    });
    await target.query(
      `DELETE FROM public.people WHERE id = 700; UPDATE public.people SET born = NULL WHERE id = 2500`,
    );
    expect((await verify(snapshot, target, people, { contained: true })).differences).toEqual([
      { ...base, kind: 'missing row', key: '700', expected: 'id=700, name=person 700, height=87.5, born=1951-12-02' },
      { ...base, kind: 'cell', key: '2500', column: 'born', expected: '1956-11-05', found: 'NULL' },
    ]);
  });

  test('has its rows counted off where there is no key', async () => {
    const list = tableMapping('log', [{ name: 'word', declared: 'TEXT', type: 'text' }]);
    snapshot.db.exec(`CREATE TABLE log (word TEXT); INSERT INTO log VALUES ('a'), ('a'), ('b')`);
    await target.query(
      `CREATE TABLE public.log (word text); INSERT INTO public.log VALUES ('a'), ('a'), ('a'), ('b'), ('other')`,
    );
    expect(await verify(snapshot, target, list, { contained: true })).toMatchObject({
      sourceRows: 3,
      targetRows: 5,
      differences: [],
    });
    await target.query(`DELETE FROM public.log WHERE ctid IN (SELECT ctid FROM public.log WHERE word = 'a' LIMIT 2)`);
    expect((await verify(snapshot, target, list, { contained: true })).differences).toEqual([
      { source: 'app', table: 'log', kind: 'missing row', key: 'rowid 1', expected: 'word=a' },
    ]);
  });
});

test('values at the edges of every type raise no false alarm', async () => {
  const edges = tableMapping('people', [
    { name: 'id', declared: 'INTEGER PRIMARY KEY', type: 'bigint' },
    { name: 'int', declared: '', type: 'bigint' },
    { name: 'dbl', declared: '', type: 'double precision' },
    { name: 'txt', declared: 'TEXT', type: 'text' },
    { name: 'num', declared: 'TEXT', type: 'numeric' },
    { name: 'flag', declared: 'TEXT', type: 'boolean' },
    { name: 'at', declared: 'TEXT', type: 'timestamp' },
    { name: 'jd', declared: 'REAL', type: 'timestamp', format: 'julian-day' },
    { name: 'tz', declared: 'TEXT', type: 'timestamptz' },
    { name: 'doc', declared: 'TEXT', type: 'jsonb' },
    { name: 'bin', declared: 'BLOB', type: 'bytea' },
    { name: 'tag', declared: '', type: 'jsonb', format: 'tagged' },
    { name: 'uid', declared: 'BLOB', type: 'uuid' },
  ]);
  snapshot.db.exec(
    `CREATE TABLE people (id INTEGER PRIMARY KEY, int, dbl, txt TEXT, num TEXT, flag TEXT, at TEXT, jd REAL, tz TEXT, doc TEXT, bin BLOB, tag, uid BLOB)`,
  );
  const insert = snapshot.db.prepare(`INSERT INTO people VALUES (${'?,'.repeat(12)}?)`);
  const uid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  insert.run(
    -(2n ** 63n),
    2n ** 63n - 1n,
    -0,
    '',
    '1.50',
    'YES',
    '2024-02-29T23:59:59.123456',
    2460000.5,
    '2024-01-01T00:30:00+01:00',
    '{"b":1,"a":[1.50,{}],"b":2}',
    Buffer.alloc(0),
    1n,
    uid,
  );
  insert.run(
    -1n,
    -(2n ** 63n),
    1e300,
    'e\u0301é',
    '-0.0',
    'f',
    '2024-02-29',
    2440587.5,
    '2024-01-01 00:00:00.000001Z',
    '[]',
    Buffer.from('\\x00\n\t'),
    1.0,
    null,
  );
  insert.run(
    0n,
    0n,
    5e-324,
    '😀\t\n\\N',
    '00012.3400',
    '1',
    '0001-01-01 00:00',
    5373484.25,
    '9999-12-31 23:59:59-00:00',
    '"\\u00e9"',
    Buffer.from([0, 255]),
    'one',
    null,
  );
  insert.run(
    7n,
    null,
    -Infinity,
    '\\N',
    '123456789012345678901234567890.000000000000000000001',
    'off',
    '1969-12-31 23:59:59.9',
    null,
    null,
    '12345678901234567890.0',
    null,
    Buffer.from([1]),
    null,
  );
  insert.run(2n ** 63n - 1n, null, Infinity, null, null, null, null, null, null, 'null', null, Infinity, null);
  await target.query(`CREATE TABLE public.people (id bigint PRIMARY KEY, int bigint, dbl float8, txt text, num numeric, flag bool, at timestamp, jd timestamp, tz timestamptz, doc jsonb, bin bytea, tag jsonb, uid uuid);
    INSERT INTO public.people VALUES
    (-9223372036854775808, 9223372036854775807, '-0', '', 1.5, true, '2024-02-29 23:59:59.123456', '2023-02-25', '2023-12-31 23:30Z', '{"a": [1.5, {}], "b": 2}', '', '1', '00112233-4455-6677-8899-aabbccddeeff'),
    (-1, -9223372036854775808, 1e300, E'e\u0301\u00e9', 0, false, '2024-02-29 00:00', '1970-01-01', '2024-01-01 00:00:00.000001Z', '[ ]', '\\x5c7830300a09', '1.0', NULL),
    (0, 0, 5e-324, E'😀\t\n\\\\N', 12.34, true, '0001-01-01 00:00', '9999-12-31 18:00', '9999-12-31 23:59:59Z', '"é"', '\\x00ff', '"one"', NULL),
    (7, NULL, '-Infinity', E'\\\\N', 123456789012345678901234567890.000000000000000000001, false, '1969-12-31 23:59:59.9', NULL, NULL, '12345678901234567890', NULL, '{"$blob": "01"}', NULL),
    (9223372036854775807, NULL, 'Infinity', NULL, NULL, NULL, NULL, NULL, NULL, 'null', NULL, '{"$real": "Infinity"}', NULL)`);
  expect((await verify(snapshot, target, edges)).differences).toEqual([]);
  // The sign of a zero and the storage class of a one are part of what a cell means.
  await target.query(
    `UPDATE public.people SET dbl = 0 WHERE dbl = 0; UPDATE public.people SET tag = '1' WHERE id = -1`,
  );
  expect((await verify(snapshot, target, edges)).differences).toMatchObject([
    { key: '-9223372036854775808', column: 'dbl', expected: '-0', found: '0' },
    { key: '-1', column: 'tag', expected: '1 (real)', found: '1' },
  ]);
});

test('an aborted comparison ends soon and leaves the pool usable', async () => {
  await peopleOnBothSides();
  const abort = new AbortController();
  const onProgress = () => abort.abort(new Error('stop'));
  await expect(verify(snapshot, target, people, { ranges: chunks, onProgress, signal: abort.signal })).rejects.toThrow(
    'stop',
  );
  expect((await target.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});
