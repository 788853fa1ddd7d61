import type { LoadedGraph } from './graph';

/** Algorithms with one right answer, computed here: to check Graph Data Science by, and where a server does not have it. */

/** Sum of the weights of each node's outgoing relationships, or of all where the direction does not count. */
export function degree({ nodes, from, to, weight, undirected }: LoadedGraph): Float64Array {
  const degrees = new Float64Array(nodes.length);
  for (let i = 0; i < from.length; i++) {
    degrees[from[i]!]! += weight[i]!;
    if (undirected) degrees[to[i]!]! += weight[i]!;
  }
  return degrees;
}

/** Weakly connected components, by union and find: each named by its first node. */
export function components({ nodes, from, to }: LoadedGraph): Int32Array {
  const parent = Int32Array.from(nodes.keys());
  const root = (node: number): number => {
    while (parent[node] !== node) {
      parent[node] = parent[parent[node]!]!;
      node = parent[node]!;
    }
    return node;
  };
  for (let i = 0; i < from.length; i++) {
    const [a, b] = [root(from[i]!), root(to[i]!)];
    if (a !== b) parent[Math.max(a, b)] = Math.min(a, b);
  }
  return parent.map((_, node) => root(node));
}

/**
 * PageRank as Graph Data Science defines it: (1 − d) + d × Σ rank × share, not made to add up to one, begun with 1 − d, and nothing of
 * what nodes without successors have goes to others.
 */
export function pageRank(
  graph: LoadedGraph,
  { dampingFactor = 0.85, maxIterations = 20, tolerance = 1e-7 }: Record<string, number | undefined> = {},
): Float64Array {
  const { nodes, from, to, weight, undirected } = graph;
  const shares = degree(graph);
  let ranks = new Float64Array(nodes.length).fill(1 - dampingFactor);
  // Its first iteration only gives every node its start.
  for (let round = 1; round < maxIterations; round++) {
    const next = new Float64Array(nodes.length).fill(1 - dampingFactor);
    const give = (a: number, b: number, w: number) => {
      if (shares[a]! > 0) next[b]! += (dampingFactor * ranks[a]! * w) / shares[a]!;
    };
    for (let i = 0; i < from.length; i++) {
      give(from[i]!, to[i]!, weight[i]!);
      if (undirected) give(to[i]!, from[i]!, weight[i]!);
    }
    const moved = next.reduce((most, rank, i) => Math.max(most, Math.abs(rank - ranks[i]!)), 0);
    ranks = next;
    if (moved < tolerance) break;
  }
  return ranks;
}

export interface Similar {
  from: number;
  to: number;
  score: number;
}

/** Jaccard similarity of the nodes that two nodes point to: the best `topK` of each. */
export function similar(
  graph: LoadedGraph,
  { topK = 10, similarityCutoff = 0 }: Record<string, number | undefined> = {},
): Similar[] {
  const targets = targetsOf(graph);
  const sources = new Map<number, number[]>();
  for (const [node, all] of targets)
    for (const target of all) sources.set(target, [...(sources.get(target) ?? []), node]);
  const found: Similar[] = [];
  for (const [node, all] of targets) {
    const shared = new Map<number, number>();
    for (const target of all)
      for (const other of sources.get(target)!) if (other !== node) shared.set(other, (shared.get(other) ?? 0) + 1);
    const scored = [...shared].map(([to, both]) => ({
      from: node,
      to,
      score: both / (all.size + targets.get(to)!.size - both),
    }));
    scored.sort((a, b) => b.score - a.score || a.to - b.to);
    found.push(...scored.filter(({ score }) => score > similarityCutoff).slice(0, topK));
  }
  return found;
}

/** The nodes that each node points to: once each and without itself, as Graph Data Science counts them for similarity. */
export function targetsOf({ from, to, undirected }: LoadedGraph): Map<number, Set<number>> {
  const targets = new Map<number, Set<number>>();
  const add = (a: number, b: number) => {
    const known = targets.get(a);
    if (known === undefined) targets.set(a, new Set([b]));
    else known.add(b);
  };
  for (let i = 0; i < from.length; i++) {
    if (from[i] === to[i]) continue;
    add(from[i]!, to[i]!);
    if (undirected) add(to[i]!, from[i]!);
  }
  return targets;
}
