import { Pinecone } from '@pinecone-database/pinecone';
import type { Index, PineconeRecord } from '@pinecone-database/pinecone';
import { SqliftError } from '../../core/errors';
import { retryAfterOf } from '../embedder/http';

/** Pinecone through its official SDK, with its errors as sqlift's and its limits kept. */

/** The name of the namespace that has none. */
export const DEFAULT_NAMESPACE = '__default__';

export type Metadata = Record<string, string | number | boolean | string[]>;

/** A record as the store has it. */
export interface StoredVector {
  id: string;
  values: Float32Array;
  sparse?: { indices: number[]; values: number[] };
  metadata: Metadata;
}

export interface IndexFacts {
  host: string;
  dimension: number | undefined;
  metric: string;
  ready: boolean;
  tags: Record<string, string>;
}

export interface NewIndex {
  name: string;
  dimension: number;
  metric: 'cosine' | 'dotproduct' | 'euclidean';
  cloud: string;
  region: string;
  tags: Record<string, string>;
}

const SETTLING = 60_000;
const REQUEST_PATIENCE = 60_000;
const PAGE = 100;
/** Of a GET's address: servers take 16 KiB of headers. */
const ADDRESS_CHARACTERS = 8_000;
/** Of an answer: Pinecone gives 4 MB. */
const ANSWER_BYTES = 3_000_000;
const DELETE_PAGE = 1_000;

export interface PineconeConnection {
  apiKey: string;
  controllerHost?: string;
}

export class PineconeClient {
  readonly #sdk: Pinecone;
  readonly server: string;
  /** How long what was written may take to be seen, in milliseconds: on this machine it is seen at once. */
  readonly settling: number;

  constructor({ apiKey, controllerHost }: PineconeConnection) {
    this.server = controllerHost === undefined ? 'api.pinecone.io' : new URL(controllerHost).host;
    this.settling = /^(127\.|localhost|\[::1\])/.test(this.server) ? 0 : SETTLING;
    this.#sdk = new Pinecone({
      apiKey,
      ...(controllerHost !== undefined && { controllerHostUrl: controllerHost }),
      sourceTag: 'sqlift',
      fetchApi: patiently(this.server),
    });
  }

  /** Undefined when there is no such index. */
  async describe(name: string): Promise<IndexFacts | undefined> {
    const found = await this.#missing(() => this.#sdk.describeIndex(name));
    if (found === undefined) return undefined;
    const { host, dimension, metric, status, tags } = found;
    return { host, dimension, metric, ready: status.ready, tags: tags ?? {} };
  }

  /** Makes an index and waits until it takes vectors. One that is there already is left as it is. */
  async create({ cloud, region, ...index }: NewIndex): Promise<void> {
    const spec = { serverless: { cloud: cloud as 'aws', region } };
    await this.#call(`make index ${index.name}`, () =>
      this.#sdk.createIndex({ ...index, spec, waitUntilReady: true, suppressConflicts: true }),
    );
  }

  /** Takes a tag off an index, if both are there. */
  async untag(name: string, tag: string): Promise<void> {
    const found = await this.describe(name);
    if (found?.tags[tag] !== undefined)
      await this.#missing(() => this.#sdk.configureIndex({ name, tags: { [tag]: '' } }));
  }

  async remove(name: string): Promise<void> {
    await this.#missing(() => this.#sdk.deleteIndex(name));
  }

  async index(name: string): Promise<PineconeIndex> {
    const facts = await this.describe(name);
    if (facts === undefined)
      throw new SqliftError('TargetMismatch', `index ${name} is not there`, { server: this.server });
    const call: Call = (what, work) => this.#call(`${what} of index ${name}`, work);
    return new PineconeIndex(this.#sdk.index({ host: facts.host }), facts, call);
  }

  #call: Call = async (what, work) => {
    try {
      return await work();
    } catch (error) {
      throw this.#failure(what, error);
    }
  };

  async #missing<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (nameOf(error) === 'PineconeNotFoundError') return undefined;
      throw this.#failure('a request', error);
    }
  }

  /** What Pinecone says in words stays out: it quotes metadata and ids. */
  #failure(what: string, error: unknown): Error {
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
      if (cause instanceof SqliftError) return cause;
    const place = { server: this.server };
    const options = { cause: error };
    switch (nameOf(error)) {
      case 'PineconeAuthorizationError':
        return new SqliftError(
          'TargetAccessDenied',
          `Pinecone at ${this.server} does not accept the key`,
          place,
          options,
        );
      case 'PineconeConnectionError':
      case 'PineconeMaxRetriesExceededError':
      case 'PineconeInternalServerError':
      case 'PineconeUnavailableError':
      case 'PineconeTimeoutError':
        return new SqliftError('TargetUnreachable', `Pinecone at ${this.server} does not answer`, place, options);
      case 'PineconeNotFoundError':
        return new SqliftError('TargetMismatch', `Pinecone has no longer what ${what} is about`, place, options);
      default:
        return nameOf(error).startsWith('Pinecone')
          ? new SqliftError('TargetRefused', `Pinecone refused ${what} (${nameOf(error)})`, place, options)
          : (error as Error);
    }
  }
}

