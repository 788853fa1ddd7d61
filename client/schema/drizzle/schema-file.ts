import type { ColumnMapping } from '../../../core/mapping';
import type { PlanCheck } from '../../../core/plan';
import { quoteIdent } from '../../../stores/postgres/names';
import { camelCase, Identifiers } from '../identifiers';
import { expressionSql } from '../target';
import type { Target, TargetForeignKey, TargetIndex, TargetTable, TargetView } from '../target';
import { lineComment, sqlTemplate, stringLiteral } from '../typescript';
import { builderText, columnText, CUSTOM_TYPES, isOwnKey, printedType } from './columns';
import type { DrizzleNames } from './names';

/** schema.ts: schemas and tables with everything that Drizzle knows of; what it does not know is a comment at its place. */
export function schemaFile(target: Target, names: DrizzleNames): string {
  const imports = new Set<string>();
  const use = (name: string): string => {
    imports.add(name);
    return name;
  };
  const circular = circularTables(target);
  const schemas = target.schemas
    .filter((schema) => names.schema(schema) !== undefined)
    .map((schema) => `export const ${names.schema(schema)} = ${use('pgSchema')}(${stringLiteral(schema)});`);
  const tables = target.tables.map((table) => tableText(table, names, circular.has(table), use));
  const views = target.views.map((view) => viewText(view, names, use));
  const custom = Object.entries(CUSTOM_TYPES).flatMap(([name, text]) => {
    if (!imports.delete(name)) return [];
    use('customType');
    return [text];
  });
  return [...importLines(imports), ...custom, ...schemas, ...tables, ...views].join('\n\n');
}

/** drizzle-kit leaves a view alone that is said to exist: its SQL is in the first migration. */
function viewText(view: TargetView, names: DrizzleNames, use: (name: string) => string): string {
  const head = lineComment(`View ${view.schema}.${view.target}`);
  if (view.columns === undefined)
    return `${head}: only PostgreSQL knows its columns’ types. Write this file from a run to have it here.`;
  const keys = new Identifiers(Object.getOwnPropertyNames(Object.prototype));
  const columns = view.columns.map(({ name, type }) => {
    const known = printedType(type);
    if (known === undefined) return lineComment(`${name}: ${type}, which this file has no builder for.`);
    return `${keys.take(camelCase(name, 'column'), 'Column')}: ${builderText(name, known, use)},`;
  });
  const schema = names.schema(view.schema);
  const maker = schema === undefined ? use('pgView') : `${schema}.view`;
  return [
    `export const ${names.view(view)} = ${maker}(${stringLiteral(view.target)}, {`,
    ...columns.map((line) => `  ${line}`),
    '}).existing();',
  ].join('\n');
}

function importLines(imports: Set<string>): string[] {
  const usesSql = imports.delete('sql');
  const types = imports.delete('PgTableExtraConfigValue');
  const names = [...imports].sort().join(', ');
  return [
    [
      ...(usesSql ? [`import { sql } from 'drizzle-orm';`] : []),
      ...(names === '' ? [] : [`import { ${names} } from 'drizzle-orm/pg-core';`]),
      ...(types ? [`import type { PgTableExtraConfigValue } from 'drizzle-orm/pg-core';`] : []),
    ].join('\n'),
  ].filter((line) => line !== '');
}

function tableText(table: TargetTable, names: DrizzleNames, circular: boolean, use: (name: string) => string): string {
  const keys = names.columns(table);
  const columns = table.columns.flatMap((column) => [
    ...(column.collation === undefined ? [] : [lineComment(beyondDrizzle(`COLLATE ${quoteIdent(column.collation)}`))]),
    `${keys.get(column.target)}: ${columnText(table, column, use)},`,
  ]);
  const rest = [
    ...keyTexts(table, names, use),
    ...table.indexes.map((index) => indexText(table, index, names, use)),
    ...table.checks.flatMap((check) => checkText(check, use)),
    ...table.foreignKeys.flatMap((key) => foreignKeyText(table, key, names, use)),
  ];
  const schema = names.schema(table.schema);
  const maker = schema === undefined ? use('pgTable') : `${schema}.table`;
  const head = `export const ${names.table(table)} = ${maker}(${stringLiteral(table.name)}, {`;
  const body = columns.map((line) => `  ${line}`);
  if (rest.length === 0) return [head, ...body, '});'].join('\n');
  // Tables that refer to each other in a circle have a type only where that of this list is said.
  const opening = circular ? `}, (t): ${use('PgTableExtraConfigValue')}[] => [` : '}, (t) => [';
  return [head, ...body, opening, ...rest.map((line) => `  ${line}`), ']);'].join('\n');
}

