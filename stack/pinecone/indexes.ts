import { ApiError, unserved } from './errors';
import type { Index } from './catalog';
import type { Call, Route } from './http';
import { configured, modelOf, settingsOf } from './index-model';
import type { Store } from './store';

/** The control plane: indexes. An index is ready at once. */

export function indexNamed(store: Store, name: string): Index {
  const index = store.catalog.index(name);
  if (index === undefined) throw new ApiError('NOT_FOUND', `Index ${name} not found.`);
  return index;
}

const notServed = (what: string) => (): never => {
  throw unserved(what);
};

export const INDEX_ROUTES: readonly Route<Call>[] = [
  {
    method: 'GET',
    path: 'indexes',
    operation: (call) => ({ body: { indexes: call.store.catalog.indexes().map((index) => modelOf(index, call)) } }),
  },
  {
    method: 'POST',
    path: 'indexes',
    operation(call) {
      const settings = settingsOf(call.body, call.version);
      if (!call.store.catalog.addIndex(settings)) throw new ApiError('ALREADY_EXISTS', 'Resource already exists.');
      return { status: 201, body: modelOf(indexNamed(call.store, settings.name), call) };
    },
  },
  { method: 'POST', path: 'indexes/create-for-model', operation: notServed('integrated embedding') },
  {
    method: 'GET',
    path: 'indexes/:name',
    operation: (call) => ({ body: modelOf(indexNamed(call.store, call.parameters.name!), call) }),
  },
  {
    method: 'PATCH',
    path: 'indexes/:name',
    operation(call) {
      const index = configured(indexNamed(call.store, call.parameters.name!), call.body, call.version);
      call.store.catalog.configureIndex(index);
      return { status: 202, body: modelOf(index, call) };
    },
  },
  {
    method: 'DELETE',
    path: 'indexes/:name',
    operation({ store, parameters }) {
      const index = indexNamed(store, parameters.name!);
      if (index.deletionProtection === 'enabled')
        throw new ApiError(
          'FORBIDDEN',
          'Deletion protection is enabled for this index. Disable deletion protection before retrying.',
        );
      const namespaces = store.catalog.namespaces(index.key);
      store.catalog.removeIndex(index.key);
      for (const { key } of namespaces) store.searcher.dropped(key);
      store.vacuum();
      return { status: 202 };
    },
  },
  ...(['GET', 'POST', 'DELETE', 'PATCH'] as const).flatMap((method) => [
    { method, path: 'indexes/:name/backups', operation: notServed('backups') },
    { method, path: 'backups/*', operation: notServed('backups') },
    { method, path: 'restore-jobs/*', operation: notServed('backups') },
    { method, path: 'collections/*', operation: notServed('collections') },
    { method, path: 'embed', operation: notServed('hosted models') },
    { method, path: 'rerank', operation: notServed('hosted models') },
    { method, path: 'models/*', operation: notServed('hosted models') },
    { method, path: 'assistant/*', operation: notServed('Pinecone Assistant') },
  ]),
];
