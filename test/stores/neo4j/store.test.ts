import type { NodeEntry } from '../../../core/feeds/entry';
import { NEO4J_START_MS, openNeo4j } from '../../support/neo4j';
import { GraphBench } from './graph-bench';

let server: Awaited<ReturnType<typeof openNeo4j>>;
let bench: GraphBench;
beforeAll(async () => {
  server = await openNeo4j();
  bench = await GraphBench.open(server.url, server.driver);
}, NEO4J_START_MS);
afterEach(async () => {
  await server.wipe();
});
afterAll(async () => {
  await bench?.close();
  await server?.close();
});

const SCHEMA = `
  CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born DATE, seen TIMESTAMP, big INTEGER, score REAL, alive BOOLEAN, photo BLOB, price DECIMAL(10,2), kind TEXT, tags TEXT);
  INSERT INTO person VALUES
    (1, 'Ada', '1815-12-10', '2026-01-31T12:00:00.123456', 9007199254740993, 1.5, 1, x'00ff', '12.50', 'Writer', '["a","b"]'),
    (2, 'Bo', '1999-02-28', '2026-01-31T12:00:00', -9223372036854775808, 1e300, 0, x'', '0.10', 'Sin\`ger', '[1,2.5]'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  CREATE TABLE knows (id INTEGER PRIMARY KEY, a INTEGER REFERENCES person, b INTEGER REFERENCES person, since DATE, how TEXT);
  INSERT INTO knows VALUES (1, 1, 2, '2020-01-01', 'work'), (2, 2, 1, NULL, 'work'), (3, 1, 2, '2021-01-01', 'school'), (4, 1, NULL, NULL, 'x'), (5, 3, 3, NULL, 'self');`;

const GRAPH = {
  nodes: {
    Person: {
      table: 'person',
      key: 'id',
      labels: ['Human'],
      labelColumn: 'kind',
      properties: {
        id: 'id',
        name: 'name',
        born: 'born',
        seen: 'seen',
        big: 'big',
        score: 'score',
        alive: 'alive',
        photo: 'photo',
        price: 'price',
        tags: { column: 'tags', list: true },
      },
    },
  },
  relationships: {
    KNOWS: {
      table: 'knows',
      from: { node: 'Person', columns: 'a' },
      to: { node: 'Person', columns: 'b' },
      key: 'how',
      properties: { since: 'since', how: 'how' },
    },
  },
};

/** Other people's data: nodes with a label that the run uses, some with its keys, relationships, a constraint, an index, all types. */
async function others(): Promise<void> {
  await bench.cypher(`CREATE (a:Person:Vip {id: 1, name: 'Old Ada', nick: 'A', at: point({x: 1, y: 2}), t: time('10:00+01:00'), z: datetime('2020-01-01T00:00[Europe/Vienna]'), d: duration('P1D')}),
    (b:Person {id: 2, note: 'mine'}), (c:Person {id: 77}), (k:City {name: 'X'}),
    (a)-[:KNOWS {how: 'work', since: date('1999-01-01'), secret: 1}]->(b), (a)-[:LIVES_IN]->(k), (b)-[:KNOWS {how: 'other'}]->(a)`);
  await bench.cypher('CREATE CONSTRAINT city FOR (c:City) REQUIRE c.name IS UNIQUE');
  await bench.cypher('CREATE INDEX nick FOR (p:Person) ON (p.nick)');
}

