import type { CallExpression, Expression } from './ast';
import { wide } from './arithmetic';
import { compare } from './compare';
import type { Translator } from './expression';
import { INT64, NULL, integerConstant } from './operand';
import type { Operand } from './operand';
import { unwrapped } from './quote';
import { unified, withoutCollate } from './unify';
import { refuse } from './untranslatable';

type Arguments = readonly Expression[];
type Call = (args: Arguments, translator: Translator) => Operand;

/** A scalar function of SQLite's. @throws Untranslatable */
export function callFunction(call: CallExpression, translator: Translator): Operand {
  const { name, args } = call;
  const plain = !call.distinct && call.orderBy.length === 0 && call.filter === undefined && call.over === undefined;
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]! : undefined;
  if (known === undefined || args === '*' || !plain) return refuse(`the function ${name}()`);
  const [least, most, translate] = known;
  if (args.length < least || args.length > most) return refuse(`${name}() with ${args.length} arguments`);
  return translate(args, translator);
}

const text = (sql: string): Operand => ({ sql, kind: 'text', storage: 'text' });
const integer = (sql: string): Operand => ({ sql, kind: 'integer', range: INT64, storage: 'integer' });

/** A function of texts that PostgreSQL has, too. */
function texts(result: (sql: string) => Operand, sqlName: string): Call {
  return (args, translator) =>
    result(`${sqlName}(${args.map((arg) => unwrapped(translator.text(arg).sql)).join(', ')})`);
}

/** A to Z only: that is what the collation "C" folds. */
function asciiCase(sqlName: 'lower' | 'upper'): Call {
  return ([arg], translator) => text(`${sqlName}(${translator.text(arg!).sql} COLLATE "C")`);
}

const abs: Call = ([arg], translator) => {
  const value = translator.number(arg!);
  const { sql, kind, range, storage, digits } = value;
  if (kind === 'null') return NULL;
  const result = {
    sql: `abs(${unwrapped(kind === 'integer' ? wide(value) : sql)})`,
    kind,
    ...(storage && { storage }),
    ...(digits && { digits }),
  };
  // SQLite leaves minus zero as it is.
  if (kind === 'real') return { ...result, sql: `(CASE WHEN ${sql} < 0 THEN - ${sql} ELSE ${sql} END)` };
  if (kind !== 'integer') return result;
  const [low, high] = range!;
  const most = -low > high ? -low : high;
  return { ...result, range: [0n, most > INT64[1] ? INT64[1] : most] };
};

const length: Call = ([arg], translator) => {
  const value = translator.value(arg!);
  if (value.kind === 'null') return NULL;
  const sql = value.kind === 'blob' ? value.sql : translator.text(arg!).sql;
  return { ...integer(`length(${unwrapped(sql)})`), range: [0n, 2n ** 31n - 1n] };
};

const substr: Call = ([arg, start, count], translator) => {
  const value = unwrapped(translator.text(arg!).sql);
  const from = translator.value(start!).constant;
  const many = count && translator.value(count).constant;
  if (typeof from !== 'bigint' || (count !== undefined && typeof many !== 'bigint'))
    return refuse('substr() with positions that are no literals');
  if (from > 2n ** 31n - 1n || from < -(2n ** 31n)) return refuse('substr() far beyond the text');
  if (many === undefined) return text(from >= 0n ? `substr(${value}, ${from})` : `right(${value}, ${-from})`);
  if (from < 0n || (many as bigint) < 0n || (many as bigint) > 2n ** 31n - 1n)
    return refuse('substr() that counts from the end');
  return text(`substr(${value}, ${from}, ${many as bigint})`);
};

const coalesce: Call = (args, translator) => {
  const { values, ...common } = unified(args.map((arg) => translator.value(arg)));
  return { ...common, sql: `coalesce(${values.map(unwrapped).join(', ')})` };
};

