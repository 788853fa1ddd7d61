import type { Pool } from 'pg';
import type { CarriedView } from '../../core/run';
import type { Queryable } from '../postgres/target';
import { withClient } from '../postgres/target';

/** A view whose rows were found equal to the source's. */
export interface ViewRecord {
  view: string;
  schema: string;
  /** Name in the target. */
  name: string;
  rows: number;
  digest: string;
}

/** Enters the views of a source that were found equal, in the order in which they can be made; replaces what an earlier attempt entered. */
export async function enterViews(
  client: Queryable,
  run: string,
  source: string,
  views: readonly ViewRecord[],
): Promise<void> {
  await client.query('DELETE FROM sqlift.views WHERE run = $1 AND source = $2', [run, source]);
  await client.query(
    `INSERT INTO sqlift.views (run, source, view_name, position, target_schema, target_view, rows, digest)
     SELECT $1, $2, v->>'view', n, v->>'schema', v->>'name', (v->>'rows')::bigint, v->>'digest'
     FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS e(v, n)`,
    [run, source, JSON.stringify(views)],
  );
}

/** Of one source, or of all; in the order in which they can be made. */
export async function readViewRecords(
  client: Queryable,
  run: string,
  source?: string,
): Promise<(ViewRecord & { source: string })[]> {
  const { rows } = await client.query<ViewRecord & { source: string }>(
    `SELECT source, view_name AS view, target_schema AS schema, target_view AS name, rows::float8 AS rows, digest
     FROM sqlift.views WHERE run = $1 AND ($2::text IS NULL OR source = $2) ORDER BY source, position`,
    [run, source ?? null],
  );
  return rows;
}

export async function readViews(pool: Pool, run: string): Promise<CarriedView[]> {
  const records = await withClient(pool, (client) => readViewRecords(client, run));
  return records.map(({ schema, name, ...view }) => ({ ...view, target: `${schema}.${name}` }));
}
