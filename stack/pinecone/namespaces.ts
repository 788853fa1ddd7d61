import { ApiError, invalid } from './errors';
import type { Namespace } from './catalog';
import type { Answer, IndexCall, Route } from './http';
import { integerOf, objectOf, optional, refuseOthers, textOf } from './input';
import { LIMITS } from './limits';
import { pageOf } from './pages';

/** The namespaces of an index. A first upsert makes one; without records one stays until it is deleted. */

/** What the SDKs send, and the lists show, for the namespace without a name. */
export const DEFAULT_NAMESPACE = '__default__';

export function namespaceName(value: unknown): string {
  const name = optional(value, (given) => textOf(given, 'namespace')) ?? '';
  if (name.length > LIMITS.namespaceName)
    throw invalid(`namespace must be at most ${LIMITS.namespaceName} characters long`);
  if (!/^[\x01-\x7f]*$/.test(name)) throw invalid('namespace must be ASCII without NUL');
  return name === '' ? DEFAULT_NAMESPACE : name;
}

export const namespaceMissing = (): ApiError => new ApiError('NOT_FOUND', 'Namespace not found');

function named({ store, index, parameters }: IndexCall): Namespace {
  const namespace = store.catalog.namespace(index.key, namespaceName(parameters.namespace));
  if (namespace === undefined) throw namespaceMissing();
  return namespace;
}

const descriptionOf = ({ name, records, schema }: Namespace): object => ({
  name,
  record_count: records,
  ...(schema !== undefined && { schema }),
});

export const NAMESPACE_ROUTES: readonly Route<IndexCall>[] = [
  {
    method: 'GET',
    path: 'namespaces',
    operation({ store, index, query }) {
      const prefix = query.get('prefix') ?? '';
      const limit = integerOf(query.get('limit') ?? LIMITS.listPage, 'limit', 1, LIMITS.listPage);
      const all = store.catalog.namespaces(index.key).filter(({ name }) => name.startsWith(prefix));
      const { items, pagination } = pageOf(query.get('paginationToken'), limit, (after) =>
        all.filter(({ name }) => name > after).map((namespace) => ({ id: namespace.name, item: namespace })),
      );
      return { body: { namespaces: items.map(descriptionOf), ...pagination, total_count: all.length } };
    },
  },
  {
    method: 'POST',
    path: 'namespaces',
    operation({ store, index, body }) {
      const given = objectOf(body, 'the request');
      refuseOthers(given, ['name', 'schema']);
      if (textOf(given.name, 'name') === '') throw invalid('name must not be empty');
      const name = namespaceName(given.name);
      const schema = optional(given.schema, schemaOf);
      if (!store.catalog.addNamespace(index.key, name, schema))
        throw new ApiError('ALREADY_EXISTS', `Namespace ${name} already exists`);
      return { body: descriptionOf(store.catalog.namespace(index.key, name)!) };
    },
  },
  { method: 'GET', path: 'namespaces/:namespace', operation: (call): Answer => ({ body: descriptionOf(named(call)) }) },
  {
    method: 'DELETE',
    path: 'namespaces/:namespace',
    operation(call) {
      const { key } = named(call);
      call.store.catalog.removeNamespace(key);
      call.store.searcher.dropped(key);
      call.store.vacuum();
      return { body: {} };
    },
  },
];

function schemaOf(value: unknown): object {
  const fields = objectOf(objectOf(value, 'schema').fields, 'schema.fields');
  for (const [name, field] of Object.entries(fields))
    if (objectOf(field, `schema.fields.${name}`).filterable !== true)
      throw invalid('only filterable: true is supported');
  return { fields };
}
