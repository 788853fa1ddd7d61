import { DirectedGraph, UndirectedGraph } from 'graphology';
import louvain from 'graphology-communities-louvain';
import { connectedComponents } from 'graphology-components';
import betweenness from 'graphology-metrics/centrality/betweenness';
import { SqliftError } from '../../../core/errors';
import type { Algorithm } from '../../../core/feeds/feed';
import { degree, pageRank } from './exact';
import type { LoadedGraph } from './graph';

/** Relationships that graphology is given at most: each takes some hundred bytes of the worker's memory. */
export const AT_MOST = 1_000_000;

/** Settings of each algorithm that are known here. Others need Graph Data Science. */
const OPTIONS: Readonly<Record<Algorithm['algorithm'], readonly string[]>> = {
  pageRank: ['dampingFactor', 'maxIterations', 'tolerance'],
  louvain: [],
  leiden: [],
  weaklyConnectedComponents: [],
  betweenness: [],
  degree: [],
  nodeSimilarity: ['topK', 'similarityCutoff'],
};

/** That an algorithm can be had without Graph Data Science. @throws SqliftError TargetMismatch */
export function checkWithoutGds({ name, algorithm, options = {} }: Algorithm): void {
  const refuse = (what: string) => {
    throw new SqliftError(
      'TargetMismatch',
      `graph.algorithms.${name}: ${what} needs Graph Data Science, which this Neo4j does not have`,
      { table: `graph.algorithms.${name}`, server: 'neo4j' },
    );
  };
  if (algorithm === 'leiden') refuse('leiden (unlike louvain)');
  const unknown = Object.keys(options).find((option) => !OPTIONS[algorithm].includes(option));
  if (unknown !== undefined) refuse(`the option ${unknown} of ${algorithm}`);
}

/** A number for each node. */
export function byGraphology({ algorithm, options }: Algorithm, graph: LoadedGraph): Float64Array {
  switch (algorithm) {
    case 'pageRank':
      return pageRank(graph, options as Record<string, number> | undefined);
    case 'degree':
      return degree(graph);
    case 'weaklyConnectedComponents': {
      const results = new Float64Array(graph.nodes.length);
      for (const [i, component] of connectedComponents(simple(graph)).entries())
        for (const node of component) results[Number(node)] = i;
      return results;
    }
    case 'louvain': {
      let state = 42;
      const rng = () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
      return ofNodes(louvain(simple(graph), { rng, getEdgeWeight: 'weight' }), graph);
    }
    case 'betweenness':
      return ofNodes(betweenness(simple(withoutLoops(graph)), { normalized: false, getEdgeWeight: null }), graph);
    default:
      throw new SqliftError('Internal', `${algorithm} is not computed here`);
  }
}

/** Without parallel relationships: their weights are added up. */
function simple({ nodes, from, to, weight, undirected }: LoadedGraph) {
  const graph = undirected ? new UndirectedGraph() : new DirectedGraph();
  for (const i of nodes.keys()) graph.addNode(String(i));
  for (let i = 0; i < from.length; i++)
    graph.updateEdge(String(from[i]), String(to[i]), (known) => ({
      weight: ((known.weight as number | undefined) ?? 0) + weight[i]!,
    }));
  return graph;
}

/** A shortest path has no loops; graphology counts them. */
function withoutLoops(graph: LoadedGraph): LoadedGraph {
  const kept = <T extends Int32Array | Float64Array>(values: T): T =>
    values.filter((_, i) => graph.from[i] !== graph.to[i]) as T;
  return { ...graph, from: kept(graph.from), to: kept(graph.to), weight: kept(graph.weight) };
}

function ofNodes(values: Record<string, number>, { nodes }: LoadedGraph): Float64Array {
  return Float64Array.from(nodes.keys(), (i) => values[String(i)]!);
}
