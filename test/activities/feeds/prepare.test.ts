import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { prepareEntries } from '../../../activities/feeds/prepare';
import { readRowsAgain } from '../../../activities/feeds/rows';
import { draftPlan } from '../../../core/draft';
import type { NodeEntry } from '../../../core/feeds/entry';
import type { Feed } from '../../../core/feeds/feed';
import { queriesOf } from '../../../core/feeds/planned';
import { resolveFeeds } from '../../../core/feeds/resolve';
import { InvalidText } from '../../../core/meaning/meaning';
import type { SourceValue } from '../../../core/meaning/meaning';
import type { WrittenPlan } from '../../../core/plan';
import { resolvePlan } from '../../../core/resolve';
import { runFiles } from '../../../stores/artifacts/run-files';
import { EntryFile } from '../../../stores/feeds/entry-file';
import { openSqlite } from '../../../stores/sqlite/open';
import { profileSource } from '../../../stores/sqlite/profile';
import { queryColumns } from '../../../stores/sqlite/query-reader';
import { refusedRows } from '../../support/feeds';

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
  const result = await prepareEntries(file, profile.catalog, feed, entries);
  const reader = new EntryFile<NodeEntry>(entries);
  const made = result.chunks.flatMap(({ chunk }) => reader.read(chunk));
  reader.close();
  return { ...result, refused: refusedRows(entries), made, feed, file };
}

async function readAgain(file: string, feed: Feed, without: number[] = []) {
  const rows: (readonly SourceValue[])[] = [];
  for await (const slice of readRowsAgain(file, feed, new Set(without))) rows.push(...slice);
  return rows;
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
    const again = (await readAgain(file, feed, [3])).map((cells) => cells[0]);
    expect(again).toEqual(['CY', 'BO', 'ADA']);
  },
);

