/** Quotes one identifier for PostgreSQL. The only way in which names enter SQL text. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal for PostgreSQL; backslashes mean themselves, as standard_conforming_strings has it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The SQL without parentheses around the whole of it; a sub-select keeps its own. */
export function unwrapped(sql: string): string {
  if (!sql.startsWith('(')) return sql;
  const isSelect = /^\((?:SELECT|WITH|VALUES)\b/.test(sql);
  let depth = 0;
  for (const { 0: part, index } of sql.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (part === '(') depth += 1;
    if (part === ')') depth -= 1;
    if (depth === 0) return index === sql.length - 1 && !isSelect ? unwrapped(sql.slice(1, -1)) : sql;
  }
  return sql;
}
