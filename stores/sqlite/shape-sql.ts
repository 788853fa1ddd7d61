import type { SourceColumn } from '../../core/source';
import { quoteName } from './names';

/** SQL of shaped tables, for import's reader. Expressions of a plan stand in parentheses, and a comment in them ends with its line. */

/** The cell of a column: itself, or what the plan has SQLite compute. */
export function cellSql({ name, value }: SourceColumn): string {
  return value === undefined ? quoteName(name) : `(${value}\n)`;
}

/**
 * The condition of a plan. Hidden in a CASE, since SQLite would otherwise choose an index by it, and rows would come in another
 * order.
 */
export function conditionSql(where: string): string {
  return `CASE WHEN (${where}\n) THEN 1 END`;
}
