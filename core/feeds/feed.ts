import type { ColumnMapping } from '../mapping';
import type { PlanAlgorithm, PlanCache, PlanNode, PlanRelationship, PlanVectors, Tolerance } from '../plan';
import type { SourceTable } from '../source';

/**
 * A feed: rows of one source that become entries of one store – nodes, relationships, vectors or Redis keys. What a table is to
 * PostgreSQL, a feed is to the other stores. This is the plan's entry made concrete: its columns are known, its names resolved.
 */
export type Feed = NodeFeed | RelationshipFeed | VectorFeed | CacheFeed;

export type FeedStoreName = 'neo4j' | 'pinecone' | 'redis';
export const FEED_STORES: readonly FeedStoreName[] = ['neo4j', 'pinecone', 'redis'];

interface FeedOf<Kind extends string, Store extends FeedStoreName, Planned> {
  kind: Kind;
  store: Store;
  /** Path of its entry in the plan, unique in the run: `graph.nodes.Person`. */
  feed: string;
  /** Its own name, the last part of the path. */
  name: string;
  source: string;
  rows: FeedRows;
  /** Columns of the rows. `source` is the name that the plan calls one by, `target` the one it has in the store by default. */
  columns: FeedColumn[];
  quarantine: Tolerance;
  planned: Planned;
}

export type NodeFeed = FeedOf<'node', 'neo4j', PlanNode>;
export type RelationshipFeed = FeedOf<'relationship', 'neo4j', PlanRelationship>;
export type VectorFeed = FeedOf<'vector', 'pinecone', PlanVectors>;
export type CacheFeed = FeedOf<'key', 'redis', PlanCache>;

/** Where rows come from. A table is as the plan shapes it: with its condition and its computed columns. */
export type FeedRows =
  | { from: 'table'; table: string; origin: SourceTable }
  | { from: 'query'; sql: string }
  | { from: 'chroma'; folder: string; collection: string };

/** A column of a feed's rows. Without a type, each cell is what its storage class says. */
export type FeedColumn = Omit<ColumnMapping, 'type'> & { type?: ColumnMapping['type'] };

/** An algorithm of the graph, with the name of its entry: the property, or the relationship type, that it writes. */
export interface Algorithm extends PlanAlgorithm {
  name: string;
}

/** Everything of a plan that fills other stores than PostgreSQL. */
export interface Feeds {
  feeds: Feed[];
  algorithms: Algorithm[];
}
