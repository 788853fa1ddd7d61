import type { ChainableCommander } from 'ioredis';
import type Redis from 'ioredis';
import { SqliftError } from '../../core/errors';
import { replies, resultsOf } from './connect';
import { fenceKey } from './names';

/** What the fence holds while entries are written, and when all of them are; while they are published, the name of the attempt that does it. */
export const OPEN = 'open';
export const WRITTEN = 'written';

/** Of `fenced`: somebody has changed what was watched, and nothing was done. */
export const CHANGED = Symbol('changed');

/**
 * Runs a transaction that the server refuses once the run's fence is gone or is another attempt's, so that whoever comes late writes nothing.
 *
 * @param fence what the fence has to hold
 * @param watch keys that nobody may change from here to the end of the transaction
 * @param build puts commands into the transaction, after it has looked at whatever it needs
 */
export async function fenced(
  client: Redis,
  { run, holdLive }: { run: string; holdLive: () => Promise<void> },
  fence: string,
  watch: readonly string[],
  build: (transaction: ChainableCommander) => Promise<void> | void,
  allowed?: (error: Error) => boolean,
): Promise<unknown[] | typeof CHANGED> {
  const key = fenceKey(run);
  const [, held] = await replies(
    client
      .pipeline()
      .watch(key, ...watch)
      .get(key),
  );
  if (held !== fence) {
    await client.unwatch();
    await holdLive();
    throw held === null ? lost(run) : new SqliftError('AttemptFenced', `${run} has got further than this attempt`);
  }
  const transaction = client.multi();
  await build(transaction);
  const results = await transaction.exec();
  return results === null ? CHANGED : resultsOf(results, allowed);
}

/** The run is live, and yet Redis does not know it. */
export function lost(run: string): SqliftError {
  return new SqliftError(
    'TargetLost',
    `Redis no longer holds what ${run} wrote there: it was restarted without its data, or emptied`,
  );
}
