import type { ColumnMapping, SourceMapping, TableMapping } from '../../core/mapping';
import type { NotCarried } from '../../core/plan';
import type { ReferentialAction } from '../../core/source';

/** What a run makes in PostgreSQL, in the target's own names: what every artefact is written from. */
export interface Target {
  schemas: string[];
  /** In the order of the mappings. */
  tables: TargetTable[];
  notCarried: (NotCarried & { source: string })[];
}

export interface TargetTable {
  schema: string;
  name: string;
  columns: ColumnMapping[];
  primaryKey?: TargetKey;
  unique: TargetKey[];
  indexes: TargetIndex[];
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
  parts: { column: ColumnMapping; descending: boolean }[];
}

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
      indexes: table.indexes.flatMap(({ name, unique = false, columns, where, using }): TargetIndex[] => {
        const parts = columns.flatMap(({ column, descending = false }) =>
          column === undefined ? [] : [{ column: columnOf(table, column), descending }],
        );
        // Of columns alone; expressions, predicates and other access methods are in the SQL only.
        const isPlain = parts.length === columns.length && where === undefined && using === undefined;
        return isPlain ? [{ name, unique, parts }] : [];
      }),
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

/** Whether no two rows can be equal in exactly these columns, by a key or a whole unique index. */
export function isUnique(table: TargetTable, columns: readonly ColumnMapping[]): boolean {
  const same = (other: readonly ColumnMapping[]) =>
    other.length === columns.length && columns.every((column) => other.includes(column));
  const keys = [...(table.primaryKey ? [table.primaryKey] : []), ...table.unique].map((key) => key.columns);
  const indexes = table.indexes.filter(({ unique }) => unique).map(({ parts }) => parts.map(({ column }) => column));
  return [...keys, ...indexes].some(same);
}
