import { setHandler } from '@temporalio/workflow';
import type { VerifiedTable } from '../activities/verify';
import type { TableProgress } from '../core/run';
import { batchesOf } from './batches';
import type { Control } from './control';
import { progressQuery } from './messages';
import { verifyFeedsAgain } from './feeds';
import { activitiesOf } from './options';
import { inParallel, together } from './parallel';
import type { Progress } from './progress';

/** Batches compared at once. */
const IN_FLIGHT = 2;

/** Compares every table with the snapshot. What differs is in the ledger afterwards; the verdict is the caller's. */
export async function verifyTables(
  { run, independent = false }: VerifyInput,
  progress: Progress,
  control: Control,
): Promise<void> {
  await compareTables({ run, independent }, progress.tables, {
    before: () => control.whileNotPaused(),
    after: (verdict) => applyVerdict(progress, verdict),
  });
}

/** Compares the tables in batches, and beside it each snapshot with the digest that it was taken with. */
async function compareTables(
  { run, independent }: Required<VerifyInput>,
  all: readonly TableProgress[],
  batch: { before?: () => Promise<void>; after?: (verdict: VerifiedTable) => void } = {},
): Promise<void> {
  const compare = () =>
    inParallel(batchesOf(all), IN_FLIGHT, async (entries) => {
      await batch.before?.();
      const { source } = entries[0]!;
      const tables = entries.map((entry) => entry.table);
      const summary = tables.length === 1 ? `verify ${tables[0]}` : `verify ${tables.length} tables from ${tables[0]}`;
      const verdicts = await activitiesOf('bulk', summary).verifyTables({ run, source, tables, independent });
      for (const verdict of verdicts) batch.after?.(verdict);
    });
  await together(() => checkSnapshots(run, all), compare);
}

/** What is compared with must be what was taken. Each source's in turn: each is read from its beginning to its end. */
async function checkSnapshots(run: string, tables: readonly TableProgress[]): Promise<void> {
  for (const source of new Set(tables.map((table) => table.source)))
    await activitiesOf('bulk', `digest of the snapshot of ${source}`).checkSnapshot({ run, source });
}

function applyVerdict(progress: Progress, { source, table, digest, differences }: VerifiedTable): void {
  Object.assign(progress.table(source, table), { digest, state: differences === 0 ? 'verified' : 'differs' });
}

export interface VerifyInput {
  run: string;
  /** Everything is compared a second time by code that shares nothing with import, not one chunk in twenty. */
  independent?: boolean;
}

export interface VerifyResult {
  run: string;
  differences: number;
  /** Key of the report, brought up to date. */
  report: string;
}

/** `sqlift verify RUN`: compares a finished run's tables with its snapshot again, wherever they stand now. Changes nothing. */
export async function verifyWorkflow({ run, independent = false }: VerifyInput): Promise<VerifyResult> {
  const found = await activitiesOf('read', 'what the run moved').readRunTables({ run });
  setHandler(progressQuery, () => found.progress, { description: 'Where the run stood when it was verified again' });
  await activitiesOf('record', 'forget earlier differences').clearDifferences({ run });
  await compareTables({ run, independent }, found.tables);
  await verifyFeedsAgain(run, found.stores ?? []);
  for (const source of new Set(found.tables.map((table) => table.source))) {
    await activitiesOf('bulk', `constraints of ${source}`).verifyConstraints({ run, source });
  }
  const { differences } = await activitiesOf('read', 'verdict').readVerdict({ run });
  const { key } = await activitiesOf('record', 'report').writeReport({
    progress: found.progress,
    rollbackUntil: found.rollbackUntil,
  });
  return { run, differences, report: key };
}
