import { columnPath, shorten } from './draft-table';
import type { ColumnDraft, Note, TableDraft } from './draft-table';
import { tableScope } from './draft-scope';
import { parseType } from './mapping';
import { coerced } from './sql/coerce';
import { readCreateTable } from './sql/create-table';
import { translateValue } from './sql/expression';

/**
 * The expression by which PostgreSQL computes a generated column; undefined where it cannot, which is noted: then the values are
 * moved. PostgreSQL 14 to 17 know stored ones only, and none knows one that depends on another.
 */
export function draftGenerated(draft: TableDraft, column: ColumnDraft, utf8: boolean, note: Note): string | undefined {
  const { table } = draft;
  const path = columnPath(table, column.column);
  const { inference, column: source } = column;
  const sql = readCreateTable(table.sql).generated.find((one) => one.column === source.name)?.sql;
  const moved = (reason: string) => {
    const text = sql === undefined ? 'the expression' : shorten(sql.replace(/\s+/g, ' '));
    note(path, 'generated column', `its values are moved; ${text} (${source.generated}) is not: ${reason}`, sql);
    return undefined;
  };
  if (sql === undefined) return moved('it cannot be read');
  if (inference.quarantines > 0) return moved(`not all values are ${inference.type}`);
  const result = translateValue(sql, tableScope(draft, utf8, { generated: false }));
  if ('reason' in result) {
    const dependsOnOther = !('reason' in translateValue(sql, tableScope(draft, utf8)));
    return moved(dependsOnOther ? 'it depends on another generated column' : result.reason);
  }
  const value = coerced(result.operand, parseType(inference.type), inference.format, source.affinity);
  if (value === undefined) return moved(`PostgreSQL would not make ${inference.type} of it in the same way`);
  if (result.caveats.length > 0 && isBeyond(column, result.operand.kind))
    return moved('PostgreSQL would refuse rows whose results are beyond its range');
  for (const caveat of result.caveats) note(path, 'calculation', caveat);
  // Affinity takes its sign from minus zero.
  return result.operand.kind === 'real' && source.affinity !== 'blob' ? `${value} + 0` : value;
}

/** Whether SQLite went on where PostgreSQL stops: with infinities, or with rounded numbers instead of integers. */
function isBeyond({ evidence: { reals } }: ColumnDraft, kind: string): boolean {
  return reals.nonFinite > 0 || (kind === 'integer' && reals.count > 0);
}
