import type { Pool } from 'pg';
import type { SourceFacts } from '../../core/run';
import type { SourceCatalog } from '../../core/source';
import type { Queryable } from '../postgres/target';
import { withClient } from '../postgres/target';

/** Enters what a source's file says of itself, replacing what an earlier attempt entered. */
export async function enterSource(
  client: Queryable,
  run: string,
  source: string,
  catalog: SourceCatalog,
): Promise<void> {
  const { encoding, pageCount, pageSize, applicationId, userVersion } = catalog;
  await client.query(
    `INSERT INTO sqlift.sources (run, source, encoding, pages, page_size, application_id, user_version)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (run, source) DO UPDATE
     SET (encoding, pages, page_size, application_id, user_version) = ROW (excluded.encoding, excluded.pages, excluded.page_size,
       excluded.application_id, excluded.user_version)`,
    [run, source, encoding, pageCount, pageSize, applicationId, userVersion],
  );
}

export async function readSources(pool: Pool, run: string): Promise<SourceFacts[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<SourceFacts>(
      `SELECT source, encoding, pages::float8 AS pages, page_size AS "pageSize", application_id::float8 AS "applicationId",
              user_version::float8 AS "userVersion" FROM sqlift.sources WHERE run = $1 ORDER BY source`,
      [run],
    );
    return rows;
  });
}
