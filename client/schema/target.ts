import type { ColumnMapping, SourceMapping, TableMapping, ViewMapping } from '../../core/mapping';
import type { NotCarried, PlanCheck } from '../../core/plan';
import type { ReferentialAction } from '../../core/source';

/** What a run makes in PostgreSQL, in the target's own names: what every artefact is written from. */
export interface Target {
  schemas: string[];
  /** In the order of the mappings. */
  tables: TargetTable[];
  /** Those that others are built on first. */
  views: TargetView[];
  notCarried: (NotCarried & { source: string })[];
}

export interface TargetView extends ViewMapping {
  /** Names and types as PostgreSQL prints them; known once a run has made the view. */
  columns?: { name: string; type: string }[];
}

export interface TargetTable {
  schema: string;
  name: string;
  columns: ColumnMapping[];
  primaryKey?: TargetKey;
  unique: TargetKey[];
  indexes: TargetIndex[];
  checks: PlanCheck[];
  foreignKeys: TargetForeignKey[];
  mapping: TableMapping;
}

export interface TargetKey {
  name: string;
  columns: ColumnMapping[];
}

export interface TargetIndex {
  name: string;
  unique: boolean;
  parts: TargetIndexPart[];
  /** Access method, btree if not said otherwise. */
  using: string;
  /** Condition of a partial index, in PostgreSQL's SQL. */
  where?: string;
}

/** A column, or an expression in PostgreSQL's SQL. */
export type TargetIndexPart = { descending: boolean } & ({ column: ColumnMapping } | { expression: string });

export interface TargetForeignKey {
  name: string;
  columns: ColumnMapping[];
  parent: TargetTable;
  parentColumns: ColumnMapping[];
  onDelete: ReferentialAction;
  onUpdate: ReferentialAction;
  deferred: boolean;
  /** False: NOT VALID, checked for new rows only. */
  validated: boolean;
}

/** Where an artefact comes from; in the head of each. */
export interface Provenance {
  plan: string;
  /** SHA-256 of the plan's text, in hex. */
  planSha256: string;
  run?: string;
}

/** One file of an artefact. */
export interface ArtefactFile {
  /** Relative to the artefact's folder. */
  path: string;
  text: string;
}

export function targetOf(mappings: readonly SourceMapping[]): Target {
  const tables = mappings.flatMap((mapping) => tablesOf(mapping));
  return {
    schemas: [...new Set(mappings.map((mapping) => mapping.schema))],
    tables,
    views: mappings.flatMap(({ views }) => views.map((view) => ({ ...view }))),
    notCarried: mappings.flatMap(({ source, notCarried }) => notCarried.map((item) => ({ source, ...item }))),
  };
}

function tablesOf(mapping: SourceMapping): TargetTable[] {
  const tables = mapping.tables.map((table): TargetTable => {
    const named = (names: readonly string[]) => names.map((name) => columnOf(table, name));
    return {
      schema: table.schema,
      name: table.target,
      columns: table.columns,
      ...(table.primaryKey && {
        primaryKey: { name: table.primaryKey.name, columns: named(table.primaryKey.columns) },
      }),
      unique: table.unique.map(({ name, columns }) => ({ name, columns: named(columns) })),
      indexes: table.indexes.map(({ name, unique = false, using = 'btree', where, columns }) => ({
        name,
        unique,
        using,
        ...(where !== undefined && { where }),
        parts: columns.map(({ column, expression, descending = false }) => ({
          descending,
          ...(column === undefined ? { expression: expression! } : { column: columnOf(table, column) }),
        })),
      })),
      checks: table.checks,
      foreignKeys: [],
      mapping: table,
    };
  });
  for (const table of tables) {
    table.foreignKeys = table.mapping.foreignKeys.map((key) => {
      const parent = tables.find(({ mapping: { table: name } }) => name === key.references.table)!;
      return {
        name: key.name,
        columns: key.columns.map((name) => columnOf(table.mapping, name)),
        parent,
        parentColumns: key.references.columns.map((name) => columnOf(parent.mapping, name)),
        onDelete: key.onDelete ?? 'NO ACTION',
        onUpdate: key.onUpdate ?? 'NO ACTION',
        deferred: key.deferred ?? false,
        validated: key.validate ?? true,
      };
    });
  }
  return tables;
}

function columnOf(table: TableMapping, source: string): ColumnMapping {
  return table.columns.find((column) => column.source === source)!;
}

/** `schema.table`, for people. */
export const fullName = ({ schema, name }: TargetTable): string => `${schema}.${name}`;

/** Keys and unique indexes that hold for all rows and consist of columns alone. */
export function uniqueColumns(table: TargetTable): ColumnMapping[][] {
  const keys = [...(table.primaryKey ? [table.primaryKey] : []), ...table.unique].map(({ columns }) => columns);
  const indexes = table.indexes.filter(({ unique, where }) => unique && where === undefined).map(columnsOf);
  return [...keys, ...indexes.filter((columns) => columns !== undefined)];
}

/** The columns of an index, where it has no expressions. */
export function columnsOf({ parts }: TargetIndex): ColumnMapping[] | undefined {
  const columns = parts.flatMap((part) => ('column' in part ? [part.column] : []));
  return columns.length === parts.length ? columns : undefined;
}

/** Whether no two rows can be equal in exactly these columns. */
export function isUnique(table: TargetTable, columns: readonly ColumnMapping[]): boolean {
  return uniqueColumns(table).some(
    (other) => other.length === columns.length && columns.every((column) => other.includes(column)),
  );
}

/** An expression as it stands in CREATE INDEX. */
export const expressionSql = ({ expression, descending }: { expression: string; descending: boolean }): string =>
  `(${expression})${descending ? ' DESC' : ''}`;
