import type { Expression, FromItem, Select } from './ast';
import { compare } from './compare';
import type { Translator } from './expression';
import { quoteIdent, unwrapped } from './quote';
import { asColumn, sameName } from './relations';
import type { FindRelation, RelationColumn, SelectOperand } from './relations';
import type { Query } from './select-part';
import type { FromTable, SelectScope } from './select-scope';
import { refuse } from './untranslatable';

/** What a FROM clause is read in: its tables are added to the scope, in order. */
export interface FromContext {
  scope: SelectScope;
  translator: Translator;
  find: FindRelation;
  /** Translates a SELECT in the clause, which sees nothing of the others. */
  query: (select: Select) => Query;
}

/** A FROM clause, without the word. */
export function fromSql(item: FromItem, at: FromContext): string {
  const { scope } = at;
  switch (item.kind) {
    case 'table': {
      if (item.schema !== undefined && !sameName(item.schema, 'main'))
        return refuse(`it reads the schema ${item.schema}`);
      const relation = at.find(item.name);
      const alias = item.alias ?? item.name;
      scope.tables.push({ alias, relation, merged: new Set() });
      return relation.target === alias ? quoteIdent(alias) : `${quoteIdent(relation.target)} AS ${quoteIdent(alias)}`;
    }
    case 'function':
      return refuse(`the table function ${item.name}()`);
    case 'subselect': {
      const { sql, columns } = at.query(item.select);
      const alias = item.alias ?? `part ${scope.tables.length + 1}`;
      scope.tables.push({ alias, relation: { target: alias, columns: relationColumns(columns) }, merged: new Set() });
      return `(\n${sql}\n) AS ${quoteIdent(alias)}`;
    }
    case 'join':
      return joinSql(item, at);
  }
}

function joinSql(item: FromItem & { kind: 'join' }, at: FromContext): string {
  const { scope } = at;
  const before = scope.tables.length;
  const left = fromSql(item.left, at);
  const middle = scope.tables.length;
  const right = fromSql(item.right, at);
  const isJoin = item.right.kind === 'join';
  const conditions: string[] = [];
  const lefts = scope.tables.slice(before, middle);
  const rights = scope.tables.slice(middle);
  const shared = item.natural ? sharedNames(lefts, rights) : (item.using ?? []);
  if (shared.length > 0 && (item.type === 'right' || item.type === 'full'))
    return refuse('a RIGHT or FULL JOIN that merges columns');
  for (const name of shared) {
    const a = operandIn(scope, lefts, name);
    const b = operandIn(scope, rights, name);
    conditions.push(compare('=', a.operand, b.operand, scope).sql);
    b.table.merged.add(b.column);
  }
  if (item.on !== undefined) conditions.push(onSql(item.on, before, at));
  const rightSql = isJoin ? `(${right})` : right;
  if (conditions.length === 0 && (item.type === 'cross' || item.type === 'inner'))
    return `${left}\n  CROSS JOIN ${rightSql}`;
  const type = item.type === 'cross' ? 'inner' : item.type;
  const condition = conditions.length === 0 ? 'true' : unwrapped(conditions.join(' AND '));
  return `${left}\n  ${type === 'inner' ? '' : `${type.toUpperCase()} `}JOIN ${rightSql} ON ${condition}`;
}

/** PostgreSQL lets ON see the tables that it joins only. */
function onSql(on: Expression, before: number, { scope, translator }: FromContext): string {
  const hidden = scope.tables.splice(0, before);
  try {
    return translator.condition(on);
  } finally {
    scope.tables.unshift(...hidden);
  }
}

/** Columns of a select as those of something to select from. */
export function relationColumns(columns: readonly RelationColumn[]): RelationColumn[] {
  return columns.map((column) => ({ ...column, operand: asColumn(column.operand!) }));
}

function sharedNames(lefts: readonly FromTable[], rights: readonly FromTable[]): string[] {
  const names = rights.flatMap(({ relation }) => relation.columns.map(({ name }) => name));
  return names.filter((name) =>
    lefts.some(({ relation }) => relation.columns.some((column) => sameName(column.name, name))),
  );
}

function operandIn(
  scope: SelectScope,
  tables: readonly FromTable[],
  name: string,
): { operand: SelectOperand; table: FromTable; column: string } {
  for (const table of tables) {
    const column = table.relation.columns.find((candidate) => sameName(candidate.name, name));
    if (column !== undefined && !table.merged.has(column.name))
      return { operand: scope.operand(table, column), table, column: column.name };
  }
  return refuse(`there is no column ${name} to join by`);
}
