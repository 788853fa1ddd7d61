import { inferColumn } from '../core/infer';
import type { TableEvidence } from '../core/evidence';
import type { SourceCatalog } from '../core/source';
import { runFiles } from '../stores/artifacts/run-files';
import { profileSource } from '../stores/sqlite/profile';
import { typeSql, parseType } from '../core/mapping';
import { beat, planOf, snapshotPath } from './context';
import type { ActivityDeps } from './context';

/** What the export phase found out about a source, kept as an artifact. */
export interface StoredCensus {
  catalog: SourceCatalog;
  evidence: Record<string, TableEvidence>;
}

export function exportActivities(deps: ActivityDeps) {
  return {
    /** Reads every row of the snapshot once: schema, row counts, storage classes and value shapes of every column. Repeatable. */
    async takeCensus({ run, source }: { run: string; source: string }): Promise<{ rows: number }> {
      const { catalog, evidence } = await profileSource(snapshotPath(deps, run, source), {
        onProgress: ({ table, rows, bytes }) => beat({ table, rows, bytes }),
      });
      await deps.artifacts.put(
        runFiles.census(run, source),
        JSON.stringify({ catalog, evidence } satisfies StoredCensus),
      );
      return { rows: Object.values(evidence).reduce((sum, table) => sum + table.rows, 0) };
    },
  };
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
