import type { Pool } from 'pg';
import type { NotCarried } from '../../core/plan';
import type { Queryable } from '../postgres/target';
import { withClient } from '../postgres/target';

/** Enters what a source has and the target will not, replacing what an earlier attempt entered. */
export async function enterNotCarried(
  client: Queryable,
  run: string,
  source: string,
  objects: readonly NotCarried[],
): Promise<void> {
  await client.query('DELETE FROM sqlift.not_carried WHERE run = $1 AND source = $2', [run, source]);
  await addNotCarried(client, run, source, objects);
}

/** Adds to it what is not there yet. One object may be there for several reasons: each CHECK of a table is. */
export async function addNotCarried(
  client: Queryable,
  run: string,
  source: string,
  objects: readonly NotCarried[],
): Promise<void> {
  for (const { object, kind, reason, sql } of objects) {
    await client.query(
      `INSERT INTO sqlift.not_carried (run, source, object, kind, reason, sql) SELECT $1, $2, $3, $4, $5, $6
       WHERE NOT EXISTS (SELECT FROM sqlift.not_carried WHERE run = $1 AND source = $2 AND object = $3 AND kind = $4 AND reason = $5)`,
      [run, source, object, kind, reason, sql ?? null],
    );
  }
}

/** What became of these views now, instead of what an earlier comparison said of them. */
export async function replaceViewsNotCarried(
  client: Queryable,
  run: string,
  source: string,
  views: readonly string[],
  objects: readonly NotCarried[],
): Promise<void> {
  await client.query(
    `DELETE FROM sqlift.not_carried WHERE run = $1 AND source = $2 AND kind = 'view' AND object = ANY($3)`,
    [run, source, views],
  );
  await addNotCarried(client, run, source, objects);
}

export async function readNotCarried(pool: Pool, run: string): Promise<NotCarried[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<NotCarried & { sql: string | null }>(
      'SELECT object, kind, reason, sql FROM sqlift.not_carried WHERE run = $1 ORDER BY source, kind, object, reason',
      [run],
    );
    return rows.map(({ sql, ...object }) => ({ ...object, ...(sql !== null && { sql }) }));
  });
}
