import type {
  BinaryOperator,
  CallExpression,
  CaseExpression,
  ColumnReference,
  Expression,
  Select,
  TableName,
} from './ast';
import { divide, integerOperation, negated, realOperation } from './arithmetic';
import { booleanAsInteger, compare } from './compare';
import { callFunction } from './functions';
import { NULL, integerConstant, realConstant, textConstant } from './operand';
import type { Operand } from './operand';
import { SqlSyntaxError, parseExpression } from './parse';
import { matchSql } from './patterns';
import { withoutCollate, unified } from './unify';
import { unwrapped } from './quote';
import { Untranslatable, refuse } from './untranslatable';

/** What names mean, and where the SQL is to stand. */
export interface Scope {
  /** The column that a reference names; undefined where there is none. */
  column(reference: ColumnReference): Operand | undefined;
  /** Whether the source keeps text in UTF-8. */
  utf8: boolean;
  /** Functions that the scope knows better, aggregates for one; undefined leaves a call to this module. */
  call?(call: CallExpression, translator: Translator): Operand | undefined;
  /** Sub-selects, where they are allowed; their `sql` is in parentheses. */
  select?(select: Select, use: 'exists' | 'scalar' | 'in', translator: Translator): Operand | undefined;
}

/** PostgreSQL's SQL with the same meaning, or why there is none. */
export type Translation = { sql: string; caveats: string[] } | { reason: string };

/**
 * Translates a condition, as of a CHECK or a WHERE. The SQL is true, false or NULL exactly where SQLite takes the expression
 * for true, false or NULL, for every value that the columns of the scope may hold. `caveats` names what PostgreSQL does
 * otherwise with values outside of a type's range.
 */
export function translateCondition(sql: string, scope: Scope): Translation {
  return translation(scope, (translator) => translator.condition(parseExpression(sql)));
}

