import { SqliftError } from '../../core/errors';
import type { Entry, VectorEntry } from '../../core/feeds/entry';
import type { Feed, VectorFeed } from '../../core/feeds/feed';
import type { SourceValue } from '../../core/meaning/meaning';
import { EmbeddingCache } from '../embedder/cache';
import { embedAll } from '../embedder/embed-all';
import type { Embedder } from '../embedder/embedder';
import { openEmbedder } from '../embedder/open';
import { refuseConflicts } from '../conflicts';
import type {
  Conflict,
  DiscardWork,
  FeedDifference,
  FeedStore,
  FeedWork,
  RunWork,
  StoreContext,
  StoreFacts,
  Verified,
} from '../feed-store';
import { PineconeClient } from './client';
import type { IndexFacts, PineconeConnection, PineconeIndex } from './client';
import { discardVectors, findVectorConflicts } from './discard';
import { INDEXES, namespacesScope, vectorsScope } from './images';
import { verifyVectors } from './verify';
import { byNamespace, namespaceOf, writeVectors } from './write';

/** How long a vector may take to be seen after it was written, in milliseconds. */
const SETTLING = 60_000;

export class PineconeStore implements FeedStore {
  readonly name = 'pinecone';
  readonly #client: PineconeClient;
  readonly #embedders = new Map<string, Embedder>();
  /** Indexes of runs that are made, or found to be there. */
  readonly #ready = new Map<string, Promise<PineconeIndex>>();
  readonly #noted = new Set<string>();
  #cache: EmbeddingCache | undefined;

  constructor(
    connection: PineconeConnection,
    private readonly context: StoreContext,
  ) {
    this.#client = new PineconeClient(connection);
  }