const nullif: Call = ([first, second], translator) => {
  // A function does not see what affinity its arguments have.
  const [value, other] = [first!, second!].map((arg) => {
    const { affinity: _, ...operand } = withoutCollate(translator.value(arg));
    return operand;
  }) as [Operand, Operand];
  const { collation: _, constant: __, ...plain } = value;
  const equal = compare('=', value, other, translator.scope).sql;
  return { ...plain, sql: `(CASE WHEN ${unwrapped(equal)} THEN NULL ELSE ${value.sql} END)` };
};

const iif: Call = ([condition, yes, no], translator) =>
  translator.value({
    kind: 'case',
    branches: [{ when: condition!, value: yes! }],
    ...(no && { otherwise: no }),
  });

/** Of several values; NULL when one is NULL, which PostgreSQL's own would pass over. */
function extreme(sqlName: 'least' | 'greatest'): Call {
  return (args, translator) => {
    const { values, ...common } = unified(args.map((arg) => translator.value(arg)));
    if (common.kind !== 'integer' && common.kind !== 'real') return refuse('min() or max() of what are no numbers');
    const isNull = args.map((_, i) => `${values[i]!} IS NULL`).join(' OR ');
    return { ...common, sql: `(CASE WHEN ${isNull} THEN NULL ELSE ${sqlName}(${values.join(', ')}) END)` };
  };
}

const typeOf: Call = ([arg], translator) => {
  const { sql, kind, storage } = translator.value(arg!);
  if (kind === 'null') return text(`'null'`);
  if (storage === undefined) return refuse('typeof() of values that may have several storage classes');
  return text(`(CASE WHEN ${sql} IS NULL THEN 'null' ELSE '${storage}' END)`);
};

const jsonValid: Call = ([arg], translator) => {
  const { sql, kind } = translator.value(arg!);
  if (kind !== 'json') return refuse('json_valid() of what is not json or jsonb in PostgreSQL');
  return { sql: `(${sql} IS NOT NULL OR NULL)`, kind: 'boolean', storage: 'integer' };
};

const hex: Call = ([arg], translator) => {
  const { sql, kind } = translator.value(arg!);
  return kind === 'blob' ? text(`coalesce(upper(encode(${sql}, 'hex')), '')`) : refuse('hex() of what is no blob');
};

const same: Call = ([arg], translator) => {
  const { affinity: _, collation: __, ...value } = withoutCollate(translator.value(arg!));
  return value;
};

const sign: Call = ([arg], translator) => {
  const value = translator.number(arg!);
  if (value.kind === 'null') return NULL;
  if (typeof value.constant === 'bigint')
    return integerConstant(value.constant === 0n ? 0n : value.constant < 0n ? -1n : 1n);
  return { ...integer(`sign(${unwrapped(value.sql)})::integer`), range: [-1n, 1n] };
};

/** Least and most arguments, then how a call becomes PostgreSQL's. */
const FUNCTIONS: Readonly<Record<string, readonly [number, number, Call]>> = {
  abs: [1, 1, abs],
  coalesce: [2, Infinity, coalesce],
  hex: [1, 1, hex],
  if: [2, 3, iif],
  ifnull: [2, 2, coalesce],
  iif: [2, 3, iif],
  instr: [2, 2, texts(integer, 'strpos')],
  json_valid: [1, 1, jsonValid],
  length: [1, 1, length],
  likelihood: [2, 2, same],
  likely: [1, 1, same],
  lower: [1, 1, asciiCase('lower')],
  ltrim: [1, 2, texts(text, 'ltrim')],
  max: [2, Infinity, extreme('greatest')],
  min: [2, Infinity, extreme('least')],
  nullif: [2, 2, nullif],
  replace: [3, 3, texts(text, 'replace')],
  rtrim: [1, 2, texts(text, 'rtrim')],
  sign: [1, 1, sign],
  substr: [2, 3, substr],
  substring: [2, 3, substr],
  trim: [1, 2, texts(text, 'btrim')],
  typeof: [1, 1, typeOf],
  unlikely: [1, 1, same],
  upper: [1, 1, asciiCase('upper')],
};
