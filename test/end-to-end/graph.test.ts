import { existsSync, readFileSync } from 'node:fs';
import type Database from 'better-sqlite3';
import type { WrittenPlan } from '../../core/plan';
import { eventually, Migrations } from '../support/migration';
import { NEO4J_START_MS, openNeo4j } from '../support/neo4j';
import type { TestNeo4j } from '../support/neo4j';
import { everythingIn } from '../support/neo4j-state';

const STAR_WARS = '/work/shared/data/public/graph';

let migrations: Migrations;
let server: TestNeo4j;
beforeAll(async () => {
  server = await openNeo4j();
  migrations = await Migrations.open();
  await migrations.startWorker({ NEO4J_URI: server.url });
}, NEO4J_START_MS);
beforeEach(() => server.wipe());
afterAll(async () => {
  await migrations?.close();
  await server?.close();
});

async function cypher(statement: string): Promise<Record<string, unknown>[]> {
  const { records } = await server.driver.executeQuery(statement, {}, { database: 'neo4j' });
  return records.map((record) => record.toObject());
}

interface Network {
  nodes: { name: string; value: number; colour: string }[];
  links: { source: number; target: number; value: number }[];
}

/** All seven films in one file. */
function starWars(db: Database.Database): void {
  db.exec(`CREATE TABLE character (name TEXT PRIMARY KEY, colour TEXT) WITHOUT ROWID;
    CREATE TABLE scene (episode INTEGER, one TEXT REFERENCES character, other TEXT REFERENCES character, scenes INTEGER, PRIMARY KEY (episode, one, other));`);
  const character = db.prepare('INSERT OR IGNORE INTO character VALUES (?, ?)');
  const scene = db.prepare('INSERT OR IGNORE INTO scene VALUES (?, ?, ?, ?)');
  for (let episode = 1; episode <= 7; episode++) {
    const text = readFileSync(`${STAR_WARS}/starwars-episode-${episode}.json`, 'utf8');
    const { nodes, links } = JSON.parse(text) as Network;
    for (const { name, colour } of nodes) character.run(name, colour);
    for (const { source, target, value } of links) scene.run(episode, nodes[source]!.name, nodes[target]!.name, value);
  }
}

const graph: WrittenPlan['graph'] = {
  nodes: { Character: { table: 'character', key: 'name' } },
  relationships: {
    APPEARS_WITH: {
      table: 'scene',
      from: { node: 'Character', columns: 'one' },
      to: { node: 'Character', columns: 'other' },
      key: 'episode',
    },
  },
  algorithms: {
    influence: {
      algorithm: 'pageRank',
      nodes: ['Character'],
      relationships: ['APPEARS_WITH'],
      undirected: true,
      weight: 'scenes',
    },
    community: { algorithm: 'louvain', nodes: ['Character'], relationships: ['APPEARS_WITH'], undirected: true },
  },
};

const withStarWars = existsSync(STAR_WARS) ? test : test.skip;
if (!existsSync(STAR_WARS)) console.warn(`skipped: ${STAR_WARS} is not here`);

withStarWars(
  'the Star Wars films become a network with communities, and a rollback leaves other people’s data exactly',
  async () => {
    await cypher(`CREATE (:Character {name: 'LUKE', note: 'mine'})-[:FRIEND]->(:Droid {name: 'mine'})`);
    await cypher('CREATE INDEX droids FOR (d:Droid) ON (d.name)');
    const before = await everythingIn(server.driver);
    const plan = { ...(await migrations.plan('starwars', starWars)), graph };
    const started = await migrations.start(plan);
    expect(await started.result()).toMatchObject({ state: 'published' });
    const [counted] = await cypher(
      `MATCH (c:Character) WITH count(c) AS characters, count(c.influence) AS ranked, count(DISTINCT c.community) AS communities
     MATCH (:Character)-[r:APPEARS_WITH]->(:Character) RETURN toString(characters) AS characters, characters = ranked AS ranked, communities > 3 AS many, count(r) > 500 AS scenes`,
    );
    expect(counted).toEqual({ characters: '112', ranked: true, many: true, scenes: true });
    const [luke] = await cypher(
      `MATCH (c:Character {name: 'LUKE'}) RETURN c.note AS note, c.colour AS colour, labels(c) AS labels`,
    );
    expect(luke).toEqual({ note: 'mine', colour: '#3881e5', labels: ['Character'] });
    const report = await migrations.report(started.run);
    expect(JSON.stringify(report.graph)).toMatch(/influence \(pageRank\) was computed by Graph Data Science/);
    expect(await migrations.workflow('verifyWorkflow', { run: started.run })).toMatchObject({ differences: 0 });
    expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
      state: 'rolled_back',
    });
    expect(await everythingIn(server.driver)).toEqual(before);
  },
);

/** A ring of people with further acquaintances; some rows have an end that is no person, or none at all. */
function ring(db: Database.Database): void {
  db.exec(`CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT);
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO person SELECT i, 'person ' || i FROM c;
    CREATE TABLE knows (id INTEGER PRIMARY KEY, one INTEGER, other INTEGER, since INTEGER);
    WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 39999)
      INSERT INTO knows SELECT i, i % 5000 + 1, (i * 7 + i / 5000) % 5000 + 1, i FROM c;
    INSERT INTO knows VALUES (50000, 1, 99999, 0), (50001, 1, NULL, 0);`);
}

const ringGraph: WrittenPlan['graph'] = {
  nodes: { Person: { table: 'person', key: 'id' } },
  relationships: {
    KNOWS: {
      table: 'knows',
      from: { node: 'Person', columns: 'one' },
      to: { node: 'Person', columns: 'other' },
      key: 'id',
      quarantine: 'any',
    },
  },
};

test('Neo4j that is killed in the middle of its phase and started again is waited for; the run ends as if nothing had been', async () => {
  const plan = { ...(await migrations.plan('ring', ring)), graph: ringGraph };
  const started = await migrations.start(plan);
  await eventually(async () => {
    const feeds = await migrations.sql(`SELECT to_regclass('sqlift.feed_chunks') IS NOT NULL AS there`);
    if (feeds[0]!.there !== true) return false;
    const written = await migrations.sql(
      `SELECT FROM sqlift.feed_chunks WHERE run = $1 AND feed LIKE '%KNOWS' AND written`,
      [started.run],
    );
    return written.length > 0;
  }, 150);
  await server.stop({ crash: true });
  await server.start();
  expect(await started.result()).toMatchObject({ state: 'published' });
  const { graph: built } = await migrations.report(started.run);
  expect(built!.feeds.map(({ feed, written, quarantined, leftOut }) => [feed, written, quarantined, leftOut])).toEqual([
    ['graph.nodes.Person', 5000, 0, 0],
    ['graph.relationships.KNOWS', 40_000, 1, 1],
  ]);
  expect(await cypher('MATCH (:Person)-[r:KNOWS]->(:Person) RETURN toString(count(r)) AS n')).toEqual([{ n: '40000' }]);
  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await cypher('MATCH (n) RETURN n LIMIT 1')).toEqual([]);
});
