import type { FileRefusal } from '../file-refusals';
import type { RowView } from '../row';
import type { CopyWriter } from './writer';

/** Why a cell cannot be held by its target type: see docs/type-mapping.md. */
export type Refusal =
  | 'wrong storage class'
  | 'out of range'
  | 'not exact'
  | 'too long'
  | 'NUL byte'
  | 'invalid UTF-8'
  | 'not a number'
  | 'not a boolean'
  | 'not a date'
  | 'not a timestamp'
  | 'has no time zone'
  | 'has a time zone'
  | 'skipped by its time zone'
  | 'not a UUID'
  | 'not a key'
  | 'not JSON'
  | 'JSON not allowed in jsonb'
  | 'NULL not allowed'
  | 'cannot be computed'
  | `refused by PostgreSQL (SQLSTATE ${string})`
  | FileRefusal;

/**
 * Writes one cell as a field of PostgreSQL's binary COPY (postgresql.org/docs/current/sql-copy.html: length, then the type's
 * `recv` format), or returns why the type cannot hold it. After a refusal the writer may hold part of the field: the caller
 * puts `out.length` back to where the row began. NULL is handled by the caller.
 */
export type Encode = (row: RowView, column: number, out: CopyWriter) => Refusal | undefined;
