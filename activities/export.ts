import { shapePhrases } from '../core/conversion';
import { expandPlan } from '../core/expand-plan';
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
import type { SourceMapping } from '../core/mapping';
import { beat, planOf, snapshotPath } from './context';
import type { ActivityDeps } from './context';

/** What the export phase found out about a source, kept as an artifact. */
export interface StoredCensus {
  catalog: SourceCatalog;
  evidence: Record<string, TableEvidence>;
  /** By name in the plan: what the rows of tables are that the plan shapes. */
  shaped: Record<string, TableEvidence>;
  violations: Record<string, number[]>;
}

export function exportActivities(deps: ActivityDeps) {
  return {
    /** Reads every row of the snapshot once: schema, row counts, storage classes and value shapes of every column. Repeatable. */
    async takeCensus({ run, source }: { run: string; source: string }): Promise<{ rows: number }> {
      const onProgress = ({ table, rows, bytes }: ProfileProgress) => beat({ table, rows, bytes });
      const path = snapshotPath(deps, run, source);
      const { catalog, evidence, violations } = await profileSource(path, { onProgress });
      const plan = await planOf(deps, run);
      const only = { ...plan, sources: { [source]: plan.sources[source]! } };
      const exact = expandPlan(only, { [source]: { catalog, evidence, violations } }).plan;
      const shaped = await profileShaped(path, catalog, shapedTables(exact, source, catalog), { onProgress });
      await deps.artifacts.put(
        runFiles.census(run, source),
        JSON.stringify({ catalog, evidence, violations, shaped } satisfies StoredCensus),
      );
      return { rows: Object.values(evidence).reduce((sum, table) => sum + table.rows, 0) };
    },
  };
}

/** The tables that the plan does not take as they are, by its names for them. Throws PlanStale and PlanInvalid as resolving does. */
function shapedTables(plan: Plan, source: string, catalog: SourceCatalog): Map<string, SourceTable> {
  const { tables } = resolvePlan(plan, '/', { [source]: catalog })[0]!;
  return new Map(tables.filter(({ origin }) => isShaped(origin)).map(({ table, origin }) => [table, origin]));
}

export async function storedCensus(deps: ActivityDeps, run: string, source: string): Promise<StoredCensus> {
  return JSON.parse((await deps.artifacts.get(runFiles.census(run, source))).toString('utf8')) as StoredCensus;
}

/** By table and column, in one phrase: why the column has the type that it has, and what else the plan does to it. */
export async function storedConversions(
  deps: ActivityDeps,
  run: string,
  { source, tables }: SourceMapping,
): Promise<Record<string, Record<string, string>>> {
  // Gone with the snapshot once a run is undone or its window has ended.
  if (!(await deps.artifacts.has(runFiles.census(run, source)))) return {};
  const { evidence } = await storedCensus(deps, run, source);
  return Object.fromEntries(
    tables.map(({ table, origin, columns }) => [
      table,
      Object.fromEntries(
        columns.map((column) => {
          const declared = origin.columns.find(({ name }) => name === column.source);
          const found = evidence[origin.name]?.columns.find((candidate) => candidate.column === column.source);
          const inferred = declared && found && inferColumn(declared, found);
          const same =
            inferred !== undefined &&
            typeSql(column.type) === typeSql(parseType(inferred.type)) &&
            column.format === inferred.format;
          const phrases = shapePhrases(column);
          if (same && column.value === undefined) phrases.unshift(inferred.conversion);
          return [column.source, phrases.length === 0 ? 'as the plan says' : phrases.join('; ')];
        }),
      ),
    ]),
  );
}
