import type {
  BinaryOperator,
  CallExpression,
  CommonTable,
  Expression,
  FromItem,
  OrderTerm,
  ResultColumn,
  Select,
  SelectCore,
  Window,
} from './ast';
import { SqlSyntaxError, tokensOf } from './tokens';
import type { Token } from './tokens';

export { SqlSyntaxError } from './tokens';

/**
 * Reads an expression of SQLite's SQL.
 * @throws SqlSyntaxError
 */
export function parseExpression(sql: string): Expression {
  const parser = new Parser(sql);
  const expression = parser.expression();
  parser.end();
  return expression;
}

/**
 * Reads a SELECT, VALUES or WITH statement.
 * @throws SqlSyntaxError
 */
export function parseSelect(sql: string): Select {
  const parser = new Parser(sql);
  const select = parser.select();
  parser.end();
  return select;
}

/** How strongly operators bind (the %left and %right lines of SQLite's parse.y). */
const OR = 1;
const AND = 2;
const NOT = 3;
const EQUALITY = 4;
const COMPARISON = 5;
const CONCAT = 9;
const COLLATE = 10;
const SIGN = 11;

const BINARY: Readonly<Record<string, readonly [BinaryOperator, number]>> = {
  OR: ['or', OR],
  AND: ['and', AND],
  '=': ['=', EQUALITY],
  '==': ['=', EQUALITY],
  '<>': ['<>', EQUALITY],
  '!=': ['<>', EQUALITY],
  '<': ['<', COMPARISON],
  '<=': ['<=', COMPARISON],
  '>': ['>', COMPARISON],
  '>=': ['>=', COMPARISON],
  '&': ['&', 6],
  '|': ['|', 6],
  '<<': ['<<', 6],
  '>>': ['>>', 6],
  '+': ['+', 7],
  '-': ['-', 7],
  '*': ['*', 8],
  '/': ['/', 8],
  '%': ['%', 8],
  '||': ['||', CONCAT],
  '->': ['->', CONCAT],
  '->>': ['->>', CONCAT],
};

/** Keywords that are never names; SQLite takes every other one as a name where it can. */
const RESERVED = new Set(
  (
    'ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT DEFERRABLE DELETE ' +
    'DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTERSECT INTO IS ISNULL JOIN ' +
    'LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE THEN TO TRANSACTION ' +
    'UNION UNIQUE UPDATE USING VALUES WHEN WHERE'
  ).split(' '),
);
/** Names that begin the next clause of a FROM when they stand where an alias could. */
const NO_ALIAS = new Set('LEFT RIGHT FULL INNER CROSS NATURAL OUTER WINDOW INDEXED'.split(' '));
const JOIN_WORDS = new Set('NATURAL LEFT RIGHT FULL OUTER INNER CROSS'.split(' '));

/** SQLite's own limit of the depth of an expression. */
const MAX_DEPTH = 1_000;

class Parser {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(private readonly sql: string) {
    this.#tokens = tokensOf(sql);
  }

