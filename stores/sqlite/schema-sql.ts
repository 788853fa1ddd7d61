/**
 * What SQLite keeps only in the text of a CREATE statement: collations of columns without an index, AUTOINCREMENT,
 * deferred foreign keys, options of virtual tables. Read by tokens, so that comments, strings and quoted names that look
 * like keywords do no harm. The text is SQLite's own and has been accepted by it; nothing is checked here.
 */

interface Token {
  /** Names and strings without their quotes, words as written. */
  text: string;
  /** An unquoted word, upper-cased: only these can be keywords. */
  word?: string;
  /** Parentheses around it. */
  depth: number;
}

const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|[\s\S]/g;
const TABLE_CONSTRAINTS = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']);

export interface TableSql {
  /** Declared collation of each column, in order of declaration; undefined where there is none. */
  collations: (string | undefined)[];
  autoincrement: boolean;
  /** Of each foreign key in order of declaration: is it checked at COMMIT only? */
  deferred: boolean[];
}

export function readTableSql(sql: string): TableSql {
  const tokens = tokensOf(sql);
  const items = itemsOf(tokens);
  const firstConstraint = items.findIndex(([first]) => TABLE_CONSTRAINTS.has(first?.word ?? ''));
  const columns = firstConstraint < 0 ? items : items.slice(0, firstConstraint);
  return {
    collations: columns.map(collationIn),
    autoincrement: tokens.some(({ word }) => word === 'AUTOINCREMENT'),
    deferred: items.flatMap(deferralsIn),
  };
}

export interface VirtualTableSql {
  /** Name of the module, in lower case. */
  module: string;
  /** Arguments of the form `name=value`; names in lower case, values unquoted. Of several with one name, the last. */
  options: Map<string, string>;
  /** What the module is given, in order: the words, names and strings of each argument, without quotes. */
  arguments: string[][];
}

export function readVirtualTableSql(sql: string): VirtualTableSql {
  const tokens = tokensOf(sql);
  const using = tokens.findIndex(({ word }) => word === 'USING');
  const options = new Map<string, string>();
  const given = itemsOf(tokens.slice(using + 2));
  for (const [name, equals, value] of given) {
    if (name !== undefined && equals?.text === '=') options.set(name.text.toLowerCase(), value?.text ?? '');
  }
  return {
    module: (tokens[using + 1]?.text ?? '').toLowerCase(),
    options,
    arguments: given.map((item) => item.map(({ text }) => text)),
  };
}

function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (const [raw] of sql.matchAll(TOKEN)) {
    const first = raw[0]!;
    if (/\s/.test(first) || raw.startsWith('--') || raw.startsWith('/*')) continue;
    if (raw === ')') depth--;
    if (raw.length > 1 && (first === "'" || first === '"' || first === '`')) {
      tokens.push({ text: raw.slice(1, -1).replaceAll(first + first, first), depth });
    } else if (raw.length > 1 && first === '[') {
      tokens.push({ text: raw.slice(1, -1), depth });
    } else {
      tokens.push({ text: raw, word: raw.toUpperCase(), depth });
    }
    if (raw === '(') depth++;
  }
  return tokens;
}

/** What stands between the outermost parentheses, cut at its commas. */
function itemsOf(tokens: Token[]): Token[][] {
  const open = tokens.findIndex(({ word }) => word === '(');
  if (open < 0) return [];
  const items: Token[][] = [[]];
  for (const token of tokens.slice(open + 1)) {
    if (token.word === ')' && token.depth === 0) break;
    if (token.word === ',' && token.depth === 1) items.push([]);
    else items.at(-1)!.push(token);
  }
  return items;
}

/** The last COLLATE of a column counts, as in SQLite. */
function collationIn(column: Token[]): string | undefined {
  const at = column.findLastIndex(({ word, depth }) => word === 'COLLATE' && depth === 1);
  return at < 0 ? undefined : column[at + 1]?.text;
}

/** A DEFERRABLE clause belongs to the REFERENCES before it; on its own it means INITIALLY IMMEDIATE. */
function deferralsIn(item: Token[]): boolean[] {
  const deferrals: boolean[] = [];
  item.forEach(({ word, depth }, at) => {
    if (depth !== 1) return;
    if (word === 'REFERENCES') deferrals.push(false);
    if (word === 'DEFERRABLE' && deferrals.length > 0) {
      const initially = item[at + 1]?.word === 'INITIALLY' && item[at + 2]?.word === 'DEFERRED';
      deferrals[deferrals.length - 1] = initially && item[at - 1]?.word !== 'NOT';
    }
  });
  return deferrals;
}
