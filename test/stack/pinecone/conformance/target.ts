import { setTimeout as sleep } from 'node:timers/promises';
import { Pinecone, type CreateIndexOptions, type Index } from '@pinecone-database/pinecone';
import { Endpoint, SPEC } from '../endpoint';

/**
 * What the conformance suite runs against: the local endpoint, or with `SQLIFT_PINECONE_CONFORMANCE=real` and
 * `PINECONE_API_KEY` the real service (it makes and deletes indexes named `sqlift-conformance-…` there). Every expectation
 * is from Pinecone's public documentation or its OpenAPI description, and every call goes through the official SDK.
 */

export const REAL = process.env.SQLIFT_PINECONE_CONFORMANCE === 'real' && Boolean(process.env.PINECONE_API_KEY);

/** The real service makes an index in up to a minute, and shows a write after some seconds. */
const PATIENCE_MS = REAL ? 120_000 : 0;

export class Target {
  readonly #indexes: string[] = [];

  private constructor(
    readonly client: Pinecone,
    private readonly endpoint: Endpoint | undefined,
  ) {}

  static async open(): Promise<Target> {
    if (REAL) return new Target(new Pinecone(), undefined);
    const endpoint = await Endpoint.start();
    return new Target(endpoint.client(), endpoint);
  }

  /** A name that nobody else uses; `close` deletes the index if it is there. */
  name(): string {
    const name = `sqlift-conformance-${Date.now().toString(36)}-${this.#indexes.length}`;
    this.#indexes.push(name);
    return name;
  }

  async index(options: Partial<CreateIndexOptions> = {}): Promise<Index> {
    const name = this.name();
    await this.client.createIndex({
      name,
      dimension: 3,
      metric: 'cosine',
      spec: SPEC,
      waitUntilReady: true,
      ...options,
    });
    return this.client.index({ name });
  }

  async close(): Promise<void> {
    if (REAL) for (const name of this.#indexes) await this.client.deleteIndex(name).catch(() => undefined);
    await this.endpoint?.remove();
  }
}

/** What `read` gives once `holds` does; at once against the local endpoint, which shows every write that it has answered. */
export async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await read();
    if (holds(value) || Date.now() >= deadline) return value;
    await sleep(2000);
  }
}

/** Waits until as many records are counted in the namespace. */
export async function untilCounted(index: Index, namespace: string, records: number): Promise<void> {
  const counted = (stats: Awaited<ReturnType<Index['describeIndexStats']>>): number =>
    stats.namespaces?.[namespace]?.recordCount ?? 0;
  const stats = await eventually(
    () => index.describeIndexStats(),
    (now) => counted(now) === records,
  );
  expect(counted(stats)).toBe(records);
}
