import type { KeyEntry } from '../../../core/feeds/entry';
import { openRedis } from '../../../stores/redis';
import { RedisPool } from '../../../stores/redis/connect';
import { digestOf, look } from '../../../stores/redis/look';
import { LOOK } from '../../../stores/redis/scripts';
import { FeedRun, PreparedFeeds } from '../../support/feeds';
import type { Sections } from '../../support/feeds';
import { expectSqliftError } from '../../support/loaded-run';
import { openRedis as startRedis } from '../../support/redis';
import type { TestRedis } from '../../support/redis';
import { everythingIn } from '../../support/redis-state';
import type { FeedStore } from '../../../stores/feed-store';

let redis: TestRedis;
let store: FeedStore;
const sources: PreparedFeeds[] = [];
beforeAll(async () => {
  redis = await startRedis();
  store = openRedis(redis.url);
});
afterAll(async () => {
  for (const source of sources) source.remove();
  await store.close();
  await redis.close();
});
beforeEach(() => redis.client.flushall());

async function runOf(cache: NonNullable<Sections['cache']>, sql: string, at: FeedStore = store): Promise<FeedRun> {
  const source = await PreparedFeeds.make({ cache }, sql);
  sources.push(source);
  return new FeedRun(at, source);
}

const manyRows = (count: number) =>
  `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) INSERT INTO t SELECT i, 'v' || i FROM n;`;

test('keys with every character that Redis, SCAN or a template could take for its own are keys like others', async () => {
  const hostile = ['a*b', '[x]?', 'back\\slash', '{tag}:1', '}{', 'new\nline\r\n$3', 'ünï😀', 'a b', '*', '', 'nul\0l'];
  const rows = hostile.map((key, i) => `(${i}, CAST(x'${Buffer.from(key).toString('hex')}' AS TEXT))`).join(', ');
  const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES ${rows};`;
  const all = { query: 'SELECT * FROM t', key: '{v}', as: 'string', value: '{{{id}}}' } as const;
  const run = await runOf({ all, sets: { query: 'SELECT * FROM t', key: 'set', as: 'set', value: '{v}' } }, sql);
  const before = await everythingIn(redis.client);
  await run.fill();
  expect(await run.differences()).toEqual([]);
  await run.promote();
  expect(await run.differences()).toEqual([]);
  expect((await redis.client.keys('*')).sort()).toEqual([...hostile, 'set'].sort());
  expect(await redis.client.get('a*b')).toBe('{0}');
  await run.discard();
  expect(await everythingIn(redis.client)).toEqual(before);
});

test('keys that expire while a run goes on are right, and come back to what stood there', async () => {
  await redis.client.set('k:1', 'theirs');
  const soon = Date.now() + 1_500;
  const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, ends INTEGER); INSERT INTO t VALUES (1, ${soon}), (2, ${soon}), (3, NULL), (4, ${soon - 10_000});`;
  const run = await runOf(
    { k: { query: 'SELECT * FROM t', key: 'k:{id}', as: 'string', value: '{id}', expires: 'ends' } },
    sql,
  );
  expect(run.source.prepared[0]!.leftOut).toBe(1);
  await run.fill();
  expect(await run.differences()).toEqual([]);
  await run.promote();
  expect(await redis.client.pexpiretime('k:2')).toBe(soon);
  expect(await redis.client.get('k:1')).toBe('1');
  await new Promise((resolve) => setTimeout(resolve, soon - Date.now() + 20));
  expect(await run.differences()).toEqual([]);
  await run.discard();
  expect(await everythingIn(redis.client)).toEqual({ 'k:1': { type: 'string', content: 'theirs', expiresAt: -1 } });
});

test('an attempt at writing that comes when the lists are made is refused', async () => {
  const run = await runOf({ list: { table: 't', key: 'list', as: 'list', value: '{v}' } }, manyRows(10));
  await run.fill();
  const [chunk] = run.source.chunks(0);
  await expectSqliftError(store.write(run.workOf(run.source.feeds.feeds[0]!), chunk!), 'AttemptFenced');
  expect(await run.differences()).toEqual([]);
});

