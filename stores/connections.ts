import type { FeedStoreName } from '../core/feeds/feed';

/** Addresses of a run's stores, with their secrets: in the run's own file, readable by its owner alone; never in a payload. */
export interface Connections {
  postgres?: string;
  neo4j?: { uri: string; username?: string; password?: string; database?: string };
  redis?: string;
  pinecone?: { apiKey: string; controllerHost?: string };
}

/** Names of the environment variables that hold a store's address when neither the run's file nor the plan names one. */
const VARIABLES = { neo4j: 'NEO4J_URI', redis: 'REDIS_URL', pinecone: 'PINECONE_API_KEY' } as const satisfies Record<
  FeedStoreName,
  string
>;

/**
 * A store's connection as the environment has it. `variable`: the one that the plan names instead of the usual.
 * The name of the missing variable where there is none.
 */
export function connectionFromEnv<Store extends FeedStoreName>(
  store: Store,
  env: NodeJS.ProcessEnv,
  variable: string = VARIABLES[store],
): NonNullable<Connections[Store]> | { missing: string } {
  const address = env[variable];
  if (address === undefined || address === '') return { missing: variable };
  const given = (name: string, value: string | undefined) =>
    value === undefined || value === '' ? {} : { [name]: value };
  const of: { [Name in FeedStoreName]: () => NonNullable<Connections[Name]> } = {
    neo4j: () => ({
      uri: address,
      ...given('username', env.NEO4J_USERNAME ?? env.NEO4J_USER),
      ...given('password', env.NEO4J_PASSWORD),
      ...given('database', env.NEO4J_DATABASE),
    }),
    redis: () => address,
    pinecone: () => ({ apiKey: address, ...given('controllerHost', env.PINECONE_CONTROLLER_HOST) }),
  };
  return of[store]() as NonNullable<Connections[Store]>;
}