test('rows become nodes and relationships with values of their types, seen under their labels only when published', async () => {
  const run = await bench.run(SCHEMA, GRAPH);
  expect(run.leftOut.get('graph.relationships.KNOWS')).toBe(1);
  await run.fill();
  expect(await run.verify()).toEqual([]);
  expect(await bench.cypher('MATCH (n:Person) RETURN n')).toEqual([]);
  await run.promote();
  expect(await run.verify()).toEqual([]);
  const [ada] = await bench.cypher(
    `MATCH (n:Person {id: 1}) RETURN labels(n) AS labels, n.big = 9007199254740993 AS big, n.seen = localdatetime('2026-01-31T12:00:00.123456') AS seen,
       n.born = date('1815-12-10') AS born, n.tags AS tags, n.price AS price, n.alive AS alive`,
  );
  expect({ ...ada, labels: (ada!.labels as string[]).toSorted() }).toEqual({
    labels: ['Human', 'Person', 'Writer'],
    big: true,
    seen: true,
    born: true,
    tags: ['a', 'b'],
    price: '12.5',
    alive: true,
  });
  expect(await bench.cypher('MATCH (n:`Sin``ger`) RETURN n.tags AS tags')).toEqual([{ tags: [1, 2.5] }]);
  const labels = await bench.cypher(
    'CALL db.labels() YIELD label WITH label ORDER BY label RETURN collect(label) AS all',
  );
  expect(labels).toEqual([{ all: ['Human', 'Person', 'Sin`ger', 'Writer'] }]);
  expect(await bench.cypher('MATCH ()-[r:KNOWS]->() RETURN count(r) AS n')).toMatchObject([{ n: { low: 4 } }]);
});

test('writing the same again changes nothing', async () => {
  await others();
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  const once = await bench.everything();
  await run.fill();
  expect(await bench.everything()).toEqual(once);
  expect(await run.verify()).toEqual([]);
  await run.promote();
  await run.promote();
  expect(await run.verify()).toEqual([]);
});

test.each([
  'before it is published',
  'after it is published',
  'in the middle of writing',
  'in the middle of publishing',
])('a discard %s leaves the store exactly as it was, other people’s data included, also twice', async (when) => {
  await others();
  const before = await bench.everything();
  const run = await bench.run(SCHEMA, GRAPH);
  if (when === 'in the middle of writing') {
    await bench.store.prepare(run.work);
    const [feed] = run.work.feeds;
    await bench.store.write({ ...run.work, feed: feed! }, run.chunks.get(feed!.feed)![0]!);
  } else {
    await run.fill();
  }
  if (when === 'after it is published') await run.promote();
  if (when === 'in the middle of publishing') {
    let holds = 0;
    const holdLive = async () => {
      if (++holds === 2) throw new Error('stopped');
    };
    await expect(bench.store.promote({ ...run.work, holdLive })).rejects.toThrow('stopped');
  }
  await run.discard();
  expect(await bench.everything()).toEqual(before);
  await run.discard();
  expect(await bench.everything()).toEqual(before);
});

test('what was there keeps what the plan says nothing of', async () => {
  await others();
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  await run.promote();
  expect(await run.verify()).toEqual([]);
  const [ada] = await bench.cypher('MATCH (n:Person {id: 1}) RETURN n.name AS name, n.nick AS nick, n:Vip AS vip');
  expect(ada).toEqual({ name: 'Ada', nick: 'A', vip: true });
  const [known] = await bench.cypher(
    `MATCH (:Person {id: 1})-[r:KNOWS {how: 'work'}]->(:Person {id: 2}) RETURN toString(r.since) AS since, r.secret = 1 AS secret`,
  );
  expect(known).toEqual({ since: '2020-01-01', secret: true });
});

test('verification names a changed, a missing and an extra entry, down to the property', async () => {
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  const { feeds } = await run.verified();
  await bench.cypher(`MATCH (n {id: 1}) SET n.big = 9007199254740992`);
  await bench.cypher(`MATCH (n {id: 2}) SET n.added = true`);
  await bench.cypher(`MATCH ()-[r:KNOWS {how: 'self'}]->() DELETE r`);
  await bench.cypher(`MATCH (a {id: 1}), (b {id: 3}) CREATE (a)-[:KNOWS {how: 'extra'}]->(b)`);
  await bench.cypher(`MATCH (a {id: 3}) CREATE (:Alien)-[:KNOWS]->(a)`);
  await bench.cypher('DROP CONSTRAINT Person_id_unique');
  const { differences, feeds: changed } = await run.verified();
  expect(differences).toEqual([
    { kind: 'property', key: '1', column: 'big', expected: '9007199254740993', found: '9007199254740992' },
    { kind: 'property', key: '2', column: 'added', expected: 'NULL', found: 'true' },
    { kind: 'missing entry', key: '3, 3, self' },
    { kind: 'count', expected: '0 more than the source has', found: '1 more' },
    { kind: 'constraint', key: 'Person (id)', expected: 'unique', found: 'no constraint' },
    { kind: 'orphan', expected: '0 relationships to other nodes', found: '1 relationships' },
  ]);
  expect(changed[0]!.digest).not.toBe(feeds[0]!.digest);
  expect(changed[1]!.digest).not.toBe(feeds[1]!.digest);
});

