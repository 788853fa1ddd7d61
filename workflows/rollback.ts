import { CancellationScope, getExternalWorkflowHandle, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { windowWorkflowId } from '../core/ids';
import { progressQuery } from './messages';
import type { RollbackInput, RollbackResult } from './messages';
import { asFailure, runError } from './failures';
import { activitiesOf } from './options';
import { closeWindowSignal } from './window';

/**
 * Takes a run back from the ledger alone: it needs nothing of the migration's own workflow, which may have been terminated.
 * Steps run newest first, each repeatable; the first that cannot be done (somebody has changed the tables since) stops it with
 * nothing else touched.
 */
export async function rollbackWorkflow({ run, force }: RollbackInput): Promise<RollbackResult> {
  return await CancellationScope.nonCancellable(async () => {
    const { progress } = await activitiesOf('read', 'what the run did').readRunTables({ run });
    setHandler(progressQuery, () => progress, { description: 'Where the run stood when its rollback began' });
    setCurrentDetails(`rolling back \`${run}\``);
    try {
      const touched = await activitiesOf('undo', 'refuse late writes').discardRun({ run });
      await activitiesOf('undo', 'take the published tables back').unpublishRun({ run, force });
      for (const store of touched?.stores ?? [])
        await activitiesOf('undoStore', `take the entries in ${store} back`).discardStore({ run, store, force });
      await activitiesOf('undo', 'drop the staging').discardAllStaging({ run });
      await activitiesOf('undo', 'delete the snapshots').discardAllBackups({ run });
    } catch (error) {
      // The run stands as it stood: it may be tried again.
      await activitiesOf('record', 'the run stays').reviveRun({ run });
      throw asFailure(runError(error));
    }
    const { before, after } = await activitiesOf('undo', 'compare with the state before').compareWithBefore({ run });
    await activitiesOf('record', 'record rolled_back').recordProgress({ ...progress, state: 'rolled_back' });
    await activitiesOf('record', 'report').writeReport({
      progress: { ...progress, state: 'rolled_back' },
      rollbackUntil: null,
    });
    // Gone already when the run was never published or its window has ended.
    await getExternalWorkflowHandle(windowWorkflowId(run))
      .signal(closeWindowSignal, 'rolled back')
      .catch(() => {});
    return { run, state: 'rolled_back', left: [], before, after };
  });
}

/** `sqlift finalize RUN`: ends the rollback window now. */
export async function finalizeWorkflow({ run }: { run: string }): Promise<void> {
  await activitiesOf('undoStore', 'drop replaced tables and snapshots').finalizeRun({ run });
  await getExternalWorkflowHandle(windowWorkflowId(run))
    .signal(closeWindowSignal, 'finalize')
    .catch(() => {});
}
