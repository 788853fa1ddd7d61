import { invalid } from './errors';
import { filterOf } from './filter';
import { lengthOf } from './float32';
import type { Answer, IndexCall, Route } from './http';
import { flagOf, objectOf, optional, refuseOthers } from './input';
import { LIMITS } from './limits';
import { merged, metadataOf } from './metadata';
import { namespaceMissing, namespaceName } from './namespaces';
import { idOf, idsOf, recordOf, refuseSparse, valuesOf } from './record-input';

/** The data plane's writes. Each is one transaction, and answered once it is committed. */

export const WRITE_ROUTES: readonly Route<IndexCall>[] = [
  { method: 'POST', path: 'vectors/upsert', operation: upsert },
  { method: 'POST', path: 'vectors/update', operation: update },
  { method: 'POST', path: 'vectors/delete', operation: remove },
];

function upsert({ store, index, body }: IndexCall): Answer {
  const given = objectOf(body, 'the request');
  refuseOthers(given, ['vectors', 'namespace']);
  const { vectors } = given;
  if (!Array.isArray(vectors) || vectors.length === 0) throw invalid('vectors must be a list of one vector at least');
  if (vectors.length > LIMITS.upsertRecords)
    throw invalid(`The number of vectors to upsert, ${vectors.length}, exceeds the limit of ${LIMITS.upsertRecords}`);
  const name = namespaceName(given.namespace);
  const records = vectors.map((one) => recordOf(one, index.dimension));

  const { namespace, keys, headers } = store.transaction(() => {
    store.catalog.addNamespace(index.key, name);
    const key = store.catalog.namespaceKey(index.key, name)!;
    return {
      namespace: key,
      keys: records.map((record) => store.records.put(key, record)),
      headers: written({ store, index }),
    };
  });
  store.searcher.changed(namespace, (resident) =>
    records.forEach(({ values }, at) => resident.put(keys[at]!, values, lengthOf(values))),
  );
  return { body: { upsertedCount: records.length }, headers };
}

function update({ store, index, body }: IndexCall): Answer {
  const given = objectOf(body, 'the request');
  refuseOthers(given, ['id', 'values', 'sparseValues', 'setMetadata', 'namespace', 'filter', 'dryRun']);
  refuseSparse(given.sparseValues);
  const id = optional(given.id, idOf);
  const filter = filterOf(given.filter);
  if ((id === undefined) === (filter === undefined)) throw invalid('either id or filter must be given');
  const values = optional(given.values, (value) => valuesOf(value, index.dimension));
  if (values?.every((one) => one === 0)) throw invalid('Dense vectors must contain at least one non-zero value.');
  if (filter !== undefined && values !== undefined) throw invalid('values cannot be updated by filter');
  const changes = metadataOf(given.setMetadata);
  const dryRun = optional(given.dryRun, (value) => flagOf(value, 'dryRun')) ?? false;
  const namespace = store.catalog.namespaceKey(index.key, namespaceName(given.namespace));

  const { keys, headers } = store.transaction(() => {
    const found = namespace === undefined ? [] : matching(namespace);
    for (const key of dryRun ? [] : found) {
      const record = store.records.get(key);
      if (values !== undefined) store.records.put(namespace!, { ...record, values });
      if (changes !== null) store.records.setMetadata(key, merged(record.metadata, changes));
    }
    return { keys: found, headers: dryRun ? {} : written({ store, index }) };
  });
  if (namespace !== undefined && !dryRun)
    store.searcher.changed(namespace, (resident) => {
      if (values !== undefined) for (const key of keys) resident.put(key, values, lengthOf(values));
    });
  return { body: filter === undefined ? {} : { matchedRecords: keys.length }, headers };

  function matching(within: number): number[] {
    if (filter !== undefined) return store.records.matching(within, filter);
    const key = store.records.key(within, id!);
    return key === undefined ? [] : [key];
  }
}

function remove({ store, index, body }: IndexCall): Answer {
  const given = objectOf(body, 'the request');
  refuseOthers(given, ['ids', 'deleteAll', 'namespace', 'filter']);
  const ids = optional(given.ids, (value) => idsOf(value, LIMITS.deleteIds));
  const filter = filterOf(given.filter);
  const all = optional(given.deleteAll, (value) => flagOf(value, 'deleteAll')) ?? false;
  if ([ids !== undefined, filter !== undefined, all].filter(Boolean).length !== 1)
    throw invalid('exactly one of ids, filter and deleteAll must be given');
  const namespace = store.catalog.namespaceKey(index.key, namespaceName(given.namespace));
  if (namespace === undefined) throw namespaceMissing();

  if (all) {
    const headers = store.transaction(() => {
      store.records.removeAll(namespace);
      return written({ store, index });
    });
    store.searcher.dropped(namespace);
    store.vacuum();
    return { body: {}, headers };
  }
  const { keys, headers } = store.transaction(() => {
    const found =
      filter === undefined
        ? ids!.map((id) => store.records.key(namespace, id)).filter((key) => key !== undefined)
        : store.records.matching(namespace, filter);
    for (const key of found) store.records.remove(key);
    return { keys: found, headers: written({ store, index }) };
  });
  store.searcher.changed(namespace, (resident) => keys.forEach((key) => resident.remove(key)));
  if (keys.length > LIMITS.deleteIds) store.vacuum();
  return { body: {}, headers };
}

/** Pinecone numbers the writes, so that a reader can tell whether it sees one. */
const written = ({ store, index }: Pick<IndexCall, 'store' | 'index'>): Record<string, string> => ({
  'x-pinecone-request-lsn': String(store.catalog.countWrite(index.key)),
});