  end(): void {
    this.#takes(';');
    if (this.#token.kind !== 'end') this.#fail();
  }

  /** An expression whose operators bind at least as strongly as `least`. */
  expression(least = OR): Expression {
    if (++this.#depth > MAX_DEPTH) throw new SqlSyntaxError('nested too deeply');
    let left = this.#prefix();
    for (let next = this.#infix(left, least); next !== undefined; next = this.#infix(left, least)) left = next;
    this.#depth -= 1;
    return left;
  }

  #prefix(): Expression {
    const token = this.#token;
    this.#at += 1;
    switch (token.kind) {
      case 'integer':
        return integer(token.text);
      case 'hex': {
        const digits = token.text.slice(2).replace(/^0+/, '');
        if (digits.length > 16) throw new SqlSyntaxError(`hex literal too big: ${token.text}`);
        return { kind: 'integer', value: BigInt.asIntN(64, BigInt(token.text)) };
      }
      case 'real':
        return { kind: 'real', value: Number(token.text) };
      case 'string':
        return { kind: 'text', value: token.text };
      case 'blob':
        return { kind: 'blob', value: token.text };
      case 'parameter':
        return { kind: 'parameter', name: token.text };
      case 'name':
        return this.#name(token);
      case 'word':
        return this.#word(token);
      case 'operator':
        return this.#prefixOperator(token);
      case 'end':
        return this.#fail(token);
    }
  }

  #prefixOperator(token: Token): Expression {
    if (token.text === '(') {
      if (this.#startsSelect()) {
        const select = this.select();
        this.#expect(')');
        return { kind: 'subquery', select };
      }
      const items = this.#list(() => this.expression());
      this.#expect(')');
      return items.length === 1 ? items[0]! : { kind: 'row', items };
    }
    if (token.text !== '-' && token.text !== '+' && token.text !== '~') return this.#fail(token);
    // The smallest integer has no positive counterpart to take the sign of.
    if (token.text === '-' && this.#token.kind === 'integer') {
      const value = -BigInt(this.#token.text);
      if (value === -(2n ** 63n)) {
        this.#at += 1;
        return { kind: 'integer', value };
      }
    }
    return { kind: 'unary', operator: token.text, operand: this.expression(SIGN) };
  }

  #word(token: Token & { kind: 'word' }): Expression {
    switch (token.word) {
      case 'NULL':
        return { kind: 'null' };
      case 'CURRENT_TIMESTAMP':
      case 'CURRENT_DATE':
      case 'CURRENT_TIME':
        return { kind: 'now', what: token.word };
      case 'NOT':
        return { kind: 'unary', operator: 'not', operand: this.expression(NOT) };
      case 'EXISTS': {
        this.#expect('(');
        const select = this.select();
        this.#expect(')');
        return { kind: 'exists', select };
      }
      case 'CASE':
        return this.#case();
      case 'CAST': {
        this.#expect('(');
        const operand = this.expression();
        this.#expect('AS');
        const type = this.#typeName();
        this.#expect(')');
        return { kind: 'cast', operand, type };
      }
    }
    if (RESERVED.has(token.word)) return this.#fail(token);
    return this.#name(token);
  }

  /** A column, perhaps with its table, or a call. */
  #name(token: Token & { kind: 'word' | 'name' }): Expression {
    if (this.#is('(')) return this.#call(token.text.toLowerCase());
    const path = [token.text];
    while (path.length < 3 && this.#takes('.')) path.push(this.#anyName());
    const [name, table, schema] = path.reverse();
    return {
      kind: 'column',
      ...(schema !== undefined && { schema }),
      ...(table !== undefined && { table }),
      name: name!,
      maybeText: token.kind === 'name' && token.quote === '"' && table === undefined,
    };
  }

  #call(name: string): CallExpression {
    this.#expect('(');
    const distinct = this.#takes('DISTINCT');
    const all = !distinct && this.#takes('*');
    const args = all ? '*' : this.#is(')') || this.#is('ORDER') ? [] : this.#list(() => this.expression());
    const orderBy = this.#orderBy();
    this.#expect(')');
    const call: CallExpression = { kind: 'call', name, args, distinct, orderBy };
    if (this.#is('FILTER') && this.#is('(', 1)) {
      this.#at += 2;
      this.#expect('WHERE');
      call.filter = this.expression();
      this.#expect(')');
    }
    if (this.#is('OVER') && (this.#is('(', 1) || this.#isName(this.#peek(1)))) {
      this.#at += 1;
      call.over = this.#is('(') ? this.#window() : this.#anyName();
    }
    return call;
  }

  #case(): Expression {
    const operand = this.#is('WHEN') ? undefined : this.expression();
    const branches: { when: Expression; value: Expression }[] = [];
    while (this.#takes('WHEN')) {
      const when = this.expression();
      this.#expect('THEN');
      branches.push({ when, value: this.expression() });
    }
    if (branches.length === 0) this.#fail();
    const otherwise = this.#takes('ELSE') ? this.expression() : undefined;
    this.#expect('END');
    return {
      kind: 'case',
      ...(operand && { operand }),
      branches,
      ...(otherwise && { otherwise }),
    };
  }

  /** What follows `left`, when it binds at least as strongly as `least`. */
  #infix(left: Expression, least: number): Expression | undefined {
    const token = this.#token;
    if (token.kind !== 'word' && token.kind !== 'operator') return undefined;
    const key = token.kind === 'word' ? token.word : token.text;
    if (Object.hasOwn(BINARY, key)) {
      const [operator, strength] = BINARY[key]!;
      if (strength < least) return undefined;
      this.#at += 1;
      return { kind: 'binary', operator, left, right: this.expression(strength + 1) };
    }
    if (key === 'COLLATE' && least <= COLLATE) {
      this.#at += 1;
      return { kind: 'collate', operand: left, collation: this.#anyName() };
    }
    return least <= EQUALITY ? this.#equality(left, key) : undefined;
  }

