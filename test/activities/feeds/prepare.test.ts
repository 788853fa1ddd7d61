import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { prepareEntries } from '../../../activities/feeds/prepare';
import { readRowsAgain } from '../../../activities/feeds/rows';
import { draftPlan } from '../../../core/draft';
import type { NodeEntry } from '../../../core/feeds/entry';
import { queriesOf } from '../../../core/feeds/planned';
import { resolveFeeds } from '../../../core/feeds/resolve';
import type { WrittenPlan } from '../../../core/plan';
import { resolvePlan } from '../../../core/resolve';
import { runFiles } from '../../../stores/artifacts/run-files';
import { EntryFile } from '../../../stores/feeds/entry-file';
import { openSqlite } from '../../../stores/sqlite/open';
import { profileSource } from '../../../stores/sqlite/profile';
import { queryColumns } from '../../../stores/sqlite/query-reader';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-feeds-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SCHEMA = `
  CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born DATE, alive BOOLEAN, tags TEXT, seen INTEGER, big INTEGER);
  INSERT INTO person VALUES
    (1, 'Ada', '1815-12-10', 0, '["maths","poetry"]', 1700000000, 9007199254740993),
    (2, 'Bo', '1999-02-28', 1, 'no list', NULL, NULL),
    (3, NULL, '2001-01-01', 1, NULL, 1700000001, -1),
    (4, 'Cy', '2001-01-02', 1, '[1,2.5]', 1700000002, 4);`;

async function prepared(sections: Pick<WrittenPlan, 'graph'>, { schema = SCHEMA, encoding = 'UTF-8' } = {}) {
  const file = path.join(folder, 'app.sqlite');
  const db = new Database(file);
  db.pragma(`encoding = '${encoding}'`);
  db.exec(schema);
  db.close();
  const profile = await profileSource(file);
  const source = { name: 'app', path: file, schema: 'app', ...profile };
  const plan = { ...draftPlan({ name: 'people', sources: [source], narrow: false }).plan, ...sections };
  const mappings = resolvePlan(plan, folder, { app: profile.catalog });
  const connection = openSqlite(file);
  const columns = queriesOf(plan).map(({ feed, sql }) => [feed, queryColumns(connection, feed, sql)]);
  connection.close();
  const { feeds } = resolveFeeds(plan, mappings, Object.fromEntries(columns) as Record<string, string[]>);
  const feed = feeds[0]!;
  const entries = path.join(folder, 'entries', 'feed.sqlite');
  const result = await prepareEntries(file, profile.catalog, feed, entries, () => undefined);
  const reader = new EntryFile<NodeEntry>(entries);
  const made = result.chunks.flatMap(({ chunk }) => reader.read(chunk));
  reader.close();
  return { ...result, made, feed, file };
}

test('rows of a table become nodes with values of the types that the plan gives its columns', async () => {
  const { made, refused, sourceRows } = await prepared({
    graph: {
      nodes: {
        Person: {
          table: 'person',
          key: 'id',
          labels: ['Human'],
          properties: { name: 'name', born: 'born', alive: 'alive', big: 'big' },
        },
      },
    },
  });
  expect(refused).toEqual([]);
  expect(sourceRows).toBe(4);
  expect(made[0]).toEqual({
    labels: ['Person', 'Human'],
    key: [1n],
    properties: { id: 1n, name: 'Ada', born: { type: 'date', days: -56_270 }, alive: false, big: 9007199254740993n },
  });
  expect(made[2]!.properties).toEqual({ id: 3n, born: { type: 'date', days: 11_323 }, alive: true, big: -1n });
});

test('a row whose list is none, and one whose key is NULL, are refused whole, with the column', async () => {
  const { made, refused } = await prepared({
    graph: {
      nodes: { Person: { table: 'person', key: 'name', properties: { tags: { column: 'tags', list: true } } } },
    },
  });
  expect(made.map(({ properties }) => properties)).toEqual([
    { name: 'Ada', tags: ['maths', 'poetry'] },
    { name: 'Cy', tags: [1, 2.5] },
  ]);
  expect(refused.map(({ rowNumber, column, reason }) => ({ rowNumber, column, reason }))).toEqual([
    { rowNumber: 1, column: 'tags', reason: 'not a list' },
    { rowNumber: 2, column: 'name', reason: 'NULL in its id' },
  ]);
  expect(refused[0]!.cells).toContainEqual({ column: 'name', class: 'text', value: 'Bo' });
});

