import { SqlSyntaxError, tokensOf } from './tokens';
import type { Token } from './tokens';

/** Keywords that are never names; SQLite takes every other one as a name where it can. */
export const RESERVED = new Set(
  (
    'ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT DEFERRABLE DELETE ' +
    'DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTERSECT INTO IS ISNULL JOIN ' +
    'LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE THEN TO TRANSACTION ' +
    'UNION UNIQUE UPDATE USING VALUES WHEN WHERE'
  ).split(' '),
);

/** SQLite's own limit of the depth of an expression. */
const MAX_DEPTH = 1_000;

/** Goes through the tokens of one SQL text, and says what stands where. */
export abstract class TokenReader {
  protected readonly tokens: Token[];
  protected at = 0;
  #depth = 0;

  constructor(protected readonly sql: string) {
    this.tokens = tokensOf(sql);
  }

  end(): void {
    this.takes(';');
    if (this.token.kind !== 'end') this.fail();
  }

  /** One level deeper; `leave` goes back up. */
  protected enter(): void {
    if (++this.#depth > MAX_DEPTH) throw new SqlSyntaxError('nested too deeply');
  }

  protected leave(): void {
    this.#depth -= 1;
  }

  protected get token(): Token {
    return this.peek(0);
  }

  protected peek(ahead: number): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!;
  }

  /** Whether the token, or one ahead of it, is this keyword or operator. */
  protected is(what: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'word' ? token.word === what : token.kind === 'operator' && token.text === what;
  }

  protected takes(what: string): boolean {
    if (!this.is(what)) return false;
    this.at += 1;
    return true;
  }

  protected expect(what: string): void {
    if (!this.takes(what)) this.fail();
  }

  protected startsSelect(): boolean {
    return this.is('SELECT') || this.is('VALUES') || this.is('WITH');
  }

  protected isName(token: Token): boolean {
    return token.kind === 'name' || (token.kind === 'word' && !RESERVED.has(token.word));
  }

  /** A name; in places where SQLite takes one, a string will do. */
  protected anyName(orText = false): string {
    const token = this.token;
    if (!this.isName(token) && !(orText && token.kind === 'string')) this.fail();
    this.at += 1;
    return token.text;
  }

  protected list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.takes(',')) items.push(item());
    return items;
  }

  protected fail(token = this.token): never {
    throw new SqlSyntaxError(
      token.kind === 'end' ? 'the SQL ends too early' : `unexpected ${token.text.slice(0, 40)} at ${token.at}`,
    );
  }
}
