import { deserialize } from 'node:v8';
import type Database from 'better-sqlite3';
import { waitsOf } from '../../client/waits';
import type { Plan } from '../../core/plan';
import { readConflicts } from '../../stores/ledger/conflicts';
import { Endpoint, SPEC } from '../stack/pinecone/endpoint';
import { eventually, Migrations } from '../support/migration';
import { NEO4J_START_MS, openNeo4j } from '../support/neo4j';
import type { TestNeo4j } from '../support/neo4j';
import { everythingIn as everythingInNeo4j } from '../support/neo4j-state';
import { everythingIn as everythingInPinecone } from '../support/pinecone';
import { openRedis } from '../support/redis';
import type { TestRedis } from '../support/redis';
import { everythingIn as everythingInRedis } from '../support/redis-state';
import { targetState } from '../support/target-state';

/** The way back over PostgreSQL, Neo4j, Pinecone and Redis at once: all of them, or none. */

let migrations: Migrations;
let redis: TestRedis;
let endpoint: Endpoint;
let neo4j: TestNeo4j;
beforeAll(async () => {
  neo4j = await openNeo4j();
  redis = await openRedis();
  endpoint = await Endpoint.start();
  migrations = await Migrations.open();
  await migrations.startWorker({
    NEO4J_URI: neo4j.url,
    REDIS_URL: redis.url,
    PINECONE_API_KEY: 'test',
    PINECONE_CONTROLLER_HOST: endpoint.url,
  });
}, NEO4J_START_MS);
afterAll(async () => {
  await migrations?.close();
  await endpoint?.remove();
  await redis?.close();
  await neo4j?.close();
});

const vectors = () => endpoint.client().index({ host: `${endpoint.url}/data/people` });
const cypher = (statement: string) => neo4j.driver.executeQuery(statement, {}, { database: 'neo4j' });

/** Other people's data in every store, some of it under names that the run uses. */
async function populate(): Promise<void> {
  await neo4j.wipe();
  await cypher(`CREATE (:Person {id: 2, note: 'theirs'})-[:OWNS]->(:Thing {name: 'theirs'})`);
  await redis.client.flushall();
  await redis.client.set('other', 'untouched');
  for (let i = 1; i <= 20; i++) await redis.client.hset(`person:${i}`, 'their', 'field');
  const client = endpoint.client();
  for (const { name } of (await client.listIndexes()).indexes ?? []) await client.deleteIndex(name);
  await client.createIndex({ name: 'people', dimension: 2, metric: 'euclidean', spec: SPEC });
  await vectors().upsert({
    records: [
      { id: '3', values: [7, 7], metadata: { whose: 'theirs' } },
      { id: 'theirs', values: [1, 2] },
    ],
  });
}

const PEOPLE = 2_500;

function build(db: Database.Database): void {
  db.exec(`
    CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, friend INTEGER REFERENCES person, at TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PEOPLE})
    INSERT INTO person SELECT i, 'person ' || i, 1 + (i * 7919) % ${PEOPLE}, '[' || i || ',1]' FROM n`);
}

const plan = (name: string, edit: (plan: Plan) => void = () => {}): Promise<Plan> =>
  migrations.plan(name, build, (drafted) => {
    drafted.graph = {
      nodes: { Person: { query: 'SELECT id, name FROM person WHERE id <= 200', key: 'id' } },
      relationships: {
        FRIEND: {
          query: 'SELECT id, friend FROM person WHERE id <= 200 AND friend <= 200',
          from: { node: 'Person', columns: 'id' },
          to: { node: 'Person', columns: 'friend' },
        },
      },
    };
    drafted.vectors = {
      people: {
        query: 'SELECT id, at FROM person WHERE id <= 500',
        index: 'people',
        id: '{id}',
        vector: { column: 'at', encoding: 'json' },
        dimension: 2,
        metric: 'euclidean',
      },
    };
    drafted.cache = { people: { table: 'person', key: 'person:{id}', as: 'hash' } };
    edit(drafted);
  });

