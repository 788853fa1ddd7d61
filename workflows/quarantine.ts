import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { quarantineResolvedSignal } from './messages';
import { activitiesOf } from './options';

export interface QuarantineRetryInput {
  run: string;
  /** Artifact of the edited plan; null tries with the run's own. */
  planKey: string | null;
  /** Workflow of the run, when it still waits for a decision. */
  waiting: string | null;
}

export interface QuarantineRetryResult {
  run: string;
  loaded: number;
  left: number;
  differences: number;
}

/** `sqlift quarantine retry RUN`: loads what fits now, compares those tables again, and lets a waiting run go on when none is left. */
export async function quarantineRetryWorkflow({
  run,
  planKey,
  waiting,
}: QuarantineRetryInput): Promise<QuarantineRetryResult> {
  const { loaded, left, tables } = await activitiesOf('bulk', 'try the quarantined rows again').retryQuarantine({
    run,
    planKey,
  });
  for (const { source, table } of tables)
    await activitiesOf('bulk', `verify ${table}`).verifyTables({ run, source, tables: [table] });
  const { differences } = await activitiesOf('read', 'verdict').readVerdict({ run });
  const { progress, rollbackUntil } = await activitiesOf('read', 'what the run did').readRunTables({ run });
  await activitiesOf('record', 'report').writeReport({ progress, rollbackUntil });
  if (waiting !== null && left === 0 && differences === 0)
    await getExternalWorkflowHandle(waiting).signal(quarantineResolvedSignal);
  return { run, loaded, left, differences };
}