test.each(['UTF-8', 'UTF-16le', 'UTF-16be'])(
  'a query over a %s file is read in its own order, also again',
  async (encoding) => {
    const { made, refused, feed, file } = await prepared(
      {
        graph: {
          nodes: {
            Name: {
              query: `SELECT upper(name) AS name, CAST(x'ff41' AS TEXT) IS NULL AS odd, seen FROM person ORDER BY name DESC -- all of them`,
              key: 'name',
              columns: { seen: { type: 'timestamptz', format: 'unix-seconds' } },
            },
          },
        },
      },
      { encoding },
    );
    expect(made.map(({ key }) => key)).toEqual([['CY'], ['BO'], ['ADA']]);
    expect(made[0]!.properties.seen).toEqual({ type: 'timestamptz', micros: 1700000002000000n });
    expect(refused.map(({ rowNumber, reason }) => [rowNumber, reason])).toEqual([[3, 'NULL in its id']]);
    const again = [...readRowsAgain(file, feed, new Set([3]))].map((cells) => cells[0]);
    expect(again).toEqual(['CY', 'BO', 'ADA']);
  },
);

test('a query may end with a semicolon, and read a table whose name is that of its own wrapping', async () => {
  const schema = `CREATE TABLE feed_rows (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO feed_rows VALUES (1, 'a'), (2, 'b');
    CREATE TABLE read_again (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO read_again VALUES (3, 'c');`;
  const query = 'SELECT id, name FROM feed_rows UNION ALL SELECT id, name FROM read_again ORDER BY id ; \n';
  const { made, feed, file } = await prepared({ graph: { nodes: { N: { query, key: 'id' } } } }, { schema });
  expect(made.map(({ key }) => key)).toEqual([[1n], [2n], [3n]]);
  expect([...readRowsAgain(file, feed, new Set())].map(([id]) => id)).toEqual([1n, 2n, 3n]);
});

test('SQLite’s words about a row are not repeated: they may hold a cell', async () => {
  const query = `SELECT id, json_extract('{}', name) AS x FROM person`;
  const failing = prepared({ graph: { nodes: { N: { query, key: 'id' } } } });
  await expect(failing).rejects.toMatchObject({
    code: 'PlanInvalid',
    message: expect.not.stringContaining('Ada') as string,
  });
});

test('labels are no paths', async () => {
  const label = '../../app';
  expect(runFiles.entries('run', `graph.nodes.${label}`)).toMatch(/^runs\/run\/entries\/[0-9a-f]+\.sqlite$/);
});

test('of two rows with one id the second is refused', async () => {
  const { made, refused } = await prepared({
    graph: { nodes: { Year: { query: `SELECT alive AS year, id FROM person ORDER BY id`, key: 'year' } } },
  });
  expect(made.map(({ key, properties }) => [key, properties.id])).toEqual([
    [[0n], 1n],
    [[1n], 2n],
  ]);
  expect(refused.map(({ rowNumber, reason }) => [rowNumber, reason])).toEqual([
    [2, 'another row has the same id'],
    [3, 'another row has the same id'],
  ]);
});

test('many rows are cut into chunks that hold them all', async () => {
  const schema = `CREATE TABLE n (id INTEGER PRIMARY KEY, text TEXT);
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 12000) INSERT INTO n SELECT i, 'row ' || i FROM c`;
  const { made, chunks } = await prepared({ graph: { nodes: { N: { table: 'n', key: 'id' } } } }, { schema });
  expect(chunks.map(({ entries }) => entries)).toEqual([5_000, 5_000, 2_000]);
  expect(made).toHaveLength(12_000);
  expect(made.at(-1)).toEqual({ labels: ['N'], key: [12_000n], properties: { id: 12_000n, text: 'row 12000' } });
});

test.each([
  ['a query that writes', 'DELETE FROM person RETURNING id', /is no SELECT|SQLite refuses/],
  ['a query that is none', 'SELEC 1', /graph\.nodes\.X: SQLite refuses its query: near "SELEC"/],
  ['two statements', 'SELECT 1 AS id; SELECT 2', /more than one statement/],
])('%s is refused', async (_, query, message) => {
  await expect(prepared({ graph: { nodes: { X: { query, key: 'id' } } } })).rejects.toMatchObject({
    code: 'PlanInvalid',
    message: expect.stringMatching(message) as string,
  });
});

test('names that do not hold are all named at once, with what was meant', async () => {
  await expect(
    prepared({
      graph: {
        nodes: { Person: { table: 'person', key: 'idd', properties: { name: 'nam' } } },
        relationships: {
          KNOWS: {
            table: 'persons',
            from: { node: 'Persn', columns: 'id' },
            to: { node: 'Person', columns: ['id', 'name'] },
          },
        },
      },
    }),
  ).rejects.toThrow(
    [
      'graph.nodes.Person.key: its rows have no column idd; did you mean id?',
      'graph.nodes.Person.properties: its rows have no column nam; did you mean name?',
      'graph.relationships.KNOWS: the plan moves no table persons of source app; did you mean person?',
      'graph.relationships.KNOWS: graph.nodes has no Persn; did you mean Person?',
      'graph.relationships.KNOWS: the key of Person has 1 columns, not 2',
    ].join('\n'),
  );
});
