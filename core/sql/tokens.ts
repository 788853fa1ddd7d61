/** A token of SQLite's SQL (sqlite.org/lang_keywords.html, tokenize.c). */
export type Token =
  /** A bare word: a keyword or a name. `word` is in upper case. */
  | { kind: 'word'; text: string; word: string; at: number }
  /** A name in quotes, which are kept: "a" may also be a string, [a] and `a` never are. */
  | { kind: 'name'; text: string; quote: '"' | '`' | '['; at: number }
  | { kind: 'string'; text: string; at: number }
  /** Digits of a blob literal. */
  | { kind: 'blob'; text: string; at: number }
  /** Without the underscores that SQLite allows between digits. */
  | { kind: 'integer' | 'real' | 'hex'; text: string; at: number }
  | { kind: 'parameter'; text: string; at: number }
  | { kind: 'operator'; text: string; at: number }
  | { kind: 'end'; text: ''; at: number };

/** SQL that cannot be read, by SQLite's grammar or by ours. */
export class SqlSyntaxError extends Error {}

const LEXEME = new RegExp(
  [
    String.raw`(?<space>[\t\n\f\r ]+|--[^\n]*|/\*[\s\S]*?(?:\*/|$))`,
    String.raw`[xX]'(?<blob>(?:[0-9a-fA-F]{2})*)'`,
    String.raw`'(?<string>(?:[^']|'')*)'`,
    String.raw`"(?<double>(?:[^"]|"")*)"`,
    '`(?<back>(?:[^`]|``)*)`',
    String.raw`\[(?<bracket>[^\]]*)\]`,
    String.raw`(?<hex>0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*)`,
    String.raw`(?<number>(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<parameter>\?\d*|[:@#$][\w$\u0080-\uffff]+)`,
    String.raw`(?<operator>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[-+*/%=<>&|~(),.;])`,
  ].join('|'),
  'y',
);

/** @throws SqlSyntaxError at what is no token */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    LEXEME.lastIndex = at;
    const found = LEXEME.exec(sql);
    if (found === null) throw new SqlSyntaxError(`unrecognised text at ${at}`);
    const token = tokenOf(found.groups!, at);
    if (token !== undefined) {
      // `1abc` is no token of SQLite's.
      if (isNumber(token) && /^[\w$\u0080-\uffff]/.test(sql.slice(LEXEME.lastIndex, LEXEME.lastIndex + 1)))
        throw new SqlSyntaxError(`unrecognised text at ${at}`);
      tokens.push(token);
    }
    at = LEXEME.lastIndex;
  }
  tokens.push({ kind: 'end', text: '', at });
  return tokens;
}

/** The same where SQL that cannot be read has none. */
export function readableTokens(sql: string): Token[] {
  try {
    return tokensOf(sql);
  } catch (error) {
    if (error instanceof SqlSyntaxError) return [];
    throw error;
  }
}

/** A bare word in upper case; undefined for everything else, quoted names too. */
export function wordOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? token.word : undefined;
}

function isNumber({ kind }: Token): boolean {
  return kind === 'integer' || kind === 'real' || kind === 'hex';
}

function tokenOf(groups: Partial<Record<string, string>>, at: number): Token | undefined {
  const { blob, string, double, back, bracket, hex, number, word, parameter, operator } = groups;
  if (word !== undefined) return { kind: 'word', text: word, word: word.toUpperCase(), at };
  if (operator !== undefined) return { kind: 'operator', text: operator, at };
  if (string !== undefined) return { kind: 'string', text: string.replaceAll("''", "'"), at };
  if (double !== undefined) return { kind: 'name', text: double.replaceAll('""', '"'), quote: '"', at };
  if (back !== undefined) return { kind: 'name', text: back.replaceAll('``', '`'), quote: '`', at };
  if (bracket !== undefined) return { kind: 'name', text: bracket, quote: '[', at };
  if (blob !== undefined) return { kind: 'blob', text: blob.toLowerCase(), at };
  if (hex !== undefined) return { kind: 'hex', text: hex.replaceAll('_', ''), at };
  if (number !== undefined) {
    const text = number.replaceAll('_', '');
    return { kind: /^\d+$/.test(text) ? 'integer' : 'real', text, at };
  }
  if (parameter !== undefined) return { kind: 'parameter', text: parameter, at };
  return undefined;
}
