import { startChild, workflowInfo } from '@temporalio/workflow';
import type { ImportResult } from '../activities/import';
import { tableWorkflowId } from '../core/ids';
import type { TableProgress } from '../core/run';
import type { Control } from './control';
import { batchesOf } from './batches';
import { activitiesOf } from './options';
import { inParallel } from './parallel';
import type { Progress } from './progress';
import { BATCH, tableWorkflow } from './table';

/** Large tables, or groups of small ones, under way at once. Activities at once are limited by the worker. */
const IN_FLIGHT = 4;
const TABLES_PER_PAGE = 100;

/** Fetches what the ledger knows of the tables, a page at a time, so that no payload grows with their number. */
export async function readTables(run: string, progress: Progress, sources: readonly string[]): Promise<void> {
  const tables: TableProgress[] = [];
  for (const source of sources) {
    for (let offset = 0, more = true; more; offset += TABLES_PER_PAGE) {
      const page = await activitiesOf('read', `tables of ${source}`).listTables({
        run,
        source,
        offset,
        limit: TABLES_PER_PAGE,
      });
      tables.push(...page);
      more = page.length === TABLES_PER_PAGE;
    }
  }
  progress.tables.splice(0, progress.tables.length, ...tables);
}

/**
 * Imports the tables that are not there yet: large ones in a child workflow each, small ones by the group, since what Temporal writes down of
 * a child takes longer than most small tables. False when it stopped early, everything begun being done, since the history has grown long.
 */
export async function importTables(run: string, progress: Progress, control: Control): Promise<boolean> {
  const open = progress.tables.filter((table) => table.state !== 'imported');
  const isLarge = ({ chunks }: TableProgress) => chunks > BATCH;
  // Large ones first: they take longest.
  const groups = [
    ...open.filter(isLarge).map((table) => [table]),
    ...batchesOf(open.filter((table) => !isLarge(table))),
  ];
  let postponed = 0;
  await inParallel(groups, IN_FLIGHT, async (group) => {
    await control.whileNotPaused();
    if (workflowInfo().continueAsNewSuggested) postponed += 1;
    else if (isLarge(group[0]!)) await importing(group, async ([table]) => [await importLarge(run, control, table!)]);
    else await importing(group, (tables) => importSmall(run, tables));
  });
  return postponed === 0;
}

/** Keeps what is shown of the tables in step with their import. */
async function importing(
  group: readonly TableProgress[],
  work: (group: readonly TableProgress[]) => Promise<ImportResult[]>,
): Promise<void> {
  for (const entry of group) entry.state = 'importing';
  try {
    const results = await work(group);
    for (const [i, entry] of group.entries()) {
      const { rows, quarantined } = results[i]!;
      Object.assign(entry, { state: 'imported', loaded: rows, quarantined, bytesDone: entry.bytesTotal });
    }
  } catch (error) {
    for (const entry of group) entry.state = 'failed';
    throw error;
  }
}

async function importSmall(run: string, group: readonly TableProgress[]): Promise<ImportResult[]> {
  const [{ source, table }] = group as readonly [TableProgress];
  const summary =
    group.length === 1
      ? `COPY ${table}, keys and indexes`
      : `COPY ${group.length} tables from ${table}, keys and indexes`;
  const tables = group.map((entry) => ({ table: entry.table, chunks: entry.chunks }));
  return activitiesOf('chunk', summary).importTables({ run, source, tables });
}

async function importLarge(run: string, control: Control, entry: TableProgress): Promise<ImportResult> {
  const { source, table, target, chunks } = entry;
  const handle = await startChild(tableWorkflow, {
    workflowId: tableWorkflowId(run, source, table),
    args: [{ run, source, table, chunks }],
    staticSummary: `${table} → ${target}`,
  });
  return control.following(handle, () => handle.result());
}
