import type { PoolClient } from 'pg';
import { stagingSchema } from '../../core/ids';
import { SqliftError } from '../../core/errors';
import type { SourceMapping } from '../../core/mapping';
import type { TableKey } from '../ledger/chunks';
import type { PublishRecord } from './publish';
import { refuseConflicts } from './conflicts';
import { qualified } from './names';
import { createView, dropViews, viewState } from './views';

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

/**
 * Changes a table's columns although views of the run read them: in staging the views go, to be made and compared again by the
 * caller; published ones are made anew, in the same transaction. Throws PlanInvalid where that would lose what others did to them.
 */
export async function aroundViews(
  client: PoolClient,
  { run, mapping, published }: { run: string; mapping: SourceMapping; published: boolean },
  change: () => Promise<unknown>,
): Promise<void> {
  if (!published) {
    await dropViews(client, stagingSchema(run, mapping.source));
    await change();
    return;
  }
  const { rows } = await client.query<{ detail: PublishRecord }>(
    `SELECT detail FROM sqlift.undo WHERE run = $1 AND name = 'publish'`,
    [run],
  );
  const all = rows[0]?.detail.views ?? [];
  const views = all.filter(({ source }) => source === mapping.source);
  await refuseGranted(client, views);
  if (views.length > 0)
    await client.query(`DROP VIEW ${views.map(({ schema, name }) => qualified(schema, name)).join(', ')}`);
  await change();
  for (const view of views) {
    const { sql } = mapping.views.find((candidate) => candidate.view === view.view)!;
    await createView(client, view.schema, { target: view.name, sql });
    Object.assign(view, await viewState(client, view.schema, view.name));
  }
  await client.query(
    `UPDATE sqlift.undo SET detail = jsonb_set(detail, '{views}', $2::jsonb) WHERE run = $1 AND name = 'publish'`,
    [run, JSON.stringify(all)],
  );
}

/** Privileges would be gone with the view that they were given on. */
async function refuseGranted(client: PoolClient, views: readonly { oid: string }[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE oid = ANY($1::oid[]) AND relacl IS NOT NULL ORDER BY 1`,
    [views.map(({ oid }) => oid)],
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  throw new SqliftError(
    'PlanInvalid',
    `columns cannot change under ${names}, on which privileges were granted: drop the view, try again, and make it anew`,
  );
}
