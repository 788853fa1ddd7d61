import { cancellationSignal } from '@temporalio/activity';
import type { Pool } from 'pg';
import { chosenChunks } from '../../core/chosen-chunks';
import { UNFINISHED_LINE } from '../../core/file-refusals';
import type { TableMapping } from '../../core/mapping';
import type { Tolerance } from '../../core/plan';
import type { Difference } from '../../core/run';
import { readChunksOf, readTotals, setTableState } from '../../stores/ledger/chunks';
import type { TableKey, TableTotals } from '../../stores/ledger/chunks';
import { clearDifferences, countDifferences, setDifferences } from '../../stores/ledger/differences';
import { countFeedReason, readFeeds } from '../../stores/ledger/feeds';
import { readNotCarried } from '../../stores/ledger/not-carried';
import { countOfReason, readLocatorsOf } from '../../stores/ledger/quarantine';
import { readRun } from '../../stores/ledger/runs';
import { analyze } from '../../stores/postgres/staging';
import { inTransaction } from '../../stores/postgres/target';
import { allMappings, beat, beating, snapshotPath, storedMapping, tableMapping, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { feedsOf } from '../feeds/resolve';
import { locationOf } from '../location';
import { makeViews, verifyViews } from './run-views';
import { verifyConstraints } from './verify-constraints';
import { verifyTable } from './verify-table';
import type { TableVerdict, VerifyTableInput } from './verify-table';

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
    /** Compares these tables with the snapshot, and has statistics made of those in staging. Differences go to the ledger; counts come back. */
    async verifyTables({ run, source, tables, independent = false }: VerifyTablesInput): Promise<VerifiedTable[]> {
      const pool = await targetOf(deps, run);
      const stored = await storedMapping(deps, run, source);
      const published = (await readRun(pool, run))?.publishedAt != null;
      const totals = await readTotals(pool, run);
      const chunks = await readChunksOf(pool, { run, source, tables });
      const quarantined = await readLocatorsOf(pool, { run, source, tables });
      const verdicts = new Map<string, TableVerdict>();
      const compareAll = async () => {
        for (const table of tables) {
          const mapping = tableMapping(stored, table);
          const ranges = (chunks.get(table) ?? []).map((chunk) => chunk.range);
          const comparison = verifyTable({
            snapshotPath: snapshotPath(deps, run, source),
            catalog: stored.catalog,
            target: pool,
            location: locationOf(run, mapping, published),
            mapping,
            ranges,
            quarantined: quarantined.get(table) ?? new Set(),
            again: independent ? new Set(ranges.keys()) : chosenOf(run, totals, { run, source, table }),
            ...accountOf(totals, source, table),
            contained: published && mapping.ifExists === 'append',
            onProgress: ({ sourceRows }) => beat({ table, rows: sourceRows }),
            signal: cancellationSignal(),
          });
          verdicts.set(table, await beating(comparison, { table }));
        }
      };
      // Comparing leaves PostgreSQL time for it, and nobody queries the tables before.
      const made = published ? [] : tables.map((table) => tableMapping(stored, table));
      const unpublished = made.filter(({ ifExists }) => ifExists !== 'append');
      const makeStatistics = () =>
        analyze(
          pool,
          unpublished.map((mapping) => locationOf(run, mapping, false)),
        );
      // Whether rows are the same does not hang on it: where it fails beside the comparison, it is done behind it.
      const statistics = makeStatistics().then(
        () => true,
        () => false,
      );
      try {
        await compareAll();
      } finally {
        await beating(statistics);
      }
      await inTransaction(pool, async (client) => {
        const differences = new Map([...verdicts].map(([table, verdict]) => [table, verdict.differences]));
        await setDifferences(client, { run, source }, ROW_KINDS, differences);
        for (const [table, verdict] of verdicts)
          await setTableState(
            client,
            { run, source, table },
            verdict.differenceCount === 0 ? 'verified' : 'differs',
            verdict,
          );
      });
      if (!(await statistics)) await beating(makeStatistics());
      return [...verdicts].map(([table, { digest, differenceCount }]) => ({
        source,
        table,
        digest,
        differences: differenceCount,
      }));
    },

    /** Compares what the plan promises besides rows: types, keys, indexes, foreign keys, sequences, orphans, views. Makes the views where nothing is published yet. */
    async verifyConstraints({ run, source }: { run: string; source: string }): Promise<void> {
      const pool = await targetOf(deps, run);
      const { mapping } = await storedMapping(deps, run, source);
      const published = (await readRun(pool, run))?.publishedAt != null;
      const refused = new Set((await readNotCarried(pool, run)).map((object) => object.object));
      await (published ? verifyViews : makeViews)(deps, run, mapping);
      const locate = (other: TableMapping) => locationOf(run, other, published || other.ifExists === 'append');
      // The table that is appended to has its own structure.
      const tables = mapping.tables.filter(({ ifExists }) => ifExists !== 'append');
      const inputs = tables.map((table) => ({
        location: locate(table),
        mapping: table,
        tables: mapping.tables,
        locate,
        refused,
      }));
      const found = await beating(verifyConstraints(pool, inputs, (table) => beat({ table })));
      const differences = new Map(tables.map(({ table }, i) => [table, found[i]!.differences]));
      await inTransaction(pool, (client) => setDifferences(client, { run, source }, CONSTRAINT_KINDS, differences));
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
