import type { Database, Statement } from 'better-sqlite3';
import type { Metric } from './catalog';
import { dot, fromBlob, lengthOf, squaredDistance, toBlob } from './float32';
import type { Filter } from './filter';
import type { Records } from './records';
import { ResidentCache, ResidentVectors } from './resident';

/**
 * The nearest records, exactly. First every candidate's closeness is computed in 32 bits: by sqlite-vec in the file, or
 * beside it for a large namespace, where sqlite-vec's 50 to 200 ms for 100,000 × 384 become 13. Then those that the
 * rounding could have moved past the last match are computed again in 64 bits, and ranked by that.
 */

export interface Match {
  key: number;
  score: number;
}

export interface Search {
  /** Key of the namespace. */
  namespace: number;
  metric: Metric;
  query: Float32Array;
  topK: number;
  /** Only records that pass are ranked. */
  filter?: Filter | undefined;
}

/** A namespace of fewer records is searched in the file: it takes some milliseconds there. */
const RESIDENT_FROM = 2000;

/** Candidates by place: their keys, and how near each is; the nearer, the higher. */
interface Candidates {
  keys: readonly number[];
  closeness: Float64Array;
  /** How far `closeness` may be off. */
  error: number;
  /** The vector of the candidate at this place. */
  values: (place: number) => Float32Array;
}

export class Searcher {
  readonly #distances: Record<'cosine' | 'euclidean', { all: DistanceStatement; some: DistanceStatement }>;
  readonly #vectors: Statement<[number], [number, Buffer, number]>;
  readonly #resident: ResidentCache;

  /** `memory`: how many bytes of vectors may be kept in memory; with 0 all searches read the file. */
  constructor(
    db: Database,
    readonly records: Records,
    memory: number,
  ) {
    const statements = (measure: string): { all: DistanceStatement; some: DistanceStatement } => {
      const sql = `SELECT key, length, ${measure}("values", ?) FROM records WHERE`;
      return {
        all: db.prepare(`${sql} namespace = ?`).raw() as DistanceStatement,
        some: db.prepare(`${sql} key IN (SELECT value FROM json_each(?))`).raw() as DistanceStatement,
      };
    };
    this.#distances = { cosine: statements('vec_distance_cosine'), euclidean: statements('vec_distance_l2') };
    this.#vectors = db.prepare('SELECT key, "values", length FROM records WHERE namespace = ?').raw() as Statement<
      [number],
      [number, Buffer, number]
    >;
    this.#resident = new ResidentCache(memory);
  }

  /** Up to `topK` of them, the nearest first; of equals the one inserted first. */
  nearest(search: Search): Match[] {
    const vectors = this.#vectorsOf(search.namespace, search.query.length);
    const candidates = vectors === undefined ? this.#inFile(search) : this.#inMemory(search, vectors);
    return ranked(search, candidates);
  }

  /** After the commit of a write, also of metadata alone, so that what is in memory follows the file. */
  changed(namespace: number, how: (vectors: ResidentVectors) => void): void {
    this.#resident.change(namespace, how);
  }

  dropped(namespace: number): void {
    this.#resident.drop(namespace);
  }

  #vectorsOf(namespace: number, dimension: number): ResidentVectors | undefined {
    const found = this.#resident.get(namespace);
    if (found !== undefined) return found;
    const count = this.records.count(namespace);
    if (count < RESIDENT_FROM || count * dimension * 4 > this.#resident.budget) return undefined;
    const vectors = new ResidentVectors(dimension);
    for (const [key, blob, length] of this.#vectors.iterate(namespace)) vectors.put(key, fromBlob(blob), length);
    this.#resident.add(namespace, vectors);
    return vectors;
  }

  #inFile({ namespace, metric, query, filter }: Search): Candidates {
    const { all, some } = this.#distances[metric === 'euclidean' ? 'euclidean' : 'cosine'];
    const blob = toBlob(query);
    const rows =
      filter === undefined
        ? all.all(blob, namespace)
        : some.all(blob, JSON.stringify(this.records.matching(namespace, filter)));
    const length = lengthOf(query);
    const keys = rows.map(([key]) => key);
    const closeness = Float64Array.from(rows, ([, own, distance]) => {
      if (metric === 'euclidean') return -(distance! ** 2);
      // The cosine with a zero vector is none.
      const cosine = 1 - (distance ?? 1);
      return metric === 'cosine' ? cosine : cosine * own * length;
    });
    const lengths = rows.map(([, own]) => own);
    const values = (place: number): Float32Array => this.records.values(keys[place]!);
    return { keys, closeness, error: errorOf(metric, query, lengths), values };
  }

