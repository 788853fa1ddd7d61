import { SqliftError } from '../core/errors';
import type { FeedStoreName } from '../core/feeds/feed';
import type { Connections } from './connections';
import type { FeedStore, StoreContext } from './feed-store';
import { Neo4jStore } from './neo4j/store';
import { PineconeStore } from './pinecone/store';
import { openRedis } from './redis';

/** Every store besides PostgreSQL: one line each. */
const OPEN: {
  [Store in FeedStoreName]?: (connection: NonNullable<Connections[Store]>, context: StoreContext) => FeedStore;
} = {
  neo4j: (connection) => new Neo4jStore(connection),
  pinecone: (connection, context) => new PineconeStore(connection, context),
  redis: openRedis,
};

/** Opens a store; nothing is connected yet. The caller closes it. */
export function openFeedStore<Store extends FeedStoreName>(
  store: Store,
  connection: NonNullable<Connections[Store]>,
  context: StoreContext,
): FeedStore {
  const open = OPEN[store];
  if (open === undefined) throw new SqliftError('PlanInvalid', `${store} is not filled yet`);
  return open(connection, context);
}
