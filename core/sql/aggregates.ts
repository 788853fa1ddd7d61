import type { CallExpression, Expression } from './ast';
import type { Translator } from './expression';
import { INT64 } from './operand';
import { unwrapped } from './quote';
import { refuseUnlessDistinct } from './relations';
import type { SelectOperand } from './relations';
import { refuse } from './untranslatable';

const NAMES = new Set([
  'avg',
  'count',
  'group_concat',
  'json_group_array',
  'json_group_object',
  'max',
  'min',
  'string_agg',
  'sum',
  'total',
]);

/** Whether a call is one of an aggregate: min() and max() are, of one argument. */
export function isAggregate({ name, args, over }: CallExpression): boolean {
  if (over !== undefined || !NAMES.has(name)) return false;
  return (name !== 'min' && name !== 'max') || (args !== '*' && args.length === 1);
}

/** @throws Untranslatable */
export function aggregate(call: CallExpression, translator: Translator): SelectOperand {
  const { name, args, distinct, orderBy } = call;
  if (orderBy.length > 0) return refuse(`${name}() with an order`);
  const filter = call.filter === undefined ? '' : ` FILTER (WHERE ${unwrapped(translator.condition(call.filter))})`;
  const count = (sql: string): SelectOperand => ({
    sql: `count(${sql})${filter}`,
    kind: 'integer',
    range: [0n, INT64[1]],
    storage: 'integer',
  });
  if (name === 'count' && (args === '*' || args.length === 0)) return count('*');
  if (args === '*' || args.length !== 1)
    return refuse(name === 'group_concat' || name === 'string_agg' ? GROUP_CONCAT : `${name}() with these arguments`);
  const value: SelectOperand = translator.value(args[0]!);
  if (distinct) refuseUnlessDistinct(value, 'to tell apart');
  const all = distinct ? 'DISTINCT ' : '';
  if (name === 'count') return count(all + unwrapped(value.sql));
  if (name === 'min' || name === 'max') return extreme(name, value, filter);
  if (name === 'group_concat' || name === 'string_agg') return refuse(GROUP_CONCAT);
  const { kind, sql } = value;
  if (!['integer', 'boolean', 'real', 'double', 'number'].includes(kind))
    return refuse(`${name}() of what is no number in PostgreSQL, which SQLite makes one of`);
  const argument = `${all}${unwrapped(kind === 'boolean' ? `${sql}::integer` : sql)}`;
  const isInteger = kind === 'integer' || kind === 'boolean';
  const sum = `sum(${argument})${filter}`;
  if (name === 'total') return { sql: `coalesce((${sum})::double precision, 0)`, kind: 'real', storage: 'real' };
  if (name === 'avg')
    return {
      sql: `((${sum})::double precision / count(${argument})${filter})`,
      kind: 'real',
      storage: 'real',
    };
  if (name !== 'sum') return refuse(`the function ${name}()`);
  if (isInteger) return { sql: `(${sum})::bigint`, kind: 'integer', range: INT64, storage: 'integer' };
  return { sql: sum, kind, ...(value.storage && { storage: value.storage }) };
}

const GROUP_CONCAT = 'group_concat(), whose order of values SQLite leaves open';

function extreme(name: 'min' | 'max', value: SelectOperand, filter: string): SelectOperand {
  const { affinity: _, constant: __, ...rest } = value;
  switch (value.kind) {
    case 'boolean':
      return {
        sql: `${name}(${value.sql}::integer)${filter}`,
        kind: 'integer',
        range: [0n, 1n],
        storage: 'integer',
      };
    case 'text':
      if (value.collation !== undefined && value.collation.name !== 'BINARY')
        return refuse(`${name}() by the collation ${value.collation.name}`);
      return { ...rest, sql: `${name}(${unwrapped(value.sql)} COLLATE "C")${filter}` };
    case 'opaque':
      if (value.keptAs?.startsWith('timestamp') !== true) break;
      return { ...rest, sql: `${name}(${value.sql})${filter}` };
    case 'integer':
    case 'real':
    case 'double':
    case 'number':
    case 'date':
      return { ...rest, sql: `${name}(${unwrapped(value.sql)})${filter}` };
  }
  return refuse(`${name}() of what has another order in PostgreSQL`);
}

/** Whether an expression holds an aggregate of this SELECT's; those in sub-selects are theirs. */
export function hasAggregate(expression: Expression): boolean {
  return (expression.kind === 'call' && isAggregate(expression)) || parts(expression).some(hasAggregate);
}

/** The expressions that an expression is made of, without sub-selects. */
export function parts(expression: Expression): Expression[] {
  switch (expression.kind) {
    case 'unary':
    case 'collate':
    case 'cast':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'like':
      return [expression.operand, expression.pattern, ...(expression.escape ? [expression.escape] : [])];
    case 'between':
      return [expression.operand, expression.low, expression.high];
    case 'in':
      return [expression.operand, ...(Array.isArray(expression.members) ? expression.members : [])];
    case 'case':
      return [
        ...(expression.operand ? [expression.operand] : []),
        ...expression.branches.flatMap(({ when, value }) => [when, value]),
        ...(expression.otherwise ? [expression.otherwise] : []),
      ];
    case 'call':
      return [...(expression.args === '*' ? [] : expression.args), ...(expression.filter ? [expression.filter] : [])];
    case 'row':
      return expression.items;
    default:
      return [];
  }
}
