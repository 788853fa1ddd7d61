import type { WrittenPlan } from '../../../core/plan';
import { Neo4jStore } from '../../../stores/neo4j/store';
import { NEO4J_START_MS, openNeo4j } from '../../support/neo4j';
import type { TestNeo4j } from '../../support/neo4j';
import { GraphBench } from './graph-bench';

let server: TestNeo4j;
let bench: GraphBench;
beforeAll(async () => {
  server = await openNeo4j();
  bench = await GraphBench.open(server.url, server.driver);
}, NEO4J_START_MS);
afterAll(async () => {
  await bench?.close();
  await server?.close();
});

/** Two groups of five that all know each other, a bridge between them, a chain of three, and one alone. */
const SCHEMA = `
  CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14]');
  CREATE TABLE k (a INTEGER, b INTEGER, w REAL);
  INSERT INTO k SELECT x.id, y.id, 1.0 FROM p x, p y WHERE x.id < y.id AND ((x.id <= 5 AND y.id <= 5) OR (x.id BETWEEN 6 AND 10 AND y.id BETWEEN 6 AND 10));
  INSERT INTO k VALUES (5, 6, 0.5), (11, 12, 2.0), (12, 13, 1.5);`;

type Algorithms = NonNullable<NonNullable<WrittenPlan['graph']>['algorithms']>;
const over = { nodes: ['P'], relationships: ['K'] };
const ALGORITHMS: Algorithms = {
  rank: { algorithm: 'pageRank', ...over },
  heavyRank: {
    algorithm: 'pageRank',
    ...over,
    undirected: true,
    weight: 'w',
    options: { dampingFactor: 0.7, maxIterations: 30 },
  },
  group: { algorithm: 'louvain', ...over, undirected: true },
  part: { algorithm: 'weaklyConnectedComponents', ...over },
  between: { algorithm: 'betweenness', ...over },
  betweenAll: { algorithm: 'betweenness', ...over, undirected: true },
  out: { algorithm: 'degree', ...over },
  all: { algorithm: 'degree', ...over, undirected: true, weight: 'w' },
  LIKE: { algorithm: 'nodeSimilarity', ...over },
};
const graph = (algorithms: Algorithms) => ({
  nodes: { P: { table: 'p', key: 'id' } },
  relationships: {
    K: { table: 'k', from: { node: 'P', columns: 'a' }, to: { node: 'P', columns: 'b' }, properties: { w: 'w' } },
  },
  algorithms,
});

/** Writes the graph and gives what was computed. */
async function computed(algorithms: Algorithms, useGds: boolean, schema = SCHEMA, plan = graph(algorithms)) {
  await server.wipe();
  const store = new Neo4jStore({ uri: server.url }, { useGds });
  try {
    const run = await bench.run(schema, plan);
    await run.fill(store);
    const differences = await run.verify();
    const nodes = await bench.cypher('MATCH (n) WHERE n.id IS NOT NULL RETURN properties(n) AS p ORDER BY n.id');
    const pairs = await bench.cypher(
      'MATCH (a)-[r:LIKE]->(b) RETURN toString(a.id) + ":" + toString(b.id) AS pair, r.score AS score ORDER BY pair',
    );
    return {
      run,
      differences,
      nodes: nodes.map(({ p }) => p as Record<string, number | { low: number }>),
      pairs,
      notes: run.notes,
    };
  } finally {
    await store.close();
  }
}

/** Names of groups are the same, numbers near each other. */
function expectAlike(own: Awaited<ReturnType<typeof computed>>, gds: typeof own): void {
  for (const [i, node] of own.nodes.entries())
    for (const [name, value] of Object.entries(gds.nodes[i]!))
      if (typeof value === 'number')
        expect([i, name, Math.abs((node[name] as number) - value) < 1e-5 ? value : node[name]]).toEqual([
          i,
          name,
          value,
        ]);
      else expect([i, name, node[name]]).toEqual([i, name, value]);
  expect(own.pairs.map(({ pair }) => pair)).toEqual(gds.pairs.map(({ pair }) => pair));
}

