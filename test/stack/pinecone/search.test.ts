import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { METRICS, type Metric } from '../../../stack/pinecone/catalog';
import { filterOf } from '../../../stack/pinecone/filter';
import { dot, lengthOf, squaredDistance } from '../../../stack/pinecone/float32';
import { Store } from '../../../stack/pinecone/store';

/** Search in memory, in the file by sqlite-vec, and a plain sort of all scores in 64 bits: three ways, one answer. */

const MEMORY = 256 * 1024 * 1024;
/** As many as are searched in memory. */
const COUNT = 2000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-pinecone-search-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Repeatable numbers from -1 to 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

/** A namespace with these vectors; keys follow their order. */
function filled(vectors: readonly Float32Array[], metric: Metric, memory: number): { store: Store; namespace: number } {
  const store = new Store(path.join(folder, `${metric}-${memory}`), memory);
  const settings = { cloud: 'aws', region: 'x', deletionProtection: 'disabled', tags: {} } as const;
  store.catalog.addIndex({ name: 'i', dimension: vectors[0]!.length, metric, ...settings });
  const { key } = store.catalog.index('i')!;
  store.catalog.addNamespace(key, 'n');
  const namespace = store.catalog.namespaceKey(key, 'n')!;
  store.transaction(() =>
    vectors.forEach((values, at) =>
      store.records.put(namespace, { id: `${at}`, values, metadata: { at, even: at % 2 === 0 } }),
    ),
  );
  return { store, namespace };
}

function bySorting(vectors: readonly Float32Array[], metric: Metric, query: Float32Array): number[] {
  const closeness = vectors.map((vector) => {
    if (metric === 'euclidean') return -squaredDistance(query, vector);
    const product = dot(query, vector);
    return metric === 'dotproduct' ? product : product / (lengthOf(query) * lengthOf(vector) || 1);
  });
  const order = vectors.map((_, at) => at).sort((a, b) => closeness[b]! - closeness[a]! || a - b);
  return order.map((at) => at + 1);
}

const CLUSTERS: [string, (next: () => number, dimension: number, at: number) => Float32Array][] = [
  ['spread evenly', (next, dimension) => Float32Array.from({ length: dimension }, next)],
  ['nearly the same', (next, dimension) => Float32Array.from({ length: dimension }, (_, at) => 1 + at + next() * 1e-5)],
  [
    'far from zero and close together',
    (next, dimension) => Float32Array.from({ length: dimension }, () => 1e4 + next()),
  ],
  [
    'of very different lengths',
    (next, dimension, at) => Float32Array.from({ length: dimension }, () => next() * 10 ** (at % 12)),
  ],
  [
    'at the ends of 32 bits',
    (next, dimension, at) => Float32Array.from({ length: dimension }, () => next() * (at % 2 ? 1e37 : 1e-37)),
  ],
  ['all the same', (_, dimension) => new Float32Array(dimension).fill(0.1)],
];

describe.each(METRICS)('%s', (metric) => {
  test.each(CLUSTERS)('vectors %s are ranked exactly in memory and in the file', (_, make) => {
    for (const dimension of [3, 65]) {
      const next = random(dimension);
      const vectors = Array.from({ length: COUNT }, (__, at) => make(next, dimension, at));
      const [memory, file] = [filled(vectors, metric, MEMORY), filled(vectors, metric, 0)];
      const queries = [make(next, dimension, 1), vectors[7]!, new Float32Array(dimension)];
      for (const query of queries) {
        const expected = bySorting(vectors, metric, query);
        for (const topK of [10, COUNT + 1]) {
          const search = { metric, query, topK };
          const found = memory.store.searcher.nearest({ ...search, namespace: memory.namespace });
          expect(found.map(({ key }) => key)).toEqual(expected.slice(0, topK));
          expect(file.store.searcher.nearest({ ...search, namespace: file.namespace })).toEqual(found);
          expect(found.every(({ score }) => Number.isFinite(score))).toBe(true);
        }
      }
      for (const { store } of [memory, file]) store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test('a filter chooses before anything is ranked, in memory and in the file', () => {
  const next = random(1);
  const vectors = Array.from({ length: COUNT }, () => Float32Array.from({ length: 8 }, next));
  const filter = filterOf({ even: true, at: { $gte: 1500 } });
  for (const memory of [MEMORY, 0]) {
    const { store, namespace } = filled(vectors, 'cosine', memory);
    const chosen = vectors.map((_, at) => at).filter((at) => at % 2 === 0 && at >= 1500);
    const query = vectors[3]!;
    const order = bySorting(
      chosen.map((at) => vectors[at]!),
      'cosine',
      query,
    );
    const expected = order.slice(0, 20).map((key) => chosen[key - 1]! + 1);
    for (const _ of ['first', 'remembered']) {
      const found = store.searcher.nearest({ namespace, metric: 'cosine', query, topK: 20, filter });
      expect(found.map(({ key }) => key)).toEqual(expected);
    }
    const none = filterOf({ even: 'no' });
    expect(store.searcher.nearest({ namespace, metric: 'cosine', query, topK: 20, filter: none })).toEqual([]);
    store.close();
  }
});

test('what is in memory gives way to what is searched later', () => {
  const next = random(2);
  const vectors = Array.from({ length: COUNT }, () => Float32Array.from({ length: 64 }, next));
  // Room for one namespace of 2,000 × 64, not for two.
  const { store, namespace } = filled(vectors, 'cosine', 900_000);
  const { key } = store.catalog.index('i')!;
  store.catalog.addNamespace(key, 'second');
  const second = store.catalog.namespaceKey(key, 'second')!;
  store.transaction(() =>
    vectors.forEach((values, at) => store.records.put(second, { id: `${at}`, values, metadata: null })),
  );
  for (let round = 0; round < 3; round++)
    for (const [at, one] of [namespace, second].entries()) {
      const [match] = store.searcher.nearest({ namespace: one, metric: 'cosine', query: vectors[round]!, topK: 1 });
      expect(match).toEqual({ key: at * COUNT + round + 1, score: 1 });
    }
  store.close();
});
