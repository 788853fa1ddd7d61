import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  log,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { SourcesFound } from '../activities/preflight';
import { windowWorkflowId } from '../core/ids';
import { Control } from './control';
import {
  fillStores,
  phasesWithout,
  prepareFeeds,
  promoteStores,
  readFeeds,
  registerStoreUndos,
  storesOf,
  verifyFeeds,
} from './feeds';
import { asFailure, runError } from './failures';
import { importTables, readTables } from './importing';
import type { MigrationInput, MigrationResult } from './messages';
import { activitiesOf } from './options';
import { together } from './parallel';
import { Progress } from './progress';
import { Saga } from './saga';
import { verifyTables } from './verification';
import { windowWorkflow } from './window';

/**
 * Moves a plan's sources into PostgreSQL: preflight, backup, export, transform, import, verify, cut-over. Whatever goes wrong
 * before the end, and a cancellation too, undoes every step begun so far, newest first; then the targets are as they were.
 */
export async function migrationWorkflow(input: MigrationInput): Promise<MigrationResult> {
  const { run } = input;
  const progress = new Progress(run, input.plan);
  const saga = new Saga();
  const control = new Control(progress, input.acceptQuarantine);
  let outcome: 'done' | 'continue';
  let found: SourcesFound | undefined;
  let rollbackUntil: string | null = null;

  try {
    if (input.resume !== undefined) {
      found = input.resume.found;
      progress.restore(input.resume.progress);
      registerUndos(saga, run, found);
    } else {
      found = await prepare(input, progress, saga, control);
    }
    const { sources, approval } = found;
    const settled = found;
    await readTables(run, progress, sources);
    await readFeeds(run, progress, settled);

    outcome = await progress.phase('import', async () => {
      if (!(await importTables(run, progress, control))) return 'continue';
      for (const source of sources) {
        await control.whileNotPaused();
        await activitiesOf('bulk', `foreign keys of ${source}`).addForeignKeys({ run, source });
      }
      return 'done';
    });
    if (outcome === 'done') {
      await fillStores(run, progress, control, settled);
      await progress.phase('verify', async () => {
        await verifyTables(input, progress, control);
        await verifyFeeds(run, progress, control, settled);
        for (const source of sources) {
          await control.whileNotPaused();
          await activitiesOf('bulk', `constraints of ${source}`).verifyConstraints({ run, source });
        }
        await refuseDifferences(run);
        progress.state = 'verified';
      });
      if ((await activitiesOf('read', 'quarantine against tolerance').checkTolerance({ run })).exceeded > 0) {
        await control.awaitQuarantineDecision();
        // Retries may have loaded rows and widened columns meanwhile.
        await readTables(run, progress, sources);
        await refuseDifferences(run);
      }
      if (approval) await control.awaitApproval();
      await control.whileNotPaused();

      await progress.phase('cut-over', async () => {
        saga.register('publish', async () => {
          // First, so that an attempt at publishing that still runs commits before the look at what there is to undo, or never.
          await activitiesOf('undo', 'refuse late writes').discardRun({ run });
          await activitiesOf('undo', 'take the published tables back').unpublishRun({ run, force: false });
        });
        await promoteStores(run, settled);
        rollbackUntil = (await activitiesOf('bulk', 'publish').publishRun({ run })).rollbackUntil;
        progress.state = 'published';
      });
    }
    if (outcome === 'continue') await condition(allHandlersFinished);
  } catch (error) {
    return await giveUp(error, progress, saga);
  }

  if (outcome === 'continue') {
    return await continueAsNew<typeof migrationWorkflow>({
      ...input,
      resume: { found, progress: progress.snapshot() },
    });
  }
  const { rollbackDays } = found;
  // Published is published: a cancellation that comes now is too late, and `rollback` is the way back.
  return await CancellationScope.nonCancellable(async () => {
    await condition(allHandlersFinished);
    // The window is a workflow of its own, so that this one ends and workers of old versions can drain.
    await startChild(windowWorkflow, {
      workflowId: windowWorkflowId(run),
      args: [{ run, days: rollbackDays }],
      parentClosePolicy: 'ABANDON',
      staticSummary: `rollback window of ${run}`,
    });
    return await finish(progress, rollbackUntil);
  });
}

