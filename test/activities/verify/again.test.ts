import type { Pool } from 'pg';
import type { ChunkRange } from '../../../core/chunk';
import type { TableMapping } from '../../../core/mapping';
import { ReadBack } from '../../../stores/postgres/read-back';
import { openTarget } from '../../../stores/postgres/target';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { Snapshot, tableMapping, verify } from './fixture';

/**
 * What the second reading is there for: a mistake that import and the fast reading share. Here both read the pages of another table, the
 * target holds what they read, and only better-sqlite3 sees what the table really holds.
 */

let database: TestDatabase;
let target: Pool;
let snapshot: Snapshot;

beforeAll(async () => {
  database = await createDatabase();
  target = openTarget(database.url);
  snapshot = new Snapshot();
  const rows = (table: string, different: string) =>
    `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, name TEXT);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
     INSERT INTO ${table} SELECT i, CASE WHEN i IN (500, 1500, 2500) THEN '${different}' ELSE 'n' || i END FROM n;`;
  snapshot.db.exec(rows('people', 'right') + rows('twin', 'wrong'));
  await target.query(`CREATE TABLE public.people (id bigint PRIMARY KEY, name text);
    INSERT INTO public.people SELECT i, CASE WHEN i IN (500, 1500, 2500) THEN 'wrong' ELSE 'n' || i END FROM generate_series(1, 3000) AS i`);
});
afterAll(async () => {
  snapshot.remove();
  await target.end();
  await database.drop();
});

const CHUNKS: ChunkRange[] = [
  { kind: 'rowid', after: null, upTo: '1000' },
  { kind: 'rowid', after: '1000', upTo: '2000' },
  { kind: 'rowid', after: '2000', upTo: null },
];

function misread(key: string[] | undefined): TableMapping {
  const { root } = snapshot.db.prepare(`SELECT rootpage AS root FROM sqlite_schema WHERE name = 'twin'`).get() as {
    root: number;
  };
  const mapping = tableMapping(
    'people',
    [
      { name: 'id', declared: 'INTEGER PRIMARY KEY', type: 'bigint' },
      { name: 'name', declared: 'TEXT', type: 'text' },
    ],
    { origin: { rootPage: root }, ...(key && { key }) },
  );
  if (key !== undefined) return mapping;
  const { primaryKey: _, ...keyless } = mapping;
  return { ...keyless, origin: { ...keyless.origin, primaryKey: [] } };
}

async function found(mapping: TableMapping, again: number[]): Promise<(string | undefined)[]> {
  const { differences, digest } = await verify(snapshot, target, mapping, { ranges: CHUNKS, again: new Set(again) });
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  return differences.map(({ kind, key }) => `${kind} ${key}`);
}

test('the fast reading alone cannot see a mistake that it shares with import', async () => {
  expect(await found(misread(['id']), [])).toEqual([]);
});

test('a chunk that is read again is compared with what the table really holds, the others are not', async () => {
  expect(await found(misread(['id']), [1])).toEqual(['cell 1500']);
  expect(await found(misread(['id']), [0, 2])).toEqual(['cell 500', 'cell 2500']);
});

test('with all chunks read again nothing is left to the fast reading', async () => {
  expect(await found(misread(['id']), [0, 1, 2])).toEqual(['cell 500', 'cell 1500', 'cell 2500']);
});

describe('where the target cannot be read by chunks', () => {
  /** The same rows under text keys, which no range of rowids finds. */
  function coded(): TableMapping {
    const { root } = snapshot.db
      .prepare(`SELECT rootpage AS root FROM sqlite_schema WHERE name = 'coded_twin'`)
      .get() as {
      root: number;
    };
    return tableMapping(
      'coded',
      [
        { name: 'code', declared: 'TEXT', type: 'text' },
        { name: 'name', declared: 'TEXT', type: 'text' },
      ],
      { origin: { rootPage: root }, key: ['code'] },
    );
  }

  beforeAll(async () => {
    for (const table of ['people', 'twin'])
      snapshot.db.exec(
        `CREATE TABLE ${table === 'twin' ? 'coded_twin' : 'coded'} (code TEXT, name TEXT);
         INSERT INTO ${table === 'twin' ? 'coded_twin' : 'coded'} SELECT 'k' || id, name FROM ${table} ORDER BY id`,
      );
    await target.query(`CREATE TABLE public.coded (code text PRIMARY KEY, name text);
      INSERT INTO public.coded SELECT 'k' || id, name FROM public.people`);
  });

  test('the rows of a chunk are looked up by their key', async () => {
    expect(await found(coded(), [1])).toEqual(['cell k1500']);
  });

  test('without an index they are counted off, those of all chunks in one pass', async () => {
    await target.query('ALTER TABLE public.coded DROP CONSTRAINT coded_pkey');
    const passes = jest.spyOn(ReadBack.prototype, 'rows');
    const { differences } = await verify(snapshot, target, coded(), { ranges: CHUNKS, again: new Set([0, 2]) });
    expect(differences.map(({ kind, expected }) => [kind, expected])).toEqual([
      ['missing row', 'code=k500, name=right'],
      ['missing row', 'code=k2500, name=right'],
    ]);
    expect(passes).toHaveBeenCalledTimes(1);
    passes.mockRestore();
  });
});

test('where somebody has changed the type of a column since, rows are compared by what they mean', async () => {
  await target.query('ALTER TABLE public.people ALTER id TYPE integer');
  try {
    expect(await found(misread(['id']), [])).toEqual(['cell 500', 'cell 1500', 'cell 2500']);
    await target.query('ALTER TABLE public.people ALTER id TYPE numeric');
    expect(await found(misread(['id']), [])).toEqual(['cell 500', 'cell 1500', 'cell 2500']);
  } finally {
    await target.query('ALTER TABLE public.people ALTER id TYPE bigint');
  }
});

test('instants that are compared as local time are not looked up by it', async () => {
  snapshot.db.exec(`CREATE TABLE readings (at TEXT, value INTEGER);
    INSERT INTO readings VALUES ('2026-07-01 12:00:00', 1), ('2026-10-25 01:30:00', 2), ('2026-12-01 12:00:00', 3)`);
  await target.query(`CREATE TABLE public.readings (at timestamptz PRIMARY KEY, value bigint);
    INSERT INTO public.readings VALUES ('2026-07-01 10:00:00Z', 1), ('2026-10-24 23:30:00Z', 2), ('2026-12-01 11:00:00Z', 3)`);
  const readings = tableMapping(
    'readings',
    [
      { name: 'at', declared: 'TEXT', type: 'timestamptz', extra: { timeZone: 'Europe/Berlin' } },
      { name: 'value', declared: 'INTEGER', type: 'bigint' },
    ],
    { key: ['at'] },
  );
  const ranges: ChunkRange[] = [
    { kind: 'rowid', after: null, upTo: '1' },
    { kind: 'rowid', after: '1', upTo: null },
  ];
  const { differences } = await verify(snapshot, target, readings, { ranges, again: new Set([1]) });
  expect(differences).toEqual([]);
});

test('with fewer rows by one reading than by the other the run stops: one of the two is wrong', async () => {
  await target.query(`UPDATE public.people SET name = 'right' WHERE id = 1500`);
  try {
    await expect(found(misread(['id']), [])).rejects.toThrow('differ by their bytes and are equal by their meanings');
  } finally {
    await target.query(`UPDATE public.people SET name = 'wrong' WHERE id = 1500`);
  }
});
