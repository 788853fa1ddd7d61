import type { Expression, OrderTerm, Select } from './ast';
import { Translator } from './expression';
import { unwrapped } from './quote';
import { sameName } from './relations';
import type { RelationColumn, SelectOperand } from './relations';
import { refuseBare } from './select-groups';
import type { Part } from './select-part';
import { refuse } from './untranslatable';

/** LIMIT and OFFSET. */
export function limitSql(limit: Expression | undefined, offset: Expression | undefined): string {
  const number = (expression: Expression | undefined): bigint | undefined => {
    if (expression === undefined) return undefined;
    if (expression.kind === 'integer') return expression.value;
    if (expression.kind === 'unary' && expression.operator === '-' && expression.operand.kind === 'integer')
      return -expression.operand.value;
    return refuse('a LIMIT that is no literal');
  };
  const most = number(limit);
  const skip = number(offset);
  return `${most === undefined || most < 0n ? '' : `\nLIMIT ${most}`}${skip === undefined || skip <= 0n ? '' : `\nOFFSET ${skip}`}`;
}

/** ORDER BY; `decides` as in `ordered`. */
export function orderSql(
  terms: readonly OrderTerm[],
  select: Select,
  parts: readonly Part[],
  { columns }: { columns: RelationColumn[] },
  decides: boolean,
  utf8: boolean,
): string {
  const [part] = parts;
  const core = select.parts[0]!;
  const list = terms.flatMap(({ expression, descending, nulls }) => {
    const first = nulls ?? (descending ? 'last' : 'first');
    const suffix = `${descending ? ' DESC' : ''} NULLS ${first.toUpperCase()}`;
    const position = positionOf(expression, part!, columns);
    if (position !== undefined) {
      const operand =
        part!.values === undefined && parts.length === 1
          ? part!.results[position]!.operand
          : columns[position]!.operand!;
      // By number, where the text needs no other collation.
      const needsCollation = operand.kind === 'text';
      const plain = parts.length > 1 || part!.distinct;
      if (needsCollation && plain)
        return decides ? refuse('an order of texts over a compound SELECT or DISTINCT') : [`${position + 1}${suffix}`];
      const sql = needsCollation ? ordered(operand, decides, utf8) : String(position + 1);
      if (!needsCollation) ordered(operand, decides, utf8);
      return [`${sql}${suffix}`];
    }
    if (parts.length > 1 || part!.distinct || core.kind === 'values') return refuse('an ORDER BY of what is no result');
    const translator = new Translator(part!.scope);
    if (part!.grouped) refuseBare(expression, part!.keys, part!.scope, translator);
    const operand: SelectOperand = translator.value(expression);
    if (operand.constant !== undefined || operand.kind === 'null') return [];
    return [`${ordered(operand, decides, utf8)}${suffix}`];
  });
  return list.length === 0 ? '' : `\nORDER BY ${list.join(', ')}`;
}

/** Which result an ORDER BY term means: by its number, by its name, or by being the same expression. */
function positionOf(expression: Expression, part: Part, columns: readonly RelationColumn[]): number | undefined {
  if (expression.kind === 'integer') {
    const position = Number(expression.value) - 1;
    return position >= 0 && position < columns.length
      ? position
      : refuse('an ORDER BY of a number that counts no result');
  }
  if (expression.kind !== 'column' || expression.table !== undefined) return undefined;
  const named = part.results.findIndex(({ name }) => sameName(name, expression.name));
  return named < 0 ? undefined : named;
}

/** An expression to order by. `decides`: which rows there are depends on it, so that it must be the very same order. */
function ordered(operand: SelectOperand, decides: boolean, utf8: boolean): string {
  const { sql, kind, collation } = operand;
  switch (kind) {
    case 'text': {
      if (!utf8 && decides) return refuse('the order of texts in a UTF-16 file');
      const name = collation?.name ?? 'BINARY';
      if (name === 'NOCASE') return `lower(${unwrapped(sql)} COLLATE "C")`;
      if (name !== 'BINARY' && decides) return refuse(`an order by the collation ${name}`);
      return `${sql} COLLATE "C"`;
    }
    case 'boolean':
    case 'integer':
    case 'real':
    case 'double':
    case 'number':
    case 'date':
    case 'blob':
      return unwrapped(sql);
    case 'opaque':
      if (!decides || operand.keptAs?.startsWith('timestamp') === true) return unwrapped(sql);
  }
  return refuse('an order of values that mean something else in PostgreSQL');
}
