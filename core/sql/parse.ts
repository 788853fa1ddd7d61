import type { Expression, Select } from './ast';
import { SelectParser } from './parse-select';

export { SqlSyntaxError } from './tokens';

/**
 * Reads an expression of SQLite's SQL.
 * @throws SqlSyntaxError
 */
export function parseExpression(sql: string): Expression {
  const parser = new SelectParser(sql);
  const expression = parser.expression();
  parser.end();
  return expression;
}

/**
 * Reads a SELECT, VALUES or WITH statement.
 * @throws SqlSyntaxError
 */
export function parseSelect(sql: string): Select {
  const parser = new SelectParser(sql);
  const select = parser.select();
  parser.end();
  return select;
}
