import { ColumnCensus } from './column-census';
import type { TableEvidence } from './evidence';
import { rowRefusal } from './refused-rows';
import type { RowView } from './row';
import type { SourceTable } from './source';

/**
 * Counts what the cells of a table are, in one pass. Looks at bytes and makes no value of a cell that cannot matter, since
 * it has to keep up with the page reader.
 */
export class TableCensus {
  readonly #table: SourceTable;
  readonly #columns: ColumnCensus[];
  readonly #refusal: (row: RowView) => string | undefined;
  readonly #refused = new Map<string, number>();
  #rows = 0;

  constructor(table: SourceTable) {
    this.#table = table;
    this.#refusal = rowRefusal(table);
    const key = table.primaryKey.map((name) => table.columns.findIndex((column) => column.name === name));
    this.#columns = table.columns.map((column, index) => new ColumnCensus(column, index, key));
  }

  /** Takes in one row. The view may be reused afterwards. */
  add(row: RowView): void {
    this.#rows += 1;
    const refusal = this.#refusal(row);
    if (refusal !== undefined) {
      // What it holds says nothing of the others.
      this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
      return;
    }
    const columns = this.#columns;
    for (let i = 0; i < columns.length; i++) columns[i]!.add(row);
  }

  /** What was found so far. */
  result(): TableEvidence {
    return {
      table: this.#table.name,
      rows: this.#rows,
      ...(this.#refused.size > 0 && {
        refused: Object.fromEntries([...this.#refused].sort(([a], [b]) => (a < b ? -1 : 1))),
      }),
      columns: this.#columns.map((column) => column.result()),
    };
  }
}
