import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stackUp } from '../../stack';
import { isAlive, startMark } from '../../stack/liveness';
import { endTestServers } from './private-servers';

/** State folders of test runs: each names the process that owns it in `owner.json`. */
const PREFIX = 'sqlift-test-';

/**
 * One private set of servers for the whole test run, in a fresh state folder, whatever the caller's environment configures;
 * `SQLIFT_TEST_SERVERS=off` runs without. Tests reach it through `test/support/postgres` and `test/support/temporal`; Neo4j and
 * Redis start when a test first asks `test/support/neo4j` or `test/support/redis`.
 */
export default async function globalSetup(): Promise<void> {
  if (process.env.SQLIFT_TEST_SERVERS === 'off') return;
  await removeOrphans();
  const home = mkdtempSync(path.join(os.tmpdir(), PREFIX));
  writeFileSync(path.join(home, 'owner.json'), JSON.stringify({ pid: process.pid, mark: startMark(process.pid) }));
  process.env.SQLIFT_TEST_HOME = home;
  // Half the processor time of a start, and of all that a test asks for once: nothing in tests is worth a compiler that optimizes.
  process.env.SQLIFT_NEO4J_JAVA_OPTIONS ??= '-Xms128m -Xmx1g -XX:+UseSerialGC -XX:TieredStopAtLevel=1';
  try {
    const { postgres, temporal } = await stackUp({ home, servers: ['postgres', 'temporal'] });
    process.env.SQLIFT_TEST_POSTGRES_URL = postgres!.url;
    process.env.SQLIFT_TEST_TEMPORAL_ADDRESS = temporal!.address;
  } catch (error) {
    await endTestServers(home);
    throw error;
  }
}

/** Jest that is interrupted does not tear down: the next run ends the servers that it left. */
async function removeOrphans(): Promise<void> {
  for (const name of readdirSync(os.tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const home = path.join(os.tmpdir(), name);
    const owner = path.join(home, 'owner.json');
    if (!existsSync(owner) || isAlive(JSON.parse(readFileSync(owner, 'utf8')) as { pid: number; mark: string }))
      continue;
    await endTestServers(home);
  }
}
