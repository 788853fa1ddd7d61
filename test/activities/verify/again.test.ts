import type { Pool } from 'pg';
import type { ChunkRange } from '../../../core/chunk';
import type { TableMapping } from '../../../core/mapping';
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

test('where the target cannot be read by chunks, the rows of a chunk are looked up by their key', async () => {
  await target.query(
    'ALTER TABLE public.people DROP CONSTRAINT people_pkey; ALTER TABLE public.people ADD UNIQUE (name, id)',
  );
  try {
    expect(await found(misread(['id']), [1])).toEqual(['cell 1500']);
  } finally {
    await target.query(
      'ALTER TABLE public.people DROP CONSTRAINT people_name_id_key; ALTER TABLE public.people ADD PRIMARY KEY (id)',
    );
  }
});

test('where there is no key either, they are counted off', async () => {
  await target.query('ALTER TABLE public.people DROP CONSTRAINT people_pkey');
  try {
    const { differences } = await verify(snapshot, target, misread(undefined), { ranges: CHUNKS, again: new Set([1]) });
    expect(differences).toMatchObject([{ kind: 'missing row', expected: 'id=1500, name=right' }]);
  } finally {
    await target.query('ALTER TABLE public.people ADD PRIMARY KEY (id)');
  }
});

test('with fewer rows by one reading than by the other the run stops: one of the two is wrong', async () => {
  await target.query(`UPDATE public.people SET name = 'right' WHERE id = 1500`);
  try {
    await expect(found(misread(['id']), [])).rejects.toThrow('differ by their bytes and are equal by their meanings');
  } finally {
    await target.query(`UPDATE public.people SET name = 'wrong' WHERE id = 1500`);
  }
});
