/** Names that are made of other names; nowhere else. */

/** The one task queue that workers of this release poll, unless SQLIFT_TASK_QUEUE says otherwise. */
export const DEFAULT_TASK_QUEUE = 'sqlift';

/** The schema of sqlift's own records in every target. */
export const LEDGER_SCHEMA = 'sqlift';

/** A run's id: readable, sortable by time, unique by its random end. `suffix`: six or more random characters of a–z, 0–9. */
export function runId(planName: string, startedAt: Date, suffix: string): string {
  const stamp = startedAt.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${planName}-${stamp}-${suffix}`;
}

/** Workflow id of a plan's migration: one per plan, so that the server itself refuses a second run at the same time. */
export function migrationWorkflowId(planName: string): string {
  return `sqlift/${planName}`;
}

export function tableWorkflowId(run: string, source: string, table: string): string {
  return `sqlift/${run}/${source}/${table}`;
}

export function rollbackWorkflowId(run: string): string {
  return `sqlift/${run}/rollback`;
}

export function verifyWorkflowId(run: string): string {
  return `sqlift/${run}/verify`;
}

export function windowWorkflowId(run: string): string {
  return `sqlift/${run}/window`;
}

/** Where a run writes the tables of a source before anyone can see them. At most 62 bytes. */
export function stagingSchema(run: string, source: string): string {
  return `sqlift_${suffixOf(run)}_staging_${source}`;
}

/** Where a run keeps the tables that its source's tables replaced, until the rollback window ends. At most 63 bytes. */
export function replacedSchema(run: string, source: string): string {
  return `sqlift_${suffixOf(run)}_replaced_${source}`;
}

/** The random end of a run's id. */
function suffixOf(run: string): string {
  return run.slice(run.lastIndexOf('-') + 1);
}
