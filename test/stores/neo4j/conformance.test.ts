import { Neo4jStore } from '../../../stores/neo4j/store';
import { NEO4J_START_MS, openNeo4j } from '../../support/neo4j';
import type { TestNeo4j } from '../../support/neo4j';
import { everythingIn } from '../../support/neo4j-state';
import { describeFeedStore } from '../feed-store-conformance';

let server: TestNeo4j;
beforeAll(async () => {
  server = await openNeo4j();
}, NEO4J_START_MS);
afterAll(() => server?.close());

async function cypher(statement: string): Promise<void> {
  await server.driver.executeQuery(statement, {}, { database: 'neo4j' });
}

const SQL = `CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, born DATE);
INSERT INTO person VALUES (1, 'Ada', 'Writer', '1815-12-10'), (2, 'Bo', NULL, NULL), (3, 'Cy', 'Singer', NULL);
CREATE TABLE knows (a INTEGER, b INTEGER, since INTEGER);
INSERT INTO knows VALUES (1, 2, 2001), (2, 3, 2002), (3, 3, NULL);
`;

describeFeedStore(
  'Neo4j',
  {
    sql: SQL,
    laterSql: SQL.replace("'Bo', NULL", "'Bob', 'Writer'").replace('(1, 2, 2001)', '(1, 2, 1999), (3, 1, 7)'),
    sections: {
      graph: {
        nodes: { Person: { table: 'person', key: 'id', labels: ['Human'], labelColumn: 'kind' } },
        relationships: {
          KNOWS: { table: 'knows', from: { node: 'Person', columns: 'a' }, to: { node: 'Person', columns: 'b' } },
        },
        algorithms: { degree: { algorithm: 'degree', nodes: ['Person'], relationships: ['KNOWS'] } },
      },
    },
    async change() {
      await cypher(`MATCH (n {id: 2}) SET n.name = 'changed'`);
      return { kind: 'property', key: '2', column: 'name', expected: 'Bo', found: 'changed' };
    },
    async remove() {
      await cypher('MATCH ()-[r:KNOWS {since: 2002}]->() SET r.since = null');
      return { kind: 'property', key: '2, 3', column: 'since', expected: '2002', found: 'NULL' };
    },
    async add() {
      await cypher('MATCH (a {id: 3}) CREATE (:Alien)-[:OTHER]->(a)');
      return { kind: 'orphan' };
    },
    async changePublished() {
      await cypher(`MATCH (n:Person {id: 3}) SET n.name = 'theirs'`);
    },
    changedName: '(:Person {id: 3})',
  },
  async () => ({
    open: () => Promise.resolve(new Neo4jStore({ uri: server.url })),
    async populate() {
      await server.wipe();
      await cypher(
        `CREATE (a:Person {id: 1, name: 'Old', mine: true})-[:KNOWS {since: 1}]->(:Person {id: 9}), (a)-[:LIKES]->(:Cake {sort: 'x'})`,
      );
    },
    everything: () => everythingIn(server.driver),
    async seen() {
      const { records } = await server.driver.executeQuery(
        'MATCH (n:Person|Cake) WHERE n.id IS NULL OR n.id <> 1 RETURN properties(n) AS p ORDER BY toString(n.id)',
        {},
        { database: 'neo4j' },
      );
      return records.map((record) => record.toObject());
    },
    close: () => Promise.resolve(),
  }),
);
