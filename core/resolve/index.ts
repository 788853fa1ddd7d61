import path from 'node:path';
import type { SourceMapping, TableMapping } from '../mapping';
import type { NotCarried, Plan, PlanSource } from '../plan';
import type { SourceCatalog } from '../source';
import { resolveForeignKeys } from './foreign-keys';
import { checkSchemaNames } from './names';
import { Problems } from './problems';
import { resolveTable } from './table';

/**
 * Makes a plan concrete against what its sources contain: defaults filled in, names resolved, columns in the source's order.
 * Everything that does not hold is named at once.
 *
 * @param planDirectory folder of the plan file, where relative paths begin
 * @param catalogs by source name
 * @throws SqliftError PlanStale where the plan names what a source does not have, PlanInvalid where it contradicts itself
 */
export function resolvePlan(
  plan: Plan,
  planDirectory: string,
  catalogs: Readonly<Record<string, SourceCatalog>>,
): SourceMapping[] {
  const problems = new Problems();
  const mappings = Object.entries(plan.sources).map(([name, source]): SourceMapping => {
    const catalog = Object.hasOwn(catalogs, name) ? catalogs[name]! : undefined;
    const notCarried: NotCarried[] = [...(source.notCarried ?? [])];
    const tables = catalog === undefined ? [] : resolveSource(plan, name, source, catalog, notCarried, problems);
    if (catalog === undefined) problems.invalid(`source ${name}: its file has not been read`);
    return {
      source: name,
      path: path.resolve(planDirectory, source.sqlite),
      schema: source.schema,
      tables,
      notCarried: catalog === undefined ? notCarried : withSql(notCarried, catalog),
    };
  });
  checkSchemaNames(mappings, problems);
  problems.throwIfAny();
  return mappings;
}

/** The SQL of what only the source's schema knows, so that a plan need not repeat it. */
function withSql(notCarried: readonly NotCarried[], { others }: SourceCatalog): NotCarried[] {
  return notCarried.map((object) => {
    if (object.sql !== undefined || !['view', 'trigger', 'virtual table'].includes(object.kind)) return object;
    const sql = others.find(({ name, kind }) => name === object.object && kind === object.kind)?.sql;
    return sql === undefined || sql === '' ? object : { ...object, sql };
  });
}

function resolveSource(
  plan: Plan,
  name: string,
  source: PlanSource,
  catalog: SourceCatalog,
  notCarried: NotCarried[],
  problems: Problems,
): TableMapping[] {
  const known = catalog.tables.map((table) => table.name);
  const excluded = new Set(source.exclude ?? []);
  const everything = new Set([...known, ...catalog.others.map((object) => object.name)]);
  for (const table of Object.keys(source.tables)) {
    if (!known.includes(table)) problems.stale(`source ${name} has no table ${table}`, table, known);
  }
  for (const table of excluded) {
    if (!everything.has(table)) problems.stale(`source ${name} has no table ${table} to exclude`, table, known);
    else if (Object.hasOwn(source.tables, table)) problems.invalid(`table ${table} is in tables and in exclude`);
  }
  const tables = catalog.tables.flatMap((origin): TableMapping[] => {
    if (Object.hasOwn(source.tables, origin.name)) {
      return [resolveTable(plan, name, source, origin, source.tables[origin.name]!, notCarried, problems)];
    }
    const explained =
      excluded.has(origin.name) || notCarried.some(({ object, kind }) => object === origin.name && kind === 'table');
    if (!explained) notCarried.push({ object: origin.name, kind: 'table', reason: 'not in the plan' });
    return [];
  });
  return tables.map((table) => ({
    ...table,
    foreignKeys: resolveForeignKeys(table, tables, known, notCarried, problems),
  }));
}
