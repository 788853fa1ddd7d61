import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import neo4j from 'neo4j-driver';
import { managedStatus, stackDown, stackReport, stackStatus, stackUp } from '../../stack';
import { isAlive, startMark } from '../../stack/liveness';
import { ensureNeo4j } from '../../stack/neo4j-program';
import { stackUpElsewhere } from './in-a-process';
import { squatterOn } from './squatter';

/** One server through all of its life, because each start takes ten seconds and more. */

jest.setTimeout(600_000);

let home: string;
let url: string;

beforeAll(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'sqlift: neo4j é '));
  url = (await stackUp({ home, servers: ['neo4j'] })).neo4j!.url;
});

afterAll(async () => {
  await stackDown({ home });
  rmSync(home, { recursive: true, force: true });
});

const pid = (): number => managedStatus(home, 'neo4j')!.pid;
const up = async (): Promise<string> => (await stackUp({ home, servers: ['neo4j'] })).neo4j!.url;

async function cypher(query: string, parameters: Record<string, unknown> = {}): Promise<unknown[]> {
  const driver = neo4j.driver(url, undefined, { disableLosslessIntegers: true });
  try {
    const { records } = await driver.executeQuery(query, parameters, { database: 'neo4j' });
    return records.map((record) => record.toObject());
  } finally {
    await driver.close();
  }
}

test('Neo4j 5.26 with Graph Data Science is up, on loopback only, and its report names memory and log', async () => {
  const { neo4j: status } = await stackReport({ home });
  expect(status).toEqual({
    url: expect.stringMatching(/^bolt:\/\/127\.0\.0\.1:\d+$/),
    version: expect.stringMatching(/^5\.26\./),
    gds: expect.stringMatching(/^2\.13\./),
    memory: expect.any(Number),
    log: path.join(home, 'logs', 'neo4j.log'),
  });
  expect(status!.memory).toBeGreaterThan(100e6);
  expect(status!.memory).toBeLessThan(1.5e9);
  expect(listeningAddresses(pid())).toEqual([`127.0.0.1:${new URL(url).port}`]);
});

test('a graph algorithm runs and writes its results', async () => {
  await cypher('CREATE (:Page {id: 1})-[:LINKS]->(hub:Page {id: 2})<-[:LINKS]-(:Page {id: 3})');
  await cypher(`CALL gds.graph.project('pages', 'Page', 'LINKS')`);
  await cypher(`CALL gds.pageRank.write('pages', { writeProperty: 'rank' })`);
  expect(await cypher('MATCH (p:Page) RETURN p.id AS id ORDER BY p.rank DESC LIMIT 1')).toEqual([{ id: 2 }]);
  await cypher(`CALL gds.graph.drop('pages')`);
});

test('a number of 64 bits comes back as it went in', async () => {
  const largest = neo4j.int('9223372036854775807');
  const [row] = await cypher('CREATE (n:Big {value: $largest}) RETURN toString(n.value) AS value', { largest });
  expect(row).toEqual({ value: '9223372036854775807' });
});

test('up again leaves it alone, also from two processes at once', async () => {
  const before = pid();
  const [one, other] = await Promise.all([stackUpElsewhere(home, ['neo4j']), stackUpElsewhere(home, ['neo4j'])]);
  expect(one).toEqual(other);
  expect(await up()).toBe(url);
  expect(pid()).toBe(before);
});

test('a killed server is found dead; a port that another program took meanwhile is given up, and every commit is there', async () => {
  await cypher('CREATE (:Kept {id: 7})');
  process.kill(pid(), 'SIGKILL');
  while (managedStatus(home, 'neo4j') !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await stackStatus({ home })).toEqual({});
  const squatter = await squatterOn(url);
  try {
    const moved = await up();
    expect(moved).not.toBe(url);
    url = moved;
  } finally {
    squatter.close();
  }
  expect(await cypher('MATCH (n:Kept) RETURN n.id AS id')).toEqual([{ id: 7 }]);
});

