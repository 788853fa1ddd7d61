import { cancellationSignal } from '@temporalio/activity';
import type { Pool } from 'pg';
import { chosenChunks } from '../../core/chosen-chunks';
import { UNFINISHED_LINE } from '../../core/file-refusals';
import type { TableMapping } from '../../core/mapping';
import type { Tolerance } from '../../core/plan';
import type { Difference } from '../../core/run';
import { readChunks, readTotals, recordTableState } from '../../stores/ledger/chunks';
import type { TableKey, TableTotals } from '../../stores/ledger/chunks';
import { clearDifferences, countDifferences, recordDifferences } from '../../stores/ledger/differences';
import { countFeedReason, readFeeds } from '../../stores/ledger/feeds';
import { readNotCarried } from '../../stores/ledger/not-carried';
import { countOfReason, readLocators } from '../../stores/ledger/quarantine';
import { readRun } from '../../stores/ledger/runs';
import { allMappings, beat, beating, snapshotPath, storedMapping, tableMapping, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { feedsOf } from '../feeds/resolve';
import { locationOf } from '../location';
import { makeViews, verifyViews } from './run-views';
import { verifyConstraints } from './verify-constraints';
import { verifyTable } from './verify-table';
import type { VerifyTableInput } from './verify-table';

export interface VerifyTablesInput {
  run: string;
  source: string;
  tables: string[];
  /** Everything is compared a second time by code that shares nothing with import, not one chunk in twenty. */
  independent?: boolean;
}

export interface VerifiedTable {
  source: string;
  table: string;
  digest: string;
  differences: number;
}

const ROW_KINDS: Difference['kind'][] = ['missing row', 'extra row', 'cell', 'count'];
const CONSTRAINT_KINDS: Difference['kind'][] = ['orphan', 'sequence', 'constraint'];

export function verifyActivities(deps: ActivityDeps) {
  return {
    /** Compares these tables with the snapshot. Differences go to the ledger; counts come back. */
    async verifyTables({ run, source, tables, independent = false }: VerifyTablesInput): Promise<VerifiedTable[]> {
      const pool = await targetOf(deps, run);
      const stored = await storedMapping(deps, run, source);
      const published = (await readRun(pool, run))?.publishedAt != null;
      const totals = await readTotals(pool, run);
      const verdicts: VerifiedTable[] = [];
      for (const table of tables) {
        const mapping = tableMapping(stored, table);
        const key = { run, source, table };
        const chunks = await readChunks(pool, key, 0, 2 ** 31 - 1);
        const comparison = verifyTable({
          snapshotPath: snapshotPath(deps, run, source),
          catalog: stored.catalog,
          target: pool,
          location: locationOf(run, mapping, published),
          mapping,
          ranges: chunks.map((chunk) => chunk.range),
          quarantined: new Set(await readLocators(pool, key)),
          again: independent ? new Set(chunks.keys()) : chosenOf(run, totals, key),
          ...accountOf(totals, source, table),
          contained: published && mapping.ifExists === 'append',
          onProgress: ({ sourceRows }) => beat({ table, rows: sourceRows }),
          signal: cancellationSignal(),
        });
        const verdict = await beating(comparison, { table });
        await recordDifferences(pool, key, verdict.differences, ROW_KINDS);
        await recordTableState(pool, key, verdict.differenceCount === 0 ? 'verified' : 'differs', verdict);
        verdicts.push({ source, table, digest: verdict.digest, differences: verdict.differenceCount });
        beat({ table });
      }
      return verdicts;
    },

    /** Compares what the plan promises besides rows: types, keys, indexes, foreign keys, sequences, orphans, views. Makes the views where nothing is published yet. */
    async verifyConstraints({ run, source }: { run: string; source: string }): Promise<void> {
      const pool = await targetOf(deps, run);
      const { mapping } = await storedMapping(deps, run, source);
      const published = (await readRun(pool, run))?.publishedAt != null;
      const refused = new Set((await readNotCarried(pool, run)).map((object) => object.object));
      await (published ? verifyViews : makeViews)(deps, run, mapping);
      for (const table of mapping.tables) {
        // The table that is appended to has its own structure.
        if (table.ifExists === 'append') continue;
        const locate = (other: TableMapping) => locationOf(run, other, published || other.ifExists === 'append');
        const input = {
          target: pool,
          location: locate(table),
          mapping: table,
          tables: mapping.tables,
          locate,
          refused,
        };
        const { differences } = await beating(verifyConstraints(input), { table: table.table });
        await recordDifferences(pool, { run, source, table: table.table }, differences, CONSTRAINT_KINDS);
      }
    },

    async readVerdict({ run }: { run: string }): Promise<{ differences: number }> {
      return { differences: await countDifferences(await targetOf(deps, run), run) };
    },

    async clearDifferences({ run }: { run: string }): Promise<void> {
      await clearDifferences(await targetOf(deps, run), run);
    },

    /** How many tables and feeds have more rows in quarantine than the plan tolerates. */
    async checkTolerance({ run }: { run: string }): Promise<{ exceeded: number }> {
      const pool = await targetOf(deps, run);
      const tables = await countExceeded(pool, run, await tolerances(deps, run));
      return { exceeded: tables + (await countExceededFeeds(deps, run)) };
    },
  };
}

function chosenOf(run: string, totals: readonly TableTotals[], { source, table }: TableKey): Set<number> {
  const at = totals.findIndex((candidate) => candidate.source === source && candidate.table === table);
  const sum = (some: readonly TableTotals[]) => some.reduce((total, { chunks }) => total + chunks, 0);
  return chosenChunks(run, sum(totals.slice(0, at)), totals[at]?.chunks ?? 0, sum(totals));
}

function accountOf(totals: readonly TableTotals[], source: string, table: string): Pick<VerifyTableInput, 'account'> {
  const total = totals.find((candidate) => candidate.source === source && candidate.table === table);
  if (total === undefined || total.filtered === null) return {};
  return { account: { sourceRows: total.sourceRows, filtered: total.filtered } };
}

async function tolerances(deps: ActivityDeps, run: string): Promise<Map<string, Tolerance>> {
  const mappings = await allMappings(deps, run);
  return new Map(
    mappings.flatMap(({ mapping }) =>
      mapping.tables.map((table) => [`${table.source}\0${table.table}`, table.quarantine] as const),
    ),
  );
}

async function countExceeded(pool: Pool, run: string, allowed: ReadonlyMap<string, Tolerance>): Promise<number> {
  const totals = await readTotals(pool, run);
  // A line that is still being written is no error: the next run takes it.
  const unfinished = await countOfReason(pool, run, UNFINISHED_LINE);
  return totals.filter(({ source, table, sourceRows, quarantined }) => {
    const refused = quarantined - (unfinished.get(`${source}\0${table}`) ?? 0);
    return exceeds(refused, sourceRows, allowed.get(`${source}\0${table}`) ?? 'none');
  }).length;
}

async function countExceededFeeds(deps: ActivityDeps, run: string): Promise<number> {
  const pool = await targetOf(deps, run);
  const feeds = await readFeeds(pool, run);
  if (feeds.length === 0) return 0;
  const resolved = (await feedsOf(deps, run)).feeds;
  const unfinished = await countFeedReason(pool, run, UNFINISHED_LINE);
  return feeds.filter(({ feed, quarantined, sourceRows }) => {
    const tolerance = resolved.find((candidate) => candidate.feed === feed)?.quarantine ?? 'none';
    return exceeds(quarantined - (unfinished.get(feed) ?? 0), sourceRows, tolerance);
  }).length;
}

function exceeds(refused: number, rows: number, tolerance: Tolerance): boolean {
  if (tolerance === 'any') return false;
  return refused > rows * (tolerance === 'none' ? 0 : Number.parseFloat(tolerance) / 100);
}
