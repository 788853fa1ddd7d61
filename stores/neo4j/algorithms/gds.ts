import { createHash } from 'node:crypto';
import type { Algorithm } from '../../../core/feeds/feed';
import type { Neo4jClient } from '../connection';
import type { Model } from '../model';
import { labelOf, linksOf, positionsOf } from './graph';
import type { LoadedGraph } from './graph';
import type { Similar } from './exact';

/** Procedures of Graph Data Science, and the column of their results. */
const PROCEDURES = {
  pageRank: ['gds.pageRank', 'score'],
  louvain: ['gds.louvain', 'communityId'],
  leiden: ['gds.leiden', 'communityId'],
  weaklyConnectedComponents: ['gds.wcc', 'componentId'],
  betweenness: ['gds.betweenness', 'score'],
  degree: ['gds.degree', 'score'],
  nodeSimilarity: ['gds.nodeSimilarity', 'similarity'],
} as const satisfies Record<Algorithm['algorithm'], readonly [string, string]>;

/** The server's version of Graph Data Science, where it has it. */
export async function gdsVersion(client: Neo4jClient): Promise<string | undefined> {
  const there = await client.run(`SHOW FUNCTIONS YIELD name WHERE name = 'gds.version' RETURN name`);
  if (there.length === 0) return undefined;
  const [answer] = await client.run<{ version: string }>('RETURN gds.version() AS version');
  return answer?.version;
}

/** Runs an algorithm over a projection that is gone afterwards. One thread: the same graph gives the same results. */
async function projected<T>(
  client: Neo4jClient,
  run: string,
  model: Model,
  algorithm: Algorithm,
  work: (graph: string, config: object) => Promise<T>,
): Promise<T> {
  const graph = `sqlift-${createHash('sha256').update(`${run} ${algorithm.name}`).digest('hex').slice(0, 16)}`;
  const labels = positionsOf(model, algorithm).map((position) => labelOf(run, model, position, false));
  const links = await linksOf(client, run, model, algorithm);
  const properties =
    algorithm.weight === undefined ? {} : { weight: { property: algorithm.weight, defaultValue: 1.0 } };
  const orientation = algorithm.undirected === true ? 'UNDIRECTED' : 'NATURAL';
  const types = new Set(links.map(({ type }) => type));
  const projection = Object.fromEntries([...types].map((type, i) => [`R${i}`, { type, orientation, properties }]));
  const drop = () => client.run('CALL gds.graph.drop($graph, false) YIELD graphName RETURN graphName', { graph });
  // An attempt that was killed may have left its own.
  await drop();
  try {
    await client.run('CALL gds.graph.project($graph, $labels, $projection) YIELD graphName RETURN graphName', {
      graph,
      labels: Object.fromEntries(labels.map((label, i) => [`L${i}`, { label }])),
      projection,
    });
    const seed = algorithm.algorithm === 'leiden' ? { randomSeed: 42n } : {};
    const weight = algorithm.weight === undefined ? {} : { relationshipWeightProperty: 'weight' };
    const options = Object.fromEntries(
      Object.entries(algorithm.options ?? {}).map(([name, value]) => [
        name,
        Number.isInteger(value) ? BigInt(value as number) : value,
      ]),
    );
    return await work(graph, { ...seed, ...options, ...weight, concurrency: 1n });
  } finally {
    await drop();
  }
}

/** A number for each node. */
export function byGds(
  client: Neo4jClient,
  run: string,
  model: Model,
  algorithm: Algorithm,
  nodes: LoadedGraph['nodes'],
) {
  const [procedure, column] = PROCEDURES[algorithm.algorithm];
  const index = new Map(nodes.map(({ id }, i) => [id, i]));
  return projected(client, run, model, algorithm, async (graph, config) => {
    const results = new Float64Array(nodes.length);
    const found = client.stream<{ id: string; value: number | bigint }>(
      `CALL ${procedure}.stream($graph, $config) YIELD nodeId, ${column} RETURN elementId(gds.util.asNode(nodeId)) AS id, ${column} AS value`,
      { graph, config },
    );
    for await (const { id, value } of found) results[index.get(id)!] = Number(value);
    return results;
  });
}

export function similarByGds(
  client: Neo4jClient,
  run: string,
  model: Model,
  algorithm: Algorithm,
  nodes: LoadedGraph['nodes'],
): Promise<Similar[]> {
  const index = new Map(nodes.map(({ id }, i) => [id, i]));
  return projected(client, run, model, algorithm, async (graph, config) => {
    const pairs: Similar[] = [];
    const found = client.stream<{ a: string; b: string; score: number }>(
      `CALL gds.nodeSimilarity.stream($graph, $config) YIELD node1, node2, similarity
       RETURN elementId(gds.util.asNode(node1)) AS a, elementId(gds.util.asNode(node2)) AS b, similarity AS score`,
      { graph, config },
    );
    for await (const { a, b, score } of found) pairs.push({ from: index.get(a)!, to: index.get(b)!, score });
    return pairs;
  });
}
