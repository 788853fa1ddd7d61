import { hasAggregate, isAggregate, parts } from './aggregates';
import type { Expression } from './ast';
import type { Translator } from './expression';
import { quoteIdent, unwrapped } from './quote';
import type { SelectScope } from './select-scope';
import { refuse } from './untranslatable';

/**
 * SQLite lets a grouped SELECT use columns that differ within a group, and takes them from some row. A column may be used
 * that is grouped by, or belongs to a table whose whole primary key is.
 */
export function refuseBare(
  expression: Expression,
  keys: readonly string[],
  scope: SelectScope,
  translator: Translator,
): void {
  if (expression.kind === 'call' && isAggregate(expression)) return;
  const pieces = parts(expression);
  const isSubselect =
    ['exists', 'subquery'].includes(expression.kind) ||
    (expression.kind === 'in' && !Array.isArray(expression.members));
  if (keys.length > 0 && !hasAggregate(expression) && !isLiteral(expression)) {
    if (keys.includes(unwrapped(translator.value(expression).sql))) return;
  }
  if (expression.kind === 'column' || isSubselect) {
    scope.onColumn = (sql, { alias, relation }) => {
      if (keys.includes(sql)) return;
      const key = relation.primaryKey?.map((name) => {
        const column = relation.columns.find((candidate) => candidate.name === name);
        return `${quoteIdent(alias)}.${quoteIdent(column?.target ?? name)}`;
      });
      if (key === undefined || !key.every((part) => keys.includes(part)))
        refuse(`a column (${sql}) beside an aggregate: SQLite takes it from some row`);
    };
    try {
      translator.value(expression);
    } finally {
      scope.onColumn = undefined;
    }
    return;
  }
  for (const piece of pieces) refuseBare(piece, keys, scope, translator);
}

function isLiteral({ kind }: Expression): boolean {
  return ['null', 'integer', 'real', 'text', 'blob'].includes(kind);
}
