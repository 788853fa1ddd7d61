/** Expressions and SELECT statements of SQLite's SQL, as `parse.ts` reads them. Names are as written, without quotes. */

export type Expression =
  | { kind: 'null' }
  | { kind: 'integer'; value: bigint }
  /** A number with a point or an exponent, or too large for 64 bits. */
  | { kind: 'real'; value: number }
  | { kind: 'text'; value: string }
  /** In hexadecimal digits. */
  | { kind: 'blob'; value: string }
  | { kind: 'now'; what: 'CURRENT_TIMESTAMP' | 'CURRENT_DATE' | 'CURRENT_TIME' }
  | ColumnReference
  | { kind: 'unary'; operator: '-' | '+' | '~' | 'not'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | LikeExpression
  | { kind: 'between'; not: boolean; operand: Expression; low: Expression; high: Expression }
  /** `members` is what stands in the parentheses, a SELECT, or a table by name. */
  | { kind: 'in'; not: boolean; operand: Expression; members: Expression[] | Select | TableName }
  | { kind: 'collate'; operand: Expression; collation: string }
  | { kind: 'cast'; operand: Expression; type: string }
  | CaseExpression
  | CallExpression
  | { kind: 'exists'; select: Select }
  | { kind: 'subquery'; select: Select }
  | { kind: 'row'; items: Expression[] }
  | { kind: 'parameter'; name: string };

export type BinaryOperator =
  | 'or'
  | 'and'
  | '='
  | '<>'
  | 'is'
  | 'is not'
  | '<'
  | '<='
  | '>'
  | '>='
  | '&'
  | '|'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | '->'
  | '->>';

export interface ColumnReference {
  kind: 'column';
  schema?: string;
  table?: string;
  name: string;
  /** In double quotes and without a table: a string where no column has this name. */
  maybeText: boolean;
}

export interface LikeExpression {
  kind: 'like';
  operator: 'like' | 'glob' | 'regexp' | 'match';
  not: boolean;
  operand: Expression;
  pattern: Expression;
  escape?: Expression;
}

export interface CaseExpression {
  kind: 'case';
  operand?: Expression;
  branches: { when: Expression; value: Expression }[];
  otherwise?: Expression;
}

export interface CallExpression {
  kind: 'call';
  /** In lower case. */
  name: string;
  args: Expression[] | '*';
  distinct: boolean;
  orderBy: OrderTerm[];
  filter?: Expression;
  /** A window, or the name of one of the SELECT's. */
  over?: Window | string;
}

export interface TableName {
  kind: 'table';
  schema?: string;
  name: string;
}

export interface OrderTerm {
  expression: Expression;
  descending: boolean;
  nulls?: 'first' | 'last';
}

export interface Window {
  base?: string;
  partitionBy: Expression[];
  orderBy: OrderTerm[];
  /** The frame as written, for example `ROWS BETWEEN 1 PRECEDING AND CURRENT ROW`. */
  frame?: string;
}

export interface Select {
  kind: 'select';
  with?: { recursive: boolean; tables: CommonTable[] };
  /** Parts of a compound select; `operator` joins a part to those before it and is absent in the first. */
  parts: ({ operator?: 'union' | 'union all' | 'intersect' | 'except' } & SelectCore)[];
  orderBy: OrderTerm[];
  limit?: Expression;
  offset?: Expression;
}

export interface CommonTable {
  name: string;
  columns?: string[];
  materialized?: boolean;
  select: Select;
}

export type SelectCore =
  | {
      kind: 'core';
      distinct: boolean;
      results: ResultColumn[];
      from?: FromItem;
      where?: Expression;
      groupBy: Expression[];
      having?: Expression;
      windows: { name: string; window: Window }[];
    }
  | { kind: 'values'; rows: Expression[][] };

export type ResultColumn =
  | { kind: 'expression'; expression: Expression; alias?: string; sql: string }
  /** `*` or `table.*`. */
  | { kind: 'star'; table?: string };

export type FromItem =
  | { kind: 'table'; schema?: string; name: string; alias?: string }
  | { kind: 'function'; name: string; args: Expression[]; alias?: string }
  | { kind: 'subselect'; select: Select; alias?: string }
  | {
      kind: 'join';
      /** A comma is a cross join. */
      type: 'cross' | 'inner' | 'left' | 'right' | 'full';
      natural: boolean;
      left: FromItem;
      right: FromItem;
      on?: Expression;
      using?: string[];
    };
