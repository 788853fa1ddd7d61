import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import neo4j from 'neo4j-driver';
import type { Driver } from 'neo4j-driver';
import type { Entry, NodeEntry, RelationshipEntry } from '../core/feeds/entry';
import type { Feed } from '../core/feeds/feed';
import type { SourceTable } from '../core/source';
import { stackDown, stackUp } from '../stack';
import type { RunWork } from '../stores/feed-store';
import { beforeImages } from '../stores/ledger/before-images';
import { beginRun, holdLiveRun, whileLive } from '../stores/ledger/runs';
import { installLedger } from '../stores/ledger/schema';
import { Neo4jStore } from '../stores/neo4j/store';
import { openTarget, withClient } from '../stores/postgres/target';

/**
 * The graph phase of a run – ledger, gates, marks, two activities at once – beside the best loop that one would write by hand for the same server:
 * a constraint, then UNWIND and CREATE in large batches, on an empty database that nobody else uses. `npm run bench:graph`. The phase has to
 * come to half of its rate at least.
 */

const CHUNK = 5_000;
const IN_FLIGHT = 2;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '100000' },
      relationships: { type: 'string', default: '1000000' },
      folder: { type: 'string', default: 'bench/.data' },
    },
  });
  const [nodes, relationships] = [Number(values.nodes), Number(values.relationships)];
  mkdirSync(values.folder, { recursive: true });
  const home = mkdtempSync(path.join(path.resolve(values.folder), 'graph-'));
  try {
    const { neo4j: server, postgres } = await stackUp({ home, servers: ['postgres', 'neo4j'] });
    const driver = neo4j.driver(server!.url, undefined, { useBigInt: true, telemetryDisabled: true });
    // Both are measured on a server that has compiled what it runs.
    await byHand(driver, Math.ceil(nodes / 10), Math.ceil(relationships / 10));
    const hand = await byHand(driver, nodes, relationships);
    print(`by hand  ${rate(relationships, hand)}`);
    const phase = await bySqlift(server!.url, postgres!.url, driver, nodes, relationships);
    print(`sqlift   ${rate(relationships, phase)}, ${((100 * hand) / phase).toFixed(0)} % of the loop’s rate`);
    print(
      `memory   ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB of this process at most; load ${os.loadavg()[0]!.toFixed(1)} on ${os.cpus().length} processors`,
    );
    await driver.close();
    if (phase > 2 * hand) process.exitCode = 1;
  } finally {
    await stackDown({ home });
    rmSync(home, { recursive: true, force: true });
  }
}

/** Ends of a relationship: spread, and each pair once. */
const ends = (i: number, nodes: number): [number, number] => [
  i % nodes,
  (i * 7919 + Math.floor(i / nodes) * 104_729) % nodes,
];

async function byHand(driver: Driver, nodes: number, relationships: number): Promise<number> {
  await wipe(driver);
  const query = (text: string, parameters: object) =>
    driver.executeQuery(text, parameters, { database: 'neo4j' }).then(() => undefined);
  const started = performance.now();
  await query('CREATE CONSTRAINT person FOR (p:Person) REQUIRE p.id IS UNIQUE', {});
  for (let at = 0; at < nodes; at += 10_000) {
    const rows = range(at, Math.min(at + 10_000, nodes), (i) => ({ id: BigInt(i), name: `person ${i}` }));
    await query('UNWIND $rows AS row CREATE (p:Person) SET p = row', { rows });
  }
  for (let at = 0; at < relationships; at += 10_000) {
    const rows = range(at, Math.min(at + 10_000, relationships), (i) => {
      const [from, to] = ends(i, nodes);
      return { from: BigInt(from), to: BigInt(to), since: BigInt(i), weight: i / 7 };
    });
    await query(
      'UNWIND $rows AS row MATCH (a:Person {id: row.from}) MATCH (b:Person {id: row.to}) CREATE (a)-[:KNOWS {since: row.since, weight: row.weight}]->(b)',
      { rows },
    );
  }
  return (performance.now() - started) / 1000;
}

async function bySqlift(url: string, postgres: string, driver: Driver, nodes: number, relationships: number) {
  await wipe(driver);
  const pool = openTarget(postgres);
  await installLedger(pool);
  const run = `bench-${Date.now()}`;
  await beginRun(pool, {
    run,
    planName: 'bench',
    planSha256: '',
    workflowId: run,
    touched: { sources: [], schemas: [], tables: [] },
    digestBefore: '',
  });
  const store = new Neo4jStore({ uri: url });
  const work: RunWork = {
    run,
    feeds: FEEDS,
    algorithms: [],
    promoted: false,
    images: beforeImages(pool, run, 'neo4j'),
    beat: () => undefined,
    holdLive: () => withClient(pool, (client) => holdLiveRun(client, run)),
    whileLive: (work) => whileLive(pool, run, work),
  };
  const started = performance.now();
  await store.prepare(work);
  for (const [feed, count, make] of [
    [FEEDS[0]!, nodes, node],
    [FEEDS[1]!, relationships, (i: number) => relationship(i, nodes)],
  ] as const) {
    let next = 0;
    const fill = async () => {
      while (next < count) {
        const from = next;
        next += CHUNK;
        await store.write({ ...work, feed }, range<Entry>(from, Math.min(from + CHUNK, count), make));
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, fill));
  }
  await store.finish(work);
  const filled = (performance.now() - started) / 1000;
  await store.promote(work);
  print(`         published in ${((performance.now() - started) / 1000 - filled).toFixed(1)} s`);
  await store.close();
  await pool.end();
  return filled;
}

const column = (name: string, index: number) => ({
  source: name,
  target: name,
  index,
  affinity: 'blob' as const,
  notNull: false,
  identity: false,
});
const origin = {} as SourceTable;
const FEEDS: Feed[] = [
  {
    kind: 'node',
    store: 'neo4j',
    feed: 'graph.nodes.Person',
    name: 'Person',
    source: 's',
    rows: { from: 'table', table: 'person', origin },
    columns: [column('id', 0), column('name', 1)],
    quarantine: 'none',
    planned: { table: 'person', key: 'id' },
  },
  {
    kind: 'relationship',
    store: 'neo4j',
    feed: 'graph.relationships.KNOWS',
    name: 'KNOWS',
    source: 's',
    rows: { from: 'table', table: 'knows', origin },
    columns: [column('a', 0), column('b', 1), column('since', 2), column('weight', 3)],
    quarantine: 'none',
    planned: { table: 'knows', from: { node: 'Person', columns: 'a' }, to: { node: 'Person', columns: 'b' } },
  },
];

const node = (i: number): NodeEntry => ({
  labels: ['Person'],
  key: [BigInt(i)],
  properties: { id: BigInt(i), name: `person ${i}` },
});

function relationship(i: number, nodes: number): RelationshipEntry {
  const [from, to] = ends(i, nodes);
  return {
    type: 'KNOWS',
    from: [BigInt(from)],
    to: [BigInt(to)],
    key: [],
    properties: { since: BigInt(i), weight: i / 7 },
  };
}

function range<T>(from: number, to: number, make: (i: number) => T): T[] {
  return Array.from({ length: to - from }, (_, i) => make(from + i));
}

async function wipe(driver: Driver): Promise<void> {
  const session = driver.session({ database: 'neo4j' });
  await session.run('DROP CONSTRAINT person IF EXISTS');
  await session.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS');
  await session.close();
}

const rate = (count: number, seconds: number): string =>
  `${count} relationships and their nodes in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} a second`;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