test('a query may end with a semicolon, and read a table whose name is that of its own wrapping', async () => {
  const schema = `CREATE TABLE feed_rows (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO feed_rows VALUES (1, 'a'), (2, 'b');
    CREATE TABLE read_again (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO read_again VALUES (3, 'c');`;
  const query = 'SELECT id, name FROM feed_rows UNION ALL SELECT id, name FROM read_again ORDER BY id ; \n';
  const { made, feed, file } = await prepared({ graph: { nodes: { N: { query, key: 'id' } } } }, { schema });
  expect(made.map(({ key }) => key)).toEqual([[1n], [2n], [3n]]);
  expect((await readAgain(file, feed)).map(([id]) => id)).toEqual([1n, 2n, 3n]);
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

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS id FROM n';

/** A file of entries for a query, without a plan around it. */
function queryFeed(sql: string): Feed {
  return {
    feed: 'graph.nodes.N',
    store: 'neo4j',
    kind: 'node',
    name: 'N',
    source: 'app',
    rows: { from: 'query', sql },
    columns: ['id', 'v'].map((name, index) => ({ source: name, target: name, index })),
    planned: { query: sql, key: 'id', properties: {} },
  } as unknown as Feed;
}

function emptySource(): string {
  const file = path.join(folder, 'empty.sqlite');
  const db = new Database(file);
  db.exec('CREATE TABLE t (id)');
  db.close();
  return file;
}

test.each(['prepare', 'verify'])(
  'a query that never gives a row leaves the process free, and a cancellation ends it: to %s',
  async (which) => {
    const file = emptySource();
    const feed = queryFeed(ENDLESS);
    const abort = new AbortController();
    const entries = path.join(folder, 'entries', 'feed.sqlite');
    const work =
      which === 'prepare'
        ? prepareEntries(file, undefined as never, feed, entries, { signal: abort.signal })
        : readRowsAgain(file, feed, new Set(), abort.signal).next();
    let beats = 0;
    const timer = setInterval(() => beats++, 50);
    setTimeout(() => abort.abort(new Error('cancelled')), 3_000);
    try {
      await expect(work).rejects.toThrow('cancelled');
    } finally {
      clearInterval(timer);
    }
    expect(beats).toBeGreaterThan(20);
    await gone(/query-process/);
    // Nothing of it is left.
    if (which === 'prepare') expect(readdirSync(path.dirname(entries))).toEqual([]);
  },
);

/** Waits until this process has no child whose command is such. */
async function gone(command: RegExp): Promise<void> {
  for (let tries = 0; ; tries++) {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    const left = children.filter((pid) => {
      try {
        return command.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        return false;
      }
    });
    if (left.length === 0) return;
    if (tries > 50) throw new Error(`still running: ${left.join(' ')}`);
    await sleep(100);
  }
}

test('a query ends when the process that asked for it is killed', async () => {
  const file = emptySource();
  const script = `
    const { queryRows } = require(${JSON.stringify(require.resolve('../../../stores/sqlite/query-client'))});
    void queryRows({ path: ${JSON.stringify(file)}, feed: 'f', sql: ${JSON.stringify(ENDLESS)} }).next();
    setTimeout(() => console.log(require('fs').readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim()), 2000);`;
  const typescript = require.resolve('../../support/typescript.js');
  const parent = spawn(process.execPath, ['--require', typescript, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(said.toString());
  expect(isRunning(child)).toBe(true);
  parent.kill('SIGKILL');
  for (let tries = 0; isRunning(child) && tries < 100; tries++) await sleep(100);
  expect(isRunning(child)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('cells of every class come over from the process as they are, also those that are no text', async () => {
  const sql = `SELECT 1 AS id, 9223372036854775807 AS big, 0.1 AS r, CAST(x'ff41' AS TEXT) AS odd, x'00ff' AS b, NULL AS n, 'é' || char(0) || '😀' AS t`;
  const rows = await readAgain(emptySource(), queryFeed(sql));
  expect(rows).toEqual([
    [
      1n,
      9223372036854775807n,
      0.1,
      new InvalidText(Buffer.from('ff41', 'hex')),
      Buffer.from('00ff', 'hex'),
      null,
      'é\0😀',
    ],
  ]);
  expect(rows[0]![3]).toBeInstanceOf(InvalidText);
});

test('of two attempts at the same entries the later one stands, whole', async () => {
  const file = emptySource();
  const feed = queryFeed(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i AS id FROM n',
  );
  const entries = path.join(folder, 'entries', 'feed.sqlite');
  let begun = () => {};
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  const early = prepareEntries(file, undefined as never, feed, entries, { onRows: () => begun() });
  await isBegun;
  const late = prepareEntries(file, undefined as never, feed, entries);
  await expect(early).rejects.toThrow('a later attempt');
  const { chunks, sourceRows } = await late;
  expect(sourceRows).toBe(20_000);
  const reader = new EntryFile<NodeEntry>(entries);
  const keys = chunks.flatMap(({ chunk }) => reader.read(chunk).map(({ key }) => key[0]));
  reader.close();
  expect(keys).toEqual(Array.from({ length: 20_000 }, (_, i) => BigInt(i + 1)));
  expect(readdirSync(path.dirname(entries))).toEqual(['feed.sqlite']);
});

test('more refused rows than memory should hold wait on disk, in their order', async () => {
  const file = emptySource();
  const count = 60_000;
  const feed = queryFeed(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT NULL AS id, hex(zeroblob(2000)) AS v FROM n`,
  );
  const entries = path.join(folder, 'entries', 'feed.sqlite');
  global.gc?.();
  const before = process.memoryUsage().rss;
  const { refused } = await prepareEntries(file, undefined as never, feed, entries);
  expect(refused).toBe(count);
  const reader = new EntryFile(entries);
  let next = 0;
  let largest = 0;
  for (const page of reader.refused()) {
    largest = Math.max(largest, page.length);
    for (const { rowNumber } of page) if (rowNumber !== next++) throw new Error(`row ${rowNumber} at ${next - 1}`);
  }
  reader.close();
  expect(next).toBe(count);
  expect(largest).toBeLessThanOrEqual(200);
  // A quarter of a gigabyte of cells.
  expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
});
