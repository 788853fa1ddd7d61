import { printable } from '../format';

/** A table whose cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text as it is. Names come from users' files: nothing of them may become markup. */
export function markdownText(text: string): string {
  return printable(text).replaceAll(/[\\`*_[\]|<>]/g, '\\$&');
}

/** A block of SQL, whose fence is longer than any row of backticks in it. */
export function fencedSql(sql: string): string {
  const longest = Math.max(2, ...[...sql.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  const lines = sql.split(/\r?\n/).map(printable);
  return `${fence}sql\n${lines.join('\n')}\n${fence}`;
}
