import { SqlSyntaxError, tokensOf } from './sql/tokens';
import type { Token } from './sql/tokens';

/** What SQLite does with a row that violates a constraint, where it is not the usual refusal. */
export interface ConflictClause {
  /** Column that the constraint is declared with; undefined for a constraint of the table. */
  column?: string;
  /** For example `UNIQUE ON CONFLICT IGNORE`. */
  text: string;
}

const TABLE_CONSTRAINTS = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']);
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

function wordOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? token.word : undefined;
}

/** Tokens between the outermost parentheses, cut at the commas there. */
function itemsOf(sql: string): Token[][] {
  let tokens: Token[];
  try {
    tokens = tokensOf(sql);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return [];
    throw error;
  }
  const items: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.kind === 'operator' && token.text === ')') depth--;
    if (depth === 1 && token.kind === 'operator' && token.text === ',') items.push([]);
    else if (depth >= 1) items.at(-1)!.push(token);
    if (token.kind === 'operator' && token.text === '(') depth++;
  }
  return items;
}