/** Translates an expression whose value counts, and gives what is known of that value. */
export function translateValue(
  sql: string,
  scope: Scope,
): { operand: Operand; caveats: string[] } | { reason: string } {
  const translator = new Translator(scope);
  try {
    const operand = translator.value(parseExpression(sql));
    return { operand: { ...operand, sql: unwrapped(operand.sql) }, caveats: [...translator.caveats] };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

function translation(scope: Scope, work: (translator: Translator) => string): Translation {
  const translator = new Translator(scope);
  try {
    return { sql: unwrapped(work(translator)), caveats: [...translator.caveats] };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** The reason of a refusal; every other error is thrown again. */
export function reasonOf(error: unknown): string {
  if (error instanceof Untranslatable) return error.message;
  if (error instanceof SqlSyntaxError) return `it cannot be read: ${error.message}`;
  throw error;
}

/** Translates one expression after another in the same scope. Everything throws Untranslatable. */
export class Translator {
  /** What the SQL so far does otherwise at the ends of a type's range. */
  readonly caveats = new Set<string>();

  constructor(readonly scope: Scope) {}

  /** The expression as a condition: a boolean of PostgreSQL's. */
  condition(expression: Expression): string {
    return truth(this.value(expression));
  }

  value(expression: Expression): Operand {
    switch (expression.kind) {
      case 'null':
        return NULL;
      case 'integer':
        return integerConstant(expression.value);
      case 'real':
        return realConstant(expression.value);
      case 'text':
        if (expression.value.includes('\0')) return refuse('a text with a NUL');
        return textConstant(expression.value);
      case 'blob':
        return { sql: `'\\x${expression.value}'::bytea`, kind: 'blob', storage: 'blob' };
      case 'column':
        return this.#column(expression);
      case 'unary':
        return this.#unary(expression);
      case 'binary':
        return this.#binary(expression);
      case 'like': {
        const pattern = this.text(expression.pattern);
        const escape = expression.escape && this.text(expression.escape);
        const sql = matchSql(expression, this.text(expression.operand).sql, pattern, escape);
        return { sql, kind: 'boolean', storage: 'integer' };
      }
      case 'between': {
        const operand = this.value(expression.operand);
        const sql = `(${this.#compare('>=', operand, this.value(expression.low)).sql} AND ${this.#compare('<=', operand, this.value(expression.high)).sql})`;
        return { sql: expression.not ? `(NOT ${sql})` : sql, kind: 'boolean', storage: 'integer' };
      }
      case 'in':
        return this.#in(expression);
      case 'collate':
        return this.#collate(expression);
      case 'cast':
        return this.#cast(expression);
      case 'case':
        return this.#case(expression);
      case 'call':
        return this.scope.call?.(expression, this) ?? callFunction(expression, this);
      case 'exists':
        return this.scope.select?.(expression.select, 'exists', this) ?? refuse('a sub-select');
      case 'subquery':
        return this.scope.select?.(expression.select, 'scalar', this) ?? refuse('a sub-select');
      case 'now':
        return refuse(`${expression.what} is another value each time`);
      case 'row':
        return refuse('a row value');
      case 'parameter':
        return refuse('a parameter');
    }
  }

  /** The expression as SQLite's text functions and operators see it. */
  text(expression: Expression): Operand {
    const operand = withoutCollate(this.value(expression));
    switch (operand.kind) {
      case 'null':
        return { sql: 'NULL::text', kind: 'text' };
      case 'text':
        return operand;
      case 'integer':
        return operand.constant === undefined
          ? { sql: `${operand.sql}::text`, kind: 'text', storage: 'text' }
          : textConstant(String(operand.constant));
      case 'boolean':
        return { sql: `${operand.sql}::integer::text`, kind: 'text', storage: 'text' };
      case 'real':
      case 'double':
      case 'number':
        return refuse('a number as text, which SQLite writes in its own way');
      default:
        return refuse(`a value as text that is not kept as text in PostgreSQL`);
    }
  }

  /** The expression as a number: texts are not converted. */
  number(expression: Expression): Operand {
    const operand = this.value(expression);
    if (operand.kind === 'boolean') return booleanAsInteger(operand);
    if (['integer', 'real', 'double', 'number', 'null'].includes(operand.kind)) return operand;
    return refuse('a calculation with what is no number, which SQLite makes one of');
  }

  #column(reference: ColumnReference): Operand {
    const found = this.scope.column(reference);
    if (found !== undefined) return found;
    if (reference.maybeText) return textConstant(reference.name);
    const constant = truthConstant(reference);
    if (constant !== undefined) return integerConstant(constant ? 1n : 0n);
    return refuse(`there is no column ${reference.name} to refer to`);
  }

  #unary({ operator, operand }: Expression & { kind: 'unary' }): Operand {
    if (operator === 'not') return { sql: `(NOT ${this.condition(operand)})`, kind: 'boolean', storage: 'integer' };
    if (operator === '+') {
      const { affinity: _, ...value } = this.value(operand);
      return value;
    }
    const value = this.number(operand);
    if (operator === '-') return negated(value, this.caveats);
    if (value.kind === 'null') return NULL;
    if (value.kind !== 'integer') return refuse('bits of what is no integer');
    return integerOperation('~', value, value, this.caveats);
  }

  #binary({ operator, left, right }: Expression & { kind: 'binary' }): Operand {
    switch (operator) {
      case 'and':
      case 'or':
        return {
          sql: `(${this.condition(left)} ${operator.toUpperCase()} ${this.condition(right)})`,
          kind: 'boolean',
          storage: 'integer',
        };
      case 'is':
      case 'is not': {
        // `x IS TRUE` asks for the truth of x, not for 1.
        const constant =
          right.kind === 'column' && this.scope.column(right) === undefined ? truthConstant(right) : undefined;
        if (constant === undefined) break;
        const sql = `(${this.condition(left)} ${operator === 'is' ? 'IS' : 'IS NOT'} ${constant ? 'TRUE' : 'FALSE'})`;
        return { sql, kind: 'boolean', storage: 'integer' };
      }
      case '||': {
        const [a, b] = [this.text(left), this.text(right)];
        return { sql: `(${a.sql} || ${b.sql})`, kind: 'text', storage: 'text' };
      }
      case '->':
      case '->>':
        return refuse(`the operator ${operator}`);
    }
    const typed = typeTest(operator, left, right, this) ?? typeTest(operator, right, left, this);
    if (typed !== undefined) return typed;
    if (isComparison(operator)) return this.#compare(operator, this.value(left), this.value(right));
    return this.#calculate(operator, this.number(left), this.number(right));
  }

  #calculate(operator: BinaryOperator, left: Operand, right: Operand): Operand {
    if (left.kind === 'null' || right.kind === 'null') return NULL;
    if (left.kind === 'integer' && right.kind === 'integer')
      return integerOperation(operator, left, right, this.caveats);
    if (operator === '/') return divide(left, right, this.caveats);
    return realOperation(operator, left, right, this.caveats);
  }

  #compare(operator: Parameters<typeof compare>[0], left: Operand, right: Operand): Operand {
    return compare(operator, left, right, this.scope);
  }

  #in({ not, operand, members }: Expression & { kind: 'in' }): Operand {
    const yes = (sql: string): Operand => ({ sql, kind: 'boolean', storage: 'integer' });
    if (!Array.isArray(members)) return this.#inSelect(not, operand, members);
    if (members.length === 0) return yes(not ? 'true' : 'false');
    const value = this.value(operand);
    const left = value.kind === 'boolean' ? { ...value, ...booleanAsInteger(value) } : value;
    const equals = members.map((member) => {
      // What is in the list has no affinity of its own.
      const { affinity: _, collation: __, ...plain } = this.value(member);
      return this.#compare('=', left, plain).sql;
    });
    const sql = inList(equals) ?? `(${equals.join(' OR ')})`;
    return yes(not ? `(NOT ${sql})` : sql);
  }

  #inSelect(not: boolean, operand: Expression, members: Select | TableName): Operand {
    const member = members.kind === 'select' ? this.scope.select?.(members, 'in', this) : undefined;
    if (member === undefined) return refuse('IN with a sub-select or a table');
    const { sql } = this.#compare('=', this.value(operand), member);
    const end = ` = ${member.sql})`;
    if (!sql.endsWith(end)) return refuse('IN with a sub-select whose values are compared in another form');
    const all = `${sql.slice(0, -end.length)} IN ${member.sql})`;
    return { sql: not ? `(NOT ${all})` : all, kind: 'boolean', storage: 'integer' };
  }

  #collate({ operand, collation }: Expression & { kind: 'collate' }): Operand {
    const name = /^(?:binary|nocase|rtrim)$/i.test(collation) ? collation.toUpperCase() : collation;
    return { ...this.value(operand), collation: { name, explicit: true } };
  }

  #cast({ operand, type }: Expression & { kind: 'cast' }): Operand {
    const value = this.value(operand);
    const upper = type.toUpperCase();
    const common = value.collation === undefined ? {} : { collation: value.collation };
    if (/INT/.test(upper)) {
      const integer = value.kind === 'boolean' ? booleanAsInteger(value) : value;
      if (integer.kind === 'integer' || integer.kind === 'null') return { ...integer, ...common, affinity: 'integer' };
    } else if (/CHAR|CLOB|TEXT/.test(upper)) {
      return { ...this.text(operand), ...common, affinity: 'text' };
    } else if (/REAL|FLOA|DOUB/.test(upper)) {
      if (value.kind === 'real') return { ...value, affinity: 'real' };
      if (value.kind === 'integer')
        return { ...common, sql: `${value.sql}::double precision`, kind: 'real', storage: 'real', affinity: 'real' };
    }
    return refuse(`CAST of such a value as ${type}`);
  }

  #case({ operand, branches, otherwise }: CaseExpression): Operand {
    const subject = operand && this.value(operand);
    const conditions = branches.map(({ when }) =>
      subject === undefined ? this.condition(when) : this.#compare('=', subject, this.value(when)).sql,
    );
    const results = [...branches.map(({ value }) => this.value(value)), otherwise ? this.value(otherwise) : NULL];
    const { values, ...common } = unified(results);
    const parts = conditions.map((condition, i) => `WHEN ${unwrapped(condition)} THEN ${values[i]!}`);
    const last = otherwise === undefined ? '' : ` ELSE ${values.at(-1)!}`;
    return { ...common, sql: `(CASE ${parts.join(' ')}${last} END)` };
  }
}

