import type { ColumnDraft, TableDraft } from './draft-table';
import type { TableEvidence } from './evidence';
import { describeEvidence, plural } from './evidence-text';

/** What a written plan says besides the plan. By source, then by table name. */
export type PlanComments = Record<string, Record<string, TableComments>>;

export interface TableComments {
  /** For example `1,000 rows`. */
  summary: string;
  columns: Record<string, ColumnComments>;
}

export interface ColumnComments {
  /** What the source holds, in one line. */
  evidence: string;
  /** What the type was chosen by: `as declared`, `widened: 3 texts among 1,000 integers`. */
  conversion?: string;
  /** Why a person should look at it. */
  review?: string;
}

/** What the source holds of a table and its columns, and why the plan has them so. */
export function commentsOf(draft: TableDraft): TableComments {
  return {
    summary: [plural(draft.evidence.rows, 'row'), ...refusedIn(draft.evidence)].join('; '),
    columns: Object.fromEntries(draft.columns.map((column) => [column.column.name, columnComments(column)])),
  };
}

function columnComments({ column, evidence, inference }: ColumnDraft): ColumnComments {
  const { conversion, suggestion, review } = inference;
  const reasons = [conversion, ...(suggestion === undefined ? [] : [suggestion])];
  const found = describeEvidence(column.declared, evidence);
  const line = column.note === undefined ? found : `${found}; ${column.note}`;
  if (!review)
    return {
      conversion,
      evidence: [line, ...reasons.filter((reason) => reason !== 'as declared' && !reason.endsWith('no values'))].join(
        '; ',
      ),
    };
  // Of numbers alone the range has said enough.
  const samples =
    evidence.texts.count + evidence.blobs.count === 0 ? [] : evidence.samples.map(({ at, value }) => `${at}: ${value}`);
  return {
    conversion,
    evidence: line,
    review: [...reasons, ...(samples.length === 0 ? [] : [`see ${samples.join(', ')}`])].join('; '),
  };
}

/** What goes to the quarantine whatever the plan says. */
function refusedIn({ refused = {} }: TableEvidence): string[] {
  return Object.entries(refused).map(([reason, rows]) => `${rows.toLocaleString('en-US')} cannot be read: ${reason}`);
}