test('Graph Data Science and graphology give the same results, which verification computes again', async () => {
  const gds = await computed(ALGORITHMS, true);
  expect(gds.differences).toEqual([]);
  expect(gds.notes[0]).toMatch(/^rank \(pageRank\) was computed by Graph Data Science 2\./);
  expect(await bench.cypher('CALL gds.graph.list() YIELD graphName')).toEqual([]);
  const own = await computed(ALGORITHMS, false);
  expect(own.differences).toEqual([]);
  expect(own.notes[0]).toBe('rank (pageRank) was computed by sqlift with graphology.');
  expect(own.nodes).toHaveLength(14);
  expectAlike(own, gds);
  expect(own.nodes.map(({ group }) => (group as { low: number }).low)).toEqual([
    0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3,
  ]);
  expect(own.nodes.map(({ part }) => (part as { low: number }).low)).toEqual([
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2,
  ]);
  expect(own.pairs.length).toBeGreaterThan(5);
});

test('they do so with loops and with several relationships between the same two, too', async () => {
  const schema = `${SCHEMA}
    INSERT INTO k VALUES (3, 3, 4.0), (14, 14, 1.0), (5, 6, 3.0), (6, 5, 1.0), (11, 12, 0.25), (12, 11, 1.0);`;
  const algorithms = Object.fromEntries(Object.entries(ALGORITHMS).filter(([name]) => name !== 'group'));
  const distinct = {
    ...graph(algorithms),
    relationships: { K: { ...graph({}).relationships.K, key: 'w' } },
  };
  const gds = await computed(algorithms, true, schema, distinct);
  expect(gds.differences).toEqual([]);
  const own = await computed(algorithms, false, schema, distinct);
  expect(own.differences).toEqual([]);
  expectAlike(own, gds);
});

test('a result that was changed is found; results leave with the run, and what was there comes back', async () => {
  await server.wipe();
  await bench.cypher('CREATE (:P {id: 1, rank: "mine"})-[:LIKE {score: 7}]->(:P {id: 2})');
  const before = await bench.everything();
  const run = await bench.run(SCHEMA, graph(ALGORITHMS));
  await run.fill();
  expect(await run.verify()).toEqual([]);
  await bench.cypher('MATCH (n {id: 14}) SET n.part = 1');
  await bench.cypher('MATCH (n {id: 13}) REMOVE n.group');
  expect(await run.verify()).toEqual([
    { kind: 'property', key: '13', column: 'group', expected: 'a result', found: 'NULL' },
    { kind: 'property', key: '14', column: 'part', expected: '2', found: '1' },
  ]);
  await run.promote();
  await run.discard();
  expect(await bench.everything()).toEqual(before);
});

test('a rollback leaves alone what others wrote where the algorithms did not', async () => {
  await server.wipe();
  await bench.cypher('CREATE (:P {id: 1}), (:Q {id: 1, rank: "mine"})');
  const plan = graph({ rank: { algorithm: 'pageRank', ...over } });
  const run = await bench.run(SCHEMA, {
    ...plan,
    nodes: { ...plan.nodes, Q: { table: 'p', key: 'id' } },
  });
  await run.fill();
  await run.promote();
  await bench.cypher('MATCH (q:Q {id: 1}) SET q.rank = "changed"');
  await run.discard();
  expect(await bench.cypher('MATCH (n) RETURN labels(n) AS labels, properties(n).rank AS rank ORDER BY rank')).toEqual([
    { labels: ['Q'], rank: 'changed' },
    { labels: ['P'], rank: null },
  ]);
});

test('what needs Graph Data Science is refused before anything is written where there is none', async () => {
  await server.wipe();
  const store = new Neo4jStore({ uri: server.url }, { useGds: false });
  const before = await bench.everything();
  const run = await bench.run(SCHEMA, graph({ group: { algorithm: 'leiden', ...over, undirected: true } }));
  await expect(run.fill(store)).rejects.toMatchObject({ code: 'TargetMismatch' });
  expect(await bench.everything()).toEqual(before);
  const other = await bench.run(SCHEMA, graph({ group: { algorithm: 'leiden', ...over, undirected: true } }));
  await other.fill();
  expect(await other.verify()).toEqual([]);
  await store.close();
});
