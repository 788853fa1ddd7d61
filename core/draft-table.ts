import { noEvidence } from './evidence';
import type { ColumnEvidence, TableEvidence } from './evidence';
import { inferColumn } from './infer';
import type { Inference } from './infer';
import type { NotCarried } from './plan';
import type { SourceColumn, SourceTable } from './source';

/** A table on its way into a plan. */
export interface TableDraft {
  table: SourceTable;
  evidence: TableEvidence;
  /** Name in the target. */
  target: string;
  columns: ColumnDraft[];
}

export interface ColumnDraft {
  column: SourceColumn;
  evidence: ColumnEvidence;
  /** Changes while foreign keys are aligned. */
  inference: Inference;
  identity: boolean;
}

/** Notes what the plan does not carry, or not as it was. */
export type Note = (object: string, kind: string, reason: string) => void;

export function noteInto(list: NotCarried[]): Note {
  return (object, kind, reason) => list.push({ object, kind, reason });
}

/** The one name that cannot be a key in a plan, since JavaScript makes something else of it. */
export const UNNAMEABLE = '__proto__';

/** Infers the columns of a table. Without evidence it is drafted as an empty one. */
export function draftColumns(table: SourceTable, evidence: TableEvidence | undefined): Omit<TableDraft, 'target'> {
  const found =
    evidence ??
    noEvidence(
      table.name,
      table.columns.map(({ name }) => name),
    );
  const columns = table.columns.flatMap((column, i): ColumnDraft[] => {
    if (column.name === UNNAMEABLE) return [];
    const columnEvidence = found.columns[i]!;
    const inference = inferColumn(column, columnEvidence);
    const identity = column.name === table.rowidAlias && inference.type === 'bigint';
    return [{ column, evidence: columnEvidence, inference, identity }];
  });
  return { table, evidence: found, columns };
}

/** The draft's column of this name. */
export function columnOf(draft: TableDraft, name: string): ColumnDraft | undefined {
  return draft.columns.find(({ column }) => column.name === name);
}

/** `table.column`. */
export function columnPath(table: SourceTable, column: SourceColumn): string {
  return `${table.name}.${column.name}`;
}
