import type Redis from 'ioredis';
import { openRedis } from '../../../stores/redis';
import { openRedis as startRedis } from '../../support/redis';
import { everythingIn } from '../../support/redis-state';
import { describeFeedStore } from '../feed-store-conformance';
import type { Fixture, StoreUnderTest } from '../feed-store-conformance';

const FUTURE = Date.UTC(2090, 0, 1);

const SCHEMA = `
  CREATE TABLE session (id INTEGER PRIMARY KEY, token TEXT, body BLOB, ends INTEGER);
  CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, born DATE, big INTEGER, ratio REAL, tags TEXT, note TEXT);
  CREATE TABLE played (id INTEGER PRIMARY KEY, room TEXT, person TEXT, score REAL, at INTEGER);
`;

const rows = (people: number, more: string) => `${SCHEMA}
  INSERT INTO session VALUES (1, 'one', x'00ff10', ${FUTURE}), (2, 'two', x'', NULL), (3, 'past', x'01', 1000), (4, 'four', NULL, ${FUTURE + 1});
  WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ${people})
    INSERT INTO person SELECT i, 'person ' || i, date(i * 86400, 'unixepoch'), 9007199254740993 + i, i / 3.0, '["a",' || i || ']', CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'é}{' END FROM c;
  INSERT INTO played SELECT id, 'room' || (id % 3), name, ratio * 10, 1700000000000 + (id / 2) FROM person;
  ${more};
`;

const CACHE = {
  sessions: {
    query: 'SELECT token, body, ends FROM session WHERE body IS NOT NULL ORDER BY id',
    key: 'session:{token}',
    as: 'string' as const,
    value: '{body}',
    expires: 'ends',
  },
  names: { table: 'person', key: 'name:{id}', as: 'string' as const, value: '{name} <{id}> {born}' },
  people: { table: 'person', key: 'person:{id}', as: 'hash' as const },
  documents: {
    table: 'person',
    key: 'doc:{id}',
    as: 'json' as const,
    fields: {
      name: 'name',
      big: 'big',
      ratio: 'ratio',
      born: 'born',
      tags: { column: 'tags', list: true },
      note: 'note',
    },
  },
  rooms: { table: 'played', key: 'room:{room}', as: 'set' as const, value: '{person}' },
  board: { table: 'played', key: 'board:{room}', as: 'zset' as const, value: '{person}', score: 'score' },
  queue: { table: 'played', key: 'queue:{room}', as: 'list' as const, value: '{person}' },
  log: {
    query: 'SELECT room, person, score, at FROM played ORDER BY id DESC',
    key: 'log:{room}',
    as: 'stream' as const,
    id: 'at',
  },
  counted: { query: 'SELECT person, score FROM played ORDER BY id', key: 'counted', as: 'stream' as const },
};

const fixture: Fixture = {
  sql: rows(60, 'SELECT 1'),
  laterSql: rows(40, "UPDATE person SET name = 'other ' || id WHERE id % 2 = 0"),
  sections: { cache: CACHE },
  change: async (_, run) => {
    await client.hset(`sqlift:${run.run}:2:person:7`, 'name', 'somebody');
    return { kind: 'property', key: 'person:7', column: 'name', expected: 'person 7', found: 'somebody' };
  },
  remove: async (_, run) => {
    await client.zrem(`sqlift:${run.run}:5:board:room1`, 'person 4');
    return { kind: 'missing entry', key: 'board:room1 person 4' };
  },
  add: async (_, run) => {
    await client.set(`sqlift:${run.run}:1:name:999`, 'nobody');
    return { kind: 'extra entry', key: 'name:999' };
  },
  changePublished: async () => {
    await client.rpush('queue:room2', 'late');
  },
  changedName: 'queue:room2',
};

let client: Redis;

async function start(): Promise<StoreUnderTest> {
  const redis = await startRedis();
  ({ client } = redis);
  return {
    open: () => Promise.resolve(openRedis(redis.url)),
    populate: async () => {
      await client.flushall();
      await client.set('name:3', 'mine', 'PXAT', FUTURE + 5);
      await client.set('other', 'untouched', 'PXAT', FUTURE + 6);
      await client.hset('person:5', { its: 'own', more: 'fields' });
      await client.sadd('doc:6', 'not', 'a', 'document');
      await client.rpush('queue:room1', ...Array.from({ length: 300 }, (_, i) => `theirs ${i}`));
      await client.zadd('board:room0', 1.5, 'they');
      await client.xadd('log:room0', '5-1', 'kind', 'theirs');
      await client.xgroup('CREATE', 'log:room0', 'readers', '0');
      await client.set('{tag}:x', 'y');
      // Too large for the ledger: it stands aside.
      await client.setrange('session:one', 9 << 20, 'end');
    },
    everything: () => everythingIn(client),
    seen: () => everythingIn(client, 'sqlift:'),
    close: () => redis.close(),
  };
}

describeFeedStore('Redis', fixture, start);
