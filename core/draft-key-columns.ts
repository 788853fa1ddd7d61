import { columnOf } from './draft-table';
import type { TableDraft } from './draft-table';

/** PostgreSQL's limit of columns in an index (INDEX_MAX_KEYS). */
const MAX_INDEX_COLUMNS = 32;

/** Why PostgreSQL gives a name to something else. */
export function nameRule(name: string): string {
  if (name === '') return 'a name has at least one character';
  if (Buffer.byteLength(name) > 63) return 'a name has at most 63 bytes';
  return 'tables, indexes, constraints and sequences of a schema share one set of names';
}

export function collationMeaning(collation: string): string {
  if (collation === 'NOCASE') return 'upper and lower case differ';
  if (collation === 'RTRIM') return 'spaces at the end count';
  return 'texts compare by the database’s own rules';
}

/** Why PostgreSQL makes no key or index of these columns. */
export function columnsProblem(draft: TableDraft, columns: readonly string[]): string | undefined {
  if (columns.length > MAX_INDEX_COLUMNS)
    return `it has ${columns.length} columns, and PostgreSQL’s have at most ${MAX_INDEX_COLUMNS}`;
  const missing = columns.find((name) => columnOf(draft, name) === undefined);
  if (missing !== undefined) return `it is on ${missing}, which is no column that is moved`;
  const json = columns.find((name) => columnOf(draft, name)!.inference.type === 'json');
  return json === undefined ? undefined : `${json} becomes json, which has no order in PostgreSQL`;
}
