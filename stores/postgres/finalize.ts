import type { Pool } from 'pg';
import { SqliftError } from '../../core/errors';
import { quoteIdent } from './names';
import { dependentsOf } from './relations';
import { inTransaction } from './target';

/**
 * Ends the rollback window in the target: the tables that the run replaced are dropped for good. Repeatable. Throws
 * TargetDependents, and drops nothing, when somebody has built on those tables meanwhile.
 */
export async function finalize(pool: Pool, run: string, replacedSchemas: readonly string[]): Promise<void> {
  await inTransaction(pool, async (client) => {
    // A rollback locks the row too: one of the two comes first, and the other sees it.
    const found = await client.query<{ published: boolean; discarded: boolean }>(
      `SELECT published_at IS NOT NULL AS published, discarded_at IS NOT NULL AS discarded FROM sqlift.runs WHERE run = $1 FOR UPDATE`,
      [run],
    );
    const { published, discarded } = found.rows[0] ?? { published: false };
    if (!published)
      throw new SqliftError('RunNotReversible', `${run} is not published: it has no rollback window to end`);
    // What its rollback still needs must not go.
    if (discarded) throw new SqliftError('RunDiscarded', `${run} is being rolled back`);
    const { rows } = await client.query<{ oid: string }>(
      `SELECT c.oid::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p', 'v')`,
      [replacedSchemas],
    );
    const dependents = await dependentsOf(
      client,
      rows.map((row) => row.oid),
    );
    if (dependents.length > 0) {
      throw new SqliftError('TargetDependents', `tables that ${run} replaced are used by: ${dependents.join(', ')}`);
    }
    for (const schema of replacedSchemas) await client.query(`DROP SCHEMA IF EXISTS ${quoteIdent(schema)} CASCADE`);
    await client.query('UPDATE sqlift.runs SET finalized_at = coalesce(finalized_at, now()) WHERE run = $1', [run]);
  });
}
