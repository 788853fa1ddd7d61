import type { PlanColumn, PlanTable } from './plan';
import type { SourceColumn, SourceTable } from './source';

/** What of a planned table changes how its rows are read. */
export interface Shape {
  where?: PlanTable['where'];
  columns: Readonly<Record<string, Pick<PlanColumn, 'value'>>>;
}

/**
 * The source table as a plan shapes it: columns that SQLite computes stand behind its own, in the plan's order, and rows that do not
 * meet the condition are not read. A column that is computed instead of read stays among its own as well, for the quarantine to
 * show. The table itself where the plan takes it as it is.
 */
export function shapeTable(table: SourceTable, { where, columns }: Shape): SourceTable {
  const computed = Object.entries(columns).flatMap(([name, { value }]): SourceColumn[] =>
    // What an expression gives has no affinity: it is of the storage class that it is of.
    value === undefined ? [] : [{ name, declared: '', affinity: 'blob', notNull: false, value }],
  );
  if (where === undefined && computed.length === 0) return table;
  // Of a document that could not be read nobody knows whether it meets the condition.
  const unread = table.refusals === undefined ? '' : ` OR "${table.refusals.reason}" IS NOT NULL`;
  const condition = where === undefined || unread === '' ? where : `(${where})${unread}`;
  return { ...table, columns: [...table.columns, ...computed], ...(condition !== undefined && { where: condition }) };
}

/** Whether anything but the plain rows of a table is read. */
export function isShaped({ where, columns }: SourceTable): boolean {
  return where !== undefined || columns.some(({ value }) => value !== undefined);
}