  #inMemory({ namespace, metric, query, filter }: Search, vectors: ResidentVectors): Candidates {
    const products = vectors.dotProducts(query);
    const length = lengthOf(query);
    const closenessAt = (row: number): number => {
      const product = products[row]!;
      const own = vectors.lengths[row]!;
      if (metric === 'dotproduct') return product;
      if (metric === 'cosine') return length === 0 ? 0 : product / (own * length);
      return 2 * product - own * own - length * length;
    };
    const rows = filter && vectors.filtered(filter.text, () => this.records.matching(namespace, filter));
    const closeness = new Float64Array(rows?.length ?? products.length);
    for (let place = 0; place < closeness.length; place++) closeness[place] = closenessAt(rows?.[place] ?? place);
    const values = (place: number): Float32Array => vectors.values(rows?.[place] ?? place);
    const keys = rows?.map((row) => vectors.keys[row]!) ?? vectors.keys;
    return { keys, closeness, error: errorOf(metric, query, vectors.lengths), values };
  }
}

type DistanceStatement = Statement<[Buffer, number | string], [number, number, number | null]>;

/**
 * What rounding to 32 bits can do: each of the `n` additions of a dot product, and the few operations around them, errs by
 * 2^-24 of the two lengths' product at most; of a squared distance, by that of the lengths' sum squared. Lengths whose
 * products may leave the range of 32 bits say nothing: then every candidate is computed again.
 */
function errorOf(metric: Metric, query: Float32Array, lengths: readonly number[]): number {
  const length = lengthOf(query);
  let [shortest, longest] = [length, length];
  for (const own of lengths) {
    if (own < shortest) shortest = own;
    if (own > longest) longest = own;
  }
  if (shortest < 1e-15 || longest > 1e15) return Infinity;
  const relative = 4 * (query.length + 8) * 2 ** -24;
  if (metric === 'cosine') return relative;
  return metric === 'dotproduct' ? relative * length * longest : relative * (length + longest) ** 2;
}

function ranked({ metric, query, topK }: Search, { keys, closeness, error, values }: Candidates): Match[] {
  const least = kthHighest(closeness, topK) - 2 * error;
  const length = lengthOf(query);
  const near: (Match & { closeness: number })[] = [];
  for (let place = 0; place < closeness.length; place++) {
    if (closeness[place]! < least) continue;
    const vector = values(place);
    const score = exactScore(metric, query, length, vector);
    near.push({ key: keys[place]!, score: toFloat32(score), closeness: metric === 'euclidean' ? -score : score });
  }
  near.sort((a, b) => b.closeness - a.closeness || a.key - b.key);
  return near.slice(0, topK).map(({ key, score }) => ({ key, score }));
}

/** Pinecone's scores: the cosine, the dot product, the square of the Euclidean distance. */
function exactScore(metric: Metric, query: Float32Array, length: number, vector: Float32Array): number {
  if (metric === 'euclidean') return squaredDistance(query, vector);
  const product = dot(query, vector);
  if (metric === 'dotproduct') return product;
  return length === 0 ? 0 : product / (length * lengthOf(vector));
}

/** JSON has no infinity: what is beyond the range is its end. */
const FLOAT32_MAX = 3.4028234663852886e38;
const toFloat32 = (score: number): number => Math.fround(Math.max(-FLOAT32_MAX, Math.min(FLOAT32_MAX, score)));

/** The `k`th highest number, or the lowest when there are fewer; by a heap of the `k` highest so far, the lowest on top. */
function kthHighest(numbers: Float64Array, k: number): number {
  if (numbers.length <= k) return -Infinity;
  const heap = numbers.slice(0, k).sort();
  for (let at = k; at < numbers.length; at++) {
    const number = numbers[at]!;
    if (number <= heap[0]!) continue;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= k) break;
      if (child + 1 < k && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= number) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = number;
  }
  return heap[0]!;
}