  #equality(left: Expression, key: string): Expression | undefined {
    const not = key === 'NOT';
    const next = not ? this.#peek(1) : this.#token;
    const word = next.kind === 'word' ? next.word : '';
    if (!not && (word === 'ISNULL' || word === 'NOTNULL')) {
      this.#at += 1;
      return { kind: 'binary', operator: word === 'ISNULL' ? 'is' : 'is not', left, right: { kind: 'null' } };
    }
    if (!not && word === 'IS') return this.#is_(left);
    if (not && word === 'NULL') {
      this.#at += 2;
      return { kind: 'binary', operator: 'is not', left, right: { kind: 'null' } };
    }
    if (!['LIKE', 'GLOB', 'REGEXP', 'MATCH', 'BETWEEN', 'IN'].includes(word)) return undefined;
    this.#at += not ? 2 : 1;
    if (word === 'BETWEEN') {
      const low = this.expression(NOT);
      this.#expect('AND');
      return { kind: 'between', not, operand: left, low, high: this.expression(COMPARISON) };
    }
    if (word === 'IN') return { kind: 'in', not, operand: left, members: this.#members() };
    const pattern = this.expression(COMPARISON);
    const escape = this.#takes('ESCAPE') ? this.expression(COMPARISON) : undefined;
    const operator = word.toLowerCase() as 'like' | 'glob' | 'regexp' | 'match';
    return { kind: 'like', operator, not, operand: left, pattern, ...(escape && { escape }) };
  }

