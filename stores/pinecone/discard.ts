import { SqliftError } from '../../core/errors';
import type { BeforeImage, DiscardWork } from '../feed-store';
import type { PineconeClient, PineconeIndex, StoredVector } from './client';
import { digestOf, INDEXES, madeByRun, namespacesScope, placeOfScope, readImage } from './images';
import { batchesOf } from './write';

/**
 * Takes a run's vectors back: what it overwrote is as it was, what it made is gone. First all of it is looked at, so that nothing is undone
 * when others have changed something since.
 *
 * What is read of Pinecone may be a moment old. So everything is put back that the ledger names, whether it looks as if it were needed or not.
 */
export async function discardVectors(client: PineconeClient, work: DiscardWork): Promise<void> {
  const scopes = (await work.images.scopes()).flatMap((scope) => {
    const place = placeOfScope(scope);
    return place === undefined ? [] : [{ scope, ...place }];
  });
  const madeIndexes = await madeByRun(work.images, INDEXES);
  const indexes = new Set([...madeIndexes, ...scopes.map(({ index }) => index)]);
  const there = new Map<string, PineconeIndex>();
  for (const name of indexes)
    if ((await client.describe(name)) !== undefined) there.set(name, await client.index(name));

  if (!work.force) await refuseChanged(work, scopes, there, madeIndexes);
  for (const { scope, index: name, namespace } of scopes) {
    const index = there.get(name);
    if (index === undefined || madeIndexes.has(name)) continue;
    for await (const page of work.images.read(scope)) {
      await undoPage(index, namespace, page);
      work.beat();
    }
    const made = await madeByRun(work.images, namespacesScope(name));
    if (made.has(namespace) && (await isEmpty(index, namespace))) await index.removeNamespace(namespace);
  }
  for (const name of madeIndexes) await client.remove(name);
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

/** @throws SqliftError RollbackConflict */
async function refuseChanged(
  work: DiscardWork,
  scopes: readonly { scope: string; index: string; namespace: string }[],
  there: ReadonlyMap<string, PineconeIndex>,
  madeIndexes: ReadonlySet<string>,
): Promise<void> {
  const own = new Map<string, number>();
  for (const { scope, index: name, namespace } of scopes) {
    const index = there.get(name);
    if (index === undefined) {
      if (!madeIndexes.has(name)) throw conflict(`index ${name} was removed`);
      continue;
    }
    let changed = 0;
    for await (const page of work.images.read(scope)) {
      const found = await index.fetch(
        namespace,
        page.map(({ id }) => id),
      );
      own.set(name, (own.get(name) ?? 0) + found.size);
      for (const image of page) if (isChanged(image, found.get(image.id))) changed += 1;
      work.beat();
    }
    if (changed > 0)
      throw conflict(`${changed} vectors of index ${name}, namespace ${namespace}, were changed or removed`);
  }
  for (const name of madeIndexes) {
    const index = there.get(name);
    if (index === undefined) continue;
    let all = 0;
    for (const count of (await index.namespaces()).values()) all += count;
    if (all > (own.get(name) ?? 0)) throw conflict(`index ${name}, which the run made, holds vectors of others`);
  }
}

function isChanged(image: BeforeImage, current: StoredVector | undefined): boolean {
  const { wrote, before } = readImage(image);
  if (current === undefined) return before !== undefined;
  const digest = digestOf(current);
  return digest !== wrote && (before === undefined || digest !== digestOf(before));
}

async function isEmpty(index: PineconeIndex, namespace: string): Promise<boolean> {
  for await (const page of index.ids(namespace)) if (page.length > 0) return false;
  return true;
}

const conflict = (what: string): SqliftError =>
  new SqliftError('RollbackConflict', `${what} after the run wrote them`, { server: 'pinecone' });
