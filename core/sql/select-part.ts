import type { RelationColumn, SelectOperand } from './relations';
import type { SelectScope } from './select-scope';

/** A SELECT in PostgreSQL's SQL. */
export interface Query {
  sql: string;
  columns: RelationColumn[];
}

/** One of the SELECTs that UNION and its like put together. */
export interface Part {
  /** SQL in front of the results, after SELECT. */
  head: string;
  results: { name: string; operand: SelectOperand }[];
  /** SQL behind them: FROM to HAVING. */
  tail: string;
  scope: SelectScope;
  distinct: boolean;
  grouped: boolean;
  /** What is grouped by. */
  keys: readonly string[];
  /** Rows of a VALUES, column by column; in place of all else. */
  values?: SelectOperand[][];
}
