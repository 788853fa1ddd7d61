import type { WrittenPlan } from '../plan';
import type { FeedStoreName } from './feed';

/** The stores besides PostgreSQL that a plan fills. */
export function feedStoresOf({
  graph,
  vectors,
  cache,
}: Pick<WrittenPlan, 'graph' | 'vectors' | 'cache'>): FeedStoreName[] {
  const isFilled = (section: object | undefined): boolean => Object.keys(section ?? {}).length > 0;
  const stores = {
    neo4j: Object.values(graph ?? {}).some(isFilled),
    pinecone: isFilled(vectors),
    redis: isFilled(cache),
  };
  return (['neo4j', 'pinecone', 'redis'] as const).filter((store) => stores[store]);
}
