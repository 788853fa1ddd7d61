import { draftPlan } from '../../core/draft';
import type { NotCarried, Plan } from '../../core/plan';
import { readPlan, writePlan } from '../../core/plan-file';
import { resolvePlan } from '../../core/resolve';
import { profileSource } from '../../stores/sqlite/profile';
import type { SourceProfile } from '../../stores/sqlite/profile';
import type { ImportBench, PreparedRun } from './loaded-run';

export interface DraftedRun {
  run: PreparedRun;
  profile: SourceProfile;
  plan: Plan;
  notCarried: NotCarried[];
}

/** A run by the plan that is drafted for a file: its rows are in staging, its keys not yet (see `PreparedRun.refusals`). */
export async function loadDrafted(bench: ImportBench, file: string, { narrow = false } = {}): Promise<DraftedRun> {
  const profile = await profileSource(file);
  const sources = [{ name: 'main', path: file, schema: 'app', ...profile }];
  const { plan, comments, notCarried } = draftPlan({ name: 'drafted', sources, narrow });
  expect(readPlan(writePlan(plan, comments), 'plan.yaml')).toEqual(plan);
  const [mapping] = resolvePlan(plan, '/', { main: profile.catalog });
  const run = await bench.begin(file, profile.catalog, mapping!, 4096);
  for (const { table } of mapping!.tables) await run.load(table);
  return { run, profile, plan, notCarried };
}