test('a rollback that breaks off after any of its steps is taken up again, and is no conflict with itself', async () => {
  const before = await bench.everything();
  for (let steps = 0, ended = false; !ended; steps++) {
    const run = await bench.run(SCHEMA, GRAPH);
    await run.fill();
    await run.promote();
    ended = await run.discard(false, steps).then(
      () => true,
      () => false,
    );
    if (!ended) await run.discard();
    expect({ steps, store: await bench.everything() }).toEqual({ steps, store: before });
    expect(steps).toBeLessThan(20);
  }
});

test('a rollback that would destroy what others have done is refused and touches nothing, unless it is forced', async () => {
  const before = await bench.everything();
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  await run.promote();
  await bench.cypher(`MATCH (a:Person {id: 3}) CREATE (:Alien {id: 9})-[:LIKES]->(a)`);
  await bench.cypher(`MATCH (a:Person {id: 2}) SET a.name = 'Changed'`);
  const since = await bench.everything();
  expect(await run.conflicts()).toEqual([
    '(:Person {id: 2})',
    expect.stringMatching(/^a node with elementId \d+:[0-9a-f-]+:\d+$/),
  ]);
  expect(await bench.everything()).toEqual(since);
  await expect(run.discard()).rejects.toMatchObject({
    code: 'RollbackConflict',
    message: 'in Neo4j 1 node was changed and 1 relationship was attached to its nodes since the run',
  });
  expect(await bench.everything()).toEqual(since);
  await run.discard(true);
  expect(await bench.everything()).toEqual([...before, '{"labels":["Alien"],"p":{"id":"int 9"}}'].toSorted());
});

test('of what was there before, what others have removed since cannot be restored: a rollback says so', async () => {
  await others();
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  await run.promote();
  await bench.cypher(`MATCH (:Person {id: 1})-[r:KNOWS {how: 'work'}]->() DELETE r`);
  await bench.cypher(`MATCH (n:Person {id: 2}) DETACH DELETE n`);
  await expect(run.discard()).rejects.toMatchObject({
    message:
      'in Neo4j 1 node that it had found was removed and 1 relationship that it had found was removed since the run',
  });
  await run.discard(true);
  const left = await bench.cypher('MATCH (n:Person) RETURN toString(n.id) AS id, n.name AS name ORDER BY id');
  expect(left).toEqual([
    { id: '1', name: 'Old Ada' },
    { id: '77', name: null },
  ]);
});

test.each([
  ['node that was there', 'MATCH (n:Person {id: 1}) SET n.born = 7'],
  ['node that the run made', 'MATCH (n:Person {id: 3}) SET n.added = 7'],
  ['relationship', 'MATCH (:Person)-[r:KNOWS]->(:Person) SET r.since = 7'],
])('a %s that others change while it is taken back is not destroyed', async (_, change) => {
  await others();
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  await run.promote();
  const session = server.driver.session({ database: 'neo4j' });
  const transaction = session.beginTransaction();
  await transaction.run(change);
  const discarded = run.discard().then(
    () => 'discarded',
    (error: { code: string }) => error.code,
  );
  try {
    await bench.waiting();
    await transaction.commit();
  } finally {
    await session.close();
  }
  expect(await discarded).toBe('RollbackConflict');
  expect(await bench.cypher(`${change} RETURN 1 AS there`)).not.toEqual([]);
  await run.discard(true);
});

