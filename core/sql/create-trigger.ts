import { readableTokens, wordOf } from './tokens';
import type { Token } from './tokens';

/** What a CREATE TRIGGER says (sqlite.org/lang_createtrigger.html). Every trigger of SQLite's is FOR EACH ROW. */
export interface CreateTrigger {
  timing: 'BEFORE' | 'AFTER' | 'INSTEAD OF';
  event: 'INSERT' | 'UPDATE' | 'DELETE';
  /** Of UPDATE OF, in order; SQLite does not look whether there are such. */
  columns: string[];
  /** Table or view. */
  table: string;
}

/** Reads a CREATE TRIGGER that SQLite has accepted; undefined where that fails. */
export function readCreateTrigger(sql: string): CreateTrigger | undefined {
  const tokens = readableTokens(sql);
  let at = tokens.findIndex((token) => wordOf(token) === 'TRIGGER') + 1;
  const taken = (word: string): boolean => wordOf(tokens[at]) === word && at++ >= 0;
  /** The last part of `schema.name`. */
  const name = (): string | undefined => {
    if (isDot(tokens[at + 1])) at += 2;
    const token = tokens[at++];
    return token === undefined || token.kind === 'end' ? undefined : token.text;
  };
  if (wordOf(tokens[at]) === 'IF' && wordOf(tokens[at + 1]) === 'NOT') at += 3;
  name();
  let timing: CreateTrigger['timing'] = 'BEFORE';
  if (taken('AFTER')) timing = 'AFTER';
  else if (taken('INSTEAD') && taken('OF')) timing = 'INSTEAD OF';
  else taken('BEFORE');
  const event = (['INSERT', 'UPDATE', 'DELETE'] as const).find(taken);
  const columns: string[] = [];
  if (event === 'UPDATE' && taken('OF')) {
    do columns.push(tokens[at++]!.text);
    while (tokens[at]?.text === ',' && at++ >= 0);
  }
  if (event === undefined || !taken('ON')) return undefined;
  const table = name();
  return table === undefined ? undefined : { timing, event, columns, table };
}

/** When it fires and on what, in one line: `AFTER UPDATE OF amount on orders`. */
export function triggerText({ timing, event, columns, table }: CreateTrigger): string {
  return `${timing} ${event}${columns.length === 0 ? '' : ` OF ${columns.join(', ')}`} on ${table}`;
}

function isDot(token: Token | undefined): boolean {
  return token?.kind === 'operator' && token.text === '.';
}