async function everything() {
  return { ...(await withoutRedis()), redis: await everythingInRedis(redis.client) };
}

async function withoutRedis() {
  return {
    postgres: await targetState(migrations.pool, migrations.database.url),
    neo4j: await everythingInNeo4j(neo4j.driver),
    pinecone: await everythingInPinecone(endpoint.client()),
  };
}

const rollback = (run: string, force = false) => migrations.workflow('rollbackWorkflow', { run, force });

async function published(name: string): Promise<string> {
  const started = await migrations.start(await plan(name));
  expect((await started.result()).state).toBe('published');
  return started.run;
}

describe('the way back over four stores', () => {
  beforeEach(populate);

  test('a rollback that would destroy what others have done changes nothing in any store and names it; forced, all of them are as before', async () => {
    const before = await everything();
    const run = await published('refused');
    expect((await everything()).redis).not.toEqual(before.redis);

    await redis.client.hset('person:7', 'name', 'mine');
    const changed = await everything();
    await expect(rollback(run)).rejects.toMatchObject({
      cause: { type: 'RollbackConflict', message: 'in Redis 1 key was changed since the run' },
    });
    expect(await everything()).toEqual(changed);
    expect(await readConflicts(migrations.pool, run)).toEqual([
      { store: 'redis', what: 'key was changed', entry: 'person:7' },
    ]);

    await vectors().update({ id: '9', values: [9, 9] });
    await cypher(`MATCH (p:Person {id: 4}) SET p.name = 'mine'`);
    const more = await everything();
    await expect(rollback(run)).rejects.toMatchObject({
      cause: {
        message:
          'in Neo4j 1 node was changed since the run; in Pinecone 1 vector was changed or removed since the run; in Redis 1 key was changed since the run',
      },
    });
    expect(await everything()).toEqual(more);
    expect((await readConflicts(migrations.pool, run)).map(({ entry }) => entry)).toEqual([
      '(:Person {id: 4})',
      'people/__default__/9',
      'person:7',
    ]);
    // A run whose rollback was refused is as it was: its window still ends it, and it can be verified.
    expect(await migrations.workflow('verifyWorkflow', { run })).toMatchObject({ differences: 3 });

    expect(await rollback(run, true)).toMatchObject({ state: 'rolled_back', left: [] });
    expect(await everything()).toEqual(before);
    expect(await migrations.sql('SELECT FROM sqlift.before_images WHERE run = $1', [run])).toEqual([]);
  });

  test('a rollback whose store stops midway goes on when it is back, and what others have done meanwhile is theirs', async () => {
    const before = await everything();
    const run = await published('stopped');
    const hold = await migrations.pool.connect();
    const batches = () =>
      migrations.sql(`SELECT image FROM sqlift.before_images WHERE run = $1 AND store = 'redis' AND scope = 'taken'`, [
        run,
      ]);
    const handle = await migrations.client.workflow.start('rollbackWorkflow', {
      workflowId: `rollback-${run}`,
      taskQueue: migrations.queue,
      args: [{ run, force: false }],
      startDelay: '1 second',
    });
    let theirs: string;
    try {
      // Its undo cannot be noted, and so the step is held there.
      await hold.query('BEGIN');
      await hold.query(
        `SELECT FROM sqlift.before_images WHERE run = $1 AND store = 'redis' AND scope = 'taken' ORDER BY id DESC LIMIT 1 FOR UPDATE`,
        [run],
      );
      expect((await batches()).length).toBeGreaterThan(1);
      await eventually(async () => (await batches()).length === 1);
      const { keys } = deserialize((await batches())[0]!.image as Buffer) as { keys: string[] };
      // Already undone, so that it is its owner's again.
      theirs = Array.from({ length: 20 }, (_, i) => `person:${i + 1}`).find((key) => !keys.includes(key))!;
      expect(await redis.client.hgetall(theirs)).toEqual({ their: 'field' });
      await redis.client.hset(theirs, 'their', 'newer');
      await redis.stop({ crash: true });
    } finally {
      await hold.query('ROLLBACK');
      hold.release();
    }
    await eventually(async () => {
      const { pendingActivities } = await handle.describe().then(({ raw }) => raw);
      return (pendingActivities ?? []).some(({ lastFailure }) => lastFailure?.message?.includes('does not answer'));
    });
    await redis.start();
    expect(await handle.result()).toMatchObject({ state: 'rolled_back', left: [] });

    expect(await redis.client.hgetall(theirs)).toEqual({ their: 'newer' });
    await redis.client.hset(theirs, 'their', 'field');
    expect(await everything()).toEqual(before);
  });

  test('a store that stops for good in its phase: the run takes the others back and says what it could not reach, which a rollback finishes later', async () => {
    const before = await everything();
    const started = await migrations.start(await plan('lost', (edited) => (edited.patienceMinutes = 0.1)));
    await eventually(async () => (await redis.client.keys(`sqlift:${started.run}:*`)).length > 0, 120);
    await redis.stop({ crash: true });
    await expect(started.result()).rejects.toThrow('failed');

    const { state, error } = await migrations.report(started.run);
    expect(state).toBe('rollback_incomplete');
    const unreached = /Redis at 127\.0\.0\.1:\d+ does not answer, and was waited for as long as the plan says \(6 s\)$/;
    expect(error).toMatchObject({ code: 'TargetUnreachable', message: expect.stringMatching(unreached) as string });
    expect(error!.left).toEqual([expect.stringMatching(/^entries in redis: /)]);
    const { redis: _, ...others } = before;
    expect(await withoutRedis()).toEqual(others);

    await redis.start();
    expect(await redis.client.keys(`sqlift:${started.run}:*`)).not.toEqual([]);
    expect(await rollback(started.run)).toMatchObject({ state: 'rolled_back', left: [] });
    expect(await everything()).toEqual(before);
    expect((await migrations.report(started.run)).error!.left).toBeUndefined();
  });

  test('a rollback takes the others back at once when one store is gone for good, says which, and finishes when it is repeated', async () => {
    const before = await everything();
    const { redis: _, ...others } = before;
    const started = await migrations.start(await plan('gone', (edited) => (edited.patienceMinutes = 1)));
    expect((await started.result()).state).toBe('published');
    await redis.stop({ crash: true });
    const handle = await migrations.client.workflow.start('rollbackWorkflow', {
      workflowId: `rollback-${started.run}`,
      taskQueue: migrations.queue,
      args: [{ run: started.run, force: false }],
    });
    const images = () =>
      migrations.sql(`SELECT DISTINCT store FROM sqlift.before_images WHERE run = $1`, [started.run]);
    await eventually(async () => (await waitsOf(handle)).length > 0 && (await images()).length === 1);
    expect(await waitsOf(handle)).toEqual([expect.stringMatching(/^Redis at 127\.0\.0\.1:\d+ does not answer$/)]);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    expect(await withoutRedis()).toEqual(others);

    expect(await handle.result()).toMatchObject({
      state: 'rollback_incomplete',
      left: [expect.stringMatching(/^entries in redis: Redis at .* does not answer, and was waited for .* \(1 min\)$/)],
    });
    expect(await migrations.report(started.run)).toMatchObject({
      state: 'rollback_incomplete',
      error: { code: 'RollbackIncomplete', left: [expect.stringContaining('entries in redis')] },
    });
    await redis.start();
    expect(await rollback(started.run)).toMatchObject({ state: 'rolled_back', left: [] });
    expect(await everything()).toEqual(before);
    const report = await migrations.report(started.run);
    expect(report.state).toBe('rolled_back');
    expect(report.error).toBeUndefined();
  });
});
