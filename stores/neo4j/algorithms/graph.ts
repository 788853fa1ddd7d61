import type { Algorithm } from '../../../core/feeds/feed';
import type { Neo4jClient } from '../connection';
import type { Model, NodeModel } from '../model';
import { marksOf, quote } from '../names';
import type { Stored } from '../values';

/** The part of a run's graph that an algorithm is about, in memory: some 30 bytes a relationship, some 200 a node. */
export interface LoadedGraph {
  /** In the order of the plan's labels and of their keys. */
  nodes: { id: string; position: number; key: Stored[] }[];
  /** Indexes of nodes. */
  from: Int32Array;
  to: Int32Array;
  /** Weights, all 1 where the algorithm has none. */
  weight: Float64Array;
  undirected: boolean;
}

/** A label and what is matched in its place: the run's mark, until it is published. */
export function labelOf(run: string, model: Model, position: number, promoted: boolean): string {
  return promoted ? model.nodes[position]!.labels[0]! : marksOf(run).staged(position);
}

export function positionsOf({ nodes }: Model, algorithm: Algorithm): number[] {
  return algorithm.nodes.map((label) => nodes.findIndex((node) => node.labels[0] === label));
}

/** Labels and types between which an algorithm's relationships are. */
export async function linksOf(client: Neo4jClient, run: string, model: Model, algorithm: Algorithm) {
  const links: { from: number; to: number; type: string }[] = [];
  for (const name of algorithm.relationships) {
    const { from, to, type } = model.relationships.find(({ feed }) => feed === `graph.relationships.${name}`)!;
    if (type !== undefined) links.push({ from, to, type });
    else
      for (const { type: found } of await client.run<{ type: string }>(
        `MATCH (:${quote(labelOf(run, model, from, false))})-[r]->(:${quote(labelOf(run, model, to, false))}) RETURN DISTINCT type(r) AS type ORDER BY type`,
      ))
        links.push({ from, to, type: found });
  }
  const taking = new Set(positionsOf(model, algorithm));
  return links.filter(({ from, to }) => taking.has(from) && taking.has(to));
}

/** How many relationships take part. */
export async function countLinks(
  client: Neo4jClient,
  run: string,
  model: Model,
  algorithm: Algorithm,
): Promise<number> {
  let all = 0;
  for (const { from, to, type } of await linksOf(client, run, model, algorithm)) {
    const [counted] = await client.run<{ n: bigint }>(`${match(run, model, from, to, type)} RETURN count(r) AS n`);
    all += Number(counted!.n);
  }
  return all;
}

export async function loadNodes(client: Neo4jClient, run: string, model: Model, algorithm: Algorithm) {
  const nodes: LoadedGraph['nodes'] = [];
  for (const position of positionsOf(model, algorithm)) {
    const { key }: NodeModel = model.nodes[position]!;
    const properties = key.map((property) => `n.${quote(property)}`).join(', ');
    const found = client.stream<{ id: string; key: Stored[] }>(
      `MATCH (n:${quote(labelOf(run, model, position, false))}) RETURN elementId(n) AS id, [${properties}] AS key ORDER BY ${properties}`,
    );
    for await (const { id, key: values } of found) nodes.push({ id, position, key: values });
  }
  return nodes;
}

export async function loadGraph(
  client: Neo4jClient,
  run: string,
  model: Model,
  algorithm: Algorithm,
  beat: () => void,
): Promise<LoadedGraph> {
  const nodes = await loadNodes(client, run, model, algorithm);
  const count = await countLinks(client, run, model, algorithm);
  const graph: LoadedGraph = {
    nodes,
    from: new Int32Array(count),
    to: new Int32Array(count),
    weight: new Float64Array(count).fill(1),
    undirected: algorithm.undirected === true,
  };
  const index = new Map(nodes.map(({ id }, i) => [id, i]));
  const weight = algorithm.weight === undefined ? '1.0' : `coalesce(toFloat(r.${quote(algorithm.weight)}), 1.0)`;
  let at = 0;
  for (const { from, to, type } of await linksOf(client, run, model, algorithm)) {
    const found = client.stream<{ a: string; b: string; w: number }>(
      `${match(run, model, from, to, type)} RETURN elementId(a) AS a, elementId(b) AS b, ${weight} AS w`,
    );
    for await (const { a, b, w } of found) {
      if (at >= count) break;
      graph.from[at] = index.get(a)!;
      graph.to[at] = index.get(b)!;
      graph.weight[at++] = w;
      if (at % 10_000 === 0) beat();
    }
  }
  return graph;
}

function match(run: string, model: Model, from: number, to: number, type: string): string {
  return `MATCH (a:${quote(labelOf(run, model, from, false))})-[r:${quote(type)}]->(b:${quote(labelOf(run, model, to, false))})`;
}
