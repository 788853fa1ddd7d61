import { inferColumn } from '../core/infer';
import type { TableEvidence } from '../core/evidence';
import type { Plan } from '../core/plan';
import { resolvePlan } from '../core/resolve';
import { isShaped } from '../core/shape';
import type { SourceCatalog, SourceTable } from '../core/source';
import { runFiles } from '../stores/artifacts/run-files';
import { profileShaped, profileSource } from '../stores/sqlite/profile';
import type { ProfileProgress } from '../stores/sqlite/profile';
import { typeSql, parseType } from '../core/mapping';
import { beat, planOf, snapshotPath } from './context';
import type { ActivityDeps } from './context';

/** What the export phase found out about a source, kept as an artifact. */
export interface StoredCensus {
  catalog: SourceCatalog;
  evidence: Record<string, TableEvidence>;
  /** By name in the plan: what the rows of tables are that the plan shapes. */
  shaped: Record<string, TableEvidence>;
}

export function exportActivities(deps: ActivityDeps) {
  return {
    /** Reads every row of the snapshot once: schema, row counts, storage classes and value shapes of every column. Repeatable. */
    async takeCensus({ run, source }: { run: string; source: string }): Promise<{ rows: number }> {
      const onProgress = ({ table, rows, bytes }: ProfileProgress) => beat({ table, rows, bytes });
      const path = snapshotPath(deps, run, source);
      const { catalog, evidence } = await profileSource(path, { onProgress });
      const shaped = await profileShaped(path, catalog, shapedTables(await planOf(deps, run), source, catalog), {
        onProgress,
      });
      await deps.artifacts.put(
        runFiles.census(run, source),
        JSON.stringify({ catalog, evidence, shaped } satisfies StoredCensus),
      );
      return { rows: Object.values(evidence).reduce((sum, table) => sum + table.rows, 0) };
    },
  };
}

/** The tables that the plan does not take as they are, by its names for them. Throws PlanStale and PlanInvalid as resolving does. */
function shapedTables(plan: Plan, source: string, catalog: SourceCatalog): Map<string, SourceTable> {
  const only = { ...plan, sources: { [source]: plan.sources[source]! } };
  const { tables } = resolvePlan(only, '/', { [source]: catalog })[0]!;
  return new Map(tables.filter(({ origin }) => isShaped(origin)).map(({ table, origin }) => [table, origin]));
}

export async function storedCensus(deps: ActivityDeps, run: string, source: string): Promise<StoredCensus> {
  return JSON.parse((await deps.artifacts.get(runFiles.census(run, source))).toString('utf8')) as StoredCensus;
}

/** By table and column, in one phrase: why the column has the type that it has. */
export async function storedConversions(
  deps: ActivityDeps,
  run: string,
  source: string,
): Promise<Record<string, Record<string, string>>> {
  // Gone with the snapshot once a run is undone or its window has ended.
  if (!(await deps.artifacts.has(runFiles.census(run, source)))) return {};
  const { catalog, evidence } = await storedCensus(deps, run, source);
  const tables = (await planOf(deps, run)).sources[source]!.tables;
  return Object.fromEntries(
    catalog.tables
      .filter(({ name }) => tables[name] !== undefined && evidence[name] !== undefined)
      .map((table) => [
        table.name,
        Object.fromEntries(
          table.columns.map((column, index) => {
            const inferred = inferColumn(column, evidence[table.name]!.columns[index]!);
            const planned = tables[table.name]!.columns[column.name];
            const same =
              planned !== undefined &&
              typeSql(parseType(planned.type)) === typeSql(parseType(inferred.type)) &&
              planned.format === inferred.format;
            return [column.name, same ? inferred.conversion : 'as the plan says'];
          }),
        ),
      ]),
  );
}