test('publishing that is stopped anywhere goes on, and goes back', async () => {
  const run = await runOf({ k: { table: 't', key: 'k:{id}', as: 'string', value: '{v}' } }, manyRows(5_000));
  await redis.client.mset(...Array.from({ length: 3_000 }, (_, i) => [`k:${i * 2}`, `theirs ${i}`]).flat());
  const before = await everythingIn(redis.client);
  await run.fill();
  // The second batch is kept in the ledger, and then the worker dies.
  let calls = 0;
  const images = run.images;
  const dying = {
    ...images,
    keep: async (...args: Parameters<typeof images.keep>) => {
      await images.keep(...args);
      if (++calls === 2) throw new Error('the worker is gone');
    },
  };
  await expect(store.promote({ ...run.work, images: dying })).rejects.toThrow('Redis at');
  await run.promote();
  expect(await run.differences()).toEqual([]);
  await run.discard();
  expect(await everythingIn(redis.client)).toEqual(before);
});

test('a change by somebody else while keys are published is kept and brought back', async () => {
  const run = await runOf({ k: { table: 't', key: 'k:{id}', as: 'string', value: '{v}' } }, manyRows(10));
  await run.fill();
  let changed = false;
  const images = run.images;
  const meddled = {
    ...images,
    keep: async (...args: Parameters<typeof images.keep>) => {
      await images.keep(...args);
      if (changed) return;
      changed = true;
      await redis.client.set('k:3', 'in between');
    },
  };
  await store.promote({ ...run.work, images: meddled });
  run.promoted = true;
  expect(await run.differences()).toEqual([]);
  await run.discard();
  expect(await everythingIn(redis.client)).toEqual({ 'k:3': { type: 'string', content: 'in between', expiresAt: -1 } });
});

test('a Redis that has lost what the run wrote is an error that says so', async () => {
  const run = await runOf({ k: { table: 't', key: 'k:{id}', as: 'string', value: '{v}' } }, manyRows(10));
  await store.prepare(run.work);
  await redis.client.flushall();
  await expectSqliftError(run.write(), 'TargetLost', 'no longer holds');
  await run.discard();
});

test('what rows mean is what stands in Redis, down to the last digit', async () => {
  const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, big INTEGER, r REAL, d, b BLOB, j TEXT, at INTEGER, n TEXT);
    INSERT INTO t VALUES (1, 9223372036854775807, 0.1, '1.10', x'00ff', '{"b":1,"a":[9007199254740993]}', 1700000000, NULL);`;
  const columns = {
    d: { type: 'numeric' },
    j: { type: 'jsonb' },
    at: { type: 'timestamptz', format: 'unix-seconds' },
  } as const;
  const query = 'SELECT * FROM t';
  const run = await runOf(
    {
      h: { query, columns, key: 'h:{id}', as: 'hash' },
      j: { query, columns, key: 'j:{d}', as: 'json' },
      s: { query, columns, key: 's:{at}', as: 'string', value: '{big} {r} {b}' },
    },
    sql,
  );
  await run.fill();
  expect(await run.differences()).toEqual([]);
  await run.promote();
  expect(await redis.client.hgetall('h:1')).toEqual({
    id: '1',
    big: '9223372036854775807',
    r: '0.1',
    d: '1.10',
    b: '\0\ufffd',
    j: '{"b":1,"a":[9007199254740993]}',
    at: '2023-11-14T22:13:20Z',
  });
  expect(await redis.client.get('j:1.10')).toBe(
    '{"id":1,"big":9223372036854775807,"r":0.1,"d":"1.10","b":"00ff","j":{"b":1,"a":[9007199254740993]},"at":"2023-11-14T22:13:20Z"}',
  );
  expect(await redis.client.get('s:2023-11-14T22:13:20Z')).toBe('9223372036854775807 0.1 00ff');
  await run.discard();
});

test('rows that Redis cannot hold are refused with their column and the reason', async () => {
  const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, s, v REAL);
    INSERT INTO t VALUES (1, NULL, 1, 1), (2, 'a', NULL, 1), (3, 'a', 9007199254740993, 1), (4, 'a', 'x', 1), (5, 'a', 2, 9e999), (6, 'a', 2, 2);`;
  const query = 'SELECT * FROM t';
  const run = await runOf(
    {
      z: { query, key: '{k}', as: 'zset', value: '{id}', score: 's' },
      j: { query, key: 'j{id}', as: 'json', fields: { v: 'v' } },
      twice: { query, key: 'one', as: 'string', value: '{id}' },
    },
    sql,
  );
  const refused = run.source.prepared.map(({ refused: rows }) =>
    rows.map(({ rowNumber, column, reason }) => [rowNumber, column, reason]),
  );
  expect(refused).toEqual([
    [
      [0, 'k', 'NULL in its id'],
      [1, 's', 'NULL in its value'],
      [2, 's', 'not a value that its store holds'],
      [3, 's', 'not a value that its store holds'],
    ],
    [[4, 'v', 'not a value that its store holds']],
    [1, 2, 3, 4, 5].map((row) => [row, undefined, 'another row has the same id']),
  ]);
  const [entries] = run.source.chunks(0);
  expect((entries as KeyEntry[]).map(({ key, value, score }) => [key, value, score])).toEqual([
    ['a', '5', 2],
    ['a', '6', 2],
  ]);
});

