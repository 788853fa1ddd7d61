import { asciiLower } from './ascii';
import type { Operand } from './operand';
import { refuse } from './untranslatable';

/** A column of a table, of a view or of a sub-select, as a SELECT sees it. */
export interface RelationColumn {
  /** As SQLite calls it. */
  name: string;
  /** As PostgreSQL calls it. */
  target: string;
  /** What is known of its values; `sql` is filled in where it is referred to. Absent: it is not moved. */
  operand?: SelectOperand;
}

/** An operand of a SELECT. Of values that mean something else in PostgreSQL it says in which type they are kept. */
export interface SelectOperand extends Operand {
  /** Of kind opaque: type and format. */
  keptAs?: string;
}

/** Something that a FROM clause can name. */
export interface Relation {
  /** As PostgreSQL calls it. */
  target: string;
  columns: readonly RelationColumn[];
  /** SQLite's name of the column that is the rowid. */
  rowid?: string | undefined;
  /** SQLite's names of the columns of its primary key in PostgreSQL. */
  primaryKey?: readonly string[] | undefined;
}

/** Finds what a name stands for. @throws Untranslatable */
export type FindRelation = (name: string) => Relation;

export function sameName(a: string, b: string): boolean {
  return asciiLower(a) === asciiLower(b);
}

/** The operand as a column of a relation: its value is no literal any more, and nothing of its collation is explicit. */
export function asColumn(value: SelectOperand): SelectOperand {
  const { constant: _, collation, ...operand } = value;
  return { ...operand, ...(collation && { collation: { name: collation.name, explicit: false } }), sql: '' };
}

/** @throws Untranslatable where rows are to be told apart by a value, and SQLite does so otherwise than PostgreSQL */
export function refuseUnlessDistinct(operand: SelectOperand, what: string): void {
  if (['opaque', 'json', 'numbers as text'].includes(operand.kind))
    refuse(`${what} values that mean something else in PostgreSQL`);
  if (operand.kind === 'text' && operand.collation !== undefined && operand.collation.name !== 'BINARY')
    refuse(`${what} texts by the collation ${operand.collation.name}`);
}
