import { aggregate, hasAggregate, isAggregate } from './aggregates';
import type { CommonTable, Expression, ResultColumn, Select, SelectCore } from './ast';
import { Translator, reasonOf } from './expression';
import type { Operand } from './operand';
import { parseSelect } from './parse';
import { quoteIdent, unwrapped } from './quote';
import { refuseUnlessDistinct, sameName } from './relations';
import type { FindRelation, Relation, RelationColumn, SelectOperand } from './relations';
import { commonColumns } from './select-columns';
import { fromSql, relationColumns } from './select-from';
import { refuseBare } from './select-groups';
import { limitSql, orderSql } from './select-order';
import type { Part, Query } from './select-part';
import { SelectScope } from './select-scope';
import { refuse } from './untranslatable';

/** A SELECT in PostgreSQL's SQL, and what is known of its columns; or why there is none. */
export type SelectTranslation = { sql: string; columns: RelationColumn[] } | { reason: string };

export interface SelectOptions {
  /** Whether the source keeps text in UTF-8: in UTF-16 texts have another order. */
  utf8: boolean;
  /** What a name in a FROM clause stands for. @throws Untranslatable */
  find: FindRelation;
  /** Names of the columns in PostgreSQL; SQLite's own when left out. */
  columns?: readonly { name: string; target: string }[];
}

/**
 * Translates a SELECT of SQLite's. Rows are the same for every content of the tables, except that of rows which SQLite itself
 * leaves the choice of (LIMIT without a complete order) others may come, and that sums of doubles may differ in the last digit.
 */
