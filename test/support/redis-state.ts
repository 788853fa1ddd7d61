import type Redis from 'ioredis';

/** Everything that a Redis holds, by key: type, content in one order, and the moment at which it is gone. `without`: keys that begin so. */
export async function everythingIn(client: Redis, without?: string): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', 1_000);
    for (const key of keys) {
      if (without !== undefined && key.startsWith(without)) continue;
      const type = await client.type(key);
      const content = await contentOf(client, type, key);
      all[key] = { type, content, expiresAt: await client.pexpiretime(key) };
    }
    cursor = next;
  } while (cursor !== '0');
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function contentOf(client: Redis, type: string, key: string): Promise<unknown> {
  switch (type) {
    case 'string':
      return (await client.getBuffer(key))!.toString('latin1');
    case 'hash':
      return Object.entries(await client.hgetall(key)).sort(([a], [b]) => (a < b ? -1 : 1));
    case 'set':
      return (await client.smembers(key)).sort();
    case 'zset':
      return client.zrange(key, '0', '-1', 'WITHSCORES');
    case 'list':
      return client.lrange(key, 0, -1);
    case 'stream':
      return [await client.xrange(key, '-', '+'), await client.xinfo('GROUPS', key)];
    default:
      return (await client.dumpBuffer(key))?.toString('hex');
  }
}
