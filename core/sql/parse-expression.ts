import { BINARY, COLLATE, COMPARISON, EQUALITY, NOT, OR, SIGN } from './binding';
import type { CallExpression, Expression, Select } from './ast';
import { ClauseParser } from './parse-clauses';
import { RESERVED } from './token-reader';
import { SqlSyntaxError } from './tokens';
import type { Token } from './tokens';

/** Expressions, by the strength with which operators bind. */
export abstract class ExpressionParser extends ClauseParser {
  abstract select(): Select;

  /** An expression whose operators bind at least as strongly as `least`. */
  expression(least = OR): Expression {
    this.enter();
    let left = this.#prefix();
    for (let next = this.#infix(left, least); next !== undefined; next = this.#infix(left, least)) left = next;
    this.leave();
    return left;
  }

  #prefix(): Expression {
    const token = this.token;
    this.at += 1;
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
        return this.#columnOrCall(token);
      case 'word':
        return this.#keyword(token);
      case 'operator':
        return this.#prefixOperator(token);
      case 'end':
        return this.fail(token);
    }
  }

  #prefixOperator(token: Token): Expression {
    if (token.text === '(') {
      if (this.startsSelect()) {
        const select = this.select();
        this.expect(')');
        return { kind: 'subquery', select };
      }
      const items = this.list(() => this.expression());
      this.expect(')');
      return items.length === 1 ? items[0]! : { kind: 'row', items };
    }
    if (token.text !== '-' && token.text !== '+' && token.text !== '~') return this.fail(token);
    // The smallest integer has no positive counterpart to take the sign of.
    if (token.text === '-' && this.token.kind === 'integer') {
      const value = -BigInt(this.token.text);
      if (value === -(2n ** 63n)) {
        this.at += 1;
        return { kind: 'integer', value };
      }
    }
    return { kind: 'unary', operator: token.text, operand: this.expression(SIGN) };
  }

  #keyword(token: Token & { kind: 'word' }): Expression {
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
        this.expect('(');
        const select = this.select();
        this.expect(')');
        return { kind: 'exists', select };
      }
      case 'CASE':
        return this.#caseExpression();
      case 'CAST': {
        this.expect('(');
        const operand = this.expression();
        this.expect('AS');
        const type = this.#typeName();
        this.expect(')');
        return { kind: 'cast', operand, type };
      }
    }
    if (RESERVED.has(token.word)) return this.fail(token);
    return this.#columnOrCall(token);
  }

  /** A column, perhaps with its table, or a call. */
  #columnOrCall(token: Token & { kind: 'word' | 'name' }): Expression {
    if (this.is('(')) return this.#call(token.text.toLowerCase());
    const path = [token.text];
    while (path.length < 3 && this.takes('.')) path.push(this.anyName());
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
    this.expect('(');
    const distinct = this.takes('DISTINCT');
    const all = !distinct && this.takes('*');
    const args = all ? '*' : this.is(')') || this.is('ORDER') ? [] : this.list(() => this.expression());
    const orderBy = this.orderBy();
    this.expect(')');
    const call: CallExpression = { kind: 'call', name, args, distinct, orderBy };
    if (this.is('FILTER') && this.is('(', 1)) {
      this.at += 2;
      this.expect('WHERE');
      call.filter = this.expression();
      this.expect(')');
    }
    if (this.is('OVER') && (this.is('(', 1) || this.isName(this.peek(1)))) {
      this.at += 1;
      call.over = this.is('(') ? this.window() : this.anyName();
    }
    return call;
  }

  #caseExpression(): Expression {
    const operand = this.is('WHEN') ? undefined : this.expression();
    const branches: { when: Expression; value: Expression }[] = [];
    while (this.takes('WHEN')) {
      const when = this.expression();
      this.expect('THEN');
      branches.push({ when, value: this.expression() });
    }
    if (branches.length === 0) this.fail();
    const otherwise = this.takes('ELSE') ? this.expression() : undefined;
    this.expect('END');
    return {
      kind: 'case',
      ...(operand && { operand }),
      branches,
      ...(otherwise && { otherwise }),
    };
  }

  /** What follows `left`, when it binds at least as strongly as `least`. */
  #infix(left: Expression, least: number): Expression | undefined {
    const token = this.token;
    if (token.kind !== 'word' && token.kind !== 'operator') return undefined;
    const key = token.kind === 'word' ? token.word : token.text;
    if (Object.hasOwn(BINARY, key)) {
      const [operator, strength] = BINARY[key]!;
      if (strength < least) return undefined;
      this.at += 1;
      return { kind: 'binary', operator, left, right: this.expression(strength + 1) };
    }
    if (key === 'COLLATE' && least <= COLLATE) {
      this.at += 1;
      return { kind: 'collate', operand: left, collation: this.anyName() };
    }
    return least <= EQUALITY ? this.#equality(left, key) : undefined;
  }

  #equality(left: Expression, key: string): Expression | undefined {
    const not = key === 'NOT';
    const next = not ? this.peek(1) : this.token;
    const word = next.kind === 'word' ? next.word : '';
    if (!not && (word === 'ISNULL' || word === 'NOTNULL')) {
      this.at += 1;
      return { kind: 'binary', operator: word === 'ISNULL' ? 'is' : 'is not', left, right: { kind: 'null' } };
    }
    if (!not && word === 'IS') return this.#isComparison(left);
    if (not && word === 'NULL') {
      this.at += 2;
      return { kind: 'binary', operator: 'is not', left, right: { kind: 'null' } };
    }
    if (!['LIKE', 'GLOB', 'REGEXP', 'MATCH', 'BETWEEN', 'IN'].includes(word)) return undefined;
    this.at += not ? 2 : 1;
    if (word === 'BETWEEN') {
      const low = this.expression(NOT);
      this.expect('AND');
      return { kind: 'between', not, operand: left, low, high: this.expression(COMPARISON) };
    }
    if (word === 'IN') return { kind: 'in', not, operand: left, members: this.#members() };
    const pattern = this.expression(COMPARISON);
    const escape = this.takes('ESCAPE') ? this.expression(COMPARISON) : undefined;
    const operator = word.toLowerCase() as 'like' | 'glob' | 'regexp' | 'match';
    return { kind: 'like', operator, not, operand: left, pattern, ...(escape && { escape }) };
  }

  #isComparison(left: Expression): Expression {
    this.expect('IS');
    const not = this.takes('NOT');
    const distinct = this.is('DISTINCT') && this.is('FROM', 1);
    if (distinct) this.at += 2;
    return { kind: 'binary', operator: not === distinct ? 'is' : 'is not', left, right: this.expression(COMPARISON) };
  }

  #members(): Expression[] | Select | { kind: 'table'; schema?: string; name: string } {
    if (!this.takes('(')) {
      const first = this.anyName();
      const second = this.takes('.') ? this.anyName() : undefined;
      if (this.is('(')) this.fail();
      return { kind: 'table', ...(second !== undefined && { schema: first }), name: second ?? first };
    }
    if (this.startsSelect()) {
      const select = this.select();
      this.expect(')');
      return select;
    }
    const members = this.is(')') ? [] : this.list(() => this.expression());
    this.expect(')');
    return members;
  }

  #typeName(): string {
    const words: string[] = [];
    while (this.token.kind === 'word' || this.token.kind === 'name' || this.token.kind === 'string') {
      words.push(this.token.text);
      this.at += 1;
    }
    if (this.takes('(')) {
      while (!this.is(')')) {
        if (this.token.kind === 'end') this.fail();
        this.at += 1;
      }
      this.expect(')');
    }
    return words.join(' ');
  }
}

/** Digits that do not fit 64 bits are a real. */
function integer(digits: string): Expression {
  const value = BigInt(digits);
  return value < 2n ** 63n ? { kind: 'integer', value } : { kind: 'real', value: Number(digits) };
}