test('a lost record does not leave two servers: the one without it is ended gracefully, and started again where it was', async () => {
  const lost = { pid: pid(), mark: startMark(pid())! };
  rmSync(path.join(home, 'run', 'neo4j.json'));
  expect(await up()).toBe(url);
  expect(isAlive(lost)).toBe(false);
  expect(await cypher('MATCH (n:Kept) RETURN n.id AS id')).toEqual([{ id: 7 }]);
});

test('down ends it gracefully and within seconds', async () => {
  const began = Date.now();
  expect(await stackDown({ home })).toEqual(['neo4j']);
  expect(Date.now() - began).toBeLessThan(9_000);
  expect(readFileSync(path.join(home, 'logs', 'neo4j.log'), 'utf8')).toMatch(/Stopped\.\s*$/);
});

describe('what is missing', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(path.join(os.tmpdir(), 'sqlift bin é '));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  const wanted = (env: NodeJS.ProcessEnv): Promise<unknown> =>
    ensureNeo4j({ PATH: scratch, SQLIFT_CACHE: path.join(scratch, 'cache'), ...env }, () => undefined);
  const program = (name: string, script: string): void => {
    writeFileSync(path.join(scratch, name), `#!/bin/sh\n${script}\n`);
    chmodSync(path.join(scratch, name), 0o755);
  };

  test('without java and mvn one error names both, and the command that gets them', async () => {
    await expect(wanted({})).rejects.toMatchObject({
      code: 'ServerMissing',
      message: expect.stringMatching(/no java on the PATH \(17 or later[^]*no mvn on the PATH[^]*NEO4J_URI/),
    });
  });

  test('a java that is too old is named with its version', async () => {
    program('java', `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);
    program('mvn', 'exit 0');
    await expect(wanted({})).rejects.toMatchObject({
      code: 'ServerMissing',
      message: expect.stringMatching(/java is Java 11, and 17 or later is needed/),
    });
    program('java', `echo 'java version "1.8.0_202"' >&2`);
    await expect(wanted({})).rejects.toMatchObject({ message: expect.stringMatching(/is Java 8,/) });
  });

  test('a Maven that cannot fetch is one error with what it said', async () => {
    program('java', `echo 'openjdk version "21" 2023-09-19' >&2`);
    program('mvn', 'echo "[ERROR] Could not transfer artifact: no route"; exit 1');
    await expect(wanted({})).rejects.toMatchObject({
      code: 'ServerMissing',
      message: expect.stringContaining('no route'),
    });
  });

  test('once the jars are there, Maven is not needed; JAVA_HOME counts before the PATH', async () => {
    const { folder } = await ensureNeo4j(process.env, () => undefined);
    symlinkSync(path.dirname(folder), path.join(scratch, 'cache'));
    program('java', `echo 'openjdk version "11.0.2" 2019-01-15' >&2`);
    const jdk = path.join(scratch, 'jdk');
    await expect(wanted({})).rejects.toMatchObject({ message: expect.not.stringMatching(/mvn/) });
    symlinkSync(scratch, jdk);
    symlinkSync(scratch, path.join(scratch, 'bin'));
    program('java', `echo 'openjdk version "17.0.1"' >&2`);
    expect(await wanted({ PATH: '', JAVA_HOME: jdk })).toEqual({
      java: path.join(jdk, 'bin', 'java'),
      folder: path.join(scratch, 'cache', path.basename(folder)),
    });
  });
});

/** `address:port` of every TCP socket that the process listens on. */
function listeningAddresses(of: number): string[] {
  const inodes = new Set<string | undefined>(
    readdirSync(`/proc/${of}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${of}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && inodes.has(fields[9]))
      .map(([, local]) => {
        const [address = '', port = ''] = local!.split(':');
        // Little-endian; an IPv4 address in an IPv6 socket is its last word.
        const bytes = Buffer.from(address.slice(-8), 'hex').reverse();
        return `${[...bytes].join('.')}:${parseInt(port, 16)}`;
      }),
  );
}
