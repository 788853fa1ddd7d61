import { readableTokens, wordOf } from './tokens';
import type { Token } from './tokens';

/** What a CREATE TABLE says that no PRAGMA tells. SQL texts are as written. */
export interface CreateTable {
  checks: CheckConstraint[];
  /** Expressions of generated columns. */
  generated: { column: string; sql: string }[];
}

export interface CheckConstraint {
  name?: string;
  /** The column that it was declared with. */
  column?: string;
  /** What stands in the parentheses. */
  sql: string;
}

/** Words that a column's item does not begin with. */
export const TABLE_CONSTRAINTS: ReadonlySet<string> = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']);

/** Reads a CREATE TABLE that SQLite has accepted. What cannot be read has nothing. */
export function readCreateTable(sql: string): CreateTable {
  const found: CreateTable = { checks: [], generated: [] };
  for (const item of itemsOf(sql)) {
    const first = item[0]!;
    const column = first.kind === 'word' && TABLE_CONSTRAINTS.has(first.word) ? undefined : first.text;
    let name: string | undefined;
    for (let at = 0; at < item.length; at++) {
      const word = wordOf(item[at]);
      if (word === 'CONSTRAINT') name = item[++at]?.text;
      else if ((word === 'CHECK' || (word === 'AS' && column !== undefined)) && isOpen(item[at + 1])) {
        const end = closing(item, at + 1);
        const text = sql.slice(item[at + 1]!.at + 1, item[end]?.at).trim();
        if (word === 'AS') found.generated.push({ column: column!, sql: text });
        else
          found.checks.push({
            ...(name !== undefined && { name }),
            ...(column !== undefined && { column }),
            sql: text,
          });
        name = undefined;
        at = end;
      } else if (isOpen(item[at])) at = closing(item, at);
    }
  }
  return found;
}

export interface CreateIndex {
  /** One for each column or expression, without ASC and DESC. */
  parts: string[];
  where?: string;
}

/** Reads a CREATE INDEX that SQLite has accepted. */
export function readCreateIndex(sql: string): CreateIndex | undefined {
  const tokens = readableTokens(sql);
  const open = tokens.findIndex(isOpen);
  if (open < 0) return undefined;
  const end = closing(tokens, open);
  const parts = split(tokens.slice(open + 1, end)).map((part) => {
    const order = wordOf(part.at(-1));
    const last = order === 'ASC' || order === 'DESC' ? part.at(-1)! : tokens[tokens.indexOf(part.at(-1)!) + 1]!;
    return sql.slice(part[0]!.at, last.at).trim();
  });
  const where = tokens[end + 1];
  return {
    parts,
    ...(wordOf(where) === 'WHERE' && {
      where: sql
        .slice(tokens[end + 2]!.at)
        .replace(/;\s*$/, '')
        .trim(),
    }),
  };
}

/** The columns and constraints of a CREATE TABLE: what stands between its parentheses, cut at the commas there. */
export function itemsOf(sql: string): Token[][] {
  const tokens = readableTokens(sql);
  const open = tokens.findIndex(isOpen);
  return open < 0 ? [] : split(tokens.slice(open + 1, closing(tokens, open)));
}

/** Cut at the commas outside of parentheses. */
function split(tokens: readonly Token[]): Token[][] {
  const items: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isOpen(token)) depth += 1;
    if (isClose(token)) depth -= 1;
    if (depth === 0 && token.kind === 'operator' && token.text === ',') items.push([]);
    else items.at(-1)!.push(token);
  }
  return items.filter((item) => item.length > 0);
}

/** Where the parenthesis that opens at this position closes. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isOpen(tokens[at])) depth += 1;
    if (isClose(tokens[at]) && --depth === 0) return at;
  }
  return tokens.length;
}

function isOpen(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.text === '(';
}

function isClose(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.text === ')';
}
