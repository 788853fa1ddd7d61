import type { FeedStoreName } from '../../core/feeds/feed';
import type { Plan, PlanColumn, WrittenPlan } from '../../core/plan';

/**
 * What a person would decide after reading the draft: a release date is a date and a cost a number, although a few rows hold
 * neither (those go to the quarantine), and seconds since 1970 are a time.
 */
const DECISIONS: Record<string, Record<string, PlanColumn>> = {
  films: { released: { type: 'date' } },
  bird_strikes: { cost: { type: 'numeric(12,2)' } },
  flights: { departed_at: { type: 'timestamptz', format: 'unix-seconds', notNull: true } },
  sessions: { expires_at: { type: 'timestamptz', format: 'unix-seconds' } },
  events: { at: { type: 'timestamptz', format: 'unix-milliseconds', notNull: true } },
};

/** What becomes of the rows in the other stores. */
const SECTIONS: Record<FeedStoreName, Pick<WrittenPlan, 'graph' | 'vectors' | 'cache'>> = {
  neo4j: {
    graph: {
      nodes: {
        Character: { table: 'characters', key: 'id', properties: { id: 'id', name: 'name', main: 'is_main' } },
        Airport: { table: 'airports', key: 'iata' },
      },
      relationships: {
        APPEARS_WITH: {
          table: 'appearances',
          from: { node: 'Character', columns: 'character_id' },
          to: { node: 'Character', columns: 'with_id' },
        },
        FLIES_TO: {
          query:
            'SELECT origin, destination, count(*) AS flights, avg(delay) AS delay FROM flights GROUP BY origin, destination',
          from: { node: 'Airport', columns: 'origin' },
          to: { node: 'Airport', columns: 'destination' },
        },
      },
      algorithms: {
        influence: {
          algorithm: 'pageRank',
          nodes: ['Character'],
          relationships: ['APPEARS_WITH'],
          undirected: true,
          weight: 'times',
        },
        community: {
          algorithm: 'louvain',
          nodes: ['Character'],
          relationships: ['APPEARS_WITH'],
          undirected: true,
          weight: 'times',
        },
      },
    },
  },
  pinecone: {
    vectors: {
      films: {
        query: `SELECT id, title, director, CAST(substr(released, 1, 4) AS INTEGER) AS year,
          title || coalesce(', a film by ' || director, '') || coalesce(', distributed by ' ||
            (SELECT name FROM distributors d WHERE d.id = distributor_id), '') AS words
          FROM films`,
        index: 'demo-films',
        id: 'film:{id}',
        text: '{words}',
        metadata: { title: 'title', director: 'director', year: 'year' },
      },
    },
  },
  redis: {
    cache: {
      sessions: { table: 'sessions', key: 'session:{token}', as: 'hash', expires: 'expires_at' },
      events: { table: 'events', key: 'events', as: 'stream', id: 'at' },
      airports: { table: 'airports', key: 'airport:{iata}', as: 'json' },
      busiest: {
        query: 'SELECT origin, count(*) AS departures FROM flights GROUP BY origin',
        key: 'airports:busiest',
        as: 'zset',
        value: '{origin}',
        score: 'departures',
      },
    },
  },
};

/**
 * The drafted plan with the demo's decisions. Rows that cannot be held are tolerated, and what an earlier demo made is replaced.
 * @param stores those that are filled besides PostgreSQL
 */
export function demoPlan(drafted: Plan, stores: readonly FeedStoreName[] = []): Plan {
  const sources = Object.entries(drafted.sources).map(([name, source]) => {
    const tables = Object.entries(source.tables).map(([table, planned]) => {
      const columns = { ...planned.columns, ...DECISIONS[table] };
      return [table, { ...planned, columns, ifExists: 'replace' as const }];
    });
    return [name, { ...source, tables: Object.fromEntries(tables) as typeof source.tables }];
  });
  return {
    ...drafted,
    quarantine: 'any',
    sources: Object.fromEntries(sources) as Plan['sources'],
    ...Object.assign({}, ...stores.map((store) => SECTIONS[store])),
  };
}
