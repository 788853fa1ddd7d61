import type { Pool } from 'pg';
import type { Phase, RunError, RunProgress, RunReport, RunState, TableProgress } from '../../core/run';
import { withClient } from '../postgres/target';
import { readTotals } from './chunks';
import type { TableTotals } from './chunks';
import { readDifferences } from './differences';
import { readStores } from './feeds';
import { readNotCarried } from './not-carried';
import { readSources } from './sources';
import { readViews } from './views';
import { hasFeedTables, hasLedger } from './runs';

/** Read-only views of the ledger for people: what a run did, without its worker or Temporal. Nothing here writes. */

export interface LedgerRun {
  run: string;
  planName: string;
  workflowId: string;
  state: RunState;
  phase: Phase;
  progress: RunProgress | null;
  error: RunError | null;
  startedAt: Date;
  finishedAt: Date | null;
  publishedAt: Date | null;
  rollbackUntil: Date | null;
  digestBefore: string | null;
  digestAfter: string | null;
}

const RUN_COLUMNS = `run, plan_name AS "planName", workflow_id AS "workflowId", state, phase, progress, error, started_at AS "startedAt",
  finished_at AS "finishedAt", published_at AS "publishedAt", rollback_until AS "rollbackUntil",
  digest_before AS "digestBefore", digest_after AS "digestAfter"`;

/** Runs in this target, newest first; none where no ledger was ever installed. */
export async function readRuns(pool: Pool, limit = 500): Promise<LedgerRun[]> {
  return withClient(pool, async (client) => {
    if (!(await hasLedger(client))) return [];
    return (
      await client.query<LedgerRun>(`SELECT ${RUN_COLUMNS} FROM sqlift.runs ORDER BY started_at DESC, run LIMIT $1`, [
        limit,
      ])
    ).rows;
  });
}

/** The run's row, or undefined. */
export async function readLedgerRun(pool: Pool, run: string): Promise<LedgerRun | undefined> {
  return withClient(pool, async (client) => {
    if (!(await hasLedger(client))) return undefined;
    return (await client.query<LedgerRun>(`SELECT ${RUN_COLUMNS} FROM sqlift.runs WHERE run = $1`, [run])).rows[0];
  });
}

/** Progress by table, from committed chunks. */
export async function readTableProgress(pool: Pool, run: string): Promise<TableProgress[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<
      Omit<TableProgress, 'filtered'> & { digest: string | null; filtered: number | null; loadedChunks: number }
    >(
      `SELECT t.source, t.table_name AS "table", t.target_schema || '.' || t.target_table AS target, t.state, t.digest,
              t.source_rows::float8 AS "sourceRows", t.bytes::float8 AS "bytesTotal", t.filtered::float8 AS filtered,
              coalesce(sum(c.rows), 0)::float8 AS loaded, coalesce(sum(c.quarantined), 0)::float8 AS quarantined,
              coalesce(sum(c.bytes) FILTER (WHERE c.loaded), 0)::float8 AS "bytesDone",
              count(c.chunk)::int AS chunks, (count(*) FILTER (WHERE c.loaded))::int AS "loadedChunks"
       FROM sqlift.tables t LEFT JOIN sqlift.chunks c USING (run, source, table_name)
       WHERE t.run = $1 GROUP BY t.run, t.source, t.table_name ORDER BY t.source, t.position`,
      [run],
    );
    return rows.map(({ loadedChunks, digest, filtered, ...table }) => {
      // Keys and indexes follow the rows: only `finishTable` says imported.
      const state: TableProgress['state'] = table.state === 'pending' && loadedChunks > 0 ? 'importing' : table.state;
      return { ...table, state, ...(digest !== null && { digest }), ...(filtered !== null && { filtered }) };
    });
  });
}

/** The account of a run, put together from the ledger alone; undefined when the ledger does not know it. Column types are not kept there: they are ''. */
export async function readLedgerReport(pool: Pool, run: string, command: string): Promise<RunReport | undefined> {
  const record = await readLedgerRun(pool, run);
  if (record === undefined) return undefined;
  const totals = await readTotals(pool, run);
  const notCarried = await readNotCarried(pool, run);
  const sources = await readSources(pool, run);
  const views = await readViews(pool, run);
  const quarantine = await readQuarantineReasons(pool, run);
  const differences = await readDifferences(pool, run, 1_000);
  const stores = await readStores(pool, run);
  return withClient(pool, async (client) => {
    const tables = await client.query<{
      source: string;
      table: string;
      target: string;
      state: string;
      columns: { source: string; target: string }[];
      chunksAgain: number | null;
    }>(
      `SELECT source, table_name AS "table", target_schema || '.' || target_table AS target, state, columns, chunks_again AS "chunksAgain" FROM sqlift.tables WHERE run = $1 ORDER BY source, position`,
      [run],
    );
    const moved = [...tables.rows, ...Object.values(stores).flatMap(({ feeds }) => feeds)];
    const verified = moved.length > 0 && moved.every(({ state }) => state === 'verified');
    return {
      run,
      plan: record.planName,
      state: record.state,
      seconds: ((record.finishedAt ?? new Date()).getTime() - record.startedAt.getTime()) / 1000,
      phases: record.progress?.phases ?? [],
      tables: tables.rows.map((table, index) => {
        const { sourceRows, loaded, quarantined, filtered, bytes, digest } = totals[index]!;
        const columns = table.columns.map(({ source, target }) => ({ source, target, type: '', conversion: '' }));
        return {
          source: table.source,
          table: table.table,
          target: table.target,
          columns,
          sourceRows,
          loaded,
          quarantined,
          ...(filtered !== null && { filtered }),
          bytes,
          digest,
        };
      }),
      sources,
      views,
      notCarried,
      graph: stores.neo4j ?? null,
      vectors: stores.pinecone ?? null,
      cache: stores.redis ?? null,
      verification: {
        state: differences.length > 0 ? 'differs' : verified ? 'verified' : 'not run',
        differences,
      },
      ...readAgain(
        tables.rows.map(({ chunksAgain }) => chunksAgain),
        totals,
      ),
      quarantine,
      rollback: { until: record.rollbackUntil?.toISOString() ?? null, command: `${command} rollback ${run}` },
      ...(record.error !== null && { error: record.error }),
    };
  });
}