test.each([1, 2])('a discard while the graph is prepared leaves nothing behind (%i)', async (when) => {
  await others();
  const before = await bench.everything();
  const run = await bench.run(SCHEMA, GRAPH);
  let held = 0;
  const holdLive = async () => {
    await run.work.holdLive();
    if (++held === when) await run.discard();
  };
  const images = { ...run.work.images };
  const prepared = bench.store.prepare({ ...run.work, images, holdLive });
  if (when === 1) await expect(prepared).rejects.toMatchObject({ code: 'RunDiscarded' });
  else await prepared;
  expect(await bench.everything()).toEqual(before);
});

test('an attempt that comes back after a discard writes nothing', async () => {
  const before = await bench.everything();
  const run = await bench.run(SCHEMA, GRAPH);
  await run.fill();
  await run.discard();
  const [feed] = run.work.feeds;
  // As if it had asked just before the run was discarded.
  const late = { ...run.work, feed: feed!, holdLive: async () => {} };
  const keep = { ...run.work.images, keep: async () => {} };
  for (const entries of run.chunks.get(feed!.feed)!)
    await expect(bench.store.write({ ...late, images: keep }, entries)).rejects.toMatchObject({ code: 'RunDiscarded' });
  await expect(bench.store.promote({ ...late, images: keep })).rejects.toMatchObject({ code: 'RunDiscarded' });
  expect(await bench.everything()).toEqual(before);
});

test('a second run over the first one’s data brings it up to date, and its rollback brings the first one’s back', async () => {
  const first = await bench.run(SCHEMA, GRAPH);
  await first.fill();
  await first.promote();
  const published = await bench.everything();
  const second = await bench.run(
    `${SCHEMA}; UPDATE person SET name = 'Ada L.', score = NULL WHERE id = 1; INSERT INTO person (id, name) VALUES (4, 'Di');
     INSERT INTO knows VALUES (6, 4, 1, NULL, 'new'), (7, 2, 3, NULL, 'new')`,
    GRAPH,
  );
  await second.fill();
  expect(await second.verify()).toEqual([]);
  await second.promote();
  expect(await second.verify()).toEqual([]);
  expect(await bench.cypher('MATCH (n:Person) RETURN count(n) AS n')).toMatchObject([{ n: { low: 4 } }]);
  expect(await bench.cypher('MATCH (n:Person {id: 1}) RETURN n.name AS name, n.score AS score')).toEqual([
    { name: 'Ada L.', score: null },
  ]);
  await second.discard();
  expect(await bench.everything()).toEqual(published);
});

test('hostile names are names', async () => {
  const evil = 'X`}) DETACH DELETE n //';
  const escaped = String.raw`a\u0060) MATCH (n) DETACH DELETE n //`;
  const before = await bench.everything();
  const run = await bench.run(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, kind TEXT, other INTEGER, "odd \`name" TEXT); INSERT INTO t VALUES (1, '${evil}', 2, 'a'), (2, '${escaped}', 1, 'b')`,
    {
      nodes: {
        [evil]: {
          table: 't',
          key: 'id',
          labels: [escaped],
          labelColumn: 'kind',
          properties: { [escaped]: 'odd `name', [evil]: 'kind' },
        },
      },
      relationships: {
        [escaped]: {
          table: 't',
          from: { node: evil, columns: 'id' },
          to: { node: evil, columns: 'other' },
          typeColumn: 'kind',
          key: 'kind',
          properties: { [evil]: 'kind' },
        },
      },
    },
  );
  await run.fill();
  expect(await run.verify()).toEqual([]);
  await run.promote();
  expect(await run.verify()).toEqual([]);
  const types = await bench.cypher('MATCH ()-[r]->() RETURN type(r) AS type ORDER BY type');
  expect(types).toEqual([{ type: evil }, { type: escaped }]);
  const [labels] = await bench.cypher(
    'CALL db.labels() YIELD label WITH label ORDER BY label RETURN collect(label) AS all',
  );
  expect(labels).toEqual({ all: [evil, escaped] });
  await run.discard();
  expect(await bench.everything()).toEqual(before);
});