  async check(feeds: readonly Feed[]): Promise<StoreFacts> {
    const seenEarly: string[] = [];
    const wanted = new Map<string, { feed: string; dimension: number | undefined; metric: string | undefined }>();
    for (const feed of feeds as readonly VectorFeed[]) {
      const { index, metric } = feed.planned;
      const dimension = await this.#dimensionOf(feed);
      const other = wanted.get(index);
      const found = await this.#client.describe(index);
      if (found !== undefined) refuseOther(feed.feed, index, found, dimension, metric);
      if (other !== undefined && differ(other, { dimension, metric }))
        throw new SqliftError(
          'PlanInvalid',
          `${feed.feed}: index ${index} is wanted with another dimension or metric than in ${other.feed}`,
        );
      if (other === undefined) wanted.set(index, { feed: feed.feed, dimension, metric });
      if (found === undefined) continue;
      const { namespace = '' } = feed.planned;
      for (const [name, count] of await (await this.#client.index(index)).namespaces())
        if (count > 0 && (namespace.includes('{') || namespaceOf(namespace) === name))
          seenEarly.push(
            `Pinecone shows vectors as they are written: readers of namespace ${name} in index ${index}, which holds ${count} already, may see them before the cut-over.`,
          );
    }
    return { version: SDK_VERSION, seenEarly: [...new Set(seenEarly)] };
  }

  async prepare(work: RunWork): Promise<void> {
    await work.holdLive();
    for (const feed of work.feeds as readonly VectorFeed[]) {
      const dimension = await this.#dimensionOf(feed);
      // Otherwise it is made with the first vectors, which tell.
      if (dimension !== undefined) await this.#indexOf(work, feed, dimension);
    }
  }

  async write(work: FeedWork, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    const feed = work.feed as VectorFeed;
    const own = entries as readonly VectorEntry[];
    const vectors = await this.#vectorsOf(work, feed, own);
    const index = await this.#indexOf(work, feed, vectors[0]!.length);
    for (const [namespace, group] of byNamespace(own, vectors)) {
      await this.#noteNamespace(work, feed.planned.index, index, namespace);
      await writeVectors(work, vectorsScope(feed.planned.index, namespace), index, namespace, group);
    }
  }

  async finish({ feeds }: RunWork): Promise<string[]> {
    const hashed = (feeds as readonly VectorFeed[]).filter(
      ({ planned }) => planned.text !== undefined && (planned.embedder?.provider ?? 'hashing') === 'hashing',
    );
    return hashed.map(
      ({ feed }) => `${feed} is embedded by hashing: texts with the same words are near each other, synonyms are not.`,
    );
  }

  async verify(
    work: FeedWork,
    rows: AsyncIterable<readonly SourceValue[]>,
    differs: (difference: FeedDifference) => void,
  ): Promise<Verified> {
    const feed = work.feed as VectorFeed;
    const facts = await this.#client.describe(feed.planned.index);
    const index = facts && (await this.#client.index(feed.planned.index));
    const embedder = this.#embedderOf(feed);
    return verifyVectors({
      work,
      feed,
      index,
      rows,
      differs,
      embed: (texts) => embedAll(embedder, this.#cacheFor(embedder), texts, { beat: () => work.beat() }),
      exact: embedder.computed,
      settling: this.#client.isLocal ? 0 : SETTLING,
    });
  }

  async verifyWhole(work: RunWork, differs: (difference: FeedDifference) => void): Promise<void> {
    const indexes = new Map((work.feeds as readonly VectorFeed[]).map((feed) => [feed.planned.index, feed]));
    for (const [name, { planned }] of indexes) {
      const facts = await this.#client.describe(name);
      const say = (column: string, expected: string, found: string) =>
        differs({ kind: 'constraint', key: name, column, expected, found });
      if (facts === undefined) continue;
      if (!facts.ready) say('status', 'ready', 'not ready');
      if (planned.metric !== undefined && facts.metric !== planned.metric) say('metric', planned.metric, facts.metric);
      if (planned.dimension !== undefined && facts.dimension !== planned.dimension)
        say('dimension', String(planned.dimension), String(facts.dimension));
    }
  }

  /** Vectors are where they belong since they were written: Pinecone has no way of showing many at once. */
  async promote(work: RunWork): Promise<void> {
    await work.holdLive();
  }

  findConflicts(work: DiscardWork, found: (conflict: Conflict) => void): Promise<void> {
    return findVectorConflicts(this.#client, work, found);
  }

  async discard(work: DiscardWork): Promise<void> {
    const isOwn = (key: string) => key.startsWith(`${work.run} `);
    for (const key of [...this.#ready.keys()].filter(isOwn)) this.#ready.delete(key);
    for (const key of [...this.#noted].filter(isOwn)) this.#noted.delete(key);
    if (!work.force) await refuseConflicts(this, work);
    await discardVectors(this.#client, work);
  }

  /** There are no marks in Pinecone. */
  async finalize(): Promise<void> {}

  async close(): Promise<void> {
    this.#cache?.close();
    this.#cache = undefined;
  }

  /** As far as it is known before there are vectors. */
  async #dimensionOf(feed: VectorFeed): Promise<number | undefined> {
    const { dimension, text } = feed.planned;
    if (text === undefined) return dimension;
    const embedder = this.#embedderOf(feed);
    if (embedder.dimension !== undefined) return embedder.dimension;
    // Tells as well whether the provider answers.
    const [vector] = await embedAll(embedder, this.#cacheFor(embedder), ['dimension'], { dimension });
    return vector!.length;
  }

  async #vectorsOf(work: FeedWork, feed: VectorFeed, entries: readonly VectorEntry[]): Promise<Float32Array[]> {
    if (feed.planned.text === undefined) return entries.map(({ values }) => values!);
    const embedder = this.#embedderOf(feed);
    return embedAll(
      embedder,
      this.#cacheFor(embedder),
      entries.map(({ text }) => text!),
      { dimension: feed.planned.dimension, beat: () => work.beat() },
    );
  }

  #embedderOf({ planned: { embedder, dimension } }: VectorFeed): Embedder {
    const key = JSON.stringify([embedder, dimension]);
    let open = this.#embedders.get(key);
    if (open === undefined) this.#embedders.set(key, (open = openEmbedder(embedder, dimension, this.context)));
    return open;
  }

  #cacheFor({ computed }: Embedder): EmbeddingCache | undefined {
    if (computed) return undefined;
    return (this.#cache ??= new EmbeddingCache(this.context.file('embeddings.sqlite')));
  }

  /** The index, made when it is missing; that it was is in the ledger first. */
  #indexOf(work: RunWork, feed: VectorFeed, dimension: number): Promise<PineconeIndex> {
    const key = `${work.run} ${feed.planned.index}`;
    let ready = this.#ready.get(key);
    if (ready === undefined) {
      ready = this.#makeIndex(work, feed, dimension);
      // One that failed is tried again.
      ready.catch(() => this.#ready.delete(key));
      this.#ready.set(key, ready);
    }
    return ready;
  }

  async #makeIndex(work: RunWork, { feed, planned }: VectorFeed, dimension: number): Promise<PineconeIndex> {
    const { index: name, metric, cloud = 'aws', region = 'us-east-1' } = planned;
    const found = await this.#client.describe(name);
    await work.images.keep(INDEXES, [{ id: name, image: found === undefined ? null : Buffer.from('there') }]);
    if (found === undefined) {
      await work.holdLive();
      await this.#client.create({ name, dimension, metric: metric ?? 'cosine', cloud, region });
    }
    const index = await this.#client.index(name);
    refuseOther(feed, name, index.facts, dimension, metric);
    return index;
  }

  async #noteNamespace(work: RunWork, name: string, index: PineconeIndex, namespace: string): Promise<void> {
    const key = `${work.run} ${name} ${namespace}`;
    if (this.#noted.has(key)) return;
    const found = (await index.namespaces()).has(namespace);
    await work.images.keep(namespacesScope(name), [{ id: namespace, image: found ? Buffer.from('there') : null }]);
    this.#noted.add(key);
  }
}

const SDK_VERSION = `SDK ${(require('@pinecone-database/pinecone/package.json') as { version: string }).version}`;

/** @throws SqliftError TargetMismatch */
function refuseOther(
  feed: string,
  name: string,
  found: IndexFacts,
  dimension: number | undefined,
  metric: string | undefined,
): void {
  if (dimension !== undefined && found.dimension !== dimension)
    throw new SqliftError(
      'TargetMismatch',
      `${feed}: index ${name} has ${found.dimension ?? 'no'} dimensions, the vectors ${dimension}`,
    );
  if (metric !== undefined && found.metric !== metric)
    throw new SqliftError('TargetMismatch', `${feed}: index ${name} has the metric ${found.metric}, not ${metric}`);
}

function differ(
  a: { dimension: number | undefined; metric: string | undefined },
  b: { dimension: number | undefined; metric: string | undefined },
): boolean {
  return (
    (a.dimension !== undefined && b.dimension !== undefined && a.dimension !== b.dimension) ||
    (a.metric ?? 'cosine') !== (b.metric ?? 'cosine')
  );
}