test('preflight refuses a server that evicts keys, one that is full, a replica, and a user without rights', async () => {
  const { client } = redis;
  const url = new URL(redis.url);
  try {
    await client.config('SET', 'maxmemory', '1gb');
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expectSqliftError(store.check([]), 'TargetMismatch', 'allkeys-lru', 'noeviction');
    await client.config('SET', 'maxmemory-policy', 'noeviction');
    await client.config('SET', 'maxmemory', '1mb');
    await expectSqliftError(store.check([]), 'TargetDiskFull', 'maxmemory');
    await client.config('SET', 'maxmemory', '0');
    await client.replicaof('127.0.0.1', 1);
    await expectSqliftError(store.check([]), 'TargetReadOnly', 'replica');
    await client.replicaof('NO', 'ONE');
    await client.call(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      '>secret',
      '~*',
      '+@read',
      '+@connection',
      '+info',
      '+command',
      '+acl',
    );
    url.username = 'reader';
    url.password = 'secret';
    const reader = openRedis(url.href);
    await expectSqliftError(reader.check([]), 'TargetRightsMissing', 'SET', 'EVAL', 'RESTORE');
    await reader.close();
    url.password = 'wrong';
    const wrong = openRedis(url.href);
    await expectSqliftError(wrong.check([]), 'TargetAccessDenied');
    await wrong.close();
  } finally {
    await client.config('SET', 'maxmemory', '0');
    await client.replicaof('NO', 'ONE');
  }
  const nobody = openRedis('redis://127.0.0.1:1');
  await expectSqliftError(nobody.check([]), 'TargetUnreachable');
  expect(() => openRedis('http://x')).toThrow('not like redis://');
});

test('content near the size up to which the server reads it by itself has one digest on both sides', async () => {
  const { client } = redis;
  const pool = new RedisPool(redis.url);
  const long = 'x'.repeat(1000);
  await client.set('string', long.repeat(1100));
  await client.hset('hash', ...Array.from({ length: 1200 }, (_, i) => [`f${i}`, `${long}${i}`]).flat());
  await client.sadd('set', ...Array.from({ length: 1200 }, (_, i) => `${long}${i}`));
  await client.zadd('zset', 0.1, long, '-inf', 'least', 'inf', 'most', -0, 'none', 1e300, 'much', ...scores(30_000));
  await client.rpush('list', ...Array.from({ length: 1200 }, (_, i) => `${long}${i}`));
  for (let i = 1; i < 1200; i++) await client.xadd('stream', `${i}-1`, 'a', long, 'b', String(i));
  for (const type of ['string', 'hash', 'set', 'zset', 'list', 'stream']) {
    const [large] = await pool.use((one) => look(one, '7', [type]));
    expect([type, large!.digest]).toEqual([type, undefined]);
    const paged = await digestOf(pool, type, type);
    // The same by the script, made to read whatever size.
    const script = LOOK.replace(/bytes <= \d+/, 'true').replace('bytes >= 0', 'true');
    const line = (await client.call('EVAL', script, 1, type, '7')) as string;
    expect([type, line.split(' ')[3]]).toEqual([type, paged]);
  }
  pool.close();
});

const scores = (count: number) => Array.from({ length: count }, (_, i) => [String(i / 7), `m${i}`]).flat();

