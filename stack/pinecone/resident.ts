import { dotProductsIn, ROW_UNIT, type DotProducts } from './simd';

/** Vectors of large namespaces, kept in memory beside the file for as long as they are searched and there is room. */

const PAGE = 65_536;

/** Vectors of one scan at a time; their dot products lie behind the query, before the first vector. */
const BLOCK = 4096;

/** So many filters' rows are remembered. */
const FILTERS = 16;

/** One namespace's vectors, in no particular order: removing one moves the last to its place. */
export class ResidentVectors {
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  readonly #rowBytes: number;
  readonly #resultsAt: number;
  readonly #firstAt: number;
  readonly #dotProducts: DotProducts;
  readonly #rowOf = new Map<number, number>();
  readonly #filtered = new Map<string, readonly number[]>();
  readonly keys: number[] = [];
  /** Of each row's vector. */
  readonly lengths: number[] = [];

  constructor(readonly dimension: number) {
    this.#rowBytes = Math.ceil((dimension * 4) / ROW_UNIT) * ROW_UNIT;
    this.#resultsAt = this.#rowBytes;
    this.#firstAt = this.#resultsAt + BLOCK * 4;
    this.#reserve(0);
    this.#dotProducts = dotProductsIn(this.#memory);
  }

  /** What it takes, in bytes, nearly. */
  get bytes(): number {
    return this.#memory.buffer.byteLength + this.keys.length * 64;
  }

  put(key: number, values: Float32Array, length: number): void {
    let row = this.#rowOf.get(key);
    if (row === undefined) {
      row = this.keys.length;
      this.#reserve(row + 1);
      this.keys.push(key);
      this.#rowOf.set(key, row);
    }
    this.lengths[row] = length;
    this.values(row).set(values);
  }

  remove(key: number): void {
    const row = this.#rowOf.get(key);
    if (row === undefined) return;
    const last = this.keys.length - 1;
    const moved = this.keys[last]!;
    this.values(row).set(this.values(last));
    this.keys[row] = moved;
    this.lengths[row] = this.lengths[last]!;
    this.#rowOf.set(moved, row);
    this.#rowOf.delete(key);
    this.keys.pop();
    this.lengths.pop();
  }

  /** The rows that a filter lets pass: what `find` gives as keys, remembered by the filter's text until something changes. */
  filtered(text: string, find: () => number[]): readonly number[] {
    let rows = this.#filtered.get(text);
    if (rows === undefined) {
      rows = find().map((key) => this.#rowOf.get(key)!);
      if (this.#filtered.size >= FILTERS) this.#filtered.clear();
      this.#filtered.set(text, rows);
    }
    return rows;
  }

  /** A change of metadata, too, makes filters find others. */
  forgetFiltered(): void {
    this.#filtered.clear();
  }

  /** Good until the next `put`. */
  values(row: number): Float32Array {
    return new Float32Array(this.#memory.buffer, this.#firstAt + row * this.#rowBytes, this.dimension);
  }

  /** The dot product of each row with `query`, in 32 bits. */
  dotProducts(query: Float32Array): Float32Array {
    new Float32Array(this.#memory.buffer, 0, this.dimension).set(query);
    const count = this.keys.length;
    const all = new Float32Array(count);
    for (let row = 0; row < count; row += BLOCK) {
      const rows = Math.min(BLOCK, count - row);
      const from = this.#firstAt + row * this.#rowBytes;
      this.#dotProducts(from, from + rows * this.#rowBytes, 0, this.#rowBytes, this.#resultsAt);
      all.set(new Float32Array(this.#memory.buffer, this.#resultsAt, rows), row);
    }
    return all;
  }

  #reserve(rows: number): void {
    const missing = this.#firstAt + rows * this.#rowBytes - this.#memory.buffer.byteLength;
    // By an eighth at least, so that appending one by one does not grow it each time.
    if (missing > 0) this.#memory.grow(Math.ceil(Math.max(missing, this.#memory.buffer.byteLength / 8) / PAGE));
  }
}

/** Those of the namespaces that were searched last, within `budget` bytes together. */
export class ResidentCache {
  readonly #namespaces = new Map<number, ResidentVectors>();

  constructor(readonly budget: number) {}

  /** `undefined` when it is not there; then `add` may make it. */
  get(namespace: number): ResidentVectors | undefined {
    const found = this.#namespaces.get(namespace);
    if (found !== undefined) {
      this.#namespaces.delete(namespace);
      this.#namespaces.set(namespace, found);
    }
    return found;
  }

  add(namespace: number, vectors: ResidentVectors): void {
    this.#namespaces.set(namespace, vectors);
    this.#shrink();
  }

  /** After a write: what is not there need not follow it. */
  change(namespace: number, how: (vectors: ResidentVectors) => void): void {
    const vectors = this.#namespaces.get(namespace);
    if (vectors === undefined) return;
    how(vectors);
    vectors.forgetFiltered();
    this.#shrink();
  }

  drop(namespace: number): void {
    this.#namespaces.delete(namespace);
  }

  /** Lets those go that were searched longest ago. */
  #shrink(): void {
    let bytes = 0;
    for (const vectors of this.#namespaces.values()) bytes += vectors.bytes;
    for (const [namespace, vectors] of this.#namespaces) {
      if (bytes <= this.budget) return;
      this.#namespaces.delete(namespace);
      bytes -= vectors.bytes;
    }
  }
}
