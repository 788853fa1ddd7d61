import type { Pool } from 'pg';
import { SqliftError } from '../../core/errors';
import type { Phase, RunError, RunProgress, RunState } from '../../core/run';
import type { Queryable } from '../postgres/target';
import { inTransaction, withClient } from '../postgres/target';

export interface NewRun {
  run: string;
  planName: string;
  planSha256: string;
  workflowId: string;
  touched: Touched;
  /** What that looked like before: see `stores/postgres/fingerprint.ts`. */
  digestBefore: string;
}

/** What a run is about to touch: whole schemas, and the rows of tables that are there already. */
export interface Touched {
  /** Names of the plan's sources: staging schemas and snapshots are named after them. */
  sources: string[];
  schemas: string[];
  tables: { schema: string; name: string }[];
}

/** Enters the run in the ledger. Repeating it changes nothing. */
export async function beginRun(pool: Pool, run: NewRun): Promise<void> {
  await withClient(pool, (client) =>
    client.query(
      `INSERT INTO sqlift.runs (run, plan_name, plan_sha256, workflow_id, state, phase, touched, digest_before)
       VALUES ($1, $2, $3, $4, 'running', 'preflight', $5, $6) ON CONFLICT (run) DO NOTHING`,
      [run.run, run.planName, run.planSha256, run.workflowId, JSON.stringify(run.touched), run.digestBefore],
    ),
  );
}

/** Keeps what the workflow says of itself, so that the run can be read without a worker. */
export async function recordProgress(pool: Pool, progress: RunProgress): Promise<void> {
  const finished = progress.state === 'running' || progress.state === 'waiting' ? null : new Date();
  await withClient(pool, (client) =>
    client.query(
      `UPDATE sqlift.runs SET state = $2, phase = $3, progress = $4, error = $5, finished_at = coalesce(finished_at, $6) WHERE run = $1`,
      [
        progress.run,
        progress.state,
        progress.phase,
        JSON.stringify(progress),
        progress.error === undefined ? null : JSON.stringify(progress.error),
        finished,
      ],
    ),
  );
}

/**
 * Refuses late writes: throws RunDiscarded unless the run is live, and holds its row until the transaction ends, so that a
 * rollback that begins meanwhile waits for this commit and then sees it.
 */
export async function holdLiveRun(client: Queryable, run: string): Promise<void> {
  const { rows } = await client.query<{ discarded: boolean }>(
    `SELECT discarded_at IS NOT NULL AS discarded FROM sqlift.runs WHERE run = $1 FOR SHARE`,
    [run],
  );
  if (rows[0] === undefined || rows[0].discarded)
    throw new SqliftError('RunDiscarded', `run ${run} takes no more writes`);
}

/** Does work elsewhere while the run is live and stays so: whoever discards it waits. Throws RunDiscarded when it is not. */
export async function whileLive<T>(pool: Pool, run: string, work: () => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await holdLiveRun(client, run);
    return work();
  });
}

/** From here on the run takes no more writes. Waits for commits under way. Succeeds when there is no such run. */
export async function discardRun(pool: Pool, run: string): Promise<void> {
  await withClient(pool, (client) =>
    client.query(`UPDATE sqlift.runs SET discarded_at = coalesce(discarded_at, now()) WHERE run = $1`, [run]),
  );
}

/** Undo of `discardRun`, for a rollback that was refused before it changed anything. Only a published run comes back. */
export async function reviveRun(pool: Pool, run: string): Promise<void> {
  await withClient(pool, (client) =>
    client.query(`UPDATE sqlift.runs SET discarded_at = NULL WHERE run = $1 AND published_at IS NOT NULL`, [run]),
  );
}

export interface RunRecord {
  run: string;
  planName: string;
  state: RunState;
  phase: Phase;
  error: RunError | null;
  touched: Touched;
  digestBefore: string | null;
  digestAfter: string | null;
  publishedAt: Date | null;
  rollbackUntil: Date | null;
  finalizedAt: Date | null;
}

/** The run's row, or undefined; undefined too where no ledger was ever installed. */
export async function readRun(pool: Pool, run: string): Promise<RunRecord | undefined> {
  return withClient(pool, async (client) => {
    if (!(await hasLedger(client))) return undefined;
    const { rows } = await client.query<RunRecord>(
      `SELECT run, plan_name AS "planName", state, phase, error, touched, digest_before AS "digestBefore", digest_after AS "digestAfter",
              published_at AS "publishedAt", rollback_until AS "rollbackUntil", finalized_at AS "finalizedAt"
       FROM sqlift.runs WHERE run = $1`,
      [run],
    );
    return rows[0];
  });
}

export async function hasLedger(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(`SELECT to_regclass('sqlift.runs') IS NOT NULL AS found`);
  return rows[0]!.found;
}

/** False in a ledger that an earlier release made and nothing has written to since. */
export async function hasFeedTables(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(`SELECT to_regclass('sqlift.stores') IS NOT NULL AS found`);
  return rows[0]!.found;
}

/** What the run touched, as it is after its rollback. */
export async function recordDigestAfter(pool: Pool, run: string, digest: string): Promise<void> {
  await withClient(pool, (client) =>
    client.query('UPDATE sqlift.runs SET digest_after = $2 WHERE run = $1', [run, digest]),
  );
}

/** Names of the run's sources; none where the ledger does not know it. */
export async function sourcesOf(pool: Pool, run: string): Promise<string[]> {
  return (await readRun(pool, run))?.touched.sources ?? [];
}
