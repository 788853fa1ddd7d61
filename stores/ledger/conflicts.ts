import type { Pool } from 'pg';
import type { FeedStoreName } from '../../core/feeds/feed';
import { inTransaction, withClient } from '../postgres/target';
import type { Queryable } from '../postgres/target';
import { installLedger } from './schema';

/** An entry that others have changed since the run, and what has become of it. */
export interface NamedConflict {
  store: FeedStoreName;
  what: string;
  entry: string;
}

/** Keeps what a rollback would destroy in a store, in place of what an earlier look found there. */
export async function recordConflicts(
  pool: Pool,
  run: string,
  store: FeedStoreName,
  conflicts: readonly Omit<NamedConflict, 'store'>[],
): Promise<void> {
  // The run may be of an earlier release, and its ledger too.
  await installLedger(pool);
  await inTransaction(pool, async (client) => {
    await client.query('DELETE FROM sqlift.conflicts WHERE run = $1 AND store = $2', [run, store]);
    await client.query(
      'INSERT INTO sqlift.conflicts (run, store, what, entry) SELECT $1, $2, * FROM unnest($3::text[], $4::text[])',
      [run, store, conflicts.map(({ what }) => what), conflicts.map(({ entry }) => entry)],
    );
  });
}

export async function readConflicts(pool: Pool, run: string): Promise<NamedConflict[]> {
  return withClient(pool, async (client) => {
    if (!(await hasConflicts(client))) return [];
    const { rows } = await client.query<NamedConflict>(
      'SELECT store, what, entry FROM sqlift.conflicts WHERE run = $1 ORDER BY store, id',
      [run],
    );
    return rows;
  });
}

async function hasConflicts(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('sqlift.conflicts') IS NOT NULL AS found`,
  );
  return rows[0]!.found;
}