  #is_(left: Expression): Expression {
    this.#expect('IS');
    const not = this.#takes('NOT');
    const distinct = this.#is('DISTINCT') && this.#is('FROM', 1);
    if (distinct) this.#at += 2;
    return { kind: 'binary', operator: not === distinct ? 'is' : 'is not', left, right: this.expression(COMPARISON) };
  }

  #members(): Expression[] | Select | { kind: 'table'; schema?: string; name: string } {
    if (!this.#takes('(')) {
      const first = this.#anyName();
      const second = this.#takes('.') ? this.#anyName() : undefined;
      if (this.#is('(')) this.#fail();
      return { kind: 'table', ...(second !== undefined && { schema: first }), name: second ?? first };
    }
    if (this.#startsSelect()) {
      const select = this.select();
      this.#expect(')');
      return select;
    }
    const members = this.#is(')') ? [] : this.#list(() => this.expression());
    this.#expect(')');
    return members;
  }

  #typeName(): string {
    const words: string[] = [];
    while (this.#token.kind === 'word' || this.#token.kind === 'name' || this.#token.kind === 'string') {
      words.push(this.#token.text);
      this.#at += 1;
    }
    if (this.#takes('(')) {
      while (!this.#is(')')) {
        if (this.#token.kind === 'end') this.#fail();
        this.#at += 1;
      }
      this.#expect(')');
    }
    return words.join(' ');
  }

  select(): Select {
    if (++this.#depth > MAX_DEPTH) throw new SqlSyntaxError('nested too deeply');
    const withTables = this.#with();
    const parts: Select['parts'] = [this.#core()];
    for (;;) {
      let operator: Select['parts'][number]['operator'];
      if (this.#takes('UNION')) operator = this.#takes('ALL') ? 'union all' : 'union';
      else if (this.#takes('INTERSECT')) operator = 'intersect';
      else if (this.#takes('EXCEPT')) operator = 'except';
      else break;
      parts.push({ operator, ...this.#core() });
    }
    const orderBy = this.#orderBy();
    let limit: Expression | undefined;
    let offset: Expression | undefined;
    if (this.#takes('LIMIT')) {
      limit = this.expression();
      if (this.#takes('OFFSET')) offset = this.expression();
      else if (this.#takes(',')) [offset, limit] = [limit, this.expression()];
    }
    this.#depth -= 1;
    return {
      kind: 'select',
      ...(withTables && { with: withTables }),
      parts,
      orderBy,
      ...(limit && { limit }),
      ...(offset && { offset }),
    };
  }

  #with(): Select['with'] {
    if (!this.#takes('WITH')) return undefined;
    const recursive = this.#is('RECURSIVE') && !this.#is('(', 1) && !this.#is('AS', 1) && this.#takes('RECURSIVE');
    const tables = this.#list((): CommonTable => {
      const name = this.#anyName();
      const columns = this.#takes('(') ? this.#list(() => this.#anyName()) : undefined;
      if (columns !== undefined) this.#expect(')');
      this.#expect('AS');
      const not = this.#takes('NOT');
      const materialized = this.#takes('MATERIALIZED');
      this.#expect('(');
      const select = this.select();
      this.#expect(')');
      return { name, ...(columns && { columns }), ...((not || materialized) && { materialized: !not }), select };
    });
    return { recursive, tables };
  }

  #core(): SelectCore {
    if (this.#takes('VALUES')) {
      const rows = this.#list(() => {
        this.#expect('(');
        const row = this.#list(() => this.expression());
        this.#expect(')');
        return row;
      });
      return { kind: 'values', rows };
    }
    this.#expect('SELECT');
    const distinct = this.#takes('DISTINCT');
    if (!distinct) this.#takes('ALL');
    const results = this.#list(() => this.#result());
    const from = this.#takes('FROM') ? this.#from() : undefined;
    const where = this.#takes('WHERE') ? this.expression() : undefined;
    const groupBy = this.#takes('GROUP') ? (this.#expect('BY'), this.#list(() => this.expression())) : [];
    const having = this.#takes('HAVING') ? this.expression() : undefined;
    const windows = this.#takes('WINDOW')
      ? this.#list(() => {
          const name = this.#anyName();
          this.#expect('AS');
          return { name, window: this.#window() };
        })
      : [];
    return {
      kind: 'core',
      distinct,
      results,
      ...(from && { from }),
      ...(where && { where }),
      groupBy,
      ...(having && { having }),
      windows,
    };
  }

  #result(): ResultColumn {
    if (this.#takes('*')) return { kind: 'star' };
    if (this.#isName(this.#token) && this.#is('.', 1) && this.#is('*', 2)) {
      const table = this.#anyName();
      this.#at += 2;
      return { kind: 'star', table };
    }
    const begin = this.#token.at;
    const expression = this.expression();
    const previous = this.#tokens[this.#at - 1]!;
    const end = this.#at === 0 ? begin : this.#endOf(previous);
    const alias = this.#alias();
    return { kind: 'expression', expression, ...(alias !== undefined && { alias }), sql: this.sql.slice(begin, end) };
  }

  /** Where the text of a token ends: SQLite names a column without an alias by the text of its expression. */
  #endOf(token: Token): number {
    const next = this.#tokens[this.#tokens.indexOf(token) + 1]!;
    return token.at + this.sql.slice(token.at, next.at).replace(/(?:\s|--[^\n]*|\/\*[\s\S]*?\*\/)+$/, '').length;
  }

  #alias(): string | undefined {
    if (this.#takes('AS')) return this.#anyName(true);
    const token = this.#token;
    if (token.kind === 'name' || token.kind === 'string') return this.#anyName(true);
    if (token.kind !== 'word' || RESERVED.has(token.word) || NO_ALIAS.has(token.word)) return undefined;
    return this.#anyName();
  }

  #from(): FromItem {
    let left = this.#fromItem();
    for (;;) {
      if (this.#takes(',')) {
        left = { kind: 'join', type: 'cross', natural: false, left, right: this.#fromItem() };
        continue;
      }
      const words = this.#joinWords();
      if (words === undefined) return left;
      const right = this.#fromItem();
      const type = (['left', 'right', 'full', 'cross'] as const).find((name) => words.has(name.toUpperCase()));
      const join: FromItem = { kind: 'join', type: type ?? 'inner', natural: words.has('NATURAL'), left, right };
      if (this.#takes('ON')) join.on = this.expression();
      else if (this.#takes('USING')) {
        this.#expect('(');
        join.using = this.#list(() => this.#anyName());
        this.#expect(')');
      }
      left = join;
    }
  }

  #joinWords(): Set<string> | undefined {
    const words = new Set<string>();
    let ahead = 0;
    for (; ; ahead++) {
      const token = this.#peek(ahead);
      if (token.kind !== 'word' || !JOIN_WORDS.has(token.word)) break;
      words.add(token.word);
    }
    const last = this.#peek(ahead);
    if (last.kind !== 'word' || last.word !== 'JOIN') return undefined;
    this.#at += ahead + 1;
    return words;
  }

  #fromItem(): FromItem {
    if (this.#takes('(')) {
      const inner: FromItem = this.#startsSelect() ? { kind: 'subselect', select: this.select() } : this.#from();
      this.#expect(')');
      if (inner.kind !== 'subselect') return inner;
      const alias = this.#alias();
      return { ...inner, ...(alias !== undefined && { alias }) };
    }
    const first = this.#anyName(true);
    const second = this.#takes('.') ? this.#anyName(true) : undefined;
    const name = second ?? first;
    if (this.#takes('(')) {
      const args = this.#is(')') ? [] : this.#list(() => this.expression());
      this.#expect(')');
      const alias = this.#alias();
      return { kind: 'function', name: name.toLowerCase(), args, ...(alias !== undefined && { alias }) };
    }
    const alias = this.#alias();
    if (this.#takes('NOT')) this.#expect('INDEXED');
    else if (this.#takes('INDEXED')) {
      this.#expect('BY');
      this.#anyName();
    }
    return {
      kind: 'table',
      ...(second !== undefined && { schema: first }),
      name,
      ...(alias !== undefined && { alias }),
    };
  }

  #orderBy(): OrderTerm[] {
    if (!this.#takes('ORDER')) return [];
    this.#expect('BY');
    return this.#list(() => {
      const expression = this.expression();
      const descending = this.#takes('DESC');
      if (!descending) this.#takes('ASC');
      if (!this.#takes('NULLS')) return { expression, descending };
      const nulls = this.#takes('FIRST') ? 'first' : 'last';
      if (nulls === 'last') this.#expect('LAST');
      return { expression, descending, nulls };
    });
  }

  #window(): Window {
    this.#expect('(');
    const clause = this.#is('PARTITION') || this.#is('ORDER') || this.#isFrame();
    const base = !clause && this.#isName(this.#token) ? this.#anyName() : undefined;
    const partitionBy = this.#takes('PARTITION') ? (this.#expect('BY'), this.#list(() => this.expression())) : [];
    const orderBy = this.#orderBy();
    const begin = this.#token.at;
    if (this.#isFrame()) {
      for (let depth = 0; depth > 0 || !this.#is(')'); this.#at++) {
        if (this.#token.kind === 'end') this.#fail();
        if (this.#is('(')) depth += 1;
        if (this.#is(')')) depth -= 1;
      }
    }
    const frame = this.sql.slice(begin, this.#token.at).trim();
    this.#expect(')');
    return { ...(base !== undefined && { base }), partitionBy, orderBy, ...(frame !== '' && { frame }) };
  }

  #isFrame(): boolean {
    return this.#is('ROWS') || this.#is('RANGE') || this.#is('GROUPS');
  }

  get #token(): Token {
    return this.#peek(0);
  }

  #peek(ahead: number): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  /** Whether the token, or one ahead of it, is this keyword or operator. */
  #is(what: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'word' ? token.word === what : token.kind === 'operator' && token.text === what;
  }

  #takes(what: string): boolean {
    if (!this.#is(what)) return false;
    this.#at += 1;
    return true;
  }

  #expect(what: string): void {
    if (!this.#takes(what)) this.#fail();
  }

  #startsSelect(): boolean {
    return this.#is('SELECT') || this.#is('VALUES') || this.#is('WITH');
  }

  #isName(token: Token): boolean {
    return token.kind === 'name' || (token.kind === 'word' && !RESERVED.has(token.word));
  }

  /** A name; in places where SQLite takes one, a string will do. */
  #anyName(orText = false): string {
    const token = this.#token;
    if (!this.#isName(token) && !(orText && token.kind === 'string')) this.#fail();
    this.#at += 1;
    return token.text;
  }

  #list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.#takes(',')) items.push(item());
    return items;
  }

  #fail(token = this.#token): never {
    throw new SqlSyntaxError(
      token.kind === 'end' ? 'the SQL ends too early' : `unexpected ${token.text.slice(0, 40)} at ${token.at}`,
    );
  }
}

/** Digits that do not fit 64 bits are a real. */
function integer(digits: string): Expression {
  const value = BigInt(digits);
  return value < 2n ** 63n ? { kind: 'integer', value } : { kind: 'real', value: Number(digits) };
}
