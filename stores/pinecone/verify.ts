import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import type { VectorFeed } from '../../core/feeds/feed';
import type { SourceValue } from '../../core/meaning/meaning';
import type { FeedDifference, FeedWork, Verified } from '../feed-store';
import type { PineconeIndex, StoredVector } from './client';
import { compileExpected } from './expected';
import type { ExpectedVector } from './expected';
import { madeByRun, namespacesScope, readImage, vectorsScope } from './images';
import { namespaceOf } from './write';

export interface VerifyVectors {
  work: FeedWork;
  feed: VectorFeed;
  /** Undefined: there is no such index. */
  index: PineconeIndex | undefined;
  rows: AsyncIterable<readonly SourceValue[]>;
  differs: (difference: FeedDifference) => void;
  embed: (texts: readonly string[]) => Promise<Float32Array[]>;
  /** Whether embedding a text again gives the very same vector. */
  exact: boolean;
  /** How long what was written may take to be seen, in milliseconds. */
  settling: number;
}

/** Vectors fetched and compared at once, and such pages under way. */
const PAGE = 100;
const UNDER_WAY = 3;
/** Vectors that wait for their namespace's page to be full, in all. */
const HELD = 20 * PAGE;
/** Vectors of a feed that a query is made for: each reads the whole namespace where search is exact. */
const QUERIES = 100;
/** Of vectors that a service has embedded again, which need not give the same bits. */
const ALIKE = 0.999;

/** Reads back every vector of a feed with its numbers and metadata, looks for others that the run has left, and queries for some. */
export async function verifyVectors(input: VerifyVectors): Promise<Verified> {
  const { feed, rows } = input;
  const expectedOf = compileExpected(feed);
  const verification = new Verification(input);
  try {
    const pages = new Map<string, ExpectedVector[]>();
    let held = 0;
    const flush = async (): Promise<void> => {
      for (const [namespace, page] of pages) await verification.page(namespace, page);
      pages.clear();
      held = 0;
    };
    for await (const row of rows) {
      for (const expected of expectedOf(row)) {
        const namespace = namespaceOf(expected.namespace);
        const page = pages.get(namespace) ?? [];
        if (page.length === 0) pages.set(namespace, page);
        page.push(expected);
        held += 1;
        if (page.length === PAGE) {
          pages.delete(namespace);
          held -= PAGE;
          await verification.page(namespace, page);
        } else if (held >= HELD) await flush();
      }
    }
    await flush();
    await verification.finished();
    await verification.extras();
    await verification.queries();
    return verification.verdict();
  } finally {
    verification.close();
  }
}

class Verification {
  /** Ids that are expected, and those of other feeds: on disk where they are many. */
  readonly #ids = new Database('');
  readonly #underWay = new Set<Promise<void>>();
  readonly #samples: { rank: string; namespace: string; id: string; values: Float32Array }[] = [];
  readonly #namespaces = new Set<string>();
  #failed: unknown;
  #settled: number | undefined;
  #entries = 0;
  #digest = 0n;

