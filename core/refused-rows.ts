import { textAt } from './row';
import type { RowView } from './row';
import type { FileRefusal } from './file-refusals';
import type { SourceTable } from './source';

/** Tells of each row whether it marks itself as unreadable, and why: documents of a file store that are none. */
export function rowRefusal(table: SourceTable): (row: RowView) => FileRefusal | undefined {
  const { refusals } = table;
  if (refusals === undefined) return () => undefined;
  const index = table.columns.findIndex(({ name }) => name === refusals.reason);
  return (row) => (row.serials[index] === 0 ? undefined : (textAt(row, index) as FileRefusal));
}
