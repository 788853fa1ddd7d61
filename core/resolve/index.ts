import path from 'node:path';
import { placeOf } from '../field-storage';
import { whyNotCarried } from '../left-behind';
import type { SourceMapping, TableMapping } from '../mapping';
import type { NotCarried, Plan, PlanSource, PlanTable } from '../plan';
import { isData } from '../source';
import type { SourceCatalog, SourceTable } from '../source';
import { resolveForeignKeys } from './foreign-keys';
import { resolveKeys, withIdMaps } from './keys';
import { checkSchemaNames } from './names';
import { Problems } from './problems';
import { resolveTable } from './table';
import type { Resolving } from './table';
import { resolveViews } from './views';

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
    const notCarried: NotCarried[] = foundNow(source.notCarried ?? [], catalog);
    const tables = catalog === undefined ? [] : resolveSource({ plan, name, source, notCarried, problems }, catalog);
    if (catalog === undefined) problems.invalid(`source ${name}: its file has not been read`);
    return {
      source: name,
      path: path.resolve(planDirectory, placeOf(source).path),
      schema: source.schema,
      tables,
      views: catalog === undefined ? [] : resolveViews(name, source, catalog, notCarried, problems),
      notCarried: catalog === undefined ? notCarried : withSql(withUnnamed(notCarried, source, catalog), catalog),
    };
  });
  checkSchemaNames(mappings, problems);
  problems.throwIfAny();
  return mappings;
}

/** Files come and go: what is not read of a folder is what was found now, not when the plan was drafted. */
function foundNow(noted: readonly NotCarried[], catalog: SourceCatalog | undefined): NotCarried[] {
  const isFile = ({ kind }: { kind: string }) => kind === 'file' || kind === 'encoding';
  const found = (catalog?.others ?? []).filter(isFile);
  return [
    ...noted.filter((object) => !isFile(object)),
    ...found.map(({ name, kind, unreadable = '' }) => ({ object: name, kind, reason: unreadable })),
  ];
}

/** Also the triggers and unreadable virtual tables that the plan says nothing of: a plan that somebody wrote need not list them. */
function withUnnamed(notCarried: readonly NotCarried[], plan: PlanSource, { others }: SourceCatalog): NotCarried[] {
  const unnamed = others.filter(
    ({ name, kind }) =>
      (kind === 'trigger' || kind === 'virtual table') &&
      plan.exclude?.includes(name) !== true &&
      !notCarried.some((noted) => noted.object === name && noted.kind === kind),
  );
  return [
    ...notCarried,
    ...unnamed.map((object) => ({ object: object.name, kind: object.kind, reason: whyNotCarried(object) })),
  ];
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
  { plan, name, source: written, notCarried, problems }: Resolving,
  catalog: SourceCatalog,
): TableMapping[] {
  const origins = new Map(catalog.tables.map((table) => [table.name, table]));
  const known = [...origins.keys()];
  const source = withIdMaps(written, origins, problems);
  const at: Resolving = { plan, name, source, notCarried, problems };
  const excluded = new Set(source.exclude ?? []);
  const everything = new Set([...known, ...catalog.others.map((object) => object.name)]);
  const planned = Object.entries(source.tables);
  for (const [table, { from = table }] of planned) {
    if (!origins.has(from)) problems.stale(`source ${name} has no table ${from}`, from, known);
  }
  for (const table of excluded) {
    const moved = planned.some(([key, { from = key }]) => from === table);
    if (!everything.has(table)) problems.stale(`source ${name} has no table ${table} to exclude`, table, known);
    else if (moved) problems.invalid(`table ${table} is in tables and in exclude`);
  }
  const tables = catalog.tables.flatMap((listed): TableMapping[] => {
    const takers = planned.filter(([table, { from = table }]) => from === listed.name);
    if (takers.length > 0) {
      nameColumnsLeftOut(listed, takers, notCarried);
      return takers.map(([table, entry]) => resolveTable(at, table, entry, listed));
    }
    const explained =
      excluded.has(listed.name) || notCarried.some(({ object, kind }) => object === listed.name && kind === 'table');
    if (!explained) notCarried.push({ object: listed.name, kind: 'table', reason: 'not in the plan' });
    return [];
  });
  const linked = tables.map((table) => ({
    ...table,
    foreignKeys: resolveForeignKeys(table, tables, known, notCarried, problems),
  }));
  return resolveKeys(at, linked);
}

/** Columns that none of the tables takes that are made of this one. */
function nameColumnsLeftOut(listed: SourceTable, takers: [string, PlanTable][], notCarried: NotCarried[]): void {
  for (const column of listed.columns) {
    const { name } = column;
    if (!isData(listed, column)) continue;
    if (takers.some(([, { columns }]) => Object.hasOwn(columns, name))) continue;
    const excluded = takers.some(([, { exclude }]) => exclude?.includes(name));
    const reason = excluded ? 'excluded by the plan' : 'not in the plan';
    notCarried.push({ object: `${listed.name}.${name}`, kind: 'column', reason });
  }
}
