import type Database from 'better-sqlite3';
import type { Plan } from '../../core/plan';
import { readQuarantine, readQuarantineReasons } from '../../stores/ledger/read';
import { eventually, Migrations } from '../support/migration';
import { openRedis } from '../support/redis';
import type { TestRedis } from '../support/redis';
import { everythingIn } from '../support/redis-state';

const FUTURE = Date.UTC(2090, 0, 1);

let migrations: Migrations;
let redis: TestRedis;
beforeAll(async () => {
  redis = await openRedis();
  migrations = await Migrations.open();
  await migrations.startWorker({ REDIS_URL: redis.url });
});
afterAll(async () => {
  await migrations.close();
  await redis.close();
});

/** Other people's keys, some of which the plan's feeds take. */
beforeEach(async () => {
  await redis.client.flushall();
  await redis.client.set('session:one', 'theirs', 'PXAT', FUTURE);
  await redis.client.hset('user:2', 'their', 'field');
  await redis.client.zadd('board', 1, 'they');
  await redis.client.xadd('events', '7-7', 'kind', 'theirs');
  await redis.client.set('other', 'untouched', 'PXAT', FUTURE + 1);
});

const USERS = 6_000;

function build(db: Database.Database): void {
  db.exec(`
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, score REAL, seen TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${USERS})
    INSERT INTO users SELECT i, 'user ' || i, i / 7.0, strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + i, 'unixepoch') FROM n;
    CREATE TABLE sessions (token TEXT, body BLOB, ends INTEGER);
    INSERT INTO sessions VALUES ('one', x'00ff', ${FUTURE}), ('two', x'01', NULL), ('gone', x'02', 1000), (NULL, x'03', NULL);`);
}

const plan = (name: string, edit: (plan: Plan) => void = () => {}) =>
  migrations.plan(name, build, (drafted) => {
    drafted.cache = {
      sessions: {
        query: 'SELECT * FROM sessions',
        key: 'session:{token}',
        as: 'string',
        value: '{body}',
        expires: 'ends',
        quarantine: 'any',
      },
      users: { table: 'users', key: 'user:{id}', as: 'hash' },
      documents: { table: 'users', key: 'user:{id}:json', as: 'json', fields: { name: 'name', seen: 'seen' } },
      board: { table: 'users', key: 'board', as: 'zset', value: '{name}', score: 'score' },
      events: {
        query: 'SELECT name AS who, seen FROM users ORDER BY id',
        columns: { seen: { type: 'timestamptz' } },
        key: 'events',
        as: 'stream',
        fields: { who: 'who' },
        id: 'seen',
      },
      queue: { table: 'users', key: 'queue', as: 'list', value: '{id}' },
    };
    edit(drafted);
  });

