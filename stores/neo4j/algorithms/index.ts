import { SqliftError } from '../../../core/errors';
import type { Algorithm } from '../../../core/feeds/feed';
import type { FeedDifference, RunWork } from '../../feed-store';
import type { Neo4jClient } from '../connection';
import { throughGate } from '../gate';
import { print } from '../meaning';
import { algorithmFeed } from '../model';
import type { Model } from '../model';
import { marksOf, quote } from '../names';
import { groups, writeRows } from '../write';
import { components, degree, pageRank, similar, targetsOf } from './exact';
import type { Similar } from './exact';
import { byGds, similarByGds } from './gds';
import { countLinks, loadGraph, loadNodes } from './graph';
import type { LoadedGraph } from './graph';
import { AT_MOST, byGraphology, checkWithoutGds } from './graphology';

const BATCH = 5_000;
/** Algorithms whose numbers are names: integers, the first node's group being 0. */
const NAMES: readonly Algorithm['algorithm'][] = ['louvain', 'leiden', 'weaklyConnectedComponents'];
/** How far two computations of the same number may be apart: tolerances are per round. */
const NEAR = 1e-4;

/** That every algorithm of the plan can be had from this server or without it. */
export function checkAlgorithms(algorithms: readonly Algorithm[], gds: string | undefined): void {
  if (gds === undefined) algorithms.forEach(checkWithoutGds);
}

/** Computes the plan's algorithms over what the run has written, and writes the results. Gives what the report says of it. */
export async function runAlgorithms(
  client: Neo4jClient,
  work: RunWork,
  model: Model,
  gds: string | undefined,
): Promise<string[]> {
  const notes: string[] = [];
  for (const algorithm of work.algorithms) {
    if (gds === undefined) await checkSize(client, work.run, model, algorithm);
    const graph =
      gds === undefined
        ? await loadGraph(client, work.run, model, algorithm, work.beat)
        : empty(await loadNodes(client, work.run, model, algorithm), algorithm);
    if (algorithm.algorithm === 'nodeSimilarity') {
      const pairs =
        gds === undefined
          ? similar(graph, algorithm.options as Record<string, number> | undefined)
          : await similarByGds(client, work.run, model, algorithm, graph.nodes);
      await writePairs(client, work, model, algorithm, graph.nodes, pairs);
    } else {
      const numbers =
        gds === undefined
          ? byGraphology(algorithm, graph)
          : await byGds(client, work.run, model, algorithm, graph.nodes);
      await writeNumbers(client, work, algorithm, graph.nodes, numbers);
    }
    notes.push(
      `${algorithm.name} (${algorithm.algorithm}) was computed by ${gds === undefined ? 'sqlift with graphology' : `Graph Data Science ${gds}`}.`,
    );
    work.beat();
  }
  return notes;
}

function empty(nodes: LoadedGraph['nodes'], { undirected = false }: Algorithm): LoadedGraph {
  return { nodes, from: new Int32Array(), to: new Int32Array(), weight: new Float64Array(), undirected };
}

async function checkSize(client: Neo4jClient, run: string, model: Model, algorithm: Algorithm): Promise<void> {
  checkWithoutGds(algorithm);
  const count = await countLinks(client, run, model, algorithm);
  if (count > AT_MOST)
    throw new SqliftError(
      'TargetMismatch',
      `graph.algorithms.${algorithm.name}: ${count} relationships are more than the ${AT_MOST} that are held in memory; a Neo4j with Graph Data Science has no such limit`,
      { table: `graph.algorithms.${algorithm.name}`, server: 'neo4j' },
    );
}

async function writeNumbers(
  client: Neo4jClient,
  work: RunWork,
  { name, algorithm }: Algorithm,
  nodes: LoadedGraph['nodes'],
  numbers: Float64Array,
): Promise<void> {
  const values = NAMES.includes(algorithm) ? renamed(numbers) : [...numbers];
  for (let from = 0; from < nodes.length; from += BATCH) {
    const rows = nodes.slice(from, from + BATCH).map(({ id }, i) => ({ id, v: values[from + i]! }));
    await work.holdLive();
    await throughGate(client, marksOf(work.run), (query) =>
      query(`UNWIND $rows AS row MATCH (n) WHERE elementId(n) = row.id SET n.${quote(name)} = row.v`, { rows }),
    );
    work.beat();
  }
}

/** Groups by the order in which they are first met, so that the same groups have the same names whoever found them. */
function renamed(numbers: Float64Array): bigint[] {
  const names = new Map<number, bigint>();
  return Array.from(numbers, (number) => {
    if (!names.has(number)) names.set(number, BigInt(names.size));
    return names.get(number)!;
  });
}

