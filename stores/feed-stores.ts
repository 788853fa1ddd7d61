import type { FeedStoreName } from '../core/feeds/feed';
import type { Connections } from './connections';
import type { FeedStore, StoreContext } from './feed-store';

type Open<Store extends FeedStoreName> = (
  connection: NonNullable<Connections[Store]>,
  context: StoreContext,
) => Promise<FeedStore>;

/** Every store besides PostgreSQL: one line each. Loaded when it is opened: the three drivers take half a second of a worker's start. */
const OPEN: { [Store in FeedStoreName]: Open<Store> } = {
  neo4j: async (connection) => new (await import('./neo4j/store')).Neo4jStore(connection),
  pinecone: async (connection, context) => new (await import('./pinecone/store')).PineconeStore(connection, context),
  redis: async (connection) => (await import('./redis')).openRedis(connection),
};

/** Opens a store; nothing is connected yet. The caller closes it. */
export async function openFeedStore<Store extends FeedStoreName>(
  store: Store,
  connection: NonNullable<Connections[Store]>,
  context: StoreContext,
): Promise<FeedStore> {
  return await OPEN[store](connection, context);
}
