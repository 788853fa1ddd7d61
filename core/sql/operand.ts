import type { ColumnEvidence } from '../evidence';
import type { TargetType } from '../mapping';
import type { SourceFormat } from '../plan';
import type { Affinity } from '../source';
import { quoteText } from './quote';

/** What PostgreSQL's value of an expression stands for in SQLite. NULL stands for NULL in each. */
export type Kind =
  /** Nothing but NULL. */
  | 'null'
  /** boolean, for the integers 0 and 1. */
  | 'boolean'
  /** smallint, integer or bigint, for integers. */
  | 'integer'
  /** double precision, for reals. */
  | 'real'
  /** double precision, for integers and reals: which of them is not known. */
  | 'double'
  /** numeric, for integers and reals: which of them is not known. */
  | 'number'
  /** text or varchar, for texts. */
  | 'text'
  /** text, for texts and numbers of a column of numeric affinity, in which no text looks like a number. */
  | 'numbers as text'
  /** bytea, for blobs. */
  | 'blob'
  /** date, for texts `YYYY-MM-DD`. */
  | 'date'
  /** json or jsonb, for texts that are valid JSON. */
  | 'json'
  /** Anything else: only whether it is NULL can be told. */
  | 'opaque';

export type Constant = bigint | number | string;

/** An expression that has been translated, and what is known of its values. */
export interface Operand {
  /** PostgreSQL's SQL, which may stand next to any operator. */
  sql: string;
  kind: Kind;
  /** Columns and casts have an affinity, which decides how SQLite compares them; nothing else has. */
  affinity?: Affinity;
  /** Columns have one, and what is made of them by COLLATE, CAST and `+`; names of SQLite's own are in upper case. */
  collation?: { name: string; explicit: boolean };
  /** Its value, when it is a literal: bigint an integer, number a real; texts by `kind`. Blobs have theirs in `sql` only. */
  constant?: Constant;
  /** Of kind integer: the least and the greatest value. */
  range?: readonly [bigint, bigint];
  /** Storage class of its values in SQLite, where all have the same. */
  storage?: 'integer' | 'real' | 'text' | 'blob';
  /** Of kind number: the most digits before the point and behind it. */
  digits?: readonly [number, number];
}

export const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  bigint: INT64,
  integer: [-(2n ** 31n), 2n ** 31n - 1n],
  smallint: [-(2n ** 15n), 2n ** 15n - 1n],
};

export interface ColumnOfScope {
  /** How PostgreSQL's SQL refers to it. */
  sql: string;
  type: TargetType;
  format?: SourceFormat | undefined;
  affinity: Affinity;
  /** SQLite's collation, when it is not BINARY. */
  collation?: string | undefined;
  /** What the column holds. Without it every value that the type accepts is reckoned with. */
  evidence?: ColumnEvidence | undefined;
}

/** A column as an operand. */
export function columnOperand({ sql, type, format, affinity, collation, evidence }: ColumnOfScope): Operand {
  const common = {
    sql,
    affinity,
    collation: { name: collation ?? 'BINARY', explicit: false },
  };
  const opaque: Operand = { ...common, kind: 'opaque' };
  const only = (...classes: ('integers' | 'reals' | 'texts' | 'blobs')[]) =>
    evidence === undefined ||
    (['integers', 'reals', 'texts', 'blobs'] as const).every(
      (name) => classes.includes(name) || evidence[name].count === 0,
    );
  switch (type.name) {
    case 'bigint':
    case 'integer':
    case 'smallint':
      return { ...common, kind: 'integer', range: RANGES[type.name]!, storage: 'integer' };
    case 'boolean':
      // A column that holds `yes` and `no` compares as texts in SQLite.
      return evidence !== undefined && only('integers') ? { ...common, kind: 'boolean', storage: 'integer' } : opaque;
    case 'double precision':
      return affinity === 'real' || (affinity === 'blob' && evidence !== undefined && only('reals'))
        ? { ...common, kind: 'real', storage: 'real' }
        : { ...common, kind: 'double' };
    case 'numeric': {
      if (affinity === 'text' || !only('integers', 'reals')) return opaque;
      const digits =
        type.precision === undefined ? undefined : ([type.precision - type.scale!, Math.max(type.scale!, 0)] as const);
      return { ...common, kind: 'number', ...(digits && { digits }), ...(affinity === 'real' && { storage: 'real' }) };
    }
    case 'text':
    case 'varchar':
      if (affinity === 'text' || affinity === 'blob')
        return only('texts', 'blobs') ? { ...common, kind: 'text', storage: 'text' } : opaque;
      return evidence !== undefined && evidence.reals.nonFinite === 0 ? { ...common, kind: 'numbers as text' } : opaque;
    case 'bytea':
      return { ...common, kind: 'blob', storage: 'blob' };
    case 'date':
      return { ...common, kind: 'date', storage: 'text' };
    case 'timestamp':
    case 'timestamptz':
      return format === undefined || format === 'iso' ? { ...opaque, storage: 'text' } : opaque;
    case 'json':
      return { ...common, kind: 'json', storage: 'text' };
    case 'jsonb':
      return format === 'tagged' ? opaque : { ...common, kind: 'json', storage: 'text' };
    case 'uuid':
      return evidence !== undefined && only('texts') ? { ...opaque, storage: 'text' } : opaque;
  }
}

export function integerConstant(value: bigint): Operand {
  const sql = value < -(2n ** 63n) + 1n ? `'${value}'::bigint` : value < 0n ? `(${value})` : String(value);
  return { sql, kind: 'integer', constant: value, range: [value, value], storage: 'integer' };
}

export function realConstant(value: number): Operand {
  const sql = `${Number.isFinite(value) ? plainNumber(value) : `'${value}'`}::double precision`;
  return { sql: sql.startsWith('-') ? `(${sql})` : sql, kind: 'real', constant: value, storage: 'real' };
}

export function textConstant(value: string): Operand {
  return { sql: quoteText(value), kind: 'text', constant: value, storage: 'text' };
}

export const NULL: Operand = { sql: 'NULL', kind: 'null' };

/** A number for SQL that PostgreSQL reads as the same double. */
export function plainNumber(value: number): string {
  return Object.is(value, -0) ? "'-0'" : String(value);
}
