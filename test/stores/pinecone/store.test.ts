import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { RecordMetadata } from '@pinecone-database/pinecone';
import { EmbeddingCache } from '../../../stores/embedder/cache';
import { PineconeStore } from '../../../stores/pinecone/store';
import { Endpoint, SPEC } from '../../stack/pinecone/endpoint';
import { FeedRun, PreparedFeeds } from '../../support/feeds';
import type { Sections } from '../../support/feeds';
import { expectSqliftError } from '../../support/loaded-run';
import { emptied, everythingIn } from '../../support/pinecone';
import { describeFeedStore } from '../feed-store-conformance';
import type { StoreUnderTest } from '../feed-store-conformance';

const SQL = `
  CREATE TABLE article (id INTEGER PRIMARY KEY, lang TEXT, title TEXT, body TEXT, price REAL, big INTEGER, published DATETIME, tags TEXT, live BOOLEAN);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130)
    INSERT INTO article SELECT i, CASE i % 3 WHEN 0 THEN 'de' ELSE 'en' END, 'title ' || i, 'the body number ' || i || ' of ' || (i * 7919),
      i / 4.0, 9007199254740990 + i, '2026-01-31 12:00:00', '["a","b' || i || '"]', i % 2 FROM n;
  CREATE TABLE held (id TEXT PRIMARY KEY, v TEXT);
  INSERT INTO held VALUES ('x', '[1, 0.1, -3.5]'), ('y', '[0, 1e-20, 7]'), ('shared', '[5, 5, 5]');
`;

const SECTIONS: Sections = {
  vectors: {
    articles: {
      table: 'article',
      index: 'texts',
      namespace: 'lang-{lang}',
      id: 'article-{id}',
      text: '{title}: {body}',
      textField: 'text',
      metadata: {
        price: 'price',
        big: 'big',
        published: 'published',
        live: 'live',
        tags: { column: 'tags', list: true },
      },
    },
    held: { table: 'held', index: 'numbers', id: '{id}', vector: { column: 'v', encoding: 'json' }, dimension: 3 },
  },
};

let endpoint: Endpoint;
let folder: string;
beforeAll(async () => {
  endpoint = await Endpoint.start();
  folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-pinecone-store-'));
});
afterAll(async () => {
  await endpoint.remove();
  rmSync(folder, { recursive: true, force: true });
});

const open = () =>
  new PineconeStore(
    { apiKey: 'test', controllerHost: endpoint.url },
    { env: {}, file: (name) => path.join(folder, name) },
  );
const index = (name: string) => endpoint.client().index({ name, host: `${endpoint.url}/data/${name}` });

/** Other people's: an index that the feeds do not use, and vectors in one that they do, with ids that they use. */
async function populate(): Promise<void> {
  const client = endpoint.client();
  await emptied(client);
  await client.createIndex({ name: 'other', dimension: 2, metric: 'euclidean', spec: SPEC });
  await index('other').upsert({ records: [{ id: 'mine', values: [1, 2] }], namespace: 'a b' });
  await client.createIndex({ name: 'numbers', dimension: 3, metric: 'cosine', spec: SPEC });
  await index('numbers').upsert({
    records: [
      { id: 'shared', values: [0.1, 0.2, 0.3], metadata: { whose: 'theirs', tags: ['old'], n: 1.5 } },
      { id: 'theirs', values: [9, 8, 7] },
    ],
  });
}

const underTest = async (): Promise<StoreUnderTest> => ({
  open: async () => open(),
  populate,
  everything: () => everythingIn(endpoint.client()),
  // Pinecone shows everything at once; `check` says so.
  seen: async () => 'all of it',
  close: async () => undefined,
});

describeFeedStore(
  'Pinecone',
  {
    sql: SQL,
    sections: SECTIONS,
    laterSql: SQL.replace("'title '", "'heading '")
      .replace('i < 130', 'i < 60')
      .replace("('y', '[0, 1e-20, 7]')", "('z', '[4, 4, 4]')"),
    async change() {
      await index('texts').update({ id: 'article-7', metadata: { price: 99 } as RecordMetadata, namespace: 'lang-en' });
      return { kind: 'property', key: 'lang-en/article-7', column: 'price', expected: '1.75', found: '99' };
    },
    async remove() {
      await index('numbers').deleteMany({ ids: ['y'] });
      return { kind: 'missing entry', key: '__default__/y' };
    },
    async add() {
      const values = Array.from({ length: 384 }, (_, i) => (i === 3 ? 1 : 0));
      await index('texts').upsert({ records: [{ id: 'strange', values }], namespace: 'lang-de' });
      return { kind: 'extra entry', key: 'lang-de/strange' };
    },
    async changePublished() {
      await index('numbers').update({ id: 'x', values: [3, 2, 1] });
    },
    changedName: 'numbers/__default__/x',
  },
  underTest,
);

