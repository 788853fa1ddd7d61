import { startChild, workflowInfo } from '@temporalio/workflow';
import { tableWorkflowId } from '../core/ids';
import type { TableProgress } from '../core/run';
import type { Control } from './control';
import { activitiesOf } from './options';
import { inParallel } from './parallel';
import type { Progress } from './progress';
import { tableWorkflow } from './table';

/** Tables under way at once. Small ones wait for servers most of the time; activities at once are limited by the worker. */
const TABLES_IN_FLIGHT = 16;
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
 * Imports the tables that are not there yet, a child workflow each. False when it stopped early, everything begun being done,
 * since the history has grown long.
 */
export async function importTables(run: string, progress: Progress, control: Control): Promise<boolean> {
  const open = progress.tables.filter((table) => table.state !== 'imported');
  let postponed = 0;
  await inParallel(open, TABLES_IN_FLIGHT, async (table) => {
    await control.whileNotPaused();
    if (workflowInfo().continueAsNewSuggested) postponed += 1;
    else await importTable(run, control, table);
  });
  return postponed === 0;
}

async function importTable(run: string, control: Control, entry: TableProgress): Promise<void> {
  const { source, table, target, chunks } = entry;
  entry.state = 'importing';
  try {
    const handle = await startChild(tableWorkflow, {
      workflowId: tableWorkflowId(run, source, table),
      args: [{ run, source, table, chunks }],
      staticSummary: `${table} → ${target}`,
    });
    const result = await control.following(handle, () => handle.result());
    Object.assign(entry, {
      state: 'imported',
      loaded: result.rows,
      quarantined: result.quarantined,
      bytesDone: entry.bytesTotal,
    });
  } catch (error) {
    entry.state = 'failed';
    throw error;
  }
}
