import type { Pool } from 'pg';
import type { Chunk, ChunkRange } from '../../core/chunk';
import { SqliftError } from '../../core/errors';
import type { TableMapping } from '../../core/mapping';
import type { Queryable } from '../postgres/target';
import { inQuickTransaction, inTransaction, withClient } from '../postgres/target';

/** Names one table of one run in the ledger. */
export interface TableKey {
  run: string;
  source: string;
  table: string;
}

/** Names some tables of one source. */
export interface TablesKey {
  run: string;
  source: string;
  tables: readonly string[];
}

/** Rows of a source table, and how many of them the plan's condition leaves out, where it has one. */
export interface TableRows {
  rows: number;
  filtered?: number | undefined;
}

/** What the ledger is told of a table before its rows come. */
export interface NewTable extends TableRows {
  mapping: TableMapping;
  /** Its place in the plan's order. */
  position: number;
  chunks: readonly Chunk[];
}

/** Enters a table and its chunks, replacing what an earlier attempt entered. */
export async function enterTable(
  client: Queryable,
  run: string,
  position: number,
  mapping: TableMapping,
  rows: TableRows,
  chunks: readonly Chunk[],
): Promise<void> {
  await enterTables(client, run, mapping.source, [{ ...rows, position, mapping, chunks }]);
}

/** The same of several tables of a source. */
export async function enterTables(
  client: Queryable,
  run: string,
  source: string,
  tables: readonly NewTable[],
): Promise<void> {
  await client.query(`DELETE FROM sqlift.tables WHERE run = $1 AND source = $2 AND table_name = ANY($3)`, [
    run,
    source,
    tables.map(({ mapping }) => mapping.table),
  ]);
  const entries = tables.map(({ mapping, position, rows, filtered, chunks }) => ({
    table_name: mapping.table,
    position,
    target_schema: mapping.schema,
    target_table: mapping.target,
    if_exists: mapping.ifExists,
    columns: mapping.columns.map(({ source: name, target }) => ({ source: name, target })),
    source_rows: rows,
    bytes: chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    filtered: filtered ?? null,
  }));
  await client.query(
    `INSERT INTO sqlift.tables (run, source, table_name, position, target_schema, target_table, if_exists, columns, source_rows, bytes, filtered)
     SELECT $1, $2, t.table_name, t.position, t.target_schema, t.target_table, t.if_exists, t.columns, t.source_rows, t.bytes, t.filtered
     FROM jsonb_to_recordset($3::jsonb) AS t(table_name text, position int, target_schema text, target_table text, if_exists text,
       columns jsonb, source_rows bigint, bytes bigint, filtered bigint)`,
    [run, source, JSON.stringify(entries)],
  );
  const chunks = tables.flatMap(({ mapping, chunks }) => chunks.map((chunk) => ({ ...chunk, table: mapping.table })));
  await client.query(
    `INSERT INTO sqlift.chunks (run, source, table_name, chunk, range, bytes)
     SELECT $1, $2, c->>'table', (c->>'number')::int, c->'range', (c->>'bytes')::bigint FROM jsonb_array_elements($3::jsonb) AS c`,
    [run, source, JSON.stringify(chunks)],
  );
}

export interface ChunkRecord {
  chunk: number;
  range: ChunkRange;
  bytes: number;
  loaded: boolean;
  rows: number;
  quarantined: number;
}

const CHUNK_COLUMNS = `chunk, range, bytes::float8 AS bytes, loaded, coalesce(rows, 0)::float8 AS rows, coalesce(quarantined, 0)::float8 AS quarantined`;

/** Chunks `from` to `to − 1` of a table, in order. */
export async function readChunks(pool: Pool, key: TableKey, from: number, to: number): Promise<ChunkRecord[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<ChunkRecord>(
      `SELECT ${CHUNK_COLUMNS} FROM sqlift.chunks
       WHERE run = $1 AND source = $2 AND table_name = $3 AND chunk >= $4 AND chunk < $5 ORDER BY chunk`,
      [key.run, key.source, key.table, from, to],
    );
    return rows;
  });
}

/** All chunks of some tables of a source, in order, by table; those of tables that have any. */
export async function readChunksOf(
  pool: Pool,
  { run, source, tables }: TablesKey,
): Promise<Map<string, ChunkRecord[]>> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<ChunkRecord & { table: string }>(
      `SELECT table_name AS "table", ${CHUNK_COLUMNS} FROM sqlift.chunks
       WHERE run = $1 AND source = $2 AND table_name = ANY($3) ORDER BY table_name, chunk`,
      [run, source, tables],
    );
    const found = new Map<string, ChunkRecord[]>();
    for (const { table, ...chunk } of rows) {
      const chunks = found.get(table);
      if (chunks === undefined) found.set(table, [chunk]);
      else chunks.push(chunk);
    }
    return found;
  });
}

/**
 * Takes a new fencing number for this attempt at a chunk; older attempts can no longer commit it. Waits for one that is committing
 * at this moment: undefined when the chunk is loaded then, and nothing is left to do.
 */
export async function takeFence(pool: Pool, key: TableKey, chunk: number): Promise<number | undefined> {
  return inQuickTransaction(pool, async (client) => {
    const { rows } = await client.query<{ fence: number; loaded: boolean }>(
      `UPDATE sqlift.chunks SET fence = fence + CASE WHEN loaded THEN 0 ELSE 1 END
       WHERE run = $1 AND source = $2 AND table_name = $3 AND chunk = $4 RETURNING fence, loaded`,
      [key.run, key.source, key.table, chunk],
    );
    if (rows[0] === undefined)
      throw new SqliftError('RunDiscarded', `chunk ${chunk} of ${key.table} is not in the ledger`, {
        table: key.table,
      });
    return rows[0].loaded ? undefined : rows[0].fence;
  });
}