async function made(sections: Sections, sql = SQL): Promise<{ source: PreparedFeeds; run: FeedRun }> {
  const source = await PreparedFeeds.make(sections, sql);
  return { source, run: new FeedRun(open(), source) };
}

describe('vectors', () => {
  beforeEach(populate);

  test('types of metadata arrive as Pinecone holds them', async () => {
    const { run, source } = await made(SECTIONS);
    await run.fill();
    const { records } = await index('texts').fetch({ ids: ['article-1', 'article-3'], namespace: 'lang-en' });
    expect(records['article-1']!.metadata).toEqual({
      text: 'title 1: the body number 1 of 7919',
      price: 0.25,
      big: 9007199254740991,
      published: '2026-01-31T12:00:00',
      live: true,
      tags: ['a', 'b1'],
    });
    const later = await index('texts').fetch({ ids: ['article-2', 'article-3'], namespace: 'lang-de' });
    // 2^53 + 1 is no double.
    expect(later.records['article-3']!.metadata!.big).toBe('9007199254740993');
    source.remove();
  });

  test('a changed number of a vector is found at its place', async () => {
    const { run, source } = await made(SECTIONS);
    await run.fill();
    await index('numbers').update({ id: 'x', values: [1, 0.1, -3.25] });
    expect(await run.differences()).toContainEqual({
      kind: 'property',
      key: '__default__/x',
      column: 'values',
      expected: '-3.5 at 3 of 3',
      found: '-3.25 at 3 of 3',
    });
    source.remove();
  });

  test('long texts are cut into pieces with ids of their own', async () => {
    const { run, source } = await made({
      vectors: {
        pieces: {
          query: `SELECT 1 AS id, '${'A sentence of some length. '.repeat(10).trim()}' AS text UNION ALL SELECT 2, 'short'`,
          index: 'pieces',
          id: 'doc{id}',
          text: '{text}',
          chunk: { characters: 100, overlap: 30 },
          textField: 'text',
          metadata: { id: 'id' },
        },
      },
    });
    await run.fill();
    expect(await run.differences()).toEqual([]);
    const { vectors } = await index('pieces').listPaginated();
    expect(vectors!.map(({ id }) => id)).toEqual(['doc1#0', 'doc1#1', 'doc1#2', 'doc1#3', 'doc1#4', 'doc2#0']);
    source.remove();
  });

  test('rows that Pinecone cannot hold are refused with their reasons', async () => {
    const sql = `CREATE TABLE t (n INTEGER PRIMARY KEY, id TEXT, v BLOB, m);
      INSERT INTO t VALUES (1, 'good', x'0000803f00000040', 'm'), (2, 'short', x'0000803f', 'm'), (3, 'bytes', x'00', 'm'),
        (4, 'nan', x'0000c07f0000c07f', 'm'), (5, 'zeros', zeroblob(8), 'm'), (6, NULL, x'0000803f00000040', 'm'), (7, 'bad blob', x'0000803f00000040', x'00'),
        (8, 'infinite', x'0000803f00000040', 9e999), (9, 'long', x'0000803f00000040', printf('%.41000c', 'x')), (10, printf('%.513c', 'i'), x'0000803f00000040', 'm'),
        (11, 'ünï', x'0000803f00000040', 'm'), (12, '', x'0000803f00000040', 'm'), (13, 'good', x'0000803f00000040', 'm')`;
    const { source } = await made(
      {
        vectors: {
          t: {
            query: 'SELECT * FROM t ORDER BY n',
            index: 'refused',
            id: '{id}',
            vector: { column: 'v', encoding: 'float32' },
            metadata: { m: 'm' },
          },
        },
      },
      sql,
    );
    expect(source.prepared[0]!.refused.map(({ rowNumber, column, reason }) => [rowNumber + 1, reason, column])).toEqual(
      [
        [2, 'wrong number of dimensions', 'v'],
        [3, 'not a vector', 'v'],
        [4, 'not a vector', 'v'],
        [5, 'not a vector', 'v'],
        [6, 'NULL in its id', 'id'],
        [7, 'not a value that its store holds', undefined],
        [8, 'not a value that its store holds', undefined],
        [9, 'too large for its store', undefined],
        [10, 'too large for its store', undefined],
        [11, 'not a value that its store holds', undefined],
        [12, 'not a value that its store holds', undefined],
        [13, 'another row has the same id', undefined],
      ],
    );
    source.remove();
  });

  test('names of fields and namespaces are only names', async () => {
    const hostile = `a"b'c\\ {"$eq":1} __proto__ ../`;
    const { run, source } = await made({
      vectors: {
        odd: {
          query: `SELECT 1 AS id, 'text' AS "weird ""column", 'value' AS v`,
          index: 'odd',
          namespace: `${hostile.replaceAll('{', '{{').replaceAll('}', '}}')}{id}`,
          id: `${hostile.replaceAll('{', '{{').replaceAll('}', '}}')}&ids=x{id}`,
          text: '{weird "column}',
          metadata: { __proto__x: 'v', [hostile]: 'v', constructor: 'v' },
        },
      },
    });
    await run.fill();
    expect(await run.differences()).toEqual([]);
    await run.discard();
    source.remove();
  });

  test('an index of another dimension or metric is found before anything is written', async () => {
    const { run, source } = await made({
      vectors: {
        held: { table: 'held', index: 'other', id: '{id}', vector: { column: 'v', encoding: 'json' }, dimension: 3 },
      },
    });
    await expectSqliftError(
      run.store.check(source.feeds.feeds),
      'TargetMismatch',
      'index other has 2 dimensions, the vectors 3',
    );
    const metric = await made({
      vectors: { held: { ...SECTIONS.vectors!.held!, metric: 'dotproduct' } },
    });
    await expectSqliftError(run.store.check(metric.source.feeds.feeds), 'TargetMismatch', 'has the metric cosine');
    source.remove();
    metric.source.remove();
  });

  test('the namespaces that hold others’ vectors already are named', async () => {
    const { run, source } = await made(SECTIONS);
    const { seenEarly } = await run.store.check(source.feeds.feeds);
    expect(seenEarly).toEqual([
      expect.stringContaining('namespace __default__ in index numbers, which holds 2 already'),
    ]);
    source.remove();
  });

  test('vectors that others have put into an index of the run are not destroyed with it', async () => {
    const { run, source } = await made(SECTIONS);
    await run.fill();
    await index('texts').upsert({
      records: [{ id: 'theirs', values: Array(384).fill(1) as number[] }],
      namespace: 'new',
    });
    await expectSqliftError(run.discard(), 'RollbackConflict', '1 index that the run made was given vectors of others');
    source.remove();
  });

  test('an index that somebody else made between the run’s look and its own attempt is never removed', async () => {
    const { run, source } = await made(SECTIONS);
    const client = endpoint.client();
    const keep = run.images.keep.bind(run.images);
    // Just after the run has noted that there is none.
    const images = {
      ...run.images,
      keep: async (scope: string, kept: Parameters<typeof keep>[1]) => {
        await keep(scope, kept);
        if (kept.some(({ id, image }) => id === 'texts' && image === null))
          await client.createIndex({ name: 'texts', dimension: 384, metric: 'cosine', spec: SPEC });
      },
    };
    await run.store.prepare({ ...run.work, images });
    await run.write();
    expect(await run.differences()).toEqual([]);
    await index('texts').upsert({ records: [{ id: 'theirs', values: Array(384).fill(1) as number[] }] });
    await run.discard();
    expect((await client.describeIndex('texts')).tags ?? {}).toEqual({});
    expect((await index('texts').describeIndexStats()).namespaces).toEqual({ __default__: { recordCount: 1 } });
    source.remove();
  });

  test('an index that the run made has a tag until the window ends', async () => {
    const { run, source } = await made(SECTIONS);
    await run.fill();
    await run.promote();
    const tags = async () => (await endpoint.client().describeIndex('texts')).tags ?? {};
    expect(await tags()).toEqual({ 'sqlift-run': run.run });
    await run.finalize();
    expect(await tags()).toEqual({});
    source.remove();
  });

  test('a namespace that the run made goes even when its undo broke off before', async () => {
    const before = await everythingIn(endpoint.client());
    const { run, source } = await made({ vectors: { held: { ...SECTIONS.vectors!.held!, namespace: 'new {id}' } } });
    await run.fill();
    // All of them are removed and noted, the namespaces are not.
    await expect(run.discard(false, 2)).rejects.toThrow('broken off');
    await run.discard();
    expect(await everythingIn(endpoint.client())).toEqual(before);
    source.remove();
  });

  test('two feeds that make the same id in one namespace are refused before one overwrites the other', async () => {
    const before = await everythingIn(endpoint.client());
    const again = {
      query: `SELECT 'x' AS id, '[2, 2, 2]' AS v UNION ALL SELECT 'of its own', '[3, 3, 3]'`,
      index: 'numbers',
      id: '{id}',
      vector: { column: 'v', encoding: 'json' as const },
      dimension: 3,
    };
    const { run, source } = await made({ vectors: { held: SECTIONS.vectors!.held!, again } });
    await expectSqliftError(
      run.fill(),
      'PlanInvalid',
      'vectors.held and vectors.again make vectors of the same ids (at least 1) in index numbers',
    );
    expect((await index('numbers').fetch({ ids: ['x'] })).records.x!.values).toEqual([1, 0.1, -3.5]);
    await run.discard();
    expect(await everythingIn(endpoint.client())).toEqual(before);
    source.remove();
    const apart = await made({ vectors: { held: SECTIONS.vectors!.held!, again: { ...again, namespace: 'apart' } } });
    await apart.run.fill();
    expect(await apart.run.differences()).toEqual([]);
    await apart.run.discard();
    apart.source.remove();
  });

  test('nothing is sent to Pinecone that an undo would not wait for, and namespaces are counted once', async () => {
    const { run, source } = await made({ vectors: { held: { ...SECTIONS.vectors!.held!, namespace: 'new {id}' } } });
    const sent: [what: string, held: number][] = [];
    const real = globalThis.fetch;
    const spy = jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
      const what = /vectors\/upsert|describe_index_stats|\/indexes$/.exec(url as string)?.[0];
      if (what !== undefined && init?.method === 'POST') sent.push([what, run.writing]);
      return real(url, init);
    });
    try {
      await run.fill();
    } finally {
      spy.mockRestore();
    }
    expect(sent.filter(([what]) => what === 'vectors/upsert').length).toBe(3);
    expect(sent.filter(([what, held]) => what !== 'describe_index_stats' && held === 0)).toEqual([]);
    expect(sent.filter(([what]) => what === 'describe_index_stats').length).toBe(1);
    await run.discard();
    source.remove();
  });

  test('a wrong vector that was kept is found where the provider costs nothing, and a damaged one is asked for again', async () => {
    const server = createServer((request, response) => {
      let text = '';
      request.on('data', (part) => (text += String(part)));
      request.on('end', () => {
        const { input } = JSON.parse(text) as { input: string[] };
        response.end(JSON.stringify({ embeddings: input.map((one) => [one.length, 1, one.charCodeAt(0) / 7]) }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { run, source } = await made({
      vectors: {
        asked: {
          query: `SELECT 1 AS id, 'alpha' AS t UNION ALL SELECT 2, 'bravo'`,
          index: 'asked',
          id: '{id}',
          text: '{t}',
          embedder: { provider: 'ollama', model: 'tiny', url },
        },
      },
    });
    const file = path.join(folder, 'embeddings.sqlite');
    const cache = new EmbeddingCache(file);
    const right = { alpha: Float32Array.of(5, 1, 97 / 7), bravo: Float32Array.of(5, 1, 98 / 7) };
    cache.put(`ollama ${url} tiny`, [
      ['alpha', Float32Array.of(-1, 5, 0)],
      ['bravo', right.bravo],
    ]);
    cache.close();
    const db = new Database(file);
    const damaged = db.prepare(
      `UPDATE vectors SET value = CAST(substr(value, 1, 16) || x'0000803f0000803f0000803f' AS BLOB) WHERE place = (SELECT max(place) FROM vectors)`,
    );
    expect(damaged.run().changes).toBe(1);
    db.close();
    const notes = await run.fill();
    expect(notes.join()).toContain('has at least one text in a hundred embedded again');
    const { records } = await index('asked').fetch({ ids: ['2'] });
    expect(records['2']!.values).toEqual([...right.bravo]);
    expect(await run.differences()).toEqual([
      expect.objectContaining({ kind: 'property', key: '__default__/1', column: 'values', expected: '5 at 1 of 3' }),
    ]);
    await run.discard();
    source.remove();
    server.closeAllConnections();
    server.close();
  });

  test('a key that is not accepted, and a server that is not there, are said as such', async () => {
    const gone = new PineconeStore(
      { apiKey: 'k', controllerHost: 'http://127.0.0.1:1' },
      { env: {}, file: (name) => name },
    );
    const { source } = await made(SECTIONS);
    await expectSqliftError(
      gone.check(source.feeds.feeds),
      'TargetUnreachable',
      'Pinecone at 127.0.0.1:1 does not answer',
    );
    source.remove();
  });
});
