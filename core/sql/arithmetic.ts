import type { BinaryOperator } from './ast';
import { INT64, NULL, integerConstant, realConstant } from './operand';
import type { Operand } from './operand';
import { refuse } from './untranslatable';

type Range = readonly [bigint, bigint];

/** What PostgreSQL does at the ends of a type's range and SQLite does not; whoever uses the SQL passes it on. */
const REAL_CAVEAT =
  'where a result is beyond the range of double precision, PostgreSQL raises an error and SQLite goes on with infinity or zero';
const INTEGER_CAVEAT =
  'where a result has more than 64 bits, PostgreSQL raises an error and SQLite goes on with a rounded number';

/** Calculates with two integers. */
export function integerOperation(
  operator: BinaryOperator | '~',
  left: Operand,
  right: Operand,
  caveats: Set<string>,
): Operand {
  const a = left.range!;
  const b = right.range!;
  switch (operator) {
    case '+':
      return exact(operator, left, right, caveats, [a[0] + b[0], a[1] + b[1]]);
    case '-':
      return exact(operator, left, right, caveats, [a[0] - b[1], a[1] - b[0]]);
    case '*': {
      const products = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]];
      return exact(operator, left, right, caveats, [least(products), most(products)]);
    }
    case '/':
      return quotient(left, right, caveats);
    case '%':
      if (right.constant === 0n) return NULL;
      // PostgreSQL, too, rounds towards zero and gives the rest the sign of the left side.
      return integer(`(${wide(left)} % ${notZero(right)})`, [a[0] < 0n ? a[0] : 0n, a[1] > 0n ? a[1] : 0n]);
    case '&':
    case '|':
      return integer(`(${wide(left)} ${operator} ${wide(right)})`, INT64);
    case '~':
      return integer(`(~${wide(left)})`, [-a[1] - 1n, -a[0] - 1n]);
    case '<<':
    case '>>': {
      const bits = right.constant;
      if (typeof bits !== 'bigint' || bits < 0n || bits > 63n)
        return refuse('a shift by what is no literal from 0 to 63');
      return integer(`(${wide(left)} ${operator} ${bits})`, INT64);
    }
    default:
      return refuse(`the operator ${operator}`);
  }
}

function integer(sql: string, range: Range): Operand {
  return { sql, kind: 'integer', range, storage: 'integer' };
}

/** In 64 bits, so that PostgreSQL does not stop at 32. */
export function wide({ sql, constant, range }: Operand): string {
  if (constant !== undefined) return `${sql}${sql.endsWith('::bigint') ? '' : '::bigint'}`;
  return range![0] >= -(2n ** 31n) && range![1] < 2n ** 31n ? `${sql}::bigint` : sql;
}

function exact(operator: '+' | '-' | '*', left: Operand, right: Operand, caveats: Set<string>, range: Range): Operand {
  if (left.constant !== undefined && right.constant !== undefined && range[0] >= INT64[0] && range[1] <= INT64[1])
    return integerConstant(range[0]);
  // One literal next to a wide value is read as wide as that.
  const [a, b] =
    left.constant !== undefined && isSmall(left)
      ? [left.sql, wide(right)]
      : right.constant !== undefined && isSmall(right)
        ? [wide(left), right.sql]
        : [wide(left), wide(right)];
  return integer(`(${a} ${operator} ${b})`, within(range, caveats));
}

/** The range as far as 64 bits go. */
function within([low, high]: Range, caveats: Set<string>): Range {
  if (low < INT64[0] || high > INT64[1]) caveats.add(INTEGER_CAVEAT);
  return [low < INT64[0] ? INT64[0] : low, high > INT64[1] ? INT64[1] : high];
}

function isSmall({ range }: Operand): boolean {
  return range![0] >= -(2n ** 31n) && range![1] < 2n ** 31n;
}

