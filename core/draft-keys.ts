import { columnOf } from './draft-table';
import type { Note, TableDraft } from './draft-table';
import type { Namespace } from './names';
import type { PlanIndex, PlanTable } from './plan';
import type { SourceIndex } from './source';

/** PostgreSQL's limit of columns in an index (INDEX_MAX_KEYS). */
const MAX_INDEX_COLUMNS = 32;

export type Keys = Pick<PlanTable, 'primaryKey' | 'unique' | 'indexes'>;

/** Primary key, unique constraints and indexes of a table, as far as PostgreSQL's mean the same. */
export function draftKeys(draft: TableDraft, names: Namespace, note: Note): Keys {
  const { table, target } = draft;
  const unique: { name: string; columns: string[] }[] = [];
  const indexes: PlanIndex[] = [];
  let primaryKey: Keys['primaryKey'];

  const key = [...new Set(table.primaryKey)];
  const keyProblem = key.length > 0 ? columnsProblem(draft, key) : undefined;
  if (keyProblem !== undefined) note(table.name, 'primary key', keyProblem);
  else if (key.length > 0) {
    const withNulls = key.filter((name) => columnOf(draft, name)!.evidence.nulls > 0);
    if (withNulls.length === 0) primaryKey = { name: names.take(`${target}_pkey`), columns: key };
    else {
      indexes.push({ name: names.take(`${target}_pkey`), unique: true, columns: key.map((column) => ({ column })) });
      note(
        table.name,
        'primary key',
        `${withNulls.join(', ')} holds NULL, which a primary key of PostgreSQL may not: made a unique index instead`,
      );
    }
    const collation = table.indexes
      .find(({ origin }) => origin === 'pk')
      ?.columns.find((part) => part.collation !== 'BINARY')?.collation;
    if (collation !== undefined)
      note(
        table.name,
        'collation',
        `the primary key compares by ${collation} in SQLite; in PostgreSQL ${collationMeaning(collation)}`,
      );
  }

  for (const index of table.indexes.filter(({ origin }) => origin !== 'pk')) {
    const columns = index.columns.flatMap(({ name }) => (name === undefined ? [] : [name]));
    const isConstraint = index.origin === 'u';
    const object = isConstraint ? `${table.name} (${columns.join(', ')})` : index.name;
    const kind = isConstraint ? 'unique constraint' : 'index';
    const problem = indexProblem(index) ?? columnsProblem(draft, columns);
    if (problem !== undefined) {
      note(object, kind, problem);
    } else if (isConstraint) {
      const name = names.take(`${target}_${columns.join('_')}_key`);
      unique.push({ name, columns: [...new Set(columns)] });
    } else {
      const name = names.take(index.name);
      if (name !== index.name)
        note(index.name, 'index name', `called ${name} in PostgreSQL, where ${nameRule(index.name)}`);
      indexes.push({
        name,
        ...(index.unique && { unique: true }),
        columns: index.columns.map(({ name: column, descending }) => ({
          column: column!,
          ...(descending && { descending }),
        })),
      });
    }
    const collated = index.columns.find((part) => part.collation !== 'BINARY');
    if (problem === undefined && collated !== undefined) {
      note(
        object,
        'collation',
        `the index compares by ${collated.collation} in SQLite; in PostgreSQL ${collationMeaning(collated.collation)}`,
      );
    }
  }
  return {
    ...(primaryKey !== undefined && { primaryKey }),
    ...(unique.length > 0 && { unique }),
    ...(indexes.length > 0 && { indexes }),
  };
}

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

function indexProblem(index: SourceIndex): string | undefined {
  if (index.partial) return 'partial: its WHERE clause is not translated';
  if (index.columns.some(({ name }) => name === undefined)) return 'it is on an expression, which is not translated';
  const collation = index.columns.find((part) => part.collation !== 'BINARY')?.collation;
  if (index.unique && collation !== undefined)
    return `unique by ${collation}; in PostgreSQL ${collationMeaning(collation)}`;
  return undefined;
}

function columnsProblem(draft: TableDraft, columns: readonly string[]): string | undefined {
  if (columns.length > MAX_INDEX_COLUMNS)
    return `it has ${columns.length} columns, and PostgreSQL’s have at most ${MAX_INDEX_COLUMNS}`;
  const missing = columns.find((name) => columnOf(draft, name) === undefined);
  if (missing !== undefined) return `it is on ${missing}, which is no column that is moved`;
  const json = columns.find((name) => columnOf(draft, name)!.inference.type === 'json');
  return json === undefined ? undefined : `${json} becomes json, which has no order in PostgreSQL`;
}
