import type { Pool } from 'pg';
import type { FeedStoreName } from '../../core/feeds/feed';
import type { FeedProgress, StoreReport } from '../../core/run';
import type { EntryChunk } from '../feeds/entry-file';
import { inTransaction, withClient } from '../postgres/target';
import type { QuarantinedCell } from './quarantine';
import { hasFeedTables, holdLiveRun } from './runs';

/** What the ledger keeps of feeds: what they are, which of their chunks are in their store, and which rows are not. */

export interface NewFeed {
  run: string;
  feed: string;
  position: number;
  store: FeedStoreName;
  source: string;
  sourceRows: number;
  leftOut: number;
}

/** One row that becomes no entry. */
export interface RefusedRow {
  /** In the order of reading, from 0. */
  rowNumber: number;
  column?: string | undefined;
  reason: string;
  cells: QuarantinedCell[];
}

/** Enters a feed with its chunks and its refused rows, page by page; in place of what an earlier attempt entered. */
export async function enterFeed(
  pool: Pool,
  feed: NewFeed,
  chunks: readonly EntryChunk[],
  refused: Iterable<readonly RefusedRow[]>,
  onPage: () => void = () => undefined,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await holdLiveRun(client, feed.run);
    await client.query('DELETE FROM sqlift.feeds WHERE run = $1 AND feed = $2', [feed.run, feed.feed]);
    const entries = chunks.reduce((sum, chunk) => sum + chunk.entries, 0);
    await client.query(
      `INSERT INTO sqlift.feeds (run, feed, position, store, source, source_rows, left_out, entries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [feed.run, feed.feed, feed.position, feed.store, feed.source, feed.sourceRows, feed.leftOut, entries],
    );
    await client.query(
      `INSERT INTO sqlift.feed_chunks (run, feed, chunk, entries, bytes)
       SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::bigint[])`,
      [
        feed.run,
        feed.feed,
        chunks.map(({ chunk }) => chunk),
        chunks.map((chunk) => chunk.entries),
        chunks.map(({ bytes }) => bytes),
      ],
    );
    for (const some of refused) {
      onPage();
      await client.query(
        `INSERT INTO sqlift.feed_quarantine (run, feed, row_number, column_name, reason, cells)
         SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::jsonb[])`,
        [
          feed.run,
          feed.feed,
          some.map(({ rowNumber }) => rowNumber),
          some.map(({ column }) => column ?? null),
          some.map(({ reason }) => reason),
          some.map(({ cells }) => JSON.stringify(cells)),
        ],
      );
    }
  });
}

/** Chunks `from` to `to − 1` that are not in their store yet. */
export async function readOpenChunks(
  pool: Pool,
  run: string,
  feed: string,
  from: number,
  to: number,
): Promise<EntryChunk[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<EntryChunk>(
      `SELECT chunk, entries, bytes::float8 AS bytes FROM sqlift.feed_chunks
       WHERE run = $1 AND feed = $2 AND chunk >= $3 AND chunk < $4 AND NOT written ORDER BY chunk`,
      [run, feed, from, to],
    );
    return rows;
  });
}

/** Notes that a chunk is in its store. @throws SqliftError RunDiscarded */
export async function markWritten(pool: Pool, run: string, feed: string, chunk: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    await holdLiveRun(client, run);
    await client.query('UPDATE sqlift.feed_chunks SET written = true WHERE run = $1 AND feed = $2 AND chunk = $3', [
      run,
      feed,
      chunk,
    ]);
  });
}

/** Notes what verification found of a feed. */
export async function recordFeedVerdict(
  pool: Pool,
  run: string,
  feed: string,
  state: 'verified' | 'differs',
  digest: string,
): Promise<void> {
  await withClient(pool, (client) =>
    client.query('UPDATE sqlift.feeds SET state = $3, digest = $4 WHERE run = $1 AND feed = $2', [
      run,
      feed,
      state,
      digest,
    ]),
  );
}

/** Every feed of the run, in the plan's order. */
export async function readFeeds(pool: Pool, run: string): Promise<FeedProgress[]> {
  return withClient(pool, async (client) => {
    if (!(await hasFeedTables(client))) return [];
    const { rows } = await client.query<FeedProgress & { state: string; digest: string | null }>(
      `SELECT f.feed, f.store, f.source, f.state, f.digest, f.source_rows::float8 AS "sourceRows", f.entries::float8 AS entries, f.left_out::float8 AS "leftOut",
              (SELECT count(*)::int FROM sqlift.feed_chunks c WHERE c.run = f.run AND c.feed = f.feed) AS chunks,
              (SELECT coalesce(sum(c.entries), 0)::float8 FROM sqlift.feed_chunks c WHERE c.run = f.run AND c.feed = f.feed AND c.written) AS written,
              (SELECT count(*)::float8 FROM sqlift.feed_quarantine q WHERE q.run = f.run AND q.feed = f.feed) AS quarantined
       FROM sqlift.feeds f WHERE f.run = $1 ORDER BY f.position`,
      [run],
    );
    return rows.map(({ digest, state, ...feed }) => ({
      ...feed,
      state: stateOf(state, feed),
      ...(digest !== null && { digest }),
    }));
  });
}

function stateOf(state: string, { written, entries }: { written: number; entries: number }): FeedProgress['state'] {
  if (state !== 'prepared') return state as FeedProgress['state'];
  return written === entries ? 'filled' : written > 0 ? 'filling' : 'prepared';
}

/** By feed: rows that are in no store for this reason. */
export async function countFeedReason(pool: Pool, run: string, reason: string): Promise<Map<string, number>> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ feed: string; rows: number }>(
      'SELECT feed, count(*)::float8 AS rows FROM sqlift.feed_quarantine WHERE run = $1 AND reason = $2 GROUP BY feed',
      [run, reason],
    );
    return new Map(rows.map(({ feed, rows: count }) => [feed, count]));
  });
}

/** Numbers of the rows that are in no store, in order. */
export async function readRefusedRows(pool: Pool, run: string, feed: string): Promise<number[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ row: number }>(
      'SELECT row_number::float8 AS row FROM sqlift.feed_quarantine WHERE run = $1 AND feed = $2 ORDER BY row_number',
      [run, feed],
    );
    return rows.map(({ row }) => row);
  });
}

/** What the report says of a store. */
export async function enterStore(
  pool: Pool,
  run: string,
  store: FeedStoreName,
  version: string,
  notes: readonly string[],
) {
  await withClient(pool, (client) =>
    client.query(
      `INSERT INTO sqlift.stores (run, store, version, notes) VALUES ($1, $2, $3, $4)
       ON CONFLICT (run, store) DO UPDATE SET version = excluded.version, notes = excluded.notes`,
      [run, store, version, JSON.stringify(notes)],
    ),
  );
}

/** Adds sentences about a store to those that are there. */
export async function addStoreNotes(pool: Pool, run: string, store: FeedStoreName, notes: readonly string[]) {
  await withClient(pool, (client) =>
    client.query(
      `UPDATE sqlift.stores SET notes = notes || (SELECT coalesce(jsonb_agg(n), '[]') FROM jsonb_array_elements($3::jsonb) n WHERE NOT notes @> jsonb_build_array(n))
       WHERE run = $1 AND store = $2`,
      [run, store, JSON.stringify(notes)],
    ),
  );
}

/** By store, where the run fills it. */
export async function readStores(pool: Pool, run: string): Promise<Partial<Record<FeedStoreName, StoreReport>>> {
  const feeds = await readFeeds(pool, run);
  return withClient(pool, async (client) => {
    if (!(await hasFeedTables(client))) return {};
    const { rows } = await client.query<{ store: FeedStoreName; version: string; notes: string[] }>(
      'SELECT store, version, notes FROM sqlift.stores WHERE run = $1 ORDER BY store',
      [run],
    );
    return Object.fromEntries(
      rows.map(({ store, ...said }) => [store, { ...said, feeds: feeds.filter((feed) => feed.store === store) }]),
    );
  });
}
