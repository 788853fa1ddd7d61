import { columnOf } from './draft-table';
import type { ColumnDraft, Note, TableDraft } from './draft-table';
import type { Keys } from './draft-keys';
import { plural } from './evidence-text';
import { refusedBy } from './fits';
import { parseType } from './mapping';
import type { Namespace } from './names';
import type { PlanForeignKey } from './plan';
import type { SourceForeignKey } from './source';

const TEXTS = ['text', 'varchar'];
const INTEGERS = ['bigint', 'integer', 'smallint'];

/**
 * Gives children the type of their parent where every value of theirs fits it. Repeats, since a child may itself be a
 * parent; a chain is at most as long as there are tables.
 */
export function alignForeignKeys(drafts: ReadonlyMap<string, TableDraft>): void {
  for (let round = 0; round < drafts.size; round++) {
    let changed = false;
    for (const draft of drafts.values()) {
      for (const { parent, columns, parentColumns } of draft.table.foreignKeys) {
        const parentDraft = drafts.get(parent);
        if (parentDraft === undefined || columns.length !== parentColumns.length) continue;
        columns.forEach((name, i) => {
          const child = columnOf(draft, name);
          const target = columnOf(parentDraft, parentColumns[i]!);
          if (child !== undefined && target !== undefined && align(child, target, `${parent}.${target.column.name}`))
            changed = true;
        });
      }
    }
    if (!changed) return;
  }
}

/** Parents that were narrowed, but not so that the keys of their children fit, stay as wide as they were declared. */
export function widenParents(drafts: ReadonlyMap<string, TableDraft>): void {
  for (const draft of drafts.values()) {
    for (const { parent, columns, parentColumns } of draft.table.foreignKeys) {
      columns.forEach((name, i) => {
        const child = columnOf(draft, name);
        const target = drafts.get(parent) && columnOf(drafts.get(parent)!, parentColumns[i] ?? '');
        if (child === undefined || target?.wider === undefined) return;
        const { type, format } = target.inference;
        if (refusedBy(parseType(type), format, child.evidence, child.column.affinity) > 0) {
          target.inference = target.wider;
          delete target.wider;
        }
      });
    }
  }
}

function align(child: ColumnDraft, parent: ColumnDraft, parentPath: string): boolean {
  const { type, format } = parent.inference;
  if (child.given?.type !== undefined) return false;
  if (child.identity || sameType(child, parent) || areTexts(child, parent)) return false;
  if (refusedBy(parseType(type), format, child.evidence, child.column.affinity) > 0) return false;
  child.inference = {
    type,
    ...(format && { format }),
    conversion: `as ${parentPath}, which it refers to`,
    review: false,
    quarantines: 0,
  };
  return true;
}

function sameType(a: ColumnDraft, b: ColumnDraft): boolean {
  return a.inference.type === b.inference.type && a.inference.format === b.inference.format;
}

function areTexts(...drafts: ColumnDraft[]): boolean {
  return drafts.every(({ inference }) => TEXTS.includes(parseType(inference.type).name));
}

/** Whether a foreign key of PostgreSQL compares them: what the child holds must be of the parent's type, or of one that widens to it. */
function comparable(child: ColumnDraft, parent: ColumnDraft): boolean {
  if (sameType(child, parent) || areTexts(child, parent)) return true;
  const [from, to] = [child, parent].map(({ inference }) => parseType(inference.type).name) as [string, string];
  return to === 'numeric'
    ? from === 'numeric' || INTEGERS.includes(from)
    : INTEGERS.includes(from) && INTEGERS.includes(to);
}

/** What a foreign key may refer to. */
export interface Parents {
  drafts: ReadonlyMap<string, TableDraft>;
  keys: ReadonlyMap<string, Keys>;
  /** Tables that are there, but not moved. */
  unmoved: readonly string[];
}

/**
 * Foreign keys of a table, with the parents' keys as the plan has them. Those that the rows violate are kept for new rows.
 * @param violations rows that violate each of the table's foreign keys, in the catalog's order
 */
export function draftForeignKeys(
  draft: TableDraft,
  parents: Parents,
  violations: readonly number[],
  names: Namespace,
  note: Note,
): PlanForeignKey[] {
  return draft.table.foreignKeys.flatMap((key, i): PlanForeignKey[] => {
    const object = `${draft.table.name} (${key.columns.join(', ')}) → ${key.parent}`;
    const problem = keyProblem(draft, key, parents);
    if (problem !== undefined) {
      note(object, 'foreign key', problem);
      return [];
    }
    const broken = violations[i] ?? 0;
    if (broken > 0)
      note(
        object,
        'foreign key',
        `${plural(broken, 'row')} of the source violate${broken === 1 ? 's' : ''} it: made NOT VALID, which checks new rows only`,
      );
    return [
      {
        name: names.take(`${draft.target}_${key.columns.join('_')}_fkey`),
        columns: key.columns,
        references: { table: key.parent, columns: key.parentColumns },
        ...(key.onDelete !== 'NO ACTION' && { onDelete: key.onDelete }),
        ...(key.onUpdate !== 'NO ACTION' && { onUpdate: key.onUpdate }),
        ...(key.deferred && { deferred: true }),
        ...(broken > 0 && { validate: false }),
      },
    ];
  });
}

function keyProblem(draft: TableDraft, key: SourceForeignKey, { drafts, keys, unmoved }: Parents): string | undefined {
  const parent = drafts.get(key.parent);
  const parentKeys = keys.get(key.parent);
  if (parent === undefined || parentKeys === undefined)
    return unmoved.includes(key.parent)
      ? `table ${key.parent} is not moved`
      : `there is no table ${key.parent} to refer to`;
  if (key.parentColumns.length !== key.columns.length) {
    return key.parentColumns.length === 0
      ? `it names no columns of ${key.parent}, and its primary key does not have ${plural(key.columns.length, 'column')}`
      : `it has ${plural(key.columns.length, 'column')} and refers to ${key.parentColumns.length}`;
  }
  for (const [i, name] of key.columns.entries()) {
    const child = columnOf(draft, name);
    const target = columnOf(parent, key.parentColumns[i]!);
    if (child === undefined) return `${name} is no column that is moved`;
    if (target === undefined) return `${key.parent} has no column ${key.parentColumns[i]!}`;
    if (target.column.collation !== undefined && ['text', 'varchar'].includes(parseType(target.inference.type).name)) {
      return `${key.parent}.${target.column.name} compares by ${target.column.collation}; PostgreSQL would refuse rows that match in SQLite`;
    }
    if (!comparable(child, target)) {
      return `${name} becomes ${child.inference.type} and ${key.parent}.${target.column.name} ${target.inference.type}: PostgreSQL does not compare them`;
    }
  }
  if (new Set(key.columns).size < key.columns.length) return 'it uses a column twice';
  return isUnique(key.parentColumns, parentKeys)
    ? undefined
    : `${key.parent} (${key.parentColumns.join(', ')}) has no unique key in PostgreSQL`;
}

/** PostgreSQL wants a unique key of exactly these columns, in any order. */
function isUnique(columns: readonly string[], { primaryKey, unique = [], indexes = [] }: Keys): boolean {
  const candidates = [
    ...(primaryKey === undefined ? [] : [primaryKey.columns]),
    ...unique.map((key) => key.columns),
    ...indexes
      .filter((index) => index.unique && index.where === undefined)
      .map((index) => index.columns.map(({ column }) => column ?? '')),
  ];
  const wanted = new Set(columns);
  return candidates.some(
    (candidate) => candidate.length === wanted.size && candidate.every((name) => wanted.has(name)),
  );
}
