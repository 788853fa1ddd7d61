import { camelCase, Identifiers, pascalCase, TYPESCRIPT_RESERVED } from '../identifiers';
import type { Naming } from '../relations';
import type { Target, TargetTable, TargetView } from '../target';

/** Names that the generated files use themselves. */
const OWN =
  `t sql pgTable pgSchema pgView bigint boolean bytea check customType date doublePrecision foreignKey index integer json
  jsonb numeric primaryKey smallint text timestamp tsvector unique uniqueIndex uuid varchar relations one many schema database`.split(
    /\s+/,
  );

export interface DrizzleNames extends Naming {
  /** Constant of a PostgreSQL schema; undefined for public, which Drizzle has no object for. */
  schema: (schema: string) => string | undefined;
  view: (view: TargetView) => string;
  /** Constant of the table's relations. */
  relations: (table: TargetTable) => string;
}

/** The constants and properties of the generated TypeScript. */
export function drizzleNames({ schemas, tables, views }: Target): DrizzleNames {
  const constants = new Identifiers([...TYPESCRIPT_RESERVED, ...OWN]);
  const ofTables = new Map(tables.map((table) => [table, constants.take(camelCase(table.name, 'table'), 'Table')]));
  const ofViews = new Map(views.map((view) => [view, constants.take(camelCase(view.target, 'view'), 'View')]));
  const ofSchemas = new Map(schemas.map((schema) => [schema, constants.take(`${camelCase(schema, 'the')}Schema`)]));
  const ofRelations = new Map(tables.map((table) => [table, constants.take(`${ofTables.get(table)}Relations`)]));
  const ofColumns = new Map(
    tables.map((table) => {
      const keys = new Identifiers(Object.getOwnPropertyNames(Object.prototype));
      return [
        table,
        new Map(table.columns.map(({ target }) => [target, keys.take(camelCase(target, 'column'), 'Column')])),
      ];
    }),
  );
  return {
    table: (table) => ofTables.get(table)!,
    columns: (table) => ofColumns.get(table)!,
    camel: (name) => camelCase(name, 'rows'),
    pascal: (name) => pascalCase(name, 'column'),
    schema: (schema) => (schema === 'public' ? undefined : ofSchemas.get(schema)!),
    view: (view) => ofViews.get(view)!,
    relations: (table) => ofRelations.get(table)!,
  };
}
