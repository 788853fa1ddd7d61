import type { PoolClient } from 'pg';
import type { TableKey } from '../ledger/chunks';
import type { PublishRecord } from './publish';
import { refuseConflicts } from './conflicts';

/** Enters a retry of quarantined rows of a published table into the record that a rollback goes by; in the transaction that loads them. */
export async function recordRetry(client: PoolClient, key: TableKey, rows: number): Promise<void> {
  await client.query(
    `UPDATE sqlift.undo SET detail = jsonb_set(jsonb_set(detail, '{retries}', detail->'retries' || to_jsonb(pg_current_xact_id()::xid::text)), '{tables}',
       (SELECT jsonb_agg(CASE WHEN t->>'source' = $2 AND t->>'table' = $3 THEN t || jsonb_build_object('rows', (t->>'rows')::bigint + $4::bigint) ELSE t END ORDER BY n)
        FROM jsonb_array_elements(detail->'tables') WITH ORDINALITY AS e(t, n)))
     WHERE run = $1 AND name = 'publish'`,
    [key.run, key.source, key.table, rows],
  );
}

/** Throws RollbackConflict when a published run's tables are not as the run left them. */
export async function refuseIfChanged(client: PoolClient, run: string): Promise<void> {
  const { rows } = await client.query<{ detail: PublishRecord }>(
    `SELECT detail FROM sqlift.undo WHERE run = $1 AND name = 'publish'`,
    [run],
  );
  if (rows[0] !== undefined) await refuseConflicts(client, rows[0].detail.tables, rows[0].detail);
}
