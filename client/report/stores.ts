import type { FeedProgress, RunReport, StoreReport } from '../../core/run';
import { count } from '../format';

/** What a report says of Neo4j, Pinecone and Redis, in the order of their phases. */
export function storesOf({ graph, vectors, cache }: RunReport): { title: string; store: StoreReport }[] {
  const all = [
    { title: 'Neo4j', store: graph },
    { title: 'Pinecone', store: vectors },
    { title: 'Redis', store: cache },
  ];
  return all.flatMap(({ title, store }) => (store === null ? [] : [{ title, store }]));
}

export const FEED_HEAD: readonly string[] = [
  'feed',
  'source rows',
  'entries',
  'quarantined',
  'left out',
  'state',
  'digest',
];

/** One line of a table of feeds, under `FEED_HEAD`. */
export function feedCells({ feed, sourceRows, written, quarantined, leftOut, state, digest }: FeedProgress): string[] {
  return [feed, count(sourceRows), count(written), count(quarantined), count(leftOut), state, digest ?? ''];
}

export function entriesOf({ feeds }: StoreReport): number {
  return feeds.reduce((sum, { written }) => sum + written, 0);
}
