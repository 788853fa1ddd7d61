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
import { INDEXES, madeByRun, namespacesScope, RUN_TAG, vectorsScope } from './images';
import { verifyVectors } from './verify';
import { byNamespace, namespaceOf, writeVectors } from './write';

/** Namespaces that are remembered as noted. */
const NOTED = 10_000;

export class PineconeStore implements FeedStore {
  readonly name = 'pinecone';
  readonly #client: PineconeClient;
  readonly #embedders = new Map<string, Embedder>();
  /** Indexes of runs that are made, or found to be there. */
  readonly #ready = new Map<string, Promise<PineconeIndex>>();
  readonly #noted = new Set<string>();
  readonly #found = new Map<string, Promise<ReadonlySet<string>>>();
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
    const { index: name } = feed.planned;
    const groups = byNamespace(own, vectors);
    await this.#noteNamespaces(work, name, index, [...groups.keys()]);
    for (const [namespace, group] of groups)
      await writeVectors(work, vectorsScope(name, namespace), index, namespace, group);
  }

  async finish({ feeds }: RunWork): Promise<string[]> {
    return (feeds as readonly VectorFeed[])
      .filter(({ planned }) => planned.text !== undefined)
      .map((feed) => noteOn(feed, this.#embedderOf(feed)));
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
      embed: (texts) => this.#embedAgain(work, embedder, texts),
      exact: embedder.computed,
      settling: this.#client.settling,
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
    this.#forgetRun(work.run);
  }

  findConflicts(work: DiscardWork, found: (conflict: Conflict) => void): Promise<void> {
    return findVectorConflicts(this.#client, work, found);
  }

  async discard(work: DiscardWork): Promise<void> {
    this.#forgetRun(work.run);
    if (!work.force) await refuseConflicts(this, work);
    await discardVectors(this.#client, work);
  }

  /** The only marks in Pinecone are tags of indexes. */
  async finalize({ run, images }: DiscardWork): Promise<void> {
    this.#forgetRun(run);
    for (const name of await madeByRun(images, INDEXES)) await this.#client.untag(name, RUN_TAG);
  }

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

  /**
   * What the texts' vectors have to be, for verification. What was kept when they were written would agree with itself: so where asking costs nothing, the
   * first of every page is embedded anew.
   */
  async #embedAgain(work: RunWork, embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
    const beat = () => work.beat();
    const vectors = await embedAll(embedder, this.#cacheFor(embedder), texts, { beat });
    if (embedder.computed || !embedder.free) return vectors;
    const anew = await embedAll(embedder, undefined, texts.slice(0, 1), { beat });
    return [...anew, ...vectors.slice(1)];
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
      const tags = { [RUN_TAG]: work.run };
      const made = { name, dimension, metric: metric ?? 'cosine', cloud, region, tags } as const;
      await work.whileLive(() => this.#client.create(made));
    }
    const index = await this.#client.index(name);
    refuseOther(feed, name, index.facts, dimension, metric);
    return index;
  }

  /** Keeps which of the namespaces are there already, before anything is written into them. */
  async #noteNamespaces(
    work: RunWork,
    name: string,
    index: PineconeIndex,
    namespaces: readonly string[],
  ): Promise<void> {
    const key = (namespace: string) => `${work.run} ${name} ${namespace}`;
    const open = namespaces.filter((namespace) => !this.#noted.has(key(namespace)));
    if (open.length === 0) return;
    const known = await this.#namespacesOf(`${work.run} ${name}`, index);
    const images = [];
    for (const namespace of open) {
      // Others may have made it since.
      const isThere = known.has(namespace) || (await index.holdsAny(namespace));
      images.push({ id: namespace, image: isThere ? Buffer.from('there') : null });
    }
    await work.images.keep(namespacesScope(name), images);
    // What is forgotten here is kept a second time, which changes nothing.
    if (this.#noted.size > NOTED) this.#noted.clear();
    for (const namespace of open) this.#noted.add(key(namespace));
  }

  /** Those that an index had when the run first asked: one count tells of all, and each costs as much as all of them. */
  #namespacesOf(key: string, index: PineconeIndex): Promise<ReadonlySet<string>> {
    let found = this.#found.get(key);
    if (found === undefined) {
      found = index.namespaces().then((counts) => new Set(counts.keys()));
      found.catch(() => this.#found.delete(key));
      this.#found.set(key, found);
    }
    return found;
  }

  /** A run that has ended is not remembered. */
  #forgetRun(run: string): void {
    const isOwn = (key: string) => key.startsWith(`${run} `);
    for (const map of [this.#ready, this.#found]) for (const key of [...map.keys()].filter(isOwn)) map.delete(key);
    for (const key of [...this.#noted].filter(isOwn)) this.#noted.delete(key);
  }
}

const SDK_VERSION = `SDK ${(require('@pinecone-database/pinecone/package.json') as { version: string }).version}`;

/** What a reader of the report has to know of a feed's vectors. */
function noteOn({ feed }: VectorFeed, { computed, free }: Embedder): string {
  if (computed)
    return `${feed} is embedded by hashing: texts with the same words are near each other, synonyms are not.`;
  return free
    ? `${feed}: verification has at least one text in a hundred embedded again; of the others it compares the vectors that were kept when they were embedded.`
    : `${feed}: verification compares the vectors that were kept when they were embedded, and does not ask its provider, who is paid, again.`;
}

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
