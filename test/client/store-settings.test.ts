import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { resolveSettings } from '../../client/settings';
import type { SettingSources } from '../../client/settings';
import { connectionVariables, neo4jConnection, pineconeConnection, redisConnection } from '../../client/store-settings';
import { feedStoresOf } from '../../core/feeds/planned';
import { readPlan } from '../../core/plan-file';
import { connectionFromEnv } from '../../stores/connections';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'sqlift-settings-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const dotEnv = (text: string): void => writeFileSync(path.join(cwd, '.env'), text);
const resolve = (sources: Partial<SettingSources>) => resolveSettings({ env: {}, cwd, ...sources });

test('without a variable nothing is configured, and an empty one is none', () => {
  const nothing = { neo4j: undefined, pinecone: undefined, redis: undefined, openai: undefined, ollama: undefined };
  expect(resolve({})).toMatchObject(nothing);
  expect(
    resolve({ env: { NEO4J_URI: '', REDIS_URL: '', PINECONE_API_KEY: '', OPENAI_API_KEY: '', OLLAMA_HOST: '' } }),
  ).toMatchObject(nothing);
});

test('the environment wins over .env, and what the plan names wins over both', () => {
  dotEnv('REDIS_URL=redis://file\nNEO4J_URI=bolt://file\nOPENAI_API_KEY=from-file\n');
  const env = { REDIS_URL: 'redis://environment', CACHE: 'redis://planned', GRAPH: 'neo4j://planned', KEY: 'planned' };
  expect(resolve({}).redis).toEqual({ value: 'redis://file', origin: '.env REDIS_URL' });
  expect(resolve({}).openai).toEqual({ value: 'from-file', origin: '.env OPENAI_API_KEY' });
  expect(resolve({ env }).redis).toEqual({ value: 'redis://environment', origin: 'environment REDIS_URL' });
  const planned = resolve({ env, target: { redis: '${CACHE}', neo4j: '${GRAPH}', pinecone: '${KEY}' } });
  expect(planned.redis).toEqual({ value: 'redis://planned', origin: 'environment CACHE' });
  expect(planned.neo4j?.uri.value).toBe('neo4j://planned');
  expect(planned.pinecone?.apiKey?.value).toBe('planned');
});

test('a variable that the plan names and nobody has set is an error that says for which store', () => {
  expect(() => resolve({ target: { neo4j: '${GRAPH}' } })).toThrow(
    expect.objectContaining({
      code: 'SettingMissing',
      message: expect.stringMatching(/GRAPH, which the plan names for Neo4j/),
    }),
  );
});

test('Neo4j’s user has two names, and is neo4j when there is only a password', () => {
  const connection = (env: NodeJS.ProcessEnv) =>
    neo4jConnection(resolve({ env: { NEO4J_URI: 'neo4j+s://host', ...env } }).neo4j!);
  expect(connection({})).toEqual({ uri: 'neo4j+s://host' });
  expect(connection({ NEO4J_PASSWORD: 'p' })).toEqual({ uri: 'neo4j+s://host', username: 'neo4j', password: 'p' });
  expect(connection({ NEO4J_PASSWORD: 'p', NEO4J_USER: 'old' }).username).toBe('old');
  expect(connection({ NEO4J_PASSWORD: 'p', NEO4J_USER: 'old', NEO4J_USERNAME: 'new' }).username).toBe('new');
  expect(connection({ NEO4J_DATABASE: 'graph' }).database).toBe('graph');
});

test('an address of the wrong kind is an error without the secret in it, but only where the store is used', () => {
  const env = {
    NEO4J_URI: 'https://me:hunter22@host',
    REDIS_URL: 'memcached://:hunter22@host',
    PINECONE_CONTROLLER_HOST: 'host',
  };
  const { neo4j, redis, pinecone } = resolve({ env });
  const wrong: [() => unknown, RegExp][] = [
    [() => neo4jConnection(neo4j!), /NEO4J_URI: expected neo4j:\/\/[^]*got https:/],
    [() => redisConnection(redis!), /REDIS_URL: expected redis:\/\/, rediss:\/\/, got memcached:/],
    [() => pineconeConnection(pinecone!), /PINECONE_CONTROLLER_HOST: expected http:/],
    [
      () => neo4jConnection({ uri: { value: 'bolt://me:hunter22@host', origin: 'here' } }),
      /NEO4J_USERNAME and NEO4J_PASSWORD/,
    ],
  ];
  for (const [look, says] of wrong) {
    expect(look).toThrow(expect.objectContaining({ code: 'UsageInvalid', message: expect.stringMatching(says) }));
    expect(look).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter22') }));
  }
});

test('a Pinecone host without a key is an error that says so', () => {
  const { pinecone } = resolve({ env: { PINECONE_CONTROLLER_HOST: 'http://127.0.0.1:5080' } });
  expect(() => pineconeConnection(pinecone!)).toThrow(expect.objectContaining({ code: 'SettingMissing' }));
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:11434'],
  ['gpu:8080', 'http://gpu:8080'],
  ['https://ollama.example/', 'https://ollama.example'],
])('OLLAMA_HOST may be %s, as Ollama itself takes it', (given, read) => {
  expect(resolve({ env: { OLLAMA_HOST: given } }).ollama?.value).toBe(read);
});

test('a worker reads from its environment the connections that were put there', () => {
  const connections = {
    neo4j: { uri: 'bolt://host', username: 'u', password: 'p', database: 'd' },
    redis: 'redis://:p@host',
    pinecone: { apiKey: 'k', controllerHost: 'http://host' },
  };
  const env = connectionVariables(connections);
  for (const store of ['neo4j', 'redis', 'pinecone'] as const)
    expect(connectionFromEnv(store, env)).toEqual(connections[store]);
  expect(connectionVariables({ postgres: 'postgres://host/db' })).toEqual({ DATABASE_URL: 'postgres://host/db' });
});

test('a plan needs the stores that it fills, and no others', () => {
  const plan = (more: string) =>
    readPlan(
      `version: 1\nname: p\nsources: { main: { sqlite: app.sqlite, schema: app, tables: { '*': {} } } }\n${more}`,
      'plan.yaml',
    );
  expect(feedStoresOf(plan(''))).toEqual([]);
  expect(feedStoresOf(plan('cache: {}\nvectors: {}\ngraph: { nodes: {} }'))).toEqual([]);
  expect(feedStoresOf(plan('graph: { nodes: { Person: { table: people, key: id } } }'))).toEqual(['neo4j']);
});
