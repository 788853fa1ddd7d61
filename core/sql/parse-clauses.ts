import type { Expression, OrderTerm, Window } from './ast';
import { TokenReader } from './token-reader';

/** Clauses that both expressions and SELECTs have. */
export abstract class ClauseParser extends TokenReader {
  abstract expression(): Expression;

  protected orderBy(): OrderTerm[] {
    if (!this.takes('ORDER')) return [];
    this.expect('BY');
    return this.list(() => {
      const expression = this.expression();
      const descending = this.takes('DESC');
      if (!descending) this.takes('ASC');
      if (!this.takes('NULLS')) return { expression, descending };
      const nulls = this.takes('FIRST') ? 'first' : 'last';
      if (nulls === 'last') this.expect('LAST');
      return { expression, descending, nulls };
    });
  }

  protected window(): Window {
    this.expect('(');
    const clause = this.is('PARTITION') || this.is('ORDER') || this.#isFrame();
    const base = !clause && this.isName(this.token) ? this.anyName() : undefined;
    const partitionBy = this.takes('PARTITION') ? (this.expect('BY'), this.list(() => this.expression())) : [];
    const orderBy = this.orderBy();
    const begin = this.token.at;
    if (this.#isFrame()) {
      for (let depth = 0; depth > 0 || !this.is(')'); this.at++) {
        if (this.token.kind === 'end') this.fail();
        if (this.is('(')) depth += 1;
        if (this.is(')')) depth -= 1;
      }
    }
    const frame = this.sql.slice(begin, this.token.at).trim();
    this.expect(')');
    return { ...(base !== undefined && { base }), partitionBy, orderBy, ...(frame !== '' && { frame }) };
  }

  #isFrame(): boolean {
    return this.is('ROWS') || this.is('RANGE') || this.is('GROUPS');
  }
}