/** The primary key where the column cannot say it by itself, and unique constraints. */
function keyTexts(table: TargetTable, names: DrizzleNames, use: (name: string) => string): string[] {
  const list = (columns: readonly ColumnMapping[]) =>
    columns.map((column) => columnOf(table, column, names)).join(', ');
  const key = table.primaryKey;
  return [
    ...(key === undefined || isOwnKey(table, key.columns[0]!)
      ? []
      : [`${use('primaryKey')}({ name: ${stringLiteral(key.name)}, columns: [${list(key.columns)}] }),`]),
    ...table.unique.map(({ name, columns }) => `${use('unique')}(${stringLiteral(name)}).on(${list(columns)}),`),
  ];
}

function indexText(table: TargetTable, index: TargetIndex, names: DrizzleNames, use: (name: string) => string): string {
  const parts = index.parts.map((part) => {
    if ('expression' in part) return use('sql') && sqlTemplate(expressionSql(part));
    // PostgreSQL puts NULLs first in a descending index; Drizzle has to be told.
    return `${columnOf(table, part.column, names)}${part.descending ? '.desc().nullsFirst()' : ''}`;
  });
  const maker = `${use(index.unique ? 'uniqueIndex' : 'index')}(${stringLiteral(index.name)})`;
  const on = index.using === 'btree' ? '.on(' : `.using(${stringLiteral(index.using)}, `;
  const where = index.where === undefined ? '' : `.where(${use('sql') && sqlTemplate(index.where)})`;
  return `${maker}${on}${parts.join(', ')})${where},`;
}

function checkText({ name, sql, validate = true }: PlanCheck, use: (name: string) => string): string[] {
  const check = `${use('check')}(${stringLiteral(name)}, ${use('sql') && sqlTemplate(sql)}),`;
  return [...(validate ? [] : [lineComment(beyondDrizzle(NOT_VALID))]), check];
}

const NOT_VALID = 'NOT VALID: rows from before may violate it';

const beyondDrizzle = (text: string): string => `In the database ${text}; Drizzle cannot say that.`;

function foreignKeyText(
  table: TargetTable,
  key: TargetForeignKey,
  names: DrizzleNames,
  use: (name: string) => string,
): string[] {
  const columns = key.columns.map((column) => columnOf(table, column, names)).join(', ');
  const parentKeys = names.columns(key.parent);
  const parent = key.parent === table ? 't' : names.table(key.parent);
  const foreign = key.parentColumns.map((column) => member(parent, parentKeys.get(column.target)!)).join(', ');
  const actions = [
    ...(key.onDelete === 'NO ACTION' ? [] : [`.onDelete('${key.onDelete.toLowerCase()}')`]),
    ...(key.onUpdate === 'NO ACTION' ? [] : [`.onUpdate('${key.onUpdate.toLowerCase()}')`]),
  ];
  const beyond = [...(key.deferred ? ['DEFERRABLE INITIALLY DEFERRED'] : []), ...(key.validated ? [] : [NOT_VALID])];
  return [
    ...beyond.map((text) => lineComment(beyondDrizzle(text))),
    `${use('foreignKey')}({ name: ${stringLiteral(key.name)}, columns: [${columns}], foreignColumns: [${foreign}] })${actions.join('')},`,
  ];
}

function columnOf(table: TargetTable, column: ColumnMapping, names: DrizzleNames): string {
  return member('t', names.columns(table).get(column.target)!);
}

const member = (object: string, key: string): string => `${object}.${key}`;

/** Tables from which foreign keys lead back to themselves by way of another table. */
function circularTables({ tables }: Target): Set<TargetTable> {
  const parents = (table: TargetTable) =>
    table.foreignKeys.map((key) => key.parent).filter((parent) => parent !== table);
  const reaches = (from: TargetTable): boolean => {
    const seen = new Set<TargetTable>();
    const open = parents(from);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === from) return true;
      if (!seen.has(next)) open.push(...parents(next));
      seen.add(next);
    }
    return false;
  };
  return new Set(tables.filter(reaches));
}
