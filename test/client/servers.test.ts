import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { stackDown } from '../../stack';
import { openNeo4j, NEO4J_START_MS } from '../support/neo4j';
import type { TestNeo4j } from '../support/neo4j';
import { openRedis } from '../support/redis';
import type { TestRedis } from '../support/redis';
import { sqlift } from './command-line';

let cwd: string;
let home: string;

beforeEach(() => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'sqlift servers '));
  home = path.join(cwd, 'home');
});

afterEach(async () => {
  await stackDown({ home });
  rmSync(cwd, { recursive: true, force: true });
});

const run = (argv: string[], env: NodeJS.ProcessEnv = {}) => sqlift(argv, { cwd, env: { SQLIFT_HOME: home, ...env } });

interface Check {
  name: string;
  state: string;
  text: string;
  help?: string;
}

async function doctor(
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string; checks: Record<string, Check> }> {
  const { code, stdout, stderr } = await run(['doctor', '--json'], env);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { code, output: stdout + stderr, checks: Object.fromEntries(checks.map((check) => [check.name, check])) };
}

/** A port at which nobody listens. */
async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('stack up starts what is named and nothing else; status tells address, version, memory and log', async () => {
  const up = await run(['stack', 'up', 'redis', 'pinecone', '--json']);
  expect(up.code).toBe(0);
  const { stdout, code } = await run(['stack', 'status', '--json']);
  expect(code).toBe(0);
  const status = JSON.parse(stdout) as Record<string, unknown>;
  expect(status).toEqual({
    redis: {
      url: expect.stringMatching(/^redis:\/\/:[\w-]+@127\.0\.0\.1:\d+$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      memory: expect.any(Number),
      log: path.join(home, 'logs', 'redis.log'),
    },
    pinecone: {
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      memory: expect.any(Number),
      log: path.join(home, 'logs', 'pinecone.log'),
    },
  });
  const url = (await run(['stack', 'status', '--url', 'redis'])).stdout.trim();
  expect(url).toBe((status.redis as { url: string }).url);

  const people = await run(['stack', 'status']);
  expect(people.stdout).toMatch(
    /^Redis +\d+\.\d+\.\d+ +redis:\/\/:\*\*\*@127\.0\.0\.1:\d+ +[\d.]+ MB +\S.*redis\.log$/m,
  );
  expect(people.stdout).toMatch(/^Neo4j +not running$/m);
  expect(people.stdout + people.stderr).not.toContain(new URL(url).password);
  expect((await run(['stack', 'status', '--url', 'neo4j'])).code).toBe(4);
});

test('a name that is no server is a usage error that lists those there are', async () => {
  const { code, stderr } = await run(['stack', 'up', 'mongo']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/no server mongo; there are postgres, temporal, neo4j, redis, pinecone/);
});

test('servers that are configured by address are not started, unless they are named', async () => {
  const env = {
    DATABASE_URL: 'postgres://db/app',
    TEMPORAL_ADDRESS: 'temporal:7233',
    NEO4J_URI: 'neo4j://graph',
    PINECONE_API_KEY: 'key',
    REDIS_URL: 'redis://cache',
  };
  const { code, stdout, stderr } = await run(['stack', 'up', '--all', '--json'], env);
  expect({ code, status: JSON.parse(stdout) as unknown }).toEqual({ code: 0, status: {} });
  for (const name of ['postgres', 'temporal', 'neo4j', 'redis', 'pinecone'])
    expect(stderr).toContain(`${name} is configured by address and is not started`);
});

test('without java, neo4j is one error that names what is missing, and the default servers need neither', async () => {
  const env = { PATH: '', SQLIFT_CACHE: path.join(cwd, 'cache') };
  const { code, stderr } = await run(['stack', 'up', 'neo4j'], env);
  expect(code).toBe(4);
  expect(stderr.match(/error\[/g)).toHaveLength(1);
  expect(stderr).toMatch(/error\[ServerMissing\][^]*no java on the PATH[^]*no mvn on the PATH/);
  const setup = await run(['setup'], { ...env, PATH: '', SQLIFT_TEMPORAL_BIN: process.execPath });
  expect(setup.stderr).not.toMatch(/java|mvn/);
});

test('config show names every store, where its setting came from, and no secret', async () => {
  const env = {
    NEO4J_URI: 'neo4j+s://graph.example',
    NEO4J_USERNAME: 'lift',
    NEO4J_PASSWORD: 'hunter22',
    PINECONE_API_KEY: 'hunter33',
    REDIS_URL: 'rediss://me:hunter44@cache.example:6380/2',
    OPENAI_API_KEY: 'hunter55',
    OLLAMA_HOST: 'gpu',
  };
  const { stdout } = await run(['config', 'show'], env);
  expect(stdout).toMatch(/^neo4j\.uri +neo4j\+s:\/\/graph\.example +environment NEO4J_URI$/m);
  expect(stdout).toMatch(/^neo4j\.username +lift /m);
  expect(stdout).toMatch(/^pinecone\.apiKey +\*\*\* +environment PINECONE_API_KEY$/m);
  expect(stdout).toMatch(/^redis +rediss:\/\/me:\*\*\*@cache\.example:6380\/2 +environment REDIS_URL$/m);
  expect(stdout).toMatch(/^ollama\.host +http:\/\/gpu:11434 /m);
  const json = (await run(['config', 'show', '--json'], env)).stdout;
  for (const secret of ['hunter22', 'hunter33', 'hunter44', 'hunter55']) expect(stdout + json).not.toContain(secret);
  expect((await run(['config', 'show'])).stdout).toMatch(/^neo4j\.uri +embedded, not running +embedded stack$/m);
});

test('doctor has notes for embedded servers that do not run, and is content', async () => {
  const { checks, code } = await doctor({});
  expect(code).toBe(0);
  for (const name of ['Temporal', 'PostgreSQL', 'Neo4j', 'Pinecone', 'Redis']) expect(checks[name]?.state).toBe('note');
  expect(checks.Neo4j!.text).toContain('stack up neo4j');
});

test('doctor says which configured store does not answer, with its setting, and no secret', async () => {
  const port = await closedPort();
  const { checks, code, output } = await doctor({
    NEO4J_URI: `bolt://127.0.0.1:${port}`,
    NEO4J_PASSWORD: 'hunter22',
    REDIS_URL: `redis://:hunter33@127.0.0.1:${port}`,
    PINECONE_API_KEY: 'hunter44',
    PINECONE_CONTROLLER_HOST: `http://127.0.0.1:${port}`,
  });
  expect(code).toBe(4);
  expect(checks.Neo4j).toMatchObject({
    state: 'bad',
    text: `Neo4j at 127.0.0.1:${port} (environment NEO4J_URI) does not answer`,
  });
  expect(checks.Redis).toMatchObject({
    state: 'bad',
    text: `Redis at 127.0.0.1:${port} (environment REDIS_URL) does not answer`,
  });
  expect(checks.Pinecone).toMatchObject({ state: 'bad', text: expect.stringContaining(`127.0.0.1:${port}`) });
  for (const name of ['Neo4j', 'Redis', 'Pinecone']) expect(checks[name]!.help).toMatch(/\w/);
  expect(output).not.toMatch(/hunter/);
});

test('doctor finds the embedded Pinecone, and what is wrong with an address before it connects', async () => {
  await run(['stack', 'up', 'pinecone']);
  const { checks } = await doctor({ REDIS_URL: 'http://cache', PINECONE_API_KEY: '' });
  expect(checks.Pinecone).toMatchObject({ state: 'ok', text: expect.stringMatching(/^0 indexes at http:\/\/127/) });
  expect(checks.Redis).toMatchObject({ state: 'bad', text: expect.stringMatching(/expected redis:\/\//) });
});

describe('doctor of a Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await openRedis();
  });
  afterAll(() => redis.close());
  afterEach(async () => {
    await redis.client.config('SET', 'maxmemory', '0');
    await redis.client.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.client.config('SET', 'appendonly', 'yes');
    await redis.client.replicaof('NO', 'ONE');
  });

  test('that is right', async () => {
    const { checks, code } = await doctor({ REDIS_URL: redis.url });
    expect(code).toBe(0);
    for (const name of ['Redis', 'Redis memory', 'Redis on disk', 'RedisJSON']) expect(checks[name]?.state).toBe('ok');
    expect(checks.Redis!.text).toMatch(/^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+ \(environment REDIS_URL\)$/);
  });

  test('that evicts, has little room and keeps nothing', async () => {
    await redis.client.config('SET', 'maxmemory', '64mb');
    const little = await doctor({ REDIS_URL: redis.url });
    expect(little.checks['Redis memory']).toMatchObject({
      state: 'note',
      text: expect.stringMatching(/MB free, maxmemory-policy noeviction/),
    });
    await redis.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.client.config('SET', 'appendonly', 'no');
    const { checks, code } = await doctor({ REDIS_URL: redis.url });
    expect(code).toBe(1);
    expect(checks['Redis memory']).toMatchObject({
      state: 'bad',
      help: expect.stringContaining('CONFIG SET maxmemory-policy noeviction'),
    });
    expect(checks['Redis on disk']).toMatchObject({ state: 'note', help: expect.stringContaining('appendonly') });
  });

  test('that is a replica', async () => {
    await redis.client.replicaof('127.0.0.1', 1);
    const { checks, code } = await doctor({ REDIS_URL: redis.url });
    expect(code).toBe(1);
    expect(checks.Redis).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('replica'),
      help: expect.stringContaining('primary'),
    });
  });

  test('that wants another password', async () => {
    const wrong = new URL(redis.url);
    wrong.password = 'hunter22';
    for (const url of [wrong.href, `redis://${wrong.host}`]) {
      const { checks, code, output } = await doctor({ REDIS_URL: url });
      expect(code).toBe(4);
      expect(checks.Redis).toMatchObject({
        state: 'bad',
        text: expect.stringMatching(/refuses this user and password/),
      });
      expect(output).not.toContain('hunter22');
    }
  });
});