export function translateSelect(sql: string, { utf8, find, columns }: SelectOptions): SelectTranslation {
  try {
    const query = new SelectTranslator(utf8, find).query(parseSelect(sql), undefined, columns);
    return { sql: query.sql, columns: query.columns };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

class SelectTranslator {
  constructor(
    private readonly utf8: boolean,
    private readonly find: FindRelation,
  ) {}

  /** @param names of the columns, when something outside gives them */
  query(
    select: Select,
    outer: SelectScope | undefined,
    names?: readonly { name: string; target: string }[],
    casts = false,
  ): Query {
    const { with: common, parts: cores, orderBy, limit, offset } = select;
    if (common !== undefined) return this.#with(common, select, outer, names, casts);
    const parts = cores.map((core) => this.#part(core, outer));
    const columns = commonColumns(parts, names, casts);
    const limits = limitSql(limit, offset);
    const order = orderBy.length === 0 ? '' : orderSql(orderBy, select, parts, columns, limits !== '', this.utf8);
    if (parts.length === 1) return { sql: `${columns.sql[0]!}${order}${limits}`, columns: columns.columns };
    let sql = columns.sql[0]!;
    for (const [i, core] of cores.entries()) {
      if (core.operator === undefined) continue;
      if (core.operator !== 'union all')
        for (const column of columns.columns) refuseUnlessDistinct(column.operand!, 'rows are told apart by');
      // SQLite goes from left to right; in PostgreSQL INTERSECT would come first.
      sql = `${i > 1 ? `(${sql})` : sql}\n${core.operator.toUpperCase()}\n${columns.sql[i]!}`;
    }
    return { sql: `${sql}${order}${limits}`, columns: columns.columns };
  }

  #with(
    common: NonNullable<Select['with']>,
    select: Select,
    outer: SelectScope | undefined,
    names: readonly { name: string; target: string }[] | undefined,
    casts: boolean,
  ): Query {
    const known = new Map<string, Relation>();
    const find: FindRelation = (name) =>
      [...known.values()].find(({ target }) => sameName(target, name)) ?? this.find(name);
    const inner = new SelectTranslator(this.utf8, find);
    const isRecursive = common.tables.some((table) => refersTo(table.select, table.name));
    const tables = common.tables.map((table) => {
      if (common.tables.filter(({ name }) => sameName(name, table.name)).length > 1)
        refuse(`two tables ${table.name} in one WITH`);
      const { sql, columns } = refersTo(table.select, table.name)
        ? inner.#recursive(table, known)
        : inner.query(table.select, outer, namesOf(table.columns));
      known.set(table.name, { target: table.name, columns: relationColumns(columns) });
      const list = columns.map(({ target }) => quoteIdent(target)).join(', ');
      return `${quoteIdent(table.name)} (${list}) AS (\n${sql}\n)`;
    });
    const { with: _, ...rest } = select;
    const main = inner.query(rest, outer, names, casts);
    return { sql: `WITH ${isRecursive ? 'RECURSIVE ' : ''}${tables.join(', ')}\n${main.sql}`, columns: main.columns };
  }

  /** `first UNION [ALL] next`, where `next` reads the table itself. */
  #recursive({ name, select, columns: names }: CommonTable, known: Map<string, Relation>): Query {
    const [first, next] = select.parts;
    const isPlain = select.with === undefined && select.orderBy.length === 0 && select.limit === undefined;
    if (select.parts.length !== 2 || !isPlain || !next!.operator?.startsWith('union'))
      return refuse('a recursion of another form than SELECT … UNION SELECT …');
    const one = (core: typeof first): Select => ({
      kind: 'select',
      parts: [{ ...core!, operator: undefined } as never],
      orderBy: [],
    });
    const begin = this.query(one(first), undefined, namesOf(names), true);
    if (begin.columns.some(({ operand }) => operand!.kind === 'null'))
      return refuse('a recursion that begins with NULL');
    const relation = { target: name, columns: relationColumns(begin.columns) };
    known.set(name, relation);
    const after = this.query(one(next), undefined, begin.columns, true);
    for (const [i, { operand }] of begin.columns.entries()) {
      const other = after.columns[i]?.operand;
      if (other === undefined || (other.kind !== operand!.kind && other.kind !== 'null'))
        return refuse('a recursion whose parts have different types');
      if (next!.operator === 'union') refuseUnlessDistinct(operand!, 'rows are told apart by');
    }
    return {
      sql: `${begin.sql}\n${next!.operator!.toUpperCase()}\n${after.sql}`,
      columns: relation.columns as RelationColumn[],
    };
  }

  #part(core: SelectCore, outer: SelectScope | undefined): Part {
    if (core.kind === 'values') return this.#values(core.rows, outer);
    const scope: SelectScope = new SelectScope(this.utf8, outer, {
      call: (call, translator, at) => {
        if (!isAggregate(call)) return undefined;
        // What an aggregate reads needs no GROUP BY.
        const listener = at.onColumn;
        at.onColumn = undefined;
        const result = aggregate(call, translator);
        at.onColumn = listener;
        return result;
      },
      select: (inner, use, at) => this.#subselect(inner, use, at),
    });
    const translator = new Translator(scope);
    if (core.windows.length > 0) refuse('a window');
    const from =
      core.from === undefined
        ? ''
        : `\nFROM ${fromSql(core.from, { scope, translator, find: this.find, query: (select) => this.query(select, undefined) })}`;
    const where =
      core.where === undefined
        ? ''
        : `\nWHERE ${unwrapped(this.#clause(core, scope, () => translator.condition(core.where!)))}`;
    const isGrouped =
      core.groupBy.length > 0 ||
      core.having !== undefined ||
      core.results.some((result) => result.kind === 'expression' && hasAggregate(result.expression));
    if (core.where !== undefined && hasAggregate(core.where)) refuse('an aggregate in WHERE');
    const keys = core.groupBy.map((key) => this.#groupKey(key, core, scope, translator));
    const check = (expression: Expression) => {
      if (isGrouped) refuseBare(expression, keys, scope, translator);
    };
    const results = core.results.flatMap((result) => this.#results(result, scope, translator, check));
    const having =
      core.having === undefined
        ? ''
        : `\nHAVING ${unwrapped(
            this.#clause(core, scope, () => {
              check(core.having!);
              return translator.condition(core.having!);
            }),
          )}`;
    if (core.distinct) for (const { operand } of results) refuseUnlessDistinct(operand, 'DISTINCT of');
    const group = keys.length === 0 ? '' : `\nGROUP BY ${keys.join(', ')}`;
    return {
      head: core.distinct ? 'DISTINCT ' : '',
      results,
      tail: `${from}${where}${group}${having}`,
      scope,
      distinct: core.distinct,
      grouped: isGrouped,
      keys,
    };
  }

  #values(rows: readonly Expression[][], outer: SelectScope | undefined): Part {
    const scope = new SelectScope(this.utf8, outer, {
      call: (call) => (isAggregate(call) ? refuse('an aggregate in VALUES') : undefined),
      select: (inner, use, at) => this.#subselect(inner, use, at),
    });
    const translator = new Translator(scope);
    const columns = rows[0]!.map((_, i) => rows.map((row) => translator.value(row[i]!) as SelectOperand));
    return {
      head: '',
      results: columns.map(([operand], i) => ({ name: `column${i + 1}`, operand: operand! })),
      tail: '',
      scope,
      distinct: false,
      grouped: false,
      keys: [],
      values: columns,
    };
  }

  /** In WHERE, GROUP BY and HAVING, a name that is no column may be that of a result. */
  #clause<T>(core: SelectCore & { kind: 'core' }, scope: SelectScope, work: () => T): T {
    scope.aliases = (name) => {
      const result = core.results.find(
        (candidate) =>
          candidate.kind === 'expression' && candidate.alias !== undefined && sameName(candidate.alias, name),
      );
      if (result?.kind !== 'expression') return undefined;
      scope.aliases = undefined;
      return new Translator(scope).value(result.expression);
    };
    try {
      return work();
    } finally {
      scope.aliases = undefined;
    }
  }

  #groupKey(key: Expression, core: SelectCore & { kind: 'core' }, scope: SelectScope, translator: Translator): string {
    let expression = key;
    if (key.kind === 'integer') {
      const result = core.results[Number(key.value) - 1];
      if (result?.kind !== 'expression') return refuse('a GROUP BY of a number that counts no result');
      expression = result.expression;
    }
    if (hasAggregate(expression)) return refuse('an aggregate in GROUP BY');
    const operand: SelectOperand = this.#clause(core, scope, () => translator.value(expression));
    refuseUnlessDistinct(operand, 'GROUP BY of');
    if (operand.constant !== undefined || operand.kind === 'null') return refuse('a GROUP BY of a literal');
    return unwrapped(operand.sql);
  }

  #results(
    result: ResultColumn,
    scope: SelectScope,
    translator: Translator,
    check: (expression: Expression) => void,
  ): { name: string; operand: SelectOperand }[] {
    if (result.kind === 'star') {
      const columns = scope.star(result.table);
      for (const { name } of columns)
        check({ kind: 'column', name, ...(result.table && { table: result.table }), maybeText: false });
      return columns;
    }
    check(result.expression);
    const operand: SelectOperand = translator.value(result.expression);
    const name =
      result.alias ?? (result.expression.kind === 'column' ? this.#nameOf(result.expression.name, scope) : result.sql);
    return [{ name, operand }];
  }

  /** A column that is not renamed has the name of its declaration, whatever the spelling here. */
  #nameOf(name: string, scope: SelectScope): string {
    for (const { relation } of scope.tables) {
      const found = relation.columns.find((column) => sameName(column.name, name));
      if (found !== undefined) return found.name;
    }
    return name;
  }

  #subselect(select: Select, use: 'exists' | 'scalar' | 'in', scope: SelectScope): Operand {
    const { sql, columns } = this.query(select, scope);
    if (use === 'exists') return { sql: `EXISTS (${sql})`, kind: 'boolean', storage: 'integer' };
    if (columns.length !== 1) return refuse('a sub-select with more than one column as a value');
    const operand = columns[0]!.operand!;
    if (use === 'in') return { ...operand, sql: `(${sql})` };
    const [core] = select.parts;
    const isOneRow =
      select.parts.length === 1 &&
      core!.kind === 'core' &&
      core!.groupBy.length === 0 &&
      core!.results.some((result) => result.kind === 'expression' && hasAggregate(result.expression));
    // SQLite takes the first row of several; PostgreSQL would give an error.
    const whole = isOneRow || select.limit !== undefined ? sql : `${sql} LIMIT 1`;
    const { affinity: _, collation: __, ...value } = operand;
    return { ...value, sql: `(${whole})` };
  }
}

function namesOf(columns: readonly string[] | undefined): { name: string; target: string }[] | undefined {
  return columns?.map((name) => ({ name, target: name }));
}

/** Whether a SELECT, or anything in it, reads from a table of this name. */
function refersTo(select: Select, name: string): boolean {
  return tablesOf(select).some((table) => sameName(table, name));
}

function tablesOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(tablesOf);
  const { kind, name } = node as { kind?: string; name?: string };
  return [...(kind === 'table' && name !== undefined ? [name] : []), ...Object.values(node).flatMap(tablesOf)];
}
