import type { TableDraft } from './draft-table';
import { parseType } from './mapping';
import { asciiLower } from './sql/ascii';
import type { Scope } from './sql/expression';
import { columnOperand } from './sql/operand';
import { quoteIdent } from './sql/quote';

/** What the names in a table's own expressions mean. `generated` says whether columns that are computed may be among them. */
export function tableScope({ table, columns }: TableDraft, utf8: boolean, { generated = true } = {}): Scope {
  const byName = new Map(columns.map((draft) => [asciiLower(draft.column.name), draft]));
  return {
    utf8,
    column: ({ table: qualifier, name }) => {
      if (qualifier !== undefined && asciiLower(qualifier) !== asciiLower(table.name)) return undefined;
      const key = asciiLower(name);
      const rowid = ['rowid', 'oid', '_rowid_'].includes(key) ? table.rowidAlias : undefined;
      const draft = byName.get(key) ?? (rowid === undefined ? undefined : byName.get(asciiLower(rowid)));
      if (draft === undefined || (!generated && draft.column.generated !== undefined)) return undefined;
      const { column, evidence, inference, target } = draft;
      return columnOperand({
        sql: quoteIdent(target),
        type: parseType(inference.type),
        format: inference.format,
        affinity: column.affinity,
        collation: column.collation,
        evidence,
      });
    },
  };
}
