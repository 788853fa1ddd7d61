import type { Pool } from 'pg';
import { SqliftError } from '../core/errors';
import { readFeeds } from '../stores/ledger/feeds';
import { readTableProgress } from '../stores/ledger/read';

/** Only what was compared, and agreed, may be seen by others. */
export async function refuseUnverified(pool: Pool, run: string): Promise<void> {
  const tables = (await readTableProgress(pool, run)).filter(({ state }) => state !== 'verified');
  const feeds = (await readFeeds(pool, run)).filter(({ state }) => state !== 'verified');
  if (tables.length + feeds.length === 0) return;
  const names = [...tables.map(({ table }) => table), ...feeds.map(({ feed }) => feed)].join(', ');
  throw new SqliftError('VerificationFailed', `not verified since rows were last written to them: ${names}`);
}
