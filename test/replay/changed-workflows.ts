import { sleep } from '@temporalio/workflow';
import { migrationWorkflow as released } from '../../workflows';
import type { MigrationInput, MigrationResult } from '../../workflows/messages';

/** What a careless change looks like: one step more, without `patched`. The replay test proves that it would notice. */
export async function migrationWorkflow(input: MigrationInput): Promise<MigrationResult> {
  await sleep(1);
  return await released(input);
}