async function writePairs(
  client: Neo4jClient,
  work: RunWork,
  model: Model,
  { name }: Algorithm,
  nodes: LoadedGraph['nodes'],
  pairs: readonly Similar[],
): Promise<void> {
  const byEnds = groups(pairs, ({ from, to }) => algorithmFeed(name, nodes[from]!.position, nodes[to]!.position));
  for (const [feed, some] of byEnds) {
    const relationship = model.relationships.find((one) => one.feed === feed)!;
    for (let from = 0; from < some.length; from += BATCH) {
      const rows = some.slice(from, from + BATCH).map((pair, i) => ({
        i: BigInt(i),
        f: nodes[pair.from]!.key,
        t: nodes[pair.to]!.key,
        k: [],
        p: { score: pair.score },
      }));
      const ids = some.slice(from, from + BATCH).map((pair) => `${nodes[pair.from]!.id} ${nodes[pair.to]!.id}`);
      await writeRows(
        client,
        work,
        model,
        relationship,
        rows,
        rows.map(() => name),
        ids.join('\n'),
      );
      work.beat();
    }
  }
}

/** Compares the results with computations of our own, where there is one right answer; elsewhere, that every node has one. */
export async function verifyAlgorithms(
  client: Neo4jClient,
  work: RunWork,
  model: Model,
  differs: (difference: FeedDifference) => void,
): Promise<void> {
  for (const algorithm of work.algorithms) {
    const fits = (await countLinks(client, work.run, model, algorithm)) <= 20 * AT_MOST;
    const graph = fits
      ? await loadGraph(client, work.run, model, algorithm, work.beat)
      : empty(await loadNodes(client, work.run, model, algorithm), algorithm);
    if (algorithm.algorithm === 'nodeSimilarity') {
      if (fits) await verifyPairs(client, work.run, model, algorithm, graph, differs);
      continue;
    }
    const found = await readNumbers(client, algorithm, graph.nodes);
    const wanted = fits ? exactly(algorithm, graph) : undefined;
    const key = (i: number) => keyText(graph.nodes[i]!);
    for (const [i, value] of found.entries()) {
      const isRight =
        value !== null &&
        (wanted === undefined || Math.abs(Number(value) - wanted[i]!) <= NEAR * Math.max(1, Math.abs(wanted[i]!)));
      if (!isRight)
        differs({
          kind: 'property',
          key: key(i),
          column: algorithm.name,
          expected: wanted === undefined ? 'a result' : String(wanted[i]),
          found: value === null ? 'NULL' : String(value),
        });
    }
  }
}

function exactly({ algorithm, options = {}, weight }: Algorithm, graph: LoadedGraph): Float64Array | undefined {
  // Settings that are not known here may change the answer.
  const known = Object.keys(options).every((name) => ['dampingFactor', 'maxIterations', 'tolerance'].includes(name));
  if (!known || (weight !== undefined && graph.weight.some((w) => !(w > 0)))) return undefined;
  if (algorithm === 'degree') return degree(graph);
  if (algorithm === 'weaklyConnectedComponents')
    return Float64Array.from(renamed(Float64Array.from(components(graph))), Number);
  return algorithm === 'pageRank' ? pageRank(graph, options as Record<string, number>) : undefined;
}

async function readNumbers(client: Neo4jClient, { name }: Algorithm, nodes: LoadedGraph['nodes']) {
  const values: (number | bigint | null)[] = [];
  for (let from = 0; from < nodes.length; from += BATCH) {
    const ids = nodes.slice(from, from + BATCH).map(({ id }) => id);
    const found = await client.run<{ i: bigint; value: number | bigint | null }>(
      `UNWIND range(0, size($ids) - 1) AS i MATCH (n) WHERE elementId(n) = $ids[i] RETURN i, n.${quote(name)} AS value`,
      { ids },
    );
    const byRow = new Map(found.map(({ i, value }) => [Number(i), value]));
    for (const i of ids.keys()) values.push(byRow.get(i) ?? null);
  }
  return values;
}

const keyText = ({ key }: LoadedGraph['nodes'][number]): string => key.map(print).join(', ');

async function verifyPairs(
  client: Neo4jClient,
  run: string,
  model: Model,
  { name }: Algorithm,
  graph: LoadedGraph,
  differs: (difference: FeedDifference) => void,
): Promise<void> {
  const targets = targetsOf(graph);
  const index = new Map(graph.nodes.map(({ id }, i) => [id, i]));
  const marks = marksOf(run);
  for (const relationship of model.relationships.filter(({ feed }) => feed.startsWith(algorithmFeed(name)))) {
    const found = client.stream<{ a: string; b: string; score: number | null }>(
      `MATCH (a:${quote(marks.staged(relationship.from))})-[r:${quote(name)}]->(b:${quote(marks.staged(relationship.to))})
       RETURN elementId(a) AS a, elementId(b) AS b, r.score AS score`,
    );
    for await (const { a, b, score } of found) {
      const [one, other] = [targets.get(index.get(a)!) ?? new Set(), targets.get(index.get(b)!) ?? new Set()];
      let both = 0;
      for (const target of one) if (other.has(target)) both += 1;
      const wanted = both / (one.size + other.size - both);
      if (score === null || Math.abs(score - wanted) > NEAR)
        differs({
          kind: 'property',
          key: [a, b].map((id) => keyText(graph.nodes[index.get(id)!]!)).join(', '),
          column: 'score',
          expected: String(wanted),
          found: String(score ?? 'NULL'),
        });
    }
  }
}
