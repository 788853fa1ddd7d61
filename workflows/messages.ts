import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { SourcesFound } from '../activities/preflight';
import type { RunProgress, RunState, TableProgress } from '../core/run';

export { SEARCH_ATTRIBUTES } from '../core/search-attributes';

/** What can be said to a running migration, and asked of it. The CLI imports these; handlers are in `migration.ts`. */

export interface MigrationInput {
  run: string;
  plan: string;
  /** Key and digest of the plan in the artifact store: payloads carry references only. */
  planArtifact: { key: string; sha256: string };
  /** Go on although rows are in quarantine, whatever the plan's tolerance. */
  acceptQuarantine: boolean;
  /** Compare every cell a second time, by code that shares nothing with import. */
  independent?: boolean;
  /** Where an earlier execution of the same run stopped to begin a new history. Not for callers. */
  resume?: MigrationCheckpoint;
}

/** What a migration carries into its next history; the rest is in the ledger. */
export interface MigrationCheckpoint {
  found: SourcesFound;
  progress: RunProgress;
}

export interface MigrationResult {
  run: string;
  state: RunState;
  /** Key of the RunReport in the artifact store. */
  report: string;
}

/** Who asks and why: kept in the run's record. */
export interface Decision {
  by: string;
  reason?: string;
}

export const progressQuery = defineQuery<RunProgress>('progress');
/** Progress by table, a page of at most 200 at a time. */
export const tablesQuery = defineQuery<TableProgress[], [{ offset: number }]>('tables');

export const pauseSignal = defineSignal<[Decision]>('pause');
export const resumeSignal = defineSignal<[Decision]>('resume');
/** Every row of the quarantine has been loaded after all: nothing is left to decide. */
export const quarantineResolvedSignal = defineSignal('quarantineResolved');
/** Publish although approval is asked for. Refused unless the run waits for it. */
export const approveUpdate = defineUpdate<void, [Decision]>('approve');
/** Go on with the rows that are in quarantine left out. Refused unless the run waits for it. */
export const acceptQuarantineUpdate = defineUpdate<void, [Decision]>('acceptQuarantine');

export interface RollbackInput {
  run: string;
  /** Destroy what was changed in the target after the run, too. */
  force: boolean;
}

export interface RollbackResult {
  run: string;
  state: 'rolled_back' | 'rollback_incomplete';
  /** Names of the undo steps that failed. */
  left: string[];
  /** Digests of what the run touched, before it and after its rollback. They differ when others have changed it too. */
  before: string;
  after: string;
}
