/**
 * A plan's SELECT whose columns, by these names, are looked at by the SQL of `cells`. A comment at its end must not swallow the bracket, a semicolon
 * there is none of its own, and the name that it gets hides no table of the source.
 */
export function wrapQuery(sql: string, columns: readonly string[], cells: readonly string[]): string {
  let rows = 'feed_rows';
  while (sql.toLowerCase().includes(rows)) rows += '_';
  const select = sql.replace(/[;\s]+$/, '');
  return `WITH ${rows}(${columns.join(', ')}) AS (${select}\n) SELECT ${cells.join(', ')} FROM ${rows}`;
}