function quotient(left: Operand, right: Operand, caveats: Set<string>): Operand {
  if (right.constant === 0n) return NULL;
  const [low, high] = left.range!;
  const largest = -low > high ? -low : high;
  const isBelow = right.range![0] < 0n;
  // Only -2^63 / -1 needs more than 64 bits.
  if (low === INT64[0] && isBelow && right.range![1] >= -1n) caveats.add(INTEGER_CAVEAT);
  const range = isBelow ? ([-largest, largest] as const) : ([low, high] as const);
  return integer(`(${wide(left)} / ${notZero(right)})`, within(range, new Set()));
}

function notZero(operand: Operand): string {
  const [low, high] = operand.range ?? [-1n, 1n];
  return low > 0n || high < 0n ? operand.sql : `nullif(${operand.sql}, 0)`;
}

/** `-x`. */
export function negated(operand: Operand, caveats: Set<string>): Operand {
  if (operand.kind === 'null') return NULL;
  if (typeof operand.constant === 'number') return realConstant(-operand.constant);
  if (typeof operand.constant === 'bigint' && operand.constant !== INT64[0]) return integerConstant(-operand.constant);
  const { kind, sql, storage, range, digits } = operand;
  if (kind === 'integer') return integer(`(- ${wide(operand)})`, within([-range![1], -range![0]], caveats));
  if (kind === 'number' && (digits === undefined || digits[0] > 18)) return refuse('the negative of what may be -2^63');
  // So does SQLite, where minus zero is zero.
  return { sql: `(0 - ${sql})`, kind, ...(storage && { storage }), ...(digits && { digits }) };
}

/** Calculates with doubles. Infinity minus infinity is NULL in SQLite. */
export function realOperation(operator: BinaryOperator, left: Operand, right: Operand, caveats: Set<string>): Operand {
  if (operator !== '+' && operator !== '-' && operator !== '*')
    return refuse(`the operator ${operator} with what is no integer`);
  if (left.kind === 'real' || right.kind === 'real') {
    caveats.add(REAL_CAVEAT);
    return real(`${asDouble(left)} ${operator} ${asDouble(right)}`);
  }
  // Integers and reals together: doubles say the same while no integer needs more than their 53 bits.
  const digits = [...places(left), ...places(right)];
  const whole = operator === '*' ? digits[0]! + digits[2]! : Math.max(digits[0]!, digits[2]!) + 1;
  if (whole > 15) return refuse('a calculation with integers and reals of more digits than a double holds');
  const sql = `(${left.sql}::double precision ${operator} ${right.sql}::double precision)`;
  return { sql, kind: 'double' };
}

/** Most digits before the point and behind it; of a column that says neither, more than anything can hold. */
function places({ kind, range, digits, constant }: Operand): readonly [number, number] {
  if (typeof constant === 'bigint') return [String(constant).replace('-', '').length, 0];
  if (kind === 'integer') {
    const [low, high] = range!;
    return [Math.max(String(high).length, String(low).replace('-', '').length), 0];
  }
  return digits ?? [Infinity, Infinity];
}

export function divide(left: Operand, right: Operand, caveats: Set<string>): Operand {
  // Whether integers or reals are divided decides what comes out.
  if (left.kind !== 'real' && right.kind !== 'real')
    return refuse('a division of what may be integers and may be reals');
  caveats.add(REAL_CAVEAT);
  if (right.constant === 0n || right.constant === 0) return NULL;
  return real(
    right.constant === undefined
      ? `${asDouble(left)} / nullif(${asDouble(right)}, 0)`
      : `${asDouble(left)} / ${asDouble(right)}`,
  );
}

function real(sql: string): Operand {
  return { sql: `nullif(${sql}, 'NaN')`, kind: 'real', storage: 'real' };
}

function asDouble({ kind, sql, constant }: Operand): string {
  if (typeof constant === 'bigint') return realConstant(Number(constant)).sql;
  return kind === 'real' ? sql : `${sql}::double precision`;
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}

function most(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}
