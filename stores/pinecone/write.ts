import { SqliftError } from '../../core/errors';
import type { VectorEntry } from '../../core/feeds/entry';
import type { VectorFeed } from '../../core/feeds/feed';
import type { FeedWork } from '../feed-store';
import { DEFAULT_NAMESPACE } from './client';
import type { PineconeIndex, StoredVector } from './client';
import { digestOf, placeOfScope, readImage, writeImage } from './images';

/** Of one request, by Pinecone's limits: 2 MB, then 1,000 records. */
const REQUEST_BYTES = 2_000_000;
const REQUEST_RECORDS = 1_000;
/** Characters of a 32-bit float as JSON, at most, with its comma. */
const NUMBER_BYTES = 24;
/** Vectors whose before-images are kept at once. */
const PAGE = 1_000;

export const namespaceOf = (name: string): string => (name === '' ? DEFAULT_NAMESPACE : name);

/** Writes vectors of one namespace: first what was there goes to the ledger, under `scope`. */
export async function writeVectors(
  work: FeedWork,
  scope: string,
  index: PineconeIndex,
  namespace: string,
  vectors: readonly StoredVector[],
): Promise<void> {
  for (let at = 0; at < vectors.length; at += PAGE) {
    const page = vectors.slice(at, at + PAGE);
    const before = await index.fetch(
      namespace,
      page.map(({ id }) => id),
    );
    await work.images.keep(
      scope,
      page.map((vector) =>
        writeImage(vector.id, { feed: work.feed.feed, wrote: digestOf(vector), before: before.get(vector.id) }),
      ),
    );
    if (isShared(work)) await refuseOthers(work, scope, page);
    for (const batch of batchesOf(page)) {
      await work.whileLive(() => index.upsert(namespace, batch));
      work.beat();
    }
  }
}

/** Whether another feed of the plan fills the same index. */
function isShared({ feed, feeds }: FeedWork): boolean {
  const { index } = (feed as VectorFeed).planned;
  return (feeds as readonly VectorFeed[]).some((other) => other.feed !== feed.feed && other.planned.index === index);
}

/**
 * What the ledger keeps of a vector says whose it is: one that two feeds bring would be what the later one wrote. Ids are data, and are not said.
 *
 * @throws SqliftError PlanInvalid
 */
async function refuseOthers(work: FeedWork, scope: string, page: readonly StoredVector[]): Promise<void> {
  const { feed } = work.feed;
  const images = await work.images.findAll(
    scope,
    page.map(({ id }) => id),
  );
  const owners = images.map((image) => readImage(image).feed).filter((owner) => owner !== feed);
  const [owner] = owners;
  if (owner === undefined) return;
  const { index, namespace } = placeOfScope(scope)!;
  throw new SqliftError(
    'PlanInvalid',
    `${owner} and ${feed} make vectors of the same ids (at least ${owners.length}) in index ${index}${namespace === DEFAULT_NAMESPACE ? '' : ', in one namespace'}: give one of them another id or namespace`,
  );
}

/** Entries by their namespaces, with their vectors. */
export function byNamespace(
  entries: readonly VectorEntry[],
  vectors: readonly Float32Array[],
): Map<string, StoredVector[]> {
  const groups = new Map<string, StoredVector[]>();
  for (const [i, { id, namespace, metadata }] of entries.entries()) {
    const name = namespaceOf(namespace);
    const group = groups.get(name) ?? [];
    if (group.length === 0) groups.set(name, group);
    group.push({ id, values: vectors[i]!, metadata });
  }
  return groups;
}

/** By bytes first, then by count. */
export function* batchesOf(vectors: readonly StoredVector[]): Generator<StoredVector[]> {
  let batch: StoredVector[] = [];
  let bytes = 0;
  for (const vector of vectors) {
    const own = weightOf(vector);
    if (batch.length > 0 && (batch.length >= REQUEST_RECORDS || bytes + own > REQUEST_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(vector);
    bytes += own;
  }
  if (batch.length > 0) yield batch;
}

/** As JSON, at most. */
function weightOf({ id, values, sparse, metadata }: StoredVector): number {
  let bytes = 100 + id.length + Buffer.byteLength(JSON.stringify(metadata));
  for (const value of values) bytes += value === 0 ? 2 : NUMBER_BYTES;
  return bytes + (sparse === undefined ? 0 : JSON.stringify(sparse).length);
}