  constructor(private readonly input: VerifyVectors) {
    this.#ids.exec(
      `CREATE TABLE expected (namespace TEXT, id TEXT, PRIMARY KEY (namespace, id)) WITHOUT ROWID;
       CREATE TABLE others (namespace TEXT, id TEXT, PRIMARY KEY (namespace, id)) WITHOUT ROWID; BEGIN`,
    );
  }

  close(): void {
    this.#ids.close();
  }

  verdict(): Verified {
    return { entries: this.#entries, digest: (this.#digest & 0xffff_ffff_ffff_ffffn).toString(16).padStart(16, '0') };
  }

  /** Begins the comparison of a page; waits when enough are under way. */
  async page(namespace: string, page: readonly ExpectedVector[]): Promise<void> {
    this.#namespaces.add(namespace);
    const put = this.#ids.prepare('INSERT OR IGNORE INTO expected VALUES (?, ?)');
    for (const { id } of page) put.run(namespace, id);
    while (this.#underWay.size >= UNDER_WAY) await Promise.race(this.#underWay);
    if (this.#failed !== undefined) throw this.#failed;
    const job: Promise<void> = this.#compare(namespace, page)
      .catch((error: unknown) => void (this.#failed ??= error))
      .finally(() => this.#underWay.delete(job));
    this.#underWay.add(job);
  }

  async finished(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failed !== undefined) throw this.#failed;
  }

  async #compare(namespace: string, page: readonly ExpectedVector[]): Promise<void> {
    const { index, work, differs } = this.input;
    const texts = page.filter(({ text }) => text !== undefined).map(({ text }) => text!);
    const embedded = (texts.length === 0 ? [] : await this.input.embed(texts)).values();
    const vectors = page.map(({ id, values, metadata }) => ({
      id,
      values: values ?? embedded.next().value!,
      metadata,
    }));
    let open = vectors;
    for (let wait = 250; ; wait *= 2) {
      const found =
        (await index?.fetch(
          namespace,
          open.map(({ id }) => id),
        )) ?? new Map<string, StoredVector>();
      const wrong: { vector: (typeof vectors)[number]; differences: FeedDifference[] }[] = [];
      for (const vector of open) {
        const record = found.get(vector.id);
        const differences = [...this.#differences(namespace, vector, record)];
        if (differences.length > 0 && !this.#isSettled()) wrong.push({ vector, differences });
        else {
          for (const difference of differences) differs(difference);
          if (record !== undefined) this.#count(namespace, record);
        }
      }
      work.beat(this.#entries);
      if (wrong.length === 0) return;
      // What was written may not be seen yet.
      open = wrong.map(({ vector }) => vector);
      await sleep(Math.min(wait, 5_000));
    }
  }

  /** The clock begins with the first vector that is not as it should be. */
  #isSettled(): boolean {
    this.#settled ??= Date.now() + this.input.settling;
    return Date.now() >= this.#settled;
  }

  *#differences(
    namespace: string,
    { id, values, metadata }: StoredVector,
    found: StoredVector | undefined,
  ): Generator<FeedDifference> {
    const key = keyOf(namespace, id);
    if (found === undefined) {
      yield { kind: 'missing entry', key };
      return;
    }
    const place = this.#differingPlace(values, found.values);
    if (place !== undefined)
      yield {
        kind: 'property',
        key,
        column: 'values',
        expected: shownValue(values, place),
        found: shownValue(found.values, place),
      };
    if (found.sparse !== undefined)
      yield {
        kind: 'property',
        key,
        column: 'sparseValues',
        expected: 'none',
        found: `${found.sparse.values.length} values`,
      };
    for (const name of new Set([...Object.keys(metadata), ...Object.keys(found.metadata)])) {
      const [wanted, got] = [own(metadata, name), own(found.metadata, name)];
      if (!isSame(wanted, got))
        yield { kind: 'property', key, column: name, expected: shown(wanted), found: shown(got) };
    }
  }

  /** First number that differs; undefined where none does. */
  #differingPlace(wanted: Float32Array, found: Float32Array): number | undefined {
    if (wanted.length === found.length) {
      const place = wanted.findIndex((value, at) => value !== found[at]);
      if (place < 0) return undefined;
      return this.input.exact || this.input.feed.planned.text === undefined || cosine(wanted, found) < ALIKE
        ? place
        : undefined;
    }
    return Math.min(wanted.length, found.length);
  }

  #count(namespace: string, record: StoredVector): void {
    this.#entries += 1;
    const fields = Object.entries(record.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
    const hash = createHash('sha256')
      .update(JSON.stringify([namespace, record.id, fields]))
      .update(new Uint8Array(record.values.buffer, record.values.byteOffset, record.values.byteLength))
      .digest();
    this.#digest += hash.readBigUInt64BE(0);
    const rank = hash.toString('hex', 8, 16);
    this.#samples.push({ rank, namespace, id: record.id, values: record.values });
    if (this.#samples.length > 2 * QUERIES) this.#choose();
  }

  /** The same ones every time. */
  #choose(): void {
    this.#samples.sort((a, b) => (a.rank < b.rank ? -1 : 1)).splice(QUERIES);
  }

  /** What the run has written and no row stands for; and in a namespace that the run has made, whatever is not its own. */
  async extras(): Promise<void> {
    const { index, work, feed, differs } = this.input;
    if (index === undefined) return;
    const made = await madeByRun(work.images, namespacesScope(feed.planned.index));
    const extra = (namespace: string, id: string) => differs({ kind: 'extra entry', key: keyOf(namespace, id) });
    const isIn = (table: 'expected' | 'others') => {
      const statement = this.#ids.prepare(`SELECT 1 FROM ${table} WHERE namespace = ? AND id = ?`).pluck();
      return (namespace: string, id: string) => statement.get(namespace, id) !== undefined;
    };
    const [isExpected, isOthers] = [isIn('expected'), isIn('others')];
    const note = this.#ids.prepare('INSERT OR IGNORE INTO others VALUES (?, ?)');
    const scopes = new Map(
      [...this.#namespaces, ...made].map((name) => [name, vectorsScope(feed.planned.index, name)] as const),
    );
    for (const [namespace, scope] of scopes) {
      let isOwn = this.#namespaces.has(namespace);
      for await (const page of work.images.read(scope)) {
        const left: string[] = [];
        for (const image of page) {
          if (readImage(image).feed !== feed.feed) note.run(namespace, image.id);
          else {
            isOwn = true;
            if (!isExpected(namespace, image.id)) left.push(image.id);
          }
        }
        // Those of a namespace that the run has made are found below.
        if (!made.has(namespace)) for (const id of (await index.fetch(namespace, left)).keys()) extra(namespace, id);
        work.beat();
      }
      if (!made.has(namespace) || !isOwn) continue;
      for await (const ids of index.ids(namespace)) {
        for (const id of ids) if (!isExpected(namespace, id) && !isOthers(namespace, id)) extra(namespace, id);
        work.beat();
      }
    }
  }

  /** A vector is its own nearest. By dot product a longer one may be nearer, so nothing is asked there. */
  async queries(): Promise<void> {
    const { index, work, differs } = this.input;
    if (index === undefined || index.facts.metric === 'dotproduct') return;
    this.#choose();
    for (const { namespace, id, values } of this.#samples) {
      const [nearest] = await index.nearest(namespace, values, 1);
      work.beat();
      if (nearest?.id === id) continue;
      const other = nearest && (await index.fetch(namespace, [nearest.id])).get(nearest.id);
      // Another vector may be the same, or as near as 32 bits can tell.
      if (other !== undefined && cosine(values, other.values) > 0.999_99) continue;
      differs({
        kind: 'property',
        key: keyOf(namespace, id),
        column: 'query',
        expected: id,
        found: nearest?.id ?? 'nothing',
      });
    }
  }
}

const keyOf = (namespace: string, id: string): string => `${namespace}/${id}`;

const own = (metadata: StoredVector['metadata'], name: string): StoredVector['metadata'][string] | undefined =>
  Object.hasOwn(metadata, name) ? metadata[name] : undefined;

type Field = StoredVector['metadata'][string] | undefined;

function isSame(a: Field, b: Field): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function shown(value: Field): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

function shownValue(values: Float32Array, place: number): string {
  const value = values[place];
  return `${value === undefined ? 'nothing' : String(value)} at ${place + 1} of ${values.length}`;
}

function cosine(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return -1;
  let [dot, aa, bb] = [0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    dot += a[at]! * b[at]!;
    aa += a[at]! * a[at]!;
    bb += b[at]! * b[at]!;
  }
  return dot / Math.sqrt(aa * bb);
}
