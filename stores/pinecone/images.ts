import { createHash } from 'node:crypto';
import type { BeforeImage, BeforeImages } from '../feed-store';
import type { Metadata, StoredVector } from './client';

/**
 * What the ledger keeps of Pinecone: which indexes and namespaces the run found, and of every vector that it writes what was there before and a digest
 * of what it writes, so that a rollback can tell its own vectors from those that others have changed since.
 */

export const INDEXES = 'indexes';
/** The tag of an index that a run has made, and not somebody else just before it, until the rollback window ends. */
export const RUN_TAG = 'sqlift-run';
export const namespacesScope = (index: string): string => `namespaces ${index}`;
export const vectorsScope = (index: string, namespace: string): string => `vectors ${index} ${namespace}`;

/** The index and namespace of a scope of vectors; undefined for other scopes. */
export function placeOfScope(scope: string): { index: string; namespace: string } | undefined {
  const [, index, namespace] = /^vectors (\S+) (.*)$/s.exec(scope) ?? [];
  return index === undefined || namespace === undefined ? undefined : { index, namespace };
}

export interface VectorImage {
  feed: string;
  /** Digest of what the run writes. */
  wrote: string;
  before: StoredVector | undefined;
}

interface Stored {
  feed: string;
  wrote: string;
  before?: { values: string; sparse?: { indices: number[]; values: number[] }; metadata: Metadata };
}

export function writeImage(id: string, { feed, wrote, before }: VectorImage): BeforeImage {
  const stored: Stored = {
    feed,
    wrote,
    ...(before !== undefined && {
      before: {
        values: bytesOf(before.values).toString('base64'),
        ...(before.sparse !== undefined && { sparse: before.sparse }),
        metadata: before.metadata,
      },
    }),
  };
  return { id, image: Buffer.from(JSON.stringify(stored)) };
}

export function readImage({ id, image }: BeforeImage): VectorImage {
  const { feed, wrote, before } = JSON.parse(image!.toString('utf8')) as Stored;
  if (before === undefined) return { feed, wrote, before };
  const values = new Float32Array(Uint8Array.prototype.slice.call(Buffer.from(before.values, 'base64')).buffer);
  return { feed, wrote, before: { ...before, id, values } };
}

/** Which of the entries of a scope the run has made: those that it found nothing of. */
export async function madeByRun(images: BeforeImages, scope: string): Promise<Set<string>> {
  const made = new Set<string>();
  for await (const page of images.read(scope)) for (const { id, image } of page) if (image === null) made.add(id);
  return made;
}

/** Of all that can be seen of a vector. JSON has no −0. */
export function digestOf({ values, sparse, metadata }: StoredVector): string {
  const fields = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256')
    .update(bytesOf(values.map((value) => value + 0)))
    .update(JSON.stringify(fields));
  if (sparse !== undefined) hash.update(JSON.stringify(sparse));
  return hash.digest('hex').slice(0, 32);
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
