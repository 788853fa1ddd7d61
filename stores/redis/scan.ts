import type { RedisPool } from './connect';
import { literalPattern } from './names';

/** Keys that SCAN looks at in one call. */
const COUNT = 2_000;

/** Names of the keys that begin with a prefix, page by page, with none empty. One that is there all the time comes at least once, perhaps twice. */
export async function* scan(pool: RedisPool, prefix: string): AsyncGenerator<string[], void> {
  const pattern = literalPattern(prefix);
  let cursor = '0';
  do {
    const [next, names] = await pool.use((client) => client.scan(cursor, 'MATCH', pattern, 'COUNT', COUNT));
    if (names.length > 0) yield names;
    cursor = next;
  } while (cursor !== '0');
}

/** The members of a set or sorted set, or the fields of a hash, likewise; with their scores or values where they have any. */
export async function* scanMembers(
  pool: RedisPool,
  command: 'SSCAN' | 'ZSCAN' | 'HSCAN',
  key: string,
): AsyncGenerator<Buffer[], void> {
  let cursor = '0';
  do {
    const [next, members] = (await pool.use((client) => client.callBuffer(command, key, cursor, 'COUNT', COUNT))) as [
      Buffer,
      Buffer[],
    ];
    if (members.length > 0) yield members;
    cursor = next.toString();
  } while (cursor !== '0');
}
