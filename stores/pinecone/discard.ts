import { setTimeout as sleep } from 'node:timers/promises';
import type { BeforeImage, Conflict, DiscardWork } from '../feed-store';
import type { PineconeClient, PineconeIndex, StoredVector } from './client';
import { digestOf, INDEXES, madeByRun, namespacesScope, placeOfScope, readImage, RUN_TAG } from './images';
import { batchesOf } from './write';

const VECTOR_CHANGED: Conflict['what'] = ['vector was changed or removed', 'vectors were changed or removed'];
const INDEX_REMOVED: Conflict['what'] = ['index was removed', 'indexes were removed'];
const INDEX_SHARED: Conflict['what'] = [
  'index that the run made was given vectors of others',
  'indexes that the run made were given vectors of others',
];

/**
 * Takes a run's vectors back: what it overwrote is as it was, what it made is gone. Nobody's changes are in the way, or they are to be destroyed.
 *
 * What is read of Pinecone may be a moment old. So everything is put back that the ledger names, whether it looks as if it were needed or not.
 */
export async function discardVectors(client: PineconeClient, work: DiscardWork): Promise<void> {
  const { there, scopes, madeIndexes } = await touched(client, work);
  for (const { scope, index: name, namespace } of scopes) {
    const index = there.get(name);
    if (index === undefined || madeIndexes.has(name)) continue;
    for await (const page of work.images.read(scope)) {
      await undoPage(index, namespace, page);
      await work.images.undone(
        scope,
        page.map(({ id }) => id),
      );
      work.beat();
    }
  }
  for (const [name, index] of there) {
    if (madeIndexes.has(name)) await client.remove(name);
    else await removeEmptied(index, await madeByRun(work.images, namespacesScope(name)), Date.now() + client.settling);
  }
}

/** Namespaces that the run made and nobody else has put anything into: the service keeps them when they are empty. */
async function removeEmptied(index: PineconeIndex, made: ReadonlySet<string>, until: number): Promise<void> {
  for (const namespace of made) {
    let holdsAny = await index.holdsAny(namespace);
    // What was removed may be listed for a while.
    for (; holdsAny && Date.now() < until; holdsAny = await index.holdsAny(namespace)) await sleep(1_000);
    if (!holdsAny) await index.removeNamespace(namespace);
  }
}

interface Touched {
  scopes: { scope: string; index: string; namespace: string }[];
  /** Of the indexes that the run has come to, those that are there. */
  there: Map<string, PineconeIndex>;
  madeIndexes: Set<string>;
}

async function touched(client: PineconeClient, { run, images }: DiscardWork): Promise<Touched> {
  const scopes = (await images.scopes()).flatMap((scope) => {
    const place = placeOfScope(scope);
    return place === undefined ? [] : [{ scope, ...place }];
  });
  const missed = await madeByRun(images, INDEXES);
  const indexes = new Set([...missed, ...scopes.map(({ index }) => index)]);
  const there = new Map<string, PineconeIndex>();
  const madeIndexes = new Set<string>();
  for (const name of indexes) {
    const index = (await client.describe(name)) && (await client.index(name));
    if (index !== undefined) there.set(name, index);
    // One that somebody else has made between the run's look and its own attempt has no tag of the run.
    if (missed.has(name) && (index === undefined || index.facts.tags[RUN_TAG] === run)) madeIndexes.add(name);
  }
  return { scopes, there, madeIndexes };
}

async function undoPage(index: PineconeIndex, namespace: string, page: readonly BeforeImage[]): Promise<void> {
  const gone: string[] = [];
  const restored: StoredVector[] = [];
  for (const image of page) {
    const { before } = readImage(image);
    if (before === undefined) gone.push(image.id);
    else restored.push(before);
  }
  if (gone.length > 0) await index.remove(namespace, gone);
  for (const batch of batchesOf(restored)) await index.upsert(namespace, batch);
}

/** Vectors that are neither as the run wrote them nor as they were before, and those of others in indexes that the run made. */
export async function findVectorConflicts(
  client: PineconeClient,
  work: DiscardWork,
  found: (conflict: Conflict) => void,
): Promise<void> {
  const { there, scopes, madeIndexes } = await touched(client, work);
  const own = new Map<string, number>();
  for (const { scope, index: name, namespace } of scopes) {
    const index = there.get(name);
    if (index === undefined) {
      if (!madeIndexes.has(name)) found({ what: INDEX_REMOVED, entry: name });
      continue;
    }
    for await (const page of work.images.read(scope)) {
      const current = await index.fetch(
        namespace,
        page.map(({ id }) => id),
      );
      own.set(name, (own.get(name) ?? 0) + current.size);
      for (const image of page)
        if (isChanged(image, current.get(image.id)))
          found({ what: VECTOR_CHANGED, entry: `${name}/${namespace}/${image.id}` });
      work.beat();
    }
  }
  for (const name of madeIndexes) {
    const index = there.get(name);
    if (index === undefined) continue;
    let all = 0;
    for (const count of (await index.namespaces()).values()) all += count;
    if (all > (own.get(name) ?? 0)) found({ what: INDEX_SHARED, entry: name });
  }
}

function isChanged(image: BeforeImage, current: StoredVector | undefined): boolean {
  const { wrote, before } = readImage(image);
  if (current === undefined) return before !== undefined;
  const digest = digestOf(current);
  return digest !== wrote && (before === undefined || digest !== digestOf(before));
}
