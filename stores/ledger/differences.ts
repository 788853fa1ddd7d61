import type { Pool } from 'pg';
import type { Difference } from '../../core/run';
import { inTransaction, withClient } from '../postgres/target';
import type { Queryable } from '../postgres/target';
import type { TableKey } from './chunks';

/** Differences of one table, replacing those that an earlier verification of the same kind found there. */
export async function recordDifferences(
  pool: Pool,
  key: TableKey,
  differences: readonly Difference[],
  kinds: readonly Difference['kind'][],
): Promise<void> {
  await inTransaction(pool, (client) => setDifferences(client, key, kinds, new Map([[key.table, differences]])));
}

/** The same of several tables of a source, by table, in the caller's transaction. */
export async function setDifferences(
  client: Queryable,
  { run, source }: Omit<TableKey, 'table'>,
  kinds: readonly Difference['kind'][],
  differences: ReadonlyMap<string, readonly Difference[]>,
): Promise<void> {
  await client.query(
    `DELETE FROM sqlift.differences WHERE run = $1 AND source = $2 AND table_name = ANY($3) AND difference->>'kind' = ANY($4)`,
    [run, source, [...differences.keys()], kinds],
  );
  for (const [table, found] of differences) {
    if (found.length === 0) continue;
    await client.query(
      `INSERT INTO sqlift.differences (run, source, table_name, difference) SELECT $1, $2, $3, d FROM jsonb_array_elements($4::jsonb) AS d`,
      [run, source, table, JSON.stringify(found)],
    );
  }
}

export async function countDifferences(pool: Pool, run: string): Promise<number> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ count: number }>(
      'SELECT count(*)::float8 AS count FROM sqlift.differences WHERE run = $1',
      [run],
    );
    return rows[0]!.count;
  });
}

export async function clearDifferences(pool: Pool, run: string): Promise<void> {
  await withClient(pool, (client) => client.query('DELETE FROM sqlift.differences WHERE run = $1', [run]));
}

export async function readDifferences(pool: Pool, run: string, limit: number): Promise<Difference[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ difference: Difference }>(
      'SELECT difference FROM sqlift.differences WHERE run = $1 ORDER BY id LIMIT $2',
      [run, limit],
    );
    return rows.map((row) => row.difference);
  });
}
