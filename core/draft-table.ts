import { noEvidence } from './evidence';
import type { ColumnEvidence, TableEvidence } from './evidence';
import { inferColumn, narrowed } from './infer';
import type { Inference } from './infer';
import { parseType } from './mapping';
import { refusedBy } from './fits';
import type { NotCarried, PlanTable, WrittenColumn } from './plan';
import { Namespace, SYSTEM_COLUMNS } from './names';
import { isData } from './source';
import type { SourceColumn, SourceTable } from './source';

/** A table on its way into a plan. */
export interface TableDraft {
  table: SourceTable;
  evidence: TableEvidence;
  /** Name in the target. */
  target: string;
  given?: GivenTable;
  columns: ColumnDraft[];
}

/** What a plan says of a table already; the draft fills in the rest, or, where it is `whole`, only lets others refer to it. */
export interface GivenTable extends Pick<PlanTable, 'primaryKey' | 'unique' | 'indexes'> {
  whole: boolean;
  to?: string;
  columns: Readonly<Record<string, GivenColumn>>;
}

export interface GivenColumn extends Pick<WrittenColumn, 'to' | 'type' | 'format' | 'identity'> {
  whole: boolean;
}

export interface ColumnDraft {
  column: SourceColumn;
  given?: GivenColumn;
  /** Name in the target. */
  target: string;
  evidence: ColumnEvidence;
  /** Changes while foreign keys are aligned. */
  inference: Inference;
  /** What it was before it was narrowed. */
  wider?: Inference;
  identity: boolean;
}

/** Notes what the plan does not carry, or not as it was. */
export type Note = (object: string, kind: string, reason: string, sql?: string) => void;

export function noteInto(list: NotCarried[]): Note {
  return (object, kind, reason, sql) => list.push({ object, kind, reason, ...(sql !== undefined && { sql }) });
}

/** The one name that cannot be a key in a plan, since JavaScript makes something else of it. */
export const UNNAMEABLE = '__proto__';

/** Infers the columns of a table. Without evidence it is drafted as an empty one. */
export function draftColumns(
  table: SourceTable,
  evidence: TableEvidence | undefined,
  given?: GivenTable,
  narrow = false,
): Omit<TableDraft, 'target'> {
  const found =
    evidence ??
    noEvidence(
      table.name,
      table.columns.map(({ name }) => name),
    );
  const names = new Namespace(SYSTEM_COLUMNS);
  for (const { to } of Object.values(given?.columns ?? {})) if (to !== undefined) names.reserve(to);
  const columns = table.columns.flatMap((column, i): ColumnDraft[] => {
    if (column.name === UNNAMEABLE || !isData(table, column)) return [];
    const columnEvidence = found.columns[i]!;
    const said = ofName(given?.columns, column.name);
    const inferred = givenInference(said, column, columnEvidence) ?? inferColumn(column, columnEvidence);
    const narrower = narrow ? narrowed(inferred, columnEvidence) : undefined;
    const inference = narrower ?? inferred;
    const identity = said?.identity ?? (column.name === table.rowidAlias && inference.type === 'bigint');
    const target = said?.to ?? names.take(column.name);
    return [
      {
        column,
        target,
        evidence: columnEvidence,
        inference,
        identity,
        ...(narrower !== undefined && { wider: inferred }),
        ...(said !== undefined && { given: said }),
      },
    ];
  });
  return { table, evidence: found, columns, ...(given !== undefined && { given }) };
}

function givenInference(
  given: GivenColumn | undefined,
  column: SourceColumn,
  evidence: ColumnEvidence,
): Inference | undefined {
  if (given?.type === undefined) return undefined;
  const { type, format } = given;
  return {
    type,
    ...(format !== undefined && { format }),
    conversion: 'as the plan says',
    review: false,
    quarantines: refusedBy(parseType(type), format, evidence, column.affinity),
  };
}

/** The record's own member of this name, which may be any string. */
export function ofName<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The draft's column of this name. */
export function columnOf(draft: TableDraft, name: string): ColumnDraft | undefined {
  return draft.columns.find(({ column }) => column.name === name);
}

/** The beginning of a text that may be long. */
export function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** `table.column`. */
export function columnPath(table: SourceTable, column: SourceColumn): string {
  return `${table.name}.${column.name}`;
}