type Call = <T>(what: string, work: () => Promise<T>) => Promise<T>;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** The SDK keeps the header of a 429 to itself, and waits for ever for an answer. */
function patiently(server: string): typeof fetch {
  return async (url, init) => {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_PATIENCE) });
    if (response.status !== 429) return response;
    await response.arrayBuffer();
    const retryAfter = retryAfterOf(response.headers.get('retry-after')) ?? 1_000;
    throw new SqliftError('RateLimited', `Pinecone at ${server} asks for patience (429)`, { server }, { retryAfter });
  };
}

/** One index. Namespaces go by their names, the default one by `__default__`. */
export class PineconeIndex {
  constructor(
    private readonly index: Index,
    readonly facts: IndexFacts,
    private readonly call: Call,
  ) {}

  async upsert(namespace: string, records: readonly StoredVector[]): Promise<void> {
    const wire = records.map(({ id, values, sparse, metadata }): PineconeRecord => ({
      id,
      values: Array.from(values),
      ...(sparse !== undefined && { sparseValues: sparse }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    }));
    await this.call('an upsert', () => this.index.upsert({ records: wire, namespace }));
  }

  /** Those of the ids that are there. */
  async fetch(namespace: string, ids: readonly string[]): Promise<Map<string, StoredVector>> {
    const found = new Map<string, StoredVector>();
    for (const page of this.#pages(ids)) {
      for (const record of await this.#fetchPage(namespace, page)) found.set(record.id, record);
    }
    return found;
  }

  async remove(namespace: string, ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += DELETE_PAGE) {
      const page = ids.slice(at, at + DELETE_PAGE);
      await this.#unlessMissing('a deletion', () => this.index.deleteMany({ ids: page, namespace }));
    }
  }

  /** Whether there is any vector in a namespace. */
  async holdsAny(namespace: string): Promise<boolean> {
    for await (const page of this.ids(namespace)) if (page.length > 0) return true;
    return false;
  }

  /** Pages of ids. */
  async *ids(namespace: string): AsyncIterable<string[]> {
    let paginationToken: string | undefined;
    do {
      const token = paginationToken;
      const page = await this.call('a list', () =>
        this.index.listPaginated({ namespace, limit: PAGE, ...(token !== undefined && { paginationToken: token }) }),
      );
      yield (page.vectors ?? []).flatMap(({ id }) => (id === undefined ? [] : [id]));
      paginationToken = page.pagination?.next || undefined;
    } while (paginationToken !== undefined);
  }

  /** Number of vectors by namespace. */
  async namespaces(): Promise<Map<string, number>> {
    const { namespaces = {} } = await this.call('a count', () => this.index.describeIndexStats());
    return new Map(
      Object.entries(namespaces).map(([name, { recordCount }]) => [
        name === '' ? DEFAULT_NAMESPACE : name,
        recordCount,
      ]),
    );
  }

  async removeNamespace(namespace: string): Promise<void> {
    await this.#unlessMissing('the end of a namespace', () => this.index.deleteNamespace(namespace));
  }

  /** The nearest vectors, best first. */
  async nearest(namespace: string, values: Float32Array, topK: number): Promise<{ id: string; score: number }[]> {
    const { matches } = await this.call('a query', () =>
      this.index.query({ vector: Array.from(values), topK, namespace }),
    );
    return matches.map(({ id, score = 0 }) => ({ id, score }));
  }

  async #unlessMissing(what: string, work: () => Promise<unknown>): Promise<void> {
    await this.call(what, async () => {
      try {
        await work();
      } catch (error) {
        if (nameOf(error) !== 'PineconeNotFoundError') throw error;
      }
    });
  }

  *#pages(ids: readonly string[]): Generator<string[]> {
    const perRecord = (this.facts.dimension ?? 0) * 20 + 1_000;
    const most = Math.min(PAGE, Math.max(1, Math.floor(ANSWER_BYTES / perRecord)));
    let page: string[] = [];
    let characters = 0;
    for (const id of ids) {
      const length = encodeURIComponent(id).length + 'ids=&'.length;
      if (page.length >= most || (page.length > 0 && characters + length > ADDRESS_CHARACTERS)) {
        yield page;
        page = [];
        characters = 0;
      }
      page.push(id);
      characters += length;
    }
    if (page.length > 0) yield page;
  }

  async #fetchPage(namespace: string, ids: string[]): Promise<StoredVector[]> {
    try {
      const { records } = await this.call('a fetch', () => this.index.fetch({ ids, namespace }));
      return Object.values(records).map(({ id, values, sparseValues, metadata }) => ({
        id,
        values: Float32Array.from(values ?? []),
        ...(sparseValues !== undefined && { sparse: sparseValues }),
        metadata: (metadata ?? {}) as Metadata,
      }));
    } catch (error) {
      // Long metadata can make an answer too large, which cannot be known beforehand.
      if (!(error instanceof SqliftError) || error.code !== 'TargetRefused' || ids.length === 1) throw error;
      const half = Math.ceil(ids.length / 2);
      return [
        ...(await this.#fetchPage(namespace, ids.slice(0, half))),
        ...(await this.#fetchPage(namespace, ids.slice(half))),
      ];
    }
  }
}
