const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|[^\s]/g;

/** The CHECK constraints in the SQL of a table, in order, as `CHECK (…)` with its spaces made single. */
export function checkConstraints(sql: string): string[] {
  const tokens = [...sql.matchAll(TOKEN)];
  const found: string[] = [];
  for (let i = 0; i + 1 < tokens.length; i++) {
    if (tokens[i]![0].toUpperCase() !== 'CHECK' || tokens[i + 1]![0] !== '(') continue;
    let depth = 0;
    let end = i + 1;
    for (; end < tokens.length; end++) {
      if (tokens[end]![0] === '(') depth += 1;
      if (tokens[end]![0] === ')') depth -= 1;
      if (depth === 0) break;
    }
    const last = tokens[Math.min(end, tokens.length - 1)]!;
    found.push(sql.slice(tokens[i]!.index, last.index + last[0].length).replace(/\s+/g, ' '));
    i = end;
  }
  return found;
}
