import type { WrittenPlan } from '../plan';
import type { Feed, FeedStoreName } from './feed';
import { FEED_STORES } from './feed';

/** What of a plan's sections can be told without its sources. */

type Sections = Pick<WrittenPlan, 'graph' | 'vectors' | 'cache'>;

/** Every entry of the plan that is a feed: nodes before the relationships between them. */
export function entriesOf(plan: Sections) {
  const entry =
    <Kind extends Feed['kind'], Store extends Feed['store'], Planned>(kind: Kind, store: Store, section: string) =>
    ([name, planned]: [string, Planned]) => ({ kind, store, name, feed: `${section}.${name}`, planned });
  return [
    ...Object.entries(plan.graph?.nodes ?? {}).map(entry('node', 'neo4j', 'graph.nodes')),
    ...Object.entries(plan.graph?.relationships ?? {}).map(entry('relationship', 'neo4j', 'graph.relationships')),
    ...Object.entries(plan.vectors ?? {}).map(entry('vector', 'pinecone', 'vectors')),
    ...Object.entries(plan.cache ?? {}).map(entry('key', 'redis', 'cache')),
  ];
}

/** A Chroma folder stands beside the sources, and is copied with the first unless the plan says with which. */
export function sourceOf(
  plan: WrittenPlan,
  planned: { source?: string | undefined; chroma?: object | undefined },
): string | undefined {
  return planned.source ?? (planned.chroma === undefined ? onlySource(plan) : Object.keys(plan.sources)[0]);
}

/** Chroma folders, as the plan names them, that are copied with a source. */
export function chromaFoldersOf(plan: WrittenPlan, source: string): string[] {
  const own = Object.values(plan.vectors ?? {}).filter((planned) => sourceOf(plan, planned) === source);
  return [...new Set(own.flatMap(({ chroma }) => (chroma === undefined ? [] : [chroma.folder])))];
}

/** What of a plan fills other stores than PostgreSQL, in its order. */
export function plannedFeeds(plan: Sections): { feed: string; store: FeedStoreName }[] {
  return entriesOf(plan).map(({ feed, store }) => ({ feed, store }));
}

/** The stores besides PostgreSQL that a plan fills. */
export function feedStoresOf(plan: Sections): FeedStoreName[] {
  const feeds = plannedFeeds(plan);
  return FEED_STORES.filter((store) => feeds.some((feed) => feed.store === store));
}

/** The plan's queries by the paths of their feeds, for whoever finds out which columns they have. */
export function queriesOf(plan: WrittenPlan): { feed: string; source: string; sql: string }[] {
  return entriesOf(plan).flatMap(({ feed, planned }) =>
    planned.query === undefined ? [] : [{ feed, source: planned.source ?? onlySource(plan) ?? '', sql: planned.query }],
  );
}

/** The source that need not be named. */
function onlySource(plan: WrittenPlan): string | undefined {
  const sources = Object.keys(plan.sources);
  return sources.length === 1 ? sources[0] : undefined;
}
