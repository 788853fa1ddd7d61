import neo4j from 'neo4j-driver';
import type { Driver } from 'neo4j-driver';
import { managedStatus, stackUp, stopManaged } from '../../stack';
import { tryToLock } from '../../stack/lock';
import type { Unlock } from '../../stack/lock';
import { privateHome } from './private-servers';

/** A Neo4j that one test file uses. */
export interface TestNeo4j {
  /** `bolt://127.0.0.1:PORT`; no user, no password. Stays the same over `stop` and `start`. */
  url: string;
  driver: Driver;
  /** Leaves no node, relationship, constraint, index or projected graph. */
  wipe(): Promise<void>;
  /** Ends the server: gracefully, or as a crash would. */
  stop(options?: { crash?: boolean }): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  /** Closes the driver and leaves the server to the next file. */
  close(): Promise<void>;
}

/**
 * A Neo4j with Graph Data Science that holds nothing and is used by nobody else until `close`: call it in `beforeAll`, with
 * NEO4J_START_MS as its timeout, and `wipe` between tests.
 *
 * Starting one takes 10 to 40 seconds and 450 MB, and Community has one database. So files take turns: each gets a server that no
 * other file has at this moment, and one is started only when there is none.
 */
export async function openNeo4j(): Promise<TestNeo4j> {
  const { home, unlock } = freeHome();
  const start = async (): Promise<string> => (await stackUp({ home, servers: ['neo4j'] })).neo4j!.url;
  const url = await start();
  const driver = neo4j.driver(url, undefined, { telemetryDisabled: true });
  const wipe = (): Promise<void> => empty(driver);
  await wipe();
  return {
    url,
    driver,
    wipe,
    async stop({ crash = false } = {}) {
      if (crash) process.kill(managedStatus(home, 'neo4j')!.pid, 'SIGKILL');
      await stopManaged(home, 'neo4j');
    },
    async start() {
      await start();
    },
    async close() {
      await driver.close();
      unlock();
    },
  };
}

/** The first that nobody uses: it runs already, unless all before it are in use. A file that ends without `close` keeps its server. */
function freeHome(): { home: string; unlock: Unlock } {
  for (let number = 1; ; number++) {
    const home = privateHome(`neo4j-${number}`, { kept: true });
    const unlock = tryToLock(home, 'test-file');
    if (unlock !== undefined) return { home, unlock };
  }
}

/** What `openNeo4j` may take on a machine that does much else, and that fetches Neo4j for the first time. */
export const NEO4J_START_MS = 600_000;

async function empty(driver: Driver): Promise<void> {
  const run = async (query: string): Promise<Record<string, unknown>[]> =>
    (await driver.executeQuery(query, {}, { database: 'neo4j' })).records.map((record) => record.toObject());
  for (const { graph } of await run('CALL gds.graph.list() YIELD graphName AS graph'))
    await driver.executeQuery('CALL gds.graph.drop($graph)', { graph }, { database: 'neo4j' });
  for (const { name } of await run('SHOW CONSTRAINTS YIELD name')) await run(`DROP CONSTRAINT ${quoted(name)}`);
  // The two lookup indexes are there from the start.
  for (const { name } of await run(`SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'`))
    await run(`DROP INDEX ${quoted(name)}`);
  const session = driver.session({ database: 'neo4j' });
  try {
    await session.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS');
  } finally {
    await session.close();
  }
}

const quoted = (name: unknown): string => `\`${String(name).replaceAll('`', '``')}\``;
