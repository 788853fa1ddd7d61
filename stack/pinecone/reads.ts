import { invalid, unserved } from './errors';
import { filterOf } from './filter';
import { shortest, toNumbers } from './float32';
import type { Answer, IndexCall, Route } from './http';
import { flagOf, integerOf, objectOf, optional, refuseOthers, textOf } from './input';
import { LIMITS } from './limits';
import { namespaceName } from './namespaces';
import { pageOf } from './pages';
import { idOf, idsOf, refuseSparse, valuesOf } from './record-input';
import type { StoredRecord } from './records';

/** The data plane's reads. A namespace that is not there is an empty one, as in Pinecone. */

export const READ_ROUTES: readonly Route<IndexCall>[] = [
  { method: 'POST', path: 'query', operation: query },
  { method: 'GET', path: 'vectors/fetch', operation: fetch },
  { method: 'POST', path: 'vectors/fetch_by_metadata', operation: fetchByMetadata },
  { method: 'GET', path: 'vectors/list', operation: list },
  { method: 'POST', path: 'describe_index_stats', operation: stats },
];

const QUERY_FIELDS =
  'namespace topK filter includeValues includeMetadata vector sparseVector id queries scanFactor maxCandidates'.split(
    ' ',
  );

function query(call: IndexCall): Answer {
  const { store, index } = call;
  const given = objectOf(call.body, 'the request');
  refuseOthers(given, QUERY_FIELDS);
  refuseSparse(given.sparseVector);
  if (given.queries !== undefined) throw unserved('queries, which is deprecated');
  const topK = integerOf(given.topK, 'topK', 1, LIMITS.topK);
  const filter = filterOf(given.filter);
  const includeValues = optional(given.includeValues, (value) => flagOf(value, 'includeValues')) ?? false;
  const includeMetadata = optional(given.includeMetadata, (value) => flagOf(value, 'includeMetadata')) ?? false;
  const id = optional(given.id === '' ? undefined : given.id, idOf);
  const vector = optional(given.vector, (value) => valuesOf(value, index.dimension));
  if ((id === undefined) === (vector === undefined)) throw invalid('either vector or id must be given');
  const namespace = store.catalog.namespaceKey(index.key, namespaceName(given.namespace));

  const matches = namespace === undefined ? [] : nearest(namespace);
  return answer(call, given.namespace, { matches: matches.map(asMatch) });

  function nearest(within: number): { key: number; score: number }[] {
    const own = id === undefined ? undefined : store.records.key(within, id);
    if (id !== undefined && own === undefined) return [];
    const values = vector ?? store.records.values(own!);
    return store.searcher.nearest({ namespace: within, metric: index.metric, query: values, topK, filter });
  }

  function asMatch({ key, score }: { key: number; score: number }): object {
    const { values, ...record } = store.records.get(key);
    return {
      id: record.id,
      score: shortest(score),
      ...(includeValues && { values: toNumbers(values) }),
      ...(includeMetadata && record.metadata !== null && { metadata: record.metadata }),
    };
  }
}

function fetch(call: IndexCall): Answer {
  const { store, index } = call;
  const ids = idsOf(call.query.getAll('ids'), LIMITS.fetchIds);
  const asked = call.query.get('namespace');
  const namespace = store.catalog.namespaceKey(index.key, namespaceName(asked));
  const keys = namespace === undefined ? [] : ids.map((id) => store.records.key(namespace, id));
  return answer(call, asked, {
    vectors: byId(
      call,
      keys.filter((key) => key !== undefined),
    ),
  });
}

function fetchByMetadata(call: IndexCall): Answer {
  const { store, index } = call;
  const given = objectOf(call.body, 'the request');
  refuseOthers(given, ['namespace', 'filter', 'limit', 'paginationToken']);
  const filter = filterOf(given.filter);
  if (filter === undefined) throw invalid('filter must be given');
  const limit = integerOf(given.limit ?? LIMITS.listPage, 'limit', 1, LIMITS.fetchByMetadataPage);
  const token = optional(given.paginationToken, (value) => textOf(value, 'paginationToken'));
  const namespace = store.catalog.namespaceKey(index.key, namespaceName(given.namespace));
  const keys = namespace === undefined ? [] : store.records.matching(namespace, filter).sort((a, b) => a - b);
  const { items, pagination } = pageOf(token, limit, (after) =>
    keys.filter((key) => key > Number(after)).map((key) => ({ id: String(key), item: key })),
  );
  return answer(call, given.namespace, { vectors: byId(call, items), ...pagination });
}

function list(call: IndexCall): Answer {
  const { store, index, query: given } = call;
  const limit = integerOf(given.get('limit') ?? LIMITS.listPage, 'limit', 1, LIMITS.listPage);
  const prefix = given.get('prefix') ?? '';
  const asked = given.get('namespace');
  const namespace = store.catalog.namespaceKey(index.key, namespaceName(asked));
  const { items, pagination } = pageOf(given.get('paginationToken'), limit, (after) => {
    const ids = namespace === undefined ? [] : store.records.ids(namespace, { prefix, after, limit: limit + 1 });
    return ids.map((id) => ({ id, item: { id } }));
  });
  return answer(call, asked, { vectors: items, ...pagination });
}

function stats({ store, index, body }: IndexCall): Answer {
  const given = objectOf(body ?? {}, 'the request');
  refuseOthers(given, ['filter']);
  const filter = filterOf(given.filter);
  const all = store.catalog.namespaces(index.key);
  const counted = all.map(({ key, name, records }) => {
    const vectorCount = filter === undefined ? records : store.records.matching(key, filter).length;
    return [name, { vectorCount }] as const;
  });
  return {
    body: {
      namespaces: Object.fromEntries(counted.filter(([, { vectorCount }]) => filter === undefined || vectorCount > 0)),
      dimension: index.dimension,
      indexFullness: 0,
      totalVectorCount: all.reduce((sum, { records }) => sum + records, 0),
      metric: index.metric,
      vectorType: 'dense',
    },
    headers: seen({ store, index }),
  };
}

function byId({ store }: IndexCall, keys: readonly number[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => store.records.get(key)).map((record) => [record.id, asVector(record)]));
}

const asVector = ({ id, values, metadata }: StoredRecord): object => ({
  id,
  values: toNumbers(values),
  ...(metadata !== null && { metadata }),
});

/** With the namespace as it was asked for, what the read cost (a unit each: nothing is billed here), and what it saw. */
function answer(call: IndexCall, namespace: unknown, body: object): Answer {
  const whole = { ...body, namespace: namespace ?? '', usage: { readUnits: 1 } };
  return { body: whole, headers: seen(call) };
}

const seen = ({ store, index }: Pick<IndexCall, 'store' | 'index'>): Record<string, string> => ({
  'x-pinecone-max-indexed-lsn': String(store.catalog.writes(index.key)),
});
