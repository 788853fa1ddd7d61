import { itemsOf, TABLE_CONSTRAINTS } from './sql/create-table';
import { wordOf } from './sql/tokens';

/** What SQLite does with a row that violates a constraint, where it is not the usual refusal. */
export interface ConflictClause {
  /** Column that the constraint is declared with; undefined for a constraint of the table. */
  column?: string;
  /** For example `UNIQUE ON CONFLICT IGNORE`. */
  text: string;
}

const CONSTRAINTS = new Set(['KEY', 'UNIQUE', 'NULL', 'CHECK']);

/**
 * The ON CONFLICT clauses of a CREATE TABLE, in order. ABORT, which is what SQLite does without a clause and what PostgreSQL does, is
 * left out (sqlite.org/lang_conflict.html).
 */
export function conflictClauses(sql: string): ConflictClause[] {
  return itemsOf(sql).flatMap((item) => {
    const first = wordOf(item[0]) ?? '';
    const column = item[0] !== undefined && !TABLE_CONSTRAINTS.has(first) ? item[0].text : undefined;
    return item.flatMap((_, at): ConflictClause[] => {
      const action = wordOf(item[at + 2]);
      if (wordOf(item[at]) !== 'ON' || wordOf(item[at + 1]) !== 'CONFLICT' || action === undefined) return [];
      if (action === 'ABORT') return [];
      const constraint = item.slice(0, at).findLast((token) => CONSTRAINTS.has(wordOf(token) ?? ''));
      const name = { KEY: 'PRIMARY KEY', NULL: 'NOT NULL' }[wordOf(constraint) ?? ''] ?? wordOf(constraint) ?? '';
      return [{ ...(column !== undefined && { column }), text: `${name} ON CONFLICT ${action}`.trim() }];
    });
  });
}
