import type { Affinity, SourceTable } from './source';
import type { Literal, NotCarried, PlanCheck, PlanForeignKey, PlanIndex, SourceFormat, Tolerance } from './plan';

/**
 * The plan made concrete against one source: every default filled in, every name resolved, in the order of the source's
 * own columns. The transform phase writes it once as an artifact; import, verify and publish read it from there.
 */
export interface SourceMapping {
  /** Name of the source in the plan. */
  source: string;
  /** Path of the SQLite file, absolute. */
  path: string;
  schema: string;
  tables: TableMapping[];
  /** In the order of the plan. */
  views: ViewMapping[];
  notCarried: NotCarried[];
}

export interface ViewMapping {
  source: string;
  /** Name in the source. */
  view: string;
  schema: string;
  /** Name in the target. */
  target: string;
  ifExists: 'error' | 'replace';
  /** PostgreSQL's SELECT. */
  sql: string;
  /** The source's CREATE VIEW. */
  origin: string;
}

export interface TableMapping {
  source: string;
  /** Its name in the plan, which is the source table's unless the plan takes the rows from another: then that one is `origin.name`. */
  table: string;
  schema: string;
  /** Target table name. */
  target: string;
  ifExists: 'error' | 'replace' | 'append';
  quarantine: Tolerance;
  /** Moved columns only. */
  columns: ColumnMapping[];
  primaryKey?: { name: string; columns: string[] };
  unique: { name: string; columns: string[] }[];
  indexes: PlanIndex[];
  checks: PlanCheck[];
  foreignKeys: PlanForeignKey[];
  /** What the source says of the table, shaped as the plan wants it. */
  origin: SourceTable;
}

export interface ColumnMapping {
  source: string;
  /** Position in `origin.columns`, which is the position in a reader's row view. */
  index: number;
  target: string;
  type: TargetType;
  format?: SourceFormat;
  /** SQLite expression that the cell is computed with, instead of being read. */
  value?: string;
  /** What NULL becomes. */
  ifNull?: Literal;
  /** IANA time zone of timestamps that name none. */
  timeZone?: string;
  /** Of columns with format key: what their UUIDs are made of. */
  key?: KeyOrigin;
  affinity: Affinity;
  notNull: boolean;
  default?: string;
  identity: boolean;
  /** PostgreSQL computes the values by this expression: none are loaded. */
  generated?: string;
  collation?: string;
}

/** Keys of one source table, which become the same UUIDs wherever they stand. */
export interface KeyOrigin {
  plan: string;
  source: string;
  /** Source table that they are the keys of. */
  table: string;
  /** What the table's own keys are: text that refers to an integer must be its decimal. */
  type: 'bigint' | 'text';
}

/** Names in the target of the columns whose values are loaded: all but the generated ones. */
export function loadedColumns({ columns }: Pick<TableMapping, 'columns'>): string[] {
  return columns.filter(({ generated }) => generated === undefined).map(({ target }) => target);
}

export type TypeName =
  | 'bigint'
  | 'integer'
  | 'smallint'
  | 'double precision'
  | 'boolean'
  | 'text'
  | 'varchar'
  | 'bytea'
  | 'date'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'numeric';

/** A PostgreSQL type in parts: `varchar(20)` is {name: 'varchar', length: 20}, `numeric(10,2)` {name: 'numeric', precision: 10, scale: 2}. */
export interface TargetType {
  name: TypeName;
  length?: number;
  precision?: number;
  scale?: number;
}

/** Parses what `targetTypeSchema` has let through. */
export function parseType(text: string): TargetType {
  const [, name, first, second] = /^([a-z ]+)(?:\((\d+)(?:,(\d+))?\))?$/.exec(text)!;
  if (name === 'varchar') return { name, length: Number(first) };
  if (name === 'numeric' && first !== undefined) return { name, precision: Number(first), scale: Number(second ?? 0) };
  return { name: name as TypeName };
}

/** The type as PostgreSQL's SQL spells it. */
export function typeSql(type: TargetType): string {
  if (type.length !== undefined) return `${type.name}(${type.length})`;
  if (type.precision !== undefined) return `${type.name}(${type.precision},${type.scale})`;
  return type.name;
}