test('a key that others change all the time holds publishing up, and ends it with an error that says so; everything goes back', async () => {
  const run = await runOf({ k: { table: 't', key: 'k:{id}', as: 'string', value: '{v}' } }, manyRows(100));
  await redis.client.set('k:77', 'theirs');
  await run.fill();
  const { images } = run;
  let kept = 0;
  const busy = {
    ...images,
    keep: async (...args: Parameters<typeof images.keep>) => {
      await images.keep(...args);
      kept++;
      await redis.client.append('k:77', '!');
    },
  };
  await expectSqliftError(store.promote({ ...run.work, images: busy }), 'TargetChanging', 'faster than');
  expect(kept).toBeLessThan(400);
  const theirs = await redis.client.get('k:77');
  await run.discard();
  expect(await everythingIn(redis.client)).toEqual({ 'k:77': { type: 'string', content: theirs, expiresAt: -1 } });
});

test('a hundred keys that others change now and then do not keep the run from its end', async () => {
  const run = await runOf({ k: { table: 't', key: 'k:{id}', as: 'string', value: '{v}' } }, manyRows(3_000));
  const theirs = Array.from({ length: 100 }, (_, i) => `k:${i * 20}`);
  await redis.client.mset(...theirs.flatMap((key) => [key, 'theirs']));
  await run.fill();
  const { images } = run;
  let kept = 0;
  const meddled = {
    ...images,
    keep: async (...args: Parameters<typeof images.keep>) => {
      await images.keep(...args);
      // Whatever batch holds more than one of them is refused.
      if (args[0] !== 'taken' || args[1][0]!.image!.length < 2_000) return;
      const values = await redis.client.mget(...theirs);
      const open = theirs.filter((_, i) => values[i]!.startsWith('theirs'));
      if (open.length > 0) await redis.client.append(open[kept++ % open.length]!, '!');
    },
  };
  await store.promote({ ...run.work, images: meddled });
  run.promoted = true;
  expect(await run.differences()).toEqual([]);
  await run.discard();
  expect(await redis.client.dbsize()).toBe(100);
});

test('one member too many is found in time that grows as the set does', async () => {
  const seconds: number[] = [];
  for (const count of [1_000, 10_000]) {
    await redis.client.flushall();
    const run = await runOf(
      {
        one: { table: 't', key: 'one', as: 'set', value: '{v}' },
        many: { table: 't', key: 'many:{id}', as: 'set', value: '{v}' },
      },
      manyRows(count),
    );
    await run.fill();
    await redis.client.sadd(`sqlift:${run.run}:0:one`, 'too many');
    await redis.client.sadd(`sqlift:${run.run}:1:another`, 'too many');
    const times: number[] = [];
    for (let round = 0; round < 2; round++) {
      const from = performance.now();
      expect(await run.differences()).toEqual([
        { kind: 'extra entry', key: 'one too many' },
        { kind: 'extra entry', key: 'another' },
      ]);
      times.push(performance.now() - from);
    }
    // What else the machine did meanwhile counts as little as can be.
    seconds.push(Math.min(...times));
  }
  // Ten times the members: a hundred times as long if each were looked for among all others.
  expect(seconds[1]! / seconds[0]!).toBeLessThan(40);
});

test('lists keep integers beyond what JavaScript counts and texts with NUL, and a change in them is found', async () => {
  const tags = JSON.stringify(['a\0b', 1]).replace(',1', ', 9007199254740993');
  const sql = `CREATE TABLE t (id INTEGER PRIMARY KEY, tags TEXT); INSERT INTO t VALUES (1, '${tags}'), (2, '${tags}');`;
  const fields = { tags: { column: 'tags', list: true } };
  const run = await runOf(
    {
      h: { table: 't', key: 'h:{id}', as: 'hash', fields },
      j: { table: 't', key: 'j:{id}', as: 'json', fields },
    },
    sql,
  );
  await run.fill();
  expect(await run.differences()).toEqual([]);
  const [h, j] = [0, 1].map((feed) => `sqlift:${run.run}:${feed}:`) as [string, string];
  expect(await redis.client.hget(`${h}h:1`, 'tags')).toBe(String.raw`["a\u0000b",9007199254740993]`);
  await redis.client.hset(`${h}h:1`, 'tags', String.raw`["a\u0000c",9007199254740993]`);
  await redis.client.set(`${j}j:2`, String.raw`{"tags":["a\u0000b",9007199254740992]}`);
  const found = await run.differences();
  expect(found.map(({ kind, key, column }) => [kind, key, column])).toEqual([
    ['property', 'h:1', 'tags'],
    ['property', 'j:2', 'value'],
  ]);
});