/** Preflight, backup, export and transform: everything before the first row moves. */
async function prepare(input: MigrationInput, progress: Progress, saga: Saga, control: Control): Promise<SourcesFound> {
  const { run } = input;
  const found = await progress.phase('preflight', async () => {
    const sources = await activitiesOf('probe', 'look at the sources').checkSources({
      run,
      planSha256: input.planArtifact.sha256,
    });
    await activitiesOf('probe', 'look at the target').checkTarget({ run });
    const stores =
      storesOf(sources).length > 0 ? await activitiesOf('probe', 'look at the other stores').checkStores({ run }) : [];
    await activitiesOf('bulk', 'enter the run in the ledger').enterRun({ run, workflowId: workflowInfo().workflowId });
    progress.recorded = true;
    if (stores.length > 0) await activitiesOf('bulk', 'enter the stores in the ledger').enterStores({ run, stores });
    return sources;
  });
  progress.skip(phasesWithout(found));
  registerUndos(saga, run, found);
  const eachSource = async (work: (source: string) => Promise<unknown>) => {
    for (const source of found.sources) {
      await control.whileNotPaused();
      await work(source);
    }
  };
  await progress.phase('backup', () =>
    eachSource((source) => activitiesOf('bulk', `snapshot of ${source}`).takeBackup({ run, source })),
  );
  await progress.phase('export', () =>
    eachSource((source) =>
      // Of a damaged file the check tells what is wrong, the census only what it stumbled over.
      together(
        () => activitiesOf('bulk', `integrity of the snapshot of ${source}`).checkBackup({ run, source }),
        () => activitiesOf('bulk', `census of ${source}`).takeCensus({ run, source }),
      ),
    ),
  );
  await progress.phase('transform', () =>
    eachSource((source) => activitiesOf('bulk', `staging of ${source}`).prepareStaging({ run, source })).then(() =>
      prepareFeeds(run, found, control),
    ),
  );
  return found;
}

/** Ways back of everything before publishing; each succeeds when its step has not begun. The last one runs first. */
function registerUndos(saga: Saga, run: string, found: SourcesFound): void {
  for (const source of found.sources) {
    saga.register(`snapshot of ${source}`, () =>
      activitiesOf('undo', `delete the snapshot of ${source}`).discardBackup({ run, source }),
    );
    saga.register(`staging of ${source}`, () =>
      activitiesOf('undo', `drop the staging of ${source}`).discardStaging({ run, source }),
    );
  }
  registerStoreUndos(saga, run, found);
  saga.register('late writes', () => activitiesOf('undo', 'refuse late writes').discardRun({ run }));
}

async function refuseDifferences(run: string): Promise<void> {
  const { differences } = await activitiesOf('read', 'verdict').readVerdict({ run });
  if (differences === 0) return;
  const message = `verification found ${differences} ${differences === 1 ? 'difference' : 'differences'} between source and staging`;
  throw ApplicationFailure.create({ type: 'VerificationFailed', message, nonRetryable: true });
}

/** Undoes what was begun, says how that went, and ends the workflow as failed or cancelled. */
async function giveUp(cause: unknown, progress: Progress, saga: Saga): Promise<never> {
  const cancelled = isCancellation(cause);
  const error = cancelled ? undefined : runError(cause);
  progress.error = error;
  progress.show();
  const left = await saga.compensate();
  return await CancellationScope.nonCancellable(async () => {
    progress.state = left.length > 0 ? 'rollback_incomplete' : cancelled ? 'cancelled' : 'failed';
    if (left.length > 0) progress.error = { ...(error ?? runError(cause)), left };
    if (progress.recorded && left.length === 0) await compare(progress.run);
    await finish(progress, null);
    await condition(allHandlersFinished);
    throw progress.error === undefined ? cause : asFailure(progress.error);
  });
}

/** Enters the digests before and after in the ledger, for `status` and `rollback` to show. */
async function compare(run: string): Promise<void> {
  try {
    const { before, after } = await activitiesOf('undo', 'compare with the state before').compareWithBefore({ run });
    if (before !== after) log.warn('what the run touched is not as it was before: others have changed it too');
  } catch (error) {
    log.error('the state after the undo could not be compared', { error: runError(error).message });
  }
}

/** The last words. What was done stays done when they cannot be written: the outcome is the workflow's, not the bookkeeping's. */
async function finish(progress: Progress, rollbackUntil: string | null): Promise<MigrationResult> {
  progress.show();
  const result = { run: progress.run, state: progress.state, report: '' };
  try {
    await progress.record();
    const report = { progress: progress.snapshot(), rollbackUntil };
    result.report = (await activitiesOf('record', 'report').writeReport(report)).key;
  } catch (error) {
    log.error('the run ended, but its last state could not be written', { error: runError(error).message });
  }
  return result;
}
