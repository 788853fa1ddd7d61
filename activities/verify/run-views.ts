import { cancellationSignal } from '@temporalio/activity';
import type { SourceMapping } from '../../core/mapping';
import { recordDifferences } from '../../stores/ledger/differences';
import { beat, beating, snapshotPath, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { carryViews, checkViews } from './views';
import type { ViewsInput } from './views';

/** Makes the views of a run's source in staging, and keeps those that are right. */
export async function makeViews(deps: ActivityDeps, run: string, mapping: SourceMapping): Promise<void> {
  await beating(carryViews(await inputOf(deps, run, mapping)));
}

/** Compares the published views of a run's source again; differences go to the ledger. */
export async function verifyViews(deps: ActivityDeps, run: string, mapping: SourceMapping): Promise<void> {
  const input = await inputOf(deps, run, mapping);
  for (const [view, differences] of await beating(checkViews(input)))
    await recordDifferences(input.target, { run, source: mapping.source, table: view }, differences, ['view']);
}

async function inputOf(deps: ActivityDeps, run: string, mapping: SourceMapping): Promise<ViewsInput> {
  return {
    target: await targetOf(deps, run),
    run,
    mapping,
    snapshotPath: snapshotPath(deps, run, mapping.source),
    signal: cancellationSignal(),
    onView: (view) => beat({ table: view }),
  };
}