test('values at the edges of their types arrive as they are, also as keys', async () => {
  const before = await bench.everything();
  const run = await bench.run(
    `CREATE TABLE t (k TEXT PRIMARY KEY, i INTEGER, r REAL, s TEXT, z TIMESTAMPTZ, list TEXT);
     INSERT INTO t VALUES
       ('', 9223372036854775807, -0.0, '', '0001-01-01T00:00:00+05:00', '[]'),
       ('a', -9223372036854775808, 9e999, ' a ', '9999-12-31T23:59:59.999999-05:00', '["", "null"]'),
       ('A', 0, 5e-324, char(8232, 128169, 92, 117, 48, 48, 54, 48), '2026-03-29T02:30:00+01:00', '[true,false]'),
       ('a ', NULL, -1.7976931348623157e308, printf('%.*c', 1500000, 'x'), '1969-12-31T23:59:59.999999Z', '[1,2.5,-1e300]');
     CREATE TABLE later (z TIMESTAMPTZ PRIMARY KEY, k TEXT); INSERT INTO later SELECT z, k FROM t;`,
    {
      nodes: {
        T: {
          table: 't',
          key: 'k',
          properties: { k: 'k', i: 'i', r: 'r', s: 's', z: 'z', list: { column: 'list', list: true } },
        },
        Later: { table: 'later', key: 'z' },
      },
      relationships: {
        AT: { table: 'later', from: { node: 'Later', columns: 'z' }, to: { node: 'T', columns: 'k' }, key: 'z' },
      },
    },
  );
  expect([...run.refused.values()].flat()).toEqual([]);
  await run.fill();
  expect(await run.verify()).toEqual([]);
  await run.promote();
  expect(await run.verify()).toEqual([]);
  const [edge] = await bench.cypher(
    `MATCH (a:T {k: ''})<-[:AT]-(l:Later), (b:T {k: 'a'}), (c:T {k: 'a '})
     RETURN toString(a.i) AS most, toString(a.r) AS zero, a.s AS empty, a.list AS none, toString(l.z) AS bc, toString(b.r) AS infinite,
       toString(b.z) AS far, b.s AS spaces, size(c.s) AS long`,
  );
  expect(edge).toMatchObject({
    most: '9223372036854775807',
    // SQLite keeps no sign of a zero.
    zero: '0.0',
    empty: '',
    none: [],
    bc: '0000-12-31T19:00:00Z',
    infinite: 'Infinity',
    far: '+10000-01-01T04:59:59.999999Z',
    spaces: ' a ',
    long: { low: 1_500_000 },
  });
  await run.discard();
  expect(await bench.everything()).toEqual(before);
});

test('what Neo4j cannot hold is refused while entries are made, with its reason', async () => {
  const run = await bench.run(
    `CREATE TABLE t (id TEXT PRIMARY KEY, list TEXT, kind TEXT); INSERT INTO t VALUES
       ('${'k'.repeat(9_000)}', NULL, NULL), ('mixed', '[1,"a"]', NULL), ('nested', '[[1]]', NULL), ('big', '[12345678901234567890]', NULL), ('kind', NULL, ''),
       ('null', '[1,null]', NULL), ('nul', NULL, 'a' || char(0)), ('ours', NULL, '_sqlift:x'), ('good', '[]', 'K');`,
    {
      nodes: {
        T: { table: 't', key: 'id', labelColumn: 'kind', properties: { list: { column: 'list', list: true } } },
      },
    },
  );
  expect(run.refused.get('graph.nodes.T')!.map(({ reason, column }) => [reason, column])).toEqual([
    ['too large for its store', undefined],
    ['not a value that its store holds', 'list'],
    ['not a list', 'list'],
    ['not a list', 'list'],
    ['not a value that its store holds', 'kind'],
    ['not a list', 'list'],
    ['NUL byte', 'kind'],
    ['not a value that its store holds', 'kind'],
  ]);
  expect((run.chunks.get('graph.nodes.T')!.flat() as NodeEntry[]).map(({ key }) => key)).toEqual([['good']]);
  await run.fill();
  expect(await run.verify()).toEqual([]);
});