/**
 * The same for every chunk of some tables that is not loaded yet, all at once: by table the fencing numbers of its chunks, in their order.
 * Those that are not there are loaded.
 */
export async function takeFences(
  pool: Pool,
  { run, source, tables }: TablesKey,
): Promise<Map<string, Map<number, number>>> {
  return inQuickTransaction(pool, async (client) => {
    const { rows } = await client.query<{ table: string; chunk: number; fence: number }>(
      `UPDATE sqlift.chunks SET fence = fence + 1 WHERE run = $1 AND source = $2 AND table_name = ANY($3) AND NOT loaded
       RETURNING table_name AS "table", chunk, fence`,
      [run, source, tables],
    );
    const fences = new Map(tables.map((table) => [table, new Map<number, number>()]));
    for (const { table, chunk, fence } of rows) fences.get(table)!.set(chunk, fence);
    return fences;
  });
}

/** Marks a chunk loaded, in the transaction that holds its rows. Throws AttemptFenced when a newer attempt has taken over. */
export async function markLoaded(
  client: Queryable,
  key: TableKey,
  chunk: number,
  fence: number,
  rows: number,
  quarantined: number,
): Promise<void> {
  const result = await client.query(
    `UPDATE sqlift.chunks SET loaded = true, rows = $6, quarantined = $7, loaded_at = now()
     WHERE run = $1 AND source = $2 AND table_name = $3 AND chunk = $4 AND fence = $5 AND NOT loaded`,
    [key.run, key.source, key.table, chunk, fence, rows, quarantined],
  );
  if (result.rowCount !== 1)
    throw new SqliftError('AttemptFenced', `another attempt has taken over chunk ${chunk} of ${key.table}`, {
      table: key.table,
    });
}

export interface TableTotals {
  source: string;
  table: string;
  sourceRows: number;
  loaded: number;
  quarantined: number;
  filtered: number | null;
  bytes: number;
  chunks: number;
  chunksLoaded: number;
  digest: string | null;
}

/** What the ledger says of each table of a run, in the plan's order. */
export async function readTotals(pool: Pool, run: string): Promise<TableTotals[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<TableTotals>(
      `SELECT t.source, t.table_name AS "table", t.source_rows::float8 AS "sourceRows", t.bytes::float8 AS bytes, t.digest, t.filtered::float8 AS filtered,
              coalesce(sum(c.rows), 0)::float8 AS loaded, coalesce(sum(c.quarantined), 0)::float8 AS quarantined,
              count(c.chunk)::float8 AS chunks, count(c.chunk) FILTER (WHERE c.loaded)::float8 AS "chunksLoaded"
       FROM sqlift.tables t LEFT JOIN sqlift.chunks c USING (run, source, table_name)
       WHERE t.run = $1 GROUP BY t.run, t.source, t.table_name ORDER BY t.source, t.position`,
      [run],
    );
    return rows;
  });
}

/** What verification found out about a table as a whole. */
export interface Compared {
  digest: string;
  /** How many of its chunks were compared a second time, by the independent reading. */
  chunksAgain: number;
}

/** `imported` once keys and indexes are there; `verified` or `differs` once it was compared. */
export async function recordTableState(
  pool: Pool,
  key: TableKey,
  state: 'imported' | 'verified' | 'differs',
  compared?: Compared,
): Promise<void> {
  await withClient(pool, (client) => setTableState(client, key, state, compared));
}

/** Says of some tables that keys and indexes are there. */
export async function recordImported(pool: Pool, { run, source, tables }: TablesKey): Promise<void> {
  await withClient(pool, (client) =>
    client.query(
      `UPDATE sqlift.tables SET state = 'imported' WHERE run = $1 AND source = $2 AND table_name = ANY($3)`,
      [run, source, tables],
    ),
  );
}

/**
 * Waits until everything that was committed so far is on disk, whatever the server's own setting is. Loading a chunk does not wait, since a
 * crash that takes the rows takes the ledger's word for them too; but nobody is told that they are there before they are there to stay.
 */
export async function makeDurable(pool: Pool, key: TableKey): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query(
      `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`,
    );
    await client.query('UPDATE sqlift.tables SET state = state WHERE run = $1 AND source = $2 AND table_name = $3', [
      key.run,
      key.source,
      key.table,
    ]);
  });
}

/**
 * That chunks are there, asked once everything is on disk: a crash may have come between two of them.
 * @throws SqliftError TargetUnreachable when one is not, so that it is tried again
 */
export function refuseLost(table: string, chunks: readonly ChunkRecord[]): void {
  const missing = chunks.find(({ loaded }) => !loaded);
  if (missing === undefined) return;
  const message = `PostgreSQL has lost chunk ${missing.chunk} of ${table} in a crash`;
  throw new SqliftError('TargetUnreachable', message, { table });
}

/** The same in the caller's transaction. */
export async function setTableState(
  client: Queryable,
  key: TableKey,
  state: 'imported' | 'verified' | 'differs',
  compared?: Compared,
): Promise<void> {
  await client.query(
    `UPDATE sqlift.tables SET state = $4, digest = coalesce($5, digest), chunks_again = coalesce($6, chunks_again)
     WHERE run = $1 AND source = $2 AND table_name = $3`,
    [key.run, key.source, key.table, state, compared?.digest ?? null, compared?.chunksAgain ?? null],
  );
}
