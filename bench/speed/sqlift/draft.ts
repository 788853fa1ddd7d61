import { draftPlan } from '../../../core/draft';
import type { SourceMapping } from '../../../core/mapping';
import { resolvePlan } from '../../../core/resolve';
import type { SourceCatalog } from '../../../core/source';
import { profileSource } from '../../../stores/sqlite/profile';

/** What the plan calls the file. */
export const SOURCE = 'main';

/** The plan of a file that nobody has edited, made concrete. */
export async function draft(file: string): Promise<{ catalog: SourceCatalog; mapping: SourceMapping }> {
  const profile = await profileSource(file);
  const { plan } = draftPlan({ name: 'bench', sources: [{ name: SOURCE, path: file, schema: 'public', ...profile }] });
  return { catalog: profile.catalog, mapping: resolvePlan(plan, '/', { [SOURCE]: profile.catalog })[0]! };
}
