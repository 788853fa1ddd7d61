import { SqliftError } from '../core/errors';
import type { Connections } from '../stores/connections';
import type { PlanTarget, Setting } from './settings';

/** The settings of Neo4j, Pinecone, Redis and of those that compute embeddings, as they were found; nothing is checked yet. */
export interface StoreSettings {
  /** Present when NEO4J_URI is set; undefined means the embedded one. */
  neo4j: { uri: Setting; username?: Setting; password?: Setting; database?: Setting } | undefined;
  /** Present when one of them is set; undefined means the embedded endpoint. */
  pinecone: { apiKey?: Setting; controllerHost?: Setting } | undefined;
  redis: Setting | undefined;
  openai: Setting | undefined;
  /** With scheme and port, which Ollama itself lets people leave out. */
  ollama: Setting | undefined;
}

type Look = (name: string) => Setting | undefined;

/** `planned` finds the setting that a plan refers to, and throws SettingMissing when there is none. */
export function storeSettings(
  look: Look,
  planned: (reference: string | undefined, of: string) => Setting | undefined,
  target: PlanTarget,
): StoreSettings {
  const uri = planned(target.neo4j, 'Neo4j') ?? look('NEO4J_URI');
  const neo4j = {
    username: look('NEO4J_USERNAME') ?? look('NEO4J_USER'),
    password: look('NEO4J_PASSWORD'),
    database: look('NEO4J_DATABASE'),
  };
  const pinecone = present({
    apiKey: planned(target.pinecone, 'Pinecone') ?? look('PINECONE_API_KEY'),
    controllerHost: look('PINECONE_CONTROLLER_HOST'),
  });
  const ollama = look('OLLAMA_HOST');
  return {
    neo4j: uri && { uri, ...present(neo4j) },
    pinecone: Object.keys(pinecone).length === 0 ? undefined : pinecone,
    redis: planned(target.redis, 'Redis') ?? look('REDIS_URL'),
    openai: look('OPENAI_API_KEY'),
    ollama: ollama && { ...ollama, value: ollamaUrl(ollama.value) },
  };
}

/** The configured Neo4j. Throws UsageInvalid when the address is none. */
export function neo4jConnection({
  uri,
  username,
  password,
  database,
}: NonNullable<StoreSettings['neo4j']>): NonNullable<Connections['neo4j']> {
  checkScheme(uri, ['neo4j', 'neo4j+s', 'neo4j+ssc', 'bolt', 'bolt+s', 'bolt+ssc']);
  if (/^[^/]+:\/\/[^/?#]*@/.test(uri.value))
    throw new SqliftError(
      'UsageInvalid',
      `${uri.origin}: Neo4j’s addresses hold no user and password; set NEO4J_USERNAME and NEO4J_PASSWORD`,
    );
  return {
    uri: uri.value,
    ...(password !== undefined && { username: username?.value ?? 'neo4j', password: password.value }),
    ...(database !== undefined && { database: database.value }),
  };
}

/** The configured Redis. Throws UsageInvalid when the address is none. */
export function redisConnection(setting: Setting): string {
  checkScheme(setting, ['redis', 'rediss']);
  return setting.value;
}

/** The configured Pinecone. Throws SettingMissing without a key, UsageInvalid when the host is no URL. */
export function pineconeConnection({
  apiKey,
  controllerHost,
}: NonNullable<StoreSettings['pinecone']>): NonNullable<Connections['pinecone']> {
  if (controllerHost !== undefined) checkScheme(controllerHost, ['http', 'https']);
  if (apiKey === undefined)
    throw new SqliftError(
      'SettingMissing',
      'PINECONE_API_KEY is not set, and PINECONE_CONTROLLER_HOST is; a local endpoint takes any key',
    );
  return { apiKey: apiKey.value, ...(controllerHost !== undefined && { controllerHost: controllerHost.value }) };
}

/** The variables that tell a worker of these connections. */
export function connectionVariables({ postgres, neo4j, pinecone, redis }: Connections): NodeJS.ProcessEnv {
  return present({
    DATABASE_URL: postgres,
    NEO4J_URI: neo4j?.uri,
    NEO4J_USERNAME: neo4j?.username,
    NEO4J_PASSWORD: neo4j?.password,
    NEO4J_DATABASE: neo4j?.database,
    PINECONE_API_KEY: pinecone?.apiKey,
    PINECONE_CONTROLLER_HOST: pinecone?.controllerHost,
    REDIS_URL: redis,
  });
}

function checkScheme({ value, origin }: Setting, schemes: readonly string[]): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\/[^/]/i.exec(value)?.[1]?.toLowerCase();
  if (scheme !== undefined && schemes.includes(scheme)) return;
  const found = scheme === undefined ? 'something without a scheme' : `${scheme}://`;
  throw new SqliftError(
    'UsageInvalid',
    `${origin}: expected ${schemes.map((one) => `${one}://`).join(', ')}, got ${found}`,
  );
}

/** Ollama’s own reading of its variable: a missing scheme is http, a missing port 11434. */
function ollamaUrl(value: string): string {
  if (/^https?:\/\//i.test(value)) return value.replace(/\/+$/, '');
  return `http://${/:\d+$/.test(value) ? value : `${value}:11434`}`;
}

function present<T extends object>(given: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