/** Nothing before something was compared, or where a run was by a release that did not count. */
function readAgain(again: readonly (number | null)[], totals: readonly TableTotals[]): Pick<RunReport, 'readAgain'> {
  if (again.every((chunks) => chunks === null)) return {};
  const chunks = again.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  return { readAgain: { chunks, of: totals.reduce((sum, table) => sum + table.chunks, 0) } };
}

/** Rows still in quarantine, counted by table or feed and reason. */
export async function readQuarantineReasons(pool: Pool, run: string): Promise<RunReport['quarantine']> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<RunReport['quarantine'][number]>(
      `SELECT source, table_name AS "table", reason, count(*)::float8 AS rows FROM sqlift.quarantine
       WHERE run = $1 AND resolved_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3`,
      [run],
    );
    if (!(await hasFeedTables(client))) return rows;
    const ofFeeds = await client.query<RunReport['quarantine'][number]>(
      `SELECT f.source, feed AS "table", reason, count(*)::float8 AS rows FROM sqlift.feed_quarantine JOIN sqlift.feeds f USING (run, feed)
       WHERE run = $1 GROUP BY f.source, f.position, feed, reason ORDER BY f.position, 4 DESC, 3`,
      [run],
    );
    return [...rows, ...ofFeeds.rows];
  });
}

export interface QuarantineEntry {
  /** Number of the entry, as decimal text; of a feed's, with an f before it. */
  id: string;
  source: string;
  /** Source table, or path of a feed. */
  table: string;
  /** Rowid in the snapshot, or ordinal number of the row. */
  locator: string;
  key: Record<string, string>;
  column: string | null;
  storageClass: string | null;
  reason: string;
  /** The offending cell's bytes in hex. */
  raw: string | null;
  cells: { column: string; class: string; value: string | null }[];
}

export interface QuarantineFilter {
  table?: string | undefined;
  reason?: string | undefined;
  /** Entries behind this one only. */
  after?: string;
  limit: number;
}

/** One page of the rows still in quarantine, in the order of their numbers: those of tables, then those of feeds. */
export async function readQuarantine(pool: Pool, run: string, filter: QuarantineFilter): Promise<QuarantineEntry[]> {
  const { after = '0', table = null, reason = null, limit } = filter;
  return withClient(pool, async (client) => {
    const rows = after.startsWith('f')
      ? []
      : (
          await client.query<QuarantineEntry>(
            `SELECT q.id::text, source, table_name AS "table", locator::text, row_key AS key, column_name AS "column",
                    storage_class AS "storageClass", reason, encode(raw, 'hex') AS raw, cells
             FROM sqlift.quarantine q
             WHERE run = $1 AND resolved_at IS NULL AND q.id > $2::bigint AND ($3::text IS NULL OR table_name = $3) AND ($4::text IS NULL OR reason = $4)
             ORDER BY q.id LIMIT $5`,
            [run, after, table, reason, limit],
          )
        ).rows;
    if (rows.length === limit || !(await hasFeedTables(client))) return rows;
    const ofFeeds = await client.query<QuarantineEntry>(
      `SELECT 'f' || q.id AS id, f.source, feed AS "table", row_number::text AS locator, '{}'::jsonb AS key, column_name AS "column",
              (SELECT cell->>'class' FROM jsonb_array_elements(cells) cell WHERE cell->>'column' = column_name LIMIT 1) AS "storageClass",
              reason, NULL AS raw, cells
       FROM sqlift.feed_quarantine q JOIN sqlift.feeds f USING (run, feed)
       WHERE run = $1 AND q.id > $2::bigint AND ($3::text IS NULL OR feed = $3) AND ($4::text IS NULL OR reason = $4)
       ORDER BY q.id LIMIT $5`,
      [run, after.startsWith('f') ? after.slice(1) : '0', table, reason, limit - rows.length],
    );
    return [...rows, ...ofFeeds.rows];
  });
}
