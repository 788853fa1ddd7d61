import type { Affinity } from '../source';
import { asciiLower } from './ascii';
import { integerConstant, plainNumber, realConstant, textConstant } from './operand';
import type { Operand } from './operand';
import { quoteText } from './quote';
import { refuse } from './untranslatable';

export type Comparison = '=' | '<>' | 'is' | 'is not' | '<' | '<=' | '>' | '>=';

const SQL: Readonly<Record<Comparison, string>> = {
  '=': '=',
  '<>': '<>',
  is: 'IS NOT DISTINCT FROM',
  'is not': 'IS DISTINCT FROM',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const FLIPPED: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  is: 'is',
  'is not': 'is not',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export interface CompareOptions {
  /** Whether the source keeps text in UTF-8: in UTF-16 texts have another order. */
  utf8: boolean;
}

/** Both sides of a comparison as PostgreSQL is to compare them. */
interface Sides {
  left: string;
  right: string;
}

/**
 * Compares as SQLite does: the affinity of one side converts the other, and the collation of the left one decides
 * (sqlite.org/datatype3.html §4 and §7).
 * @throws Untranslatable
 */
export function compare(operator: Comparison, first: Operand, second: Operand, options: CompareOptions): Operand {
  const sql = comparisonSql(operator, first, second, options);
  return { sql, kind: 'boolean', storage: 'integer' };
}

function comparisonSql(operator: Comparison, first: Operand, second: Operand, options: CompareOptions): string {
  const isNull = operator === 'is' || operator === 'is not';
  if (second.kind === 'null' || first.kind === 'null') {
    if (!isNull) return 'NULL::boolean';
    const [other] = second.kind === 'null' ? [first] : [second];
    if (other!.kind === 'null') return operator === 'is' ? 'true' : 'false';
    return `(${other!.sql} ${operator === 'is' ? 'IS NULL' : 'IS NOT NULL'})`;
  }
  const [left, right] = withAffinities(first, second);
  if (left.constant !== undefined && right.constant === undefined)
    return againstConstant(FLIPPED[operator], right, left, first, second, options);
  if (right.constant !== undefined) return againstConstant(operator, left, right, first, second, options);
  return joined(operator, sides(operator, left, right, collationOf(first, second), options));
}

function joined(operator: Comparison, { left, right }: Sides): string {
  return `(${left} ${SQL[operator]} ${right})`;
}

/** Where one side is a literal there is more to say. `first` and `second` are the sides as they stood. */
function againstConstant(
  operator: Comparison,
  value: Operand,
  constant: Operand,
  first: Operand,
  second: Operand,
  options: CompareOptions,
): string {
  if (value.kind === 'boolean' && (constant.constant === 0n || constant.constant === 1n)) {
    const isOne = constant.constant === 1n;
    if (operator === '=' || operator === '<>') return (operator === '=') === isOne ? value.sql : `(NOT ${value.sql})`;
    if (operator === 'is' || operator === 'is not')
      return `(${value.sql} ${operator === 'is' ? 'IS' : 'IS NOT'} ${isOne ? 'TRUE' : 'FALSE'})`;
  }
  if (value.kind === 'numbers as text') return numbersAsText(operator, value, constant, collationOf(first, second));
  return joined(operator, sides(operator, value, constant, collationOf(first, second), options));
}

/** The collation that decides: one that is asked for, then that of the left side. */
function collationOf(left: Operand, right: Operand): string {
  const found =
    [left, right].find((side) => side.collation?.explicit) ??
    [left, right].find((side) => side.collation !== undefined);
  return found?.collation?.name ?? 'BINARY';
}

const NUMERIC: readonly (Affinity | undefined)[] = ['integer', 'real', 'numeric'];

function withAffinities(left: Operand, right: Operand): [Operand, Operand] {
  if (NUMERIC.includes(left.affinity) || NUMERIC.includes(right.affinity)) return [toNumber(left), toNumber(right)];
  if (left.affinity === 'text' && right.affinity === undefined) return [left, toText(right)];
  if (right.affinity === 'text' && left.affinity === undefined) return [toText(left), right];
  return [left, right];
}

/** With numeric affinity: a text that looks like a number becomes one. */
export function toNumber(operand: Operand): Operand {
  if (operand.kind !== 'text') return operand;
  if (typeof operand.constant !== 'string')
    return refuse('SQLite turns a text into a number, where it looks like one, to compare it');
  return numberOfText(operand.constant) ?? operand;
}

/** The number that numeric affinity makes of a text; undefined where it stays a text. */
export function numberOfText(text: string): Operand | undefined {
  const trimmed = text.replace(/^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/g, '');
  if (/^[+-]?\d+$/.test(trimmed)) {
    const value = BigInt(trimmed.replace(/^\+/, ''));
    return BigInt.asIntN(64, value) === value ? integerConstant(value) : realConstant(Number(trimmed));
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isSafeInteger(value) ? integerConstant(BigInt(value)) : realConstant(value);
}

function toText(operand: Operand): Operand {
  if (operand.kind === 'integer' && operand.constant !== undefined) return textConstant(String(operand.constant));
  if (operand.kind === 'integer') return { sql: `${operand.sql}::text`, kind: 'text', storage: 'text' };
  if (operand.kind === 'boolean') return { sql: `${operand.sql}::integer::text`, kind: 'text', storage: 'text' };
  if (operand.kind === 'real' || operand.kind === 'double' || operand.kind === 'number')
    return refuse('SQLite writes a number as text, in its own way, to compare it');
  return operand;
}

function sides(operator: Comparison, left: Operand, right: Operand, collation: string, options: CompareOptions): Sides {
  if (left.kind === 'text' && right.kind === 'text') return texts(operator, left, right, collation, options);
  if (left.kind === 'boolean' && right.kind === 'boolean') return { left: left.sql, right: right.sql };
  const a = left.kind === 'boolean' ? booleanAsInteger(left) : left;
  const b = right.kind === 'boolean' ? booleanAsInteger(right) : right;
  if (a.kind === 'integer' && b.kind === 'integer') return { left: a.sql, right: b.sql };
  if (isNumber(a) && isNumber(b)) return numbers(a, b);
  if (a.kind === 'blob' && b.kind === 'blob') return { left: a.sql, right: b.sql };
  if (a.kind === 'date' && b.kind === 'date') return { left: a.sql, right: b.sql };
  if (a.kind === 'date' && typeof b.constant === 'string' && isDate(b.constant))
    return { left: a.sql, right: `${quoteText(b.constant)}::date` };
  return refuse(`SQLite’s comparison of ${nameOf(a)} with ${nameOf(b)} has no equal`);
}

function nameOf({ kind }: Operand): string {
  if (kind === 'opaque') return 'a value that has another type in PostgreSQL';
  return { json: 'JSON', date: 'a date', double: 'a number', boolean: 'a boolean' }[kind as string] ?? `a ${kind}`;
}

export function booleanAsInteger(operand: Operand): Operand {
  return { sql: `${operand.sql}::integer`, kind: 'integer', range: [0n, 1n], storage: 'integer' };
}

function isNumber({ kind }: Operand): boolean {
  return kind === 'integer' || kind === 'real' || kind === 'double' || kind === 'number';
}

/** SQLite compares integers with doubles by their exact values; PostgreSQL would make doubles of both. */
function numbers(a: Operand, b: Operand): Sides {
  if (b.constant === undefined && a.constant !== undefined) {
    const { left, right } = numbers(b, a);
    return { left: right, right: left };
  }
  const doubles = (operand: Operand) => operand.kind === 'real' || operand.kind === 'double';
  if (typeof b.constant === 'number') {
    if (doubles(a)) return { left: a.sql, right: b.sql };
    if (Number.isFinite(b.constant)) return { left: a.sql, right: `${plainNumber(b.constant)}::numeric` };
    return refuse('a comparison with infinity');
  }
  if (doubles(a) && doubles(b)) return { left: a.sql, right: b.sql };
  if (doubles(a) !== doubles(b)) {
    const [double, other] = doubles(a) ? [a, b] : [b, a];
    if (other.digits !== undefined && other.digits[0] + other.digits[1] <= 15) {
      const cast = `${other.sql}::double precision`;
      return doubles(a) ? { left: a.sql, right: cast } : { left: cast, right: b.sql };
    }
    const [least, most] = other.range ?? [undefined, undefined];
    if (least === undefined || least < -(2n ** 53n) || most > 2n ** 53n)
      return refuse(`a comparison of a ${double.kind} with numbers that a double does not hold exactly`);
  }
  return { left: a.sql, right: b.sql };
}

function texts(
  operator: Comparison,
  left: Operand,
  right: Operand,
  collation: string,
  { utf8 }: CompareOptions,
): Sides {
  const isOrder = !['=', '<>', 'is', 'is not'].includes(operator);
  if (isOrder && !utf8 && collation !== 'NOCASE') return refuse('the order of texts in a UTF-16 file');
  const key = (operand: Operand) => collationKey(operand, collation);
  const [a, b] = [key(left), key(right)];
  // lower() is by the collation "C" already, and so is what is compared with it.
  return isOrder && collation !== 'NOCASE' ? { left: `(${a} COLLATE "C")`, right: b } : { left: a, right: b };
}

/** What two texts have in common, byte for byte, when they are equal by the collation. */
export function collationKey(operand: Operand, collation: string): string {
  const { sql, constant } = operand;
  switch (collation) {
    case 'BINARY':
      return sql;
    case 'NOCASE':
      return typeof constant === 'string' ? quoteText(asciiLower(constant)) : `lower(${sql} COLLATE "C")`;
    case 'RTRIM':
      return typeof constant === 'string' ? quoteText(constant.replace(/ +$/, '')) : `rtrim(${sql})`;
    default:
      return refuse(`the collation ${collation} is the application’s own`);
  }
}

/** Numbers sort before texts, and no text in the column looks like a number. */
function numbersAsText(operator: Comparison, value: Operand, constant: Operand, collation: string): string {
  const isNumeric = `${value.sql} ~* '^ *[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]{1,3})? *$'`;
  if (typeof constant.constant === 'string') {
    if ((operator !== '=' && operator !== '<>') || numberOfText(constant.constant) !== undefined)
      return refuse('a comparison of numbers and texts with a text');
    return joined(operator, texts(operator, { ...value, kind: 'text' }, constant, collation, { utf8: true }));
  }
  if (typeof constant.constant === 'number' && !Number.isFinite(constant.constant))
    return refuse('a comparison with infinity');
  const number = typeof constant.constant === 'number' ? `${plainNumber(constant.constant)}::numeric` : constant.sql;
  const ofTexts = { '=': false, '<>': true, is: false, 'is not': true, '<': false, '<=': false, '>': true, '>=': true };
  const ofNull = operator === 'is' ? 'false' : operator === 'is not' ? 'true' : `NULL::boolean`;
  return (
    `(CASE WHEN ${value.sql} IS NULL THEN ${ofNull} WHEN ${isNumeric} ` +
    `THEN ${value.sql}::numeric ${SQL[operator]} ${number} ELSE ${ofTexts[operator]} END)`
  );
}

/** A day of the calendar as the codec of `date` takes it. */
function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (parts === null || parts[1] === '0000') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
