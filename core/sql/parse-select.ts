import type { CommonTable, Expression, FromItem, ResultColumn, Select, SelectCore } from './ast';
import { ExpressionParser } from './parse-expression';
import { RESERVED } from './token-reader';
import type { Token } from './tokens';

/** Names that begin the next clause of a FROM when they stand where an alias could. */
const NO_ALIAS = new Set('LEFT RIGHT FULL INNER CROSS NATURAL OUTER WINDOW INDEXED'.split(' '));
const JOIN_WORDS = new Set('NATURAL LEFT RIGHT FULL OUTER INNER CROSS'.split(' '));

/** SELECT, VALUES and WITH. */
export class SelectParser extends ExpressionParser {
  select(): Select {
    this.enter();
    const withTables = this.#commonTables();
    const parts: Select['parts'] = [this.#core()];
    for (;;) {
      let operator: Select['parts'][number]['operator'];
      if (this.takes('UNION')) operator = this.takes('ALL') ? 'union all' : 'union';
      else if (this.takes('INTERSECT')) operator = 'intersect';
      else if (this.takes('EXCEPT')) operator = 'except';
      else break;
      parts.push({ operator, ...this.#core() });
    }
    const orderBy = this.orderBy();
    let limit: Expression | undefined;
    let offset: Expression | undefined;
    if (this.takes('LIMIT')) {
      limit = this.expression();
      if (this.takes('OFFSET')) offset = this.expression();
      else if (this.takes(',')) [offset, limit] = [limit, this.expression()];
    }
    this.leave();
    return {
      kind: 'select',
      ...(withTables && { with: withTables }),
      parts,
      orderBy,
      ...(limit && { limit }),
      ...(offset && { offset }),
    };
  }

  #commonTables(): Select['with'] {
    if (!this.takes('WITH')) return undefined;
    const recursive = this.is('RECURSIVE') && !this.is('(', 1) && !this.is('AS', 1) && this.takes('RECURSIVE');
    const tables = this.list((): CommonTable => {
      const name = this.anyName();
      const columns = this.takes('(') ? this.list(() => this.anyName()) : undefined;
      if (columns !== undefined) this.expect(')');
      this.expect('AS');
      const not = this.takes('NOT');
      const materialized = this.takes('MATERIALIZED');
      this.expect('(');
      const select = this.select();
      this.expect(')');
      return { name, ...(columns && { columns }), ...((not || materialized) && { materialized: !not }), select };
    });
    return { recursive, tables };
  }

  #core(): SelectCore {
    if (this.takes('VALUES')) {
      const rows = this.list(() => {
        this.expect('(');
        const row = this.list(() => this.expression());
        this.expect(')');
        return row;
      });
      return { kind: 'values', rows };
    }
    this.expect('SELECT');
    const distinct = this.takes('DISTINCT');
    if (!distinct) this.takes('ALL');
    const results = this.list(() => this.#result());
    const from = this.takes('FROM') ? this.#from() : undefined;
    const where = this.takes('WHERE') ? this.expression() : undefined;
    const groupBy = this.takes('GROUP') ? (this.expect('BY'), this.list(() => this.expression())) : [];
    const having = this.takes('HAVING') ? this.expression() : undefined;
    const windows = this.takes('WINDOW')
      ? this.list(() => {
          const name = this.anyName();
          this.expect('AS');
          return { name, window: this.window() };
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
    if (this.takes('*')) return { kind: 'star' };
    if (this.isName(this.token) && this.is('.', 1) && this.is('*', 2)) {
      const table = this.anyName();
      this.at += 2;
      return { kind: 'star', table };
    }
    const begin = this.token.at;
    const expression = this.expression();
    const previous = this.tokens[this.at - 1]!;
    const end = this.at === 0 ? begin : this.#endOf(previous);
    const alias = this.#alias();
    return { kind: 'expression', expression, ...(alias !== undefined && { alias }), sql: this.sql.slice(begin, end) };
  }

  /** Where the text of a token ends: SQLite names a column without an alias by the text of its expression. */
  #endOf(token: Token): number {
    const next = this.tokens[this.tokens.indexOf(token) + 1]!;
    return token.at + this.sql.slice(token.at, next.at).replace(/(?:\s|--[^\n]*|\/\*[\s\S]*?\*\/)+$/, '').length;
  }

  #alias(): string | undefined {
    if (this.takes('AS')) return this.anyName(true);
    const token = this.token;
    if (token.kind === 'name' || token.kind === 'string') return this.anyName(true);
    if (token.kind !== 'word' || RESERVED.has(token.word) || NO_ALIAS.has(token.word)) return undefined;
    return this.anyName();
  }

  #from(): FromItem {
    let left = this.#fromItem();
    for (;;) {
      if (this.takes(',')) {
        left = { kind: 'join', type: 'cross', natural: false, left, right: this.#fromItem() };
        continue;
      }
      const words = this.#joinWords();
      if (words === undefined) return left;
      const right = this.#fromItem();
      const type = (['left', 'right', 'full', 'cross'] as const).find((name) => words.has(name.toUpperCase()));
      const join: FromItem = { kind: 'join', type: type ?? 'inner', natural: words.has('NATURAL'), left, right };
      if (this.takes('ON')) join.on = this.expression();
      else if (this.takes('USING')) {
        this.expect('(');
        join.using = this.list(() => this.anyName());
        this.expect(')');
      }
      left = join;
    }
  }

  #joinWords(): Set<string> | undefined {
    const words = new Set<string>();
    let ahead = 0;
    for (; ; ahead++) {
      const token = this.peek(ahead);
      if (token.kind !== 'word' || !JOIN_WORDS.has(token.word)) break;
      words.add(token.word);
    }
    const last = this.peek(ahead);
    if (last.kind !== 'word' || last.word !== 'JOIN') return undefined;
    this.at += ahead + 1;
    return words;
  }

  #fromItem(): FromItem {
    if (this.takes('(')) {
      const inner: FromItem = this.startsSelect() ? { kind: 'subselect', select: this.select() } : this.#from();
      this.expect(')');
      if (inner.kind !== 'subselect') return inner;
      const alias = this.#alias();
      return { ...inner, ...(alias !== undefined && { alias }) };
    }
    const first = this.anyName(true);
    const second = this.takes('.') ? this.anyName(true) : undefined;
    const name = second ?? first;
    if (this.takes('(')) {
      const args = this.is(')') ? [] : this.list(() => this.expression());
      this.expect(')');
      const alias = this.#alias();
      return { kind: 'function', name: name.toLowerCase(), args, ...(alias !== undefined && { alias }) };
    }
    const alias = this.#alias();
    if (this.takes('NOT')) this.expect('INDEXED');
    else if (this.takes('INDEXED')) {
      this.expect('BY');
      this.anyName();
    }
    return {
      kind: 'table',
      ...(second !== undefined && { schema: first }),
      name,
      ...(alias !== undefined && { alias }),
    };
  }
}