describe('doctor of a Neo4j', () => {
  let neo4j: TestNeo4j;
  beforeAll(async () => {
    neo4j = await openNeo4j();
  }, NEO4J_START_MS);
  afterAll(() => neo4j.close());

  test('that is right, and in which nothing is left', async () => {
    const { checks, code } = await doctor({ NEO4J_URI: neo4j.url });
    expect(code).toBe(0);
    expect(checks.Neo4j).toMatchObject({
      state: 'ok',
      text: expect.stringMatching(/^5\.26\.\d+ community at 127\.0\.0\.1:\d+ \(environment NEO4J_URI\)$/),
    });
    expect(checks['Neo4j rights']).toMatchObject({ state: 'ok', text: 'may write' });
    expect(checks['Graph Data Science']).toMatchObject({ state: 'ok', text: expect.stringMatching(/^2\.13\./) });
    const { records } = await neo4j.driver.executeQuery('MATCH (n) RETURN count(n) AS nodes');
    expect(records[0]!.get('nodes').toNumber()).toBe(0);
  });

  test('whose database does not exist', async () => {
    const { checks, code } = await doctor({ NEO4J_URI: neo4j.url, NEO4J_DATABASE: 'elsewhere' });
    expect(code).toBe(4);
    expect(checks.Neo4j).toMatchObject({
      state: 'bad',
      text: expect.stringMatching(/no such database \(NEO4J_DATABASE\)/),
    });
  });
});

test('the state file is readable by its owner only, and no log holds a password', async () => {
  await run(['stack', 'up', 'redis']);
  const state = JSON.parse(readFileSync(path.join(home, 'stack.json'), 'utf8')) as { redis: { password: string } };
  expect(readFileSync(path.join(home, 'logs', 'redis.log'), 'utf8')).not.toContain(state.redis.password);
});