/** Whether SQLite takes a value for true. */
function truth(operand: Operand): string {
  switch (operand.kind) {
    case 'null':
      return 'NULL::boolean';
    case 'boolean':
      return operand.sql;
    case 'integer':
      if (operand.constant !== undefined) return operand.constant === 0n ? 'false' : 'true';
      return `(${operand.sql} <> 0)`;
    case 'real':
    case 'double':
    case 'number':
      return `(${operand.sql} <> 0)`;
    default:
      return refuse('a condition that is no number, which SQLite makes one of');
  }
}

function truthConstant({ table, name }: ColumnReference): boolean | undefined {
  if (table !== undefined || !/^(?:true|false)$/i.test(name)) return undefined;
  return name.length === 4;
}

function isComparison(operator: BinaryOperator): operator is Parameters<typeof compare>[0] {
  return ['=', '<>', 'is', 'is not', '<', '<=', '>', '>='].includes(operator);
}

/** `typeof(x) = 'text'` says no more than whether x is NULL, where every value of x has one storage class. */
function typeTest(
  operator: BinaryOperator,
  call: Expression,
  constant: Expression,
  translator: Translator,
): Operand | undefined {
  if (operator !== '=' && operator !== '<>') return undefined;
  if (call.kind !== 'call' || call.name !== 'typeof' || call.args === '*' || call.args.length !== 1) return undefined;
  const wanted =
    constant.kind === 'text'
      ? constant.value
      : constant.kind === 'column' && constant.maybeText
        ? constant.name
        : undefined;
  if (wanted === undefined || (constant.kind === 'column' && translator.scope.column(constant) !== undefined))
    return undefined;
  const operand = translator.value(call.args[0]!);
  const is = operator === '=';
  const yes = (sql: string): Operand => ({ sql, kind: 'boolean', storage: 'integer' });
  if (wanted === 'null') return yes(`(${operand.sql} ${is ? 'IS NULL' : 'IS NOT NULL'})`);
  if (operand.storage === undefined) return undefined;
  if (operand.storage !== wanted) return yes(is ? 'false' : 'true');
  return yes(`(${operand.sql} ${is ? 'IS NOT NULL' : 'IS NULL'})`);
}

/** Comparisons `(x = 1)`, `(x = 2)` with one x and literals as `(x IN (1, 2))`. */
function inList(equals: readonly string[]): string | undefined {
  const parts = equals.map((sql) =>
    /^\(((?:lower\()?"(?:[^"]|"")*"(?: COLLATE "C"\)|::\w+)?) = ([^"()]*)\)$/.exec(sql),
  );
  const [first] = parts;
  if (parts.length < 2 || first === null || first === undefined) return undefined;
  if (parts.some((part) => part === null || part[1] !== first[1])) return undefined;
  return `(${first[1]} IN (${parts.map((part) => part![2]).join(', ')}))`;
}
