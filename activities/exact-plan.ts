import path from 'node:path';
import { expandPlan, isPlain, withoutInferredTypes } from '../core/expand-plan';
import type { Feeds } from '../core/feeds/feed';
import { resolveFeeds } from '../core/feeds/resolve';
import { placeOf } from '../core/field-storage';
import type { Plan, WrittenPlan } from '../core/plan';
import { readPlan, writePlan } from '../core/plan-file';
import { resolvePlan } from '../core/resolve';
import type { SourceCatalog } from '../core/source';
import { runFiles } from '../stores/artifacts/run-files';
import { checkLiveShapes, readLiveCatalog } from '../stores/sqlite/snapshot';
import { planOf, sourcePath } from './context';
import type { ActivityDeps } from './context';
import { storedCensus } from './export';

/**
 * The run's plan with a name and type for every table and column, by what the census found. Kept as an artifact, for people too.
 * Only after the export phase.
 */
export async function exactPlanOf(deps: ActivityDeps, run: string): Promise<Plan> {
  const plan = await planOf(deps, run);
  if (isPlain(plan)) return plan;
  const key = runFiles.exactPlan(run);
  if (await deps.artifacts.has(key)) {
    const kept = (await deps.artifacts.get(key)).toString('utf8');
    // Written below, of a Plan.
    return readPlan(kept, deps.artifacts.path(key)) as Plan;
  }
  const { plan: exact, comments } = await expanded(deps, run, plan);
  await deps.artifacts.put(key, writePlan(exact, comments));
  return exact;
}

/** Another plan for the run's sources, made exact by the run's own census. */
export async function exactOf(deps: ActivityDeps, run: string, plan: WrittenPlan): Promise<Plan> {
  return isPlain(plan) ? plan : (await expanded(deps, run, plan)).plan;
}

async function expanded(deps: ActivityDeps, run: string, plan: WrittenPlan) {
  const contents = await Promise.all(
    Object.keys(plan.sources).map(async (source) => [source, await storedCensus(deps, run, source)] as const),
  );
  return expandPlan(plan, Object.fromEntries(contents));
}

/** The run's plan as far as it is known before any row has been read: with all its names, and the types that it states. */
export async function outlineOf(deps: ActivityDeps, run: string): Promise<WrittenPlan> {
  const plan = await planOf(deps, run);
  if (isPlain(plan)) return plan;
  const catalogs = await catalogsOf(deps, run, plan);
  const contents = Object.entries(catalogs).map(([source, catalog]) => [source, { catalog }] as const);
  return withoutInferredTypes(expandPlan(plan, Object.fromEntries(contents)));
}

/** Checks the SQL of the run's plan against its sources as they are. Reads no row, and writes nothing but what it knows of schemas. */
export async function checkSqlOf(deps: ActivityDeps, run: string): Promise<void> {
  const plan = await planOf(deps, run);
  if (!readsBySql(plan)) return;
  const catalogs = await catalogsOf(deps, run, plan);
  const contents = Object.entries(catalogs).map(([source, catalog]) => [source, { catalog }] as const);
  const folder = path.dirname(deps.artifacts.path(runFiles.plan(run)));
  for (const mapping of resolvePlan(expandPlan(plan, Object.fromEntries(contents)).plan, folder, catalogs)) {
    const scratch = deps.artifacts.path(`${runFiles.catalogs(run)}.${mapping.source}`);
    const { path: place, files } = placeOf(plan.sources[mapping.source]!);
    const shaped = mapping.tables.map(({ origin }) => origin);
    await checkLiveShapes(sourcePath(deps, run, place), shaped, { scratch, files });
  }
}

/** The run's feeds as far as they are known before any row has been read: what their queries give is not. */
export async function outlineFeeds(deps: ActivityDeps, run: string): Promise<Feeds> {
  const plan = await planOf(deps, run);
  const catalogs = await catalogsOf(deps, run, plan);
  const contents = Object.entries(catalogs).map(([source, catalog]) => [source, { catalog }] as const);
  const mappings = resolvePlan(expandPlan(plan, Object.fromEntries(contents)).plan, '/', catalogs);
  return resolveFeeds(plan, mappings, {});
}

function readsBySql({ sources }: WrittenPlan): boolean {
  return Object.values(sources).some(({ tables }) =>
    Object.values(tables).some(
      ({ where, columns = {} }) =>
        where !== undefined || Object.values(columns).some(({ value }) => value !== undefined),
    ),
  );
}

/** As whoever started the run saw them; else as they are now, and kept, so that all of preflight sees the same. */
async function catalogsOf(deps: ActivityDeps, run: string, plan: WrittenPlan): Promise<Record<string, SourceCatalog>> {
  const key = runFiles.catalogs(run);
  if (await deps.artifacts.has(key))
    return JSON.parse((await deps.artifacts.get(key)).toString('utf8')) as Record<string, SourceCatalog>;
  const catalogs: [string, SourceCatalog][] = [];
  for (const [source, written] of Object.entries(plan.sources)) {
    const { path: place, files } = placeOf(written);
    const scratch = deps.artifacts.path(`${runFiles.catalogs(run)}.${source}`);
    catalogs.push([source, await readLiveCatalog(sourcePath(deps, run, place), { scratch, files })]);
  }
  await deps.artifacts.put(key, JSON.stringify(Object.fromEntries(catalogs)));
  return Object.fromEntries(catalogs);
}
