import { collationMeaning, columnsProblem } from './draft-key-columns';
import { draftIndex, foldedPart, hashedWhereLong } from './draft-indexes';
import { columnOf } from './draft-table';
import type { Note, TableDraft } from './draft-table';
import type { Namespace } from './names';
import type { PlanIndex, PlanTable } from './plan';
import type { Scope } from './sql/expression';

export type Keys = Pick<PlanTable, 'primaryKey' | 'unique' | 'indexes'>;

/** Columns of a key and the collation by which SQLite compares each. */
type KeyColumns = readonly { name: string; collation: string }[];

/** Primary key, unique constraints and indexes of a table, as far as PostgreSQL's mean the same. */
export function draftKeys(draft: TableDraft, scope: Scope, names: Namespace, note: Note): Keys {
  const { table, target } = draft;
  const keys: {
    primaryKey?: { name: string; columns: string[] };
    unique: { name: string; columns: string[] }[];
    indexes: PlanIndex[];
  } = {
    unique: [],
    indexes: [],
  };
  draftPrimaryKey(draft, keys, names, note);
  for (const index of table.indexes.filter(({ origin }) => origin === 'u')) {
    const columns = index.columns.map(({ name, collation }) => ({ name: name!, collation }));
    const list = columns.map(({ name }) => name);
    const object = `${table.name} (${list.join(', ')})`;
    const problem = columnsProblem(draft, list);
    const parts = problem === undefined ? uniqueParts(draft, columns) : undefined;
    if (problem !== undefined || parts === undefined) {
      const collation = columns.find((column) => column.collation !== 'BINARY')?.collation;
      note(
        object,
        'unique constraint',
        problem ?? `unique by ${collation}; in PostgreSQL ${collationMeaning(collation!)}`,
      );
      continue;
    }
    const name = names.take(`${target}_${list.join('_')}_key`);
    if (parts.every(({ column }) => column !== undefined)) keys.unique.push({ name, columns: [...new Set(list)] });
    else {
      keys.indexes.push({ name, unique: true, columns: parts });
      note(object, 'unique constraint', 'made a unique index on expressions, which no foreign key can refer to');
    }
  }
  for (const index of table.indexes.filter(({ origin }) => origin === 'c')) {
    const drafted = draftIndex(draft, index, scope, names, note);
    if (drafted !== undefined) keys.indexes.push(drafted);
  }
  return {
    ...(keys.primaryKey !== undefined && { primaryKey: keys.primaryKey }),
    ...(keys.unique.length > 0 && { unique: keys.unique }),
    ...(keys.indexes.length > 0 && { indexes: keys.indexes }),
  };
}

function draftPrimaryKey(
  draft: TableDraft,
  keys: { primaryKey?: { name: string; columns: string[] }; indexes: PlanIndex[] },
  names: Namespace,
  note: Note,
): void {
  const { table, target } = draft;
  const list = [...new Set(table.primaryKey)];
  if (list.length === 0) return;
  const problem = columnsProblem(draft, list);
  if (problem !== undefined) return note(table.name, 'primary key', problem);
  const index = table.indexes.find(({ origin }) => origin === 'pk');
  const columns = list.map((name) => ({
    name,
    collation: index?.columns.find((part) => part.name === name)?.collation ?? 'BINARY',
  }));
  const parts = uniqueParts(draft, columns);
  const exact = hashedWhereLong(
    list.map((column) => ({ column })),
    list.map((column) => columnOf(draft, column)),
  );
  const withNulls = list.filter((name) => columnOf(draft, name)!.evidence.nulls > 0);
  const name = names.take(`${target}_pkey`);
  if (withNulls.length > 0)
    note(
      table.name,
      'primary key',
      `${withNulls.join(', ')} holds NULL, which a primary key of PostgreSQL may not: made a unique index instead`,
    );
  else if (exact.note !== undefined) note(table.name, 'primary key', `made a unique index instead: ${exact.note}`);
  else keys.primaryKey = { name, columns: list };
  if (keys.primaryKey === undefined) keys.indexes.push({ name, unique: true, columns: exact.columns });
  const collation = columns.find((column) => column.collation !== 'BINARY')?.collation;
  if (collation === undefined) return;
  if (parts === undefined) {
    const meaning = `the primary key compares by ${collation} in SQLite; in PostgreSQL ${collationMeaning(collation)}`;
    return note(table.name, 'collation', meaning);
  }
  // What is equal by the collation is equal to the key's bytes or not: the one says more, the other lets foreign keys refer.
  if (parts.some(({ expression }) => expression !== undefined))
    keys.indexes.push({ name: names.take(`${target}_${list.join('_')}_key`), unique: true, columns: parts });
}

/** The parts of a unique index that finds equal what SQLite finds equal; undefined where a collation is the application's own. */
function uniqueParts(draft: TableDraft, columns: KeyColumns): PlanIndex['columns'] | undefined {
  const seen = new Set<string>();
  const parts: PlanIndex['columns'] = [];
  for (const { name, collation } of columns) {
    if (seen.has(name)) continue;
    seen.add(name);
    const part = foldedPart(columnOf(draft, name)!, collation);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return hashedWhereLong(
    parts,
    [...seen].map((name) => columnOf(draft, name)),
  ).columns;
}
