import type { CacheFeed } from '../../core/feeds/feed';
import type { RunWork } from '../feed-store';
import { replies } from './connect';
import type { RedisPool } from './connect';
import { CHANGED, fenced, WRITTEN } from './fence';
import { expiriesKey, partsPrefix, stagedPrefix } from './names';
import { scan } from './scan';
import { LIST, STREAM } from './scripts';

/** Members that one call of a script moves. */
const MEMBERS = 500;
/** Keys that are given their time at once. */
const EXPIRIES = 1_000;

/**
 * Lists and streams have an order, and chunks are written side by side: their members wait in sorted sets until all of them are there. The script
 * moves a member from one to the other at once, so that it can be stopped anywhere and go on.
 */
export async function makeOrdered(
  pool: RedisPool,
  work: RunWork,
  { as }: CacheFeed['planned'],
  number: number,
): Promise<void> {
  if (as !== 'list' && as !== 'stream') return;
  const [parts, staged] = [partsPrefix(work.run, number), stagedPrefix(work.run, number)];
  for await (const names of scan(pool, parts)) {
    for (let left = names; left.length > 0;) {
      const results = await pool.use((client) =>
        fenced(client, work, WRITTEN, [], (transaction) => {
          for (const name of left)
            transaction.call(
              'EVAL',
              as === 'list' ? LIST : STREAM,
              2,
              name,
              staged + name.slice(parts.length),
              MEMBERS,
            );
        }),
      );
      if (results !== CHANGED) left = left.filter((_, i) => results[i] !== 0);
      work.beat();
    }
  }
}

/** Sets the time to live of keys that consist of members: the latest that one of their rows has. */
export async function setExpiries(pool: RedisPool, work: RunWork, number: number): Promise<void> {
  const key = expiriesKey(work.run, number);
  const staged = stagedPrefix(work.run, number);
  for (let from = 0; ; from += EXPIRIES) {
    const page = await pool.use((client) =>
      client.zrange(key, String(from), String(from + EXPIRIES - 1), 'WITHSCORES'),
    );
    if (page.length === 0) break;
    await pool.use((client) => {
      const pipeline = client.pipeline();
      for (let i = 0; i < page.length; i += 2)
        if (page[i + 1] !== 'inf') pipeline.pexpireat(staged + page[i]!, Number(page[i + 1]));
      return replies(pipeline);
    });
    work.beat();
  }
}
