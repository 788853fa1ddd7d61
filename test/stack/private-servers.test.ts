import { readdirSync } from 'node:fs';
import path from 'node:path';
import { managedStatus } from '../../stack';
import { NEO4J_START_MS, openNeo4j } from '../support/neo4j';
import type { TestNeo4j } from '../support/neo4j';
import { privateHome } from '../support/private-servers';
import { openRedis } from '../support/redis';

describe('the Neo4j of a test file', () => {
  let server: TestNeo4j;
  beforeAll(async () => {
    server = await openNeo4j();
  }, NEO4J_START_MS);
  afterAll(() => server.close());

  const rows = async (query: string): Promise<unknown[]> => (await server.driver.executeQuery(query)).records;

  test('wipe leaves nothing of another file: nodes, constraints, indexes, projected graphs', async () => {
    await rows('CREATE CONSTRAINT `a ``b` FOR (n:Person) REQUIRE n.id IS UNIQUE');
    await rows('CREATE INDEX by_name FOR (n:Person) ON (n.name)');
    await rows('UNWIND range(1, 25000) AS id CREATE (:Person {id: id})-[:KNOWS]->(:Other)');
    await rows(`CALL gds.graph.project('people', 'Person', '*')`);
    await server.wipe();
    expect(await rows('MATCH (n) RETURN n LIMIT 1')).toEqual([]);
    expect(await rows('SHOW CONSTRAINTS')).toEqual([]);
    expect(await rows(`SHOW INDEXES YIELD type WHERE type <> 'LOOKUP'`)).toEqual([]);
    expect(await rows('CALL gds.graph.list()')).toEqual([]);
  });

  test('a later file gets the same server, empty', async () => {
    await rows('CREATE (:Left {by: "another file"})');
    await server.close();
    const { url } = server;
    server = await openNeo4j();
    expect(server.url).toBe(url);
    expect(await rows('MATCH (n) RETURN n')).toEqual([]);
  });
});

test('each Redis of a test is empty, has its own data, and comes back after a crash where it was', async () => {
  const [one, other] = await Promise.all([openRedis(), openRedis()]);
  try {
    expect(one.url).not.toBe(other.url);
    await one.client.set('key', 'value');
    expect(await other.client.dbsize()).toBe(0);
    await one.stop({ crash: true });
    await one.start();
    expect(await one.client.get('key')).toBe('value');
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

test('a closed Redis leaves no process and no folder', async () => {
  const folder = path.dirname(privateHome('kept', { kept: true }));
  const before = readdirSync(folder);
  const server = await openRedis();
  const [name] = readdirSync(folder).filter((entry) => !before.includes(entry));
  expect(managedStatus(path.join(folder, name!), 'redis')).toBeDefined();
  await server.close();
  expect(readdirSync(folder)).toEqual(before);
});
