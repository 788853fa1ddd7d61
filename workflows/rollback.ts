import { CancellationScope, getExternalWorkflowHandle, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { ERRORS } from '../core/errors';
import { windowWorkflowId } from '../core/ids';
import type { RunError, RunProgress } from '../core/run';
import { discardStores, refuseConflicts } from './feeds';
import { progressQuery } from './messages';
import type { RollbackInput, RollbackResult } from './messages';
import { asFailure, runError } from './failures';
import { activitiesOf } from './options';
import { closeWindowSignal } from './window';

/**
 * Takes a run back from the ledger alone: it needs nothing of the migration's own workflow, which may have been terminated.
 * Every store is looked through before anything is touched, then PostgreSQL, which looks for itself, then the others, each repeatable. What could
 * not be reached is left to the next rollback of the run.
 */
export async function rollbackWorkflow({ run, force }: RollbackInput): Promise<RollbackResult> {
  return await CancellationScope.nonCancellable(async () => {
    const { progress } = await activitiesOf('read', 'what the run did').readRunTables({ run });
    setHandler(progressQuery, () => progress, { description: 'Where the run stood when its rollback began' });
    setCurrentDetails(`rolling back \`${run}\``);
    let left: string[];
    try {
      const touched = await activitiesOf('undo', 'refuse late writes').discardRun({ run });
      const stores = touched?.stores ?? [];
      if (!force) await refuseConflicts(run, stores);
      await activitiesOf('undo', 'take the published tables back').unpublishRun({ run, force });
      const discarding = discardStores(run, stores, force);
      try {
        await activitiesOf('undo', 'drop the staging').discardAllStaging({ run });
        await activitiesOf('undo', 'delete the snapshots').discardAllBackups({ run });
      } finally {
        left = await discarding;
      }
    } catch (error) {
      // The run stands as it stood: it may be tried again.
      await activitiesOf('undo', 'the run stays').reviveRun({ run });
      throw asFailure(runError(error));
    }
    const { before, after } = await activitiesOf('undo', 'compare with the state before').compareWithBefore({ run });
    const state = left.length === 0 ? 'rolled_back' : 'rollback_incomplete';
    const { error, ...rest } = progress;
    const failed = left.length > 0 ? { ...(ofTheRun(error) ?? incomplete(run)), left } : ofTheRun(error);
    const ended: RunProgress = { ...rest, state, ...(failed !== undefined && { error: failed }) };
    await activitiesOf('record', `record ${state}`).recordProgress(ended);
    await activitiesOf('record', 'report').writeReport({ progress: ended, rollbackUntil: null });
    // Gone already when the run was never published or its window has ended.
    await getExternalWorkflowHandle(windowWorkflowId(run))
      .signal(closeWindowSignal, 'rolled back')
      .catch(() => {});
    return { run, state, left, before, after };
  });
}

function incomplete(run: string): RunError {
  const message = `not every undo step of ${run} could be done`;
  return { code: 'RollbackIncomplete', message, place: {}, hint: ERRORS.RollbackIncomplete.hint };
}

/** Why the run failed, without what an earlier rollback of it could not do. */
function ofTheRun(error: RunError | undefined): RunError | undefined {
  if (error === undefined || error.code === 'RollbackIncomplete') return undefined;
  const { left: _, ...failure } = error;
  return failure;
}

/** `sqlift finalize RUN`: ends the rollback window now. */
export async function finalizeWorkflow({ run }: { run: string }): Promise<void> {
  await activitiesOf('undoStore', 'drop replaced tables and snapshots').finalizeRun({ run });
  await getExternalWorkflowHandle(windowWorkflowId(run))
    .signal(closeWindowSignal, 'finalize')
    .catch(() => {});
}