test('a plan fills Redis with every kind of key, unseen until the cut-over, and a rollback leaves what was there', async () => {
  const before = await everythingIn(redis.client);
  const started = await migrations.start(await plan('cache', (edited) => (edited.approval = true)));
  await migrations.until(started, ({ waitingFor }) => waitingFor === 'approval');
  expect(await everythingIn(redis.client, `sqlift:${started.run}:`)).toEqual(before);
  await started.handle.executeUpdate('approve', { args: [{ by: 'test' }] });
  expect((await started.result()).state).toBe('published');

  const report = await migrations.report(started.run);
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(report.cache!.version).toMatch(/^\d+\.\d+/);
  expect(report.cache!.notes).toContain('JSON documents are strings: this Redis has no RedisJSON.');
  const feed = (name: string) => report.cache!.feeds.find((one) => one.feed === `cache.${name}`);
  expect(feed('sessions')).toMatchObject({ sourceRows: 4, written: 2, quarantined: 1, leftOut: 1, state: 'verified' });
  expect(feed('users')).toMatchObject({ sourceRows: USERS, written: USERS, quarantined: 0, state: 'verified' });
  expect(report.quarantine).toEqual([{ source: 'main', table: 'cache.sessions', reason: 'NULL in its id', rows: 1 }]);
  expect(await readQuarantineReasons(migrations.pool, started.run)).toEqual(report.quarantine);
  const [row] = await readQuarantine(migrations.pool, started.run, { limit: 10 });
  expect(row).toMatchObject({ table: 'cache.sessions', locator: '3', column: 'token', reason: 'NULL in its id' });
  expect(row!.id).toMatch(/^f\d+$/);
  expect(row!.cells).toContainEqual({ column: 'body', class: 'blob', value: '03' });
  expect(await readQuarantine(migrations.pool, started.run, { limit: 10, after: row!.id })).toEqual([]);

  const { client } = redis;
  expect(await client.getBuffer('session:one')).toEqual(Buffer.from([0, 255]));
  expect(await client.pexpiretime('session:one')).toBe(FUTURE);
  expect(await client.pttl('session:two')).toBe(-1);
  expect(await client.exists('session:gone')).toBe(0);
  expect(await client.hgetall('user:7')).toEqual({
    id: '7',
    name: 'user 7',
    score: '1.0',
    seen: '2023-11-14T22:13:27Z',
  });
  expect(JSON.parse((await client.get('user:7:json'))!)).toEqual({ name: 'user 7', seen: '2023-11-14T22:13:27Z' });
  expect(await client.zcard('board')).toBe(USERS);
  expect(await client.zrange('board', '0', '1')).toEqual(['user 1', 'user 2']);
  expect(await client.xlen('events')).toBe(USERS);
  expect(await client.xrange('events', '-', '+', 'COUNT', 1)).toEqual([['1700000001000-0', ['who', 'user 1']]]);
  expect(await client.lrange('queue', -2, -1)).toEqual([String(USERS - 1), String(USERS)]);

  // What verify finds later: a change by somebody else, down to the field.
  await client.hset('user:5', 'name', 'changed');
  const again = await migrations.workflow<{ differences: number }>('verifyWorkflow', { run: started.run });
  expect(JSON.stringify(again)).toContain('1');
  const [found] = await migrations.sql(
    `SELECT * FROM sqlift.differences WHERE run = '${started.run}' AND table_name = 'cache.users'`,
  );
  expect(found!.difference).toMatchObject({
    kind: 'property',
    key: 'user:5',
    column: 'name',
    expected: 'user 5',
    found: 'changed',
  });
  await client.hset('user:5', 'name', 'user 5');

  await migrations.workflow('rollbackWorkflow', { run: started.run, force: false });
  expect(await everythingIn(client)).toEqual(before);
});

test('a Redis that stops in the middle of its phase is waited for, and the run finishes', async () => {
  const before = await everythingIn(redis.client);
  const started = await migrations.start(await plan('waits'));
  await eventually(async () => (await written(started.run)) > 0);
  await redis.stop({ crash: true });
  await eventually(async () => {
    const { pendingActivities } = await started.handle.describe().then(({ raw }) => raw);
    return (pendingActivities ?? []).some(
      ({ lastFailure }) => lastFailure?.message?.includes('does not answer') === true,
    );
  });
  await redis.start();
  expect((await started.result()).state).toBe('published');
  expect((await migrations.report(started.run)).verification.state).toBe('verified');
  await migrations.workflow('rollbackWorkflow', { run: started.run, force: false });
  expect(await everythingIn(redis.client)).toEqual(before);
});

test('a run that is cancelled while it fills Redis leaves nothing there', async () => {
  const before = await everythingIn(redis.client);
  const started = await migrations.start(await plan('cancelled'));
  await eventually(async () => (await written(started.run)) > 0);
  await started.handle.cancel();
  await started.result().catch(() => undefined);
  expect(await everythingIn(redis.client)).toEqual(before);
});

test('two feeds that make the same key are refused, and everything goes back', async () => {
  const before = await everythingIn(redis.client);
  const started = await migrations.start(
    await plan('twice', (edited) => {
      edited.cache!.twice = { table: 'users', key: 'user:{id}', as: 'string', value: '{name}' };
    }),
  );
  await expect(started.result()).rejects.toThrow('failed');
  const { error } = await migrations.report(started.run);
  expect(error!.code).toBe('PlanInvalid');
  expect(error!.message).toContain('cache.users and cache.twice make keys of the same names');
  expect(await everythingIn(redis.client)).toEqual(before);
});

async function written(run: string): Promise<number> {
  const there = await migrations.sql(`SELECT to_regclass('sqlift.feed_chunks') IS NOT NULL AS there`);
  if (there[0]!.there !== true) return 0;
  const [row] = await migrations.sql(
    `SELECT count(*)::int AS n FROM sqlift.feed_chunks WHERE run = '${run}' AND written`,
  );
  return row!.n as number;
}
