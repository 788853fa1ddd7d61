import { aggregate, hasAggregate, isAggregate, parts } from './aggregates';
import type { CommonTable, Expression, FromItem, OrderTerm, ResultColumn, Select, SelectCore } from './ast';
import { compare } from './compare';
import { Translator, reasonOf } from './expression';
import { INT64 } from './operand';
import type { Operand } from './operand';
import { parseSelect } from './parse';
import { quoteIdent, unwrapped } from './quote';
import { asColumn, refuseUnlessDistinct, sameName } from './relations';
import type { FindRelation, Relation, RelationColumn, SelectOperand } from './relations';
import { SelectScope } from './select-scope';
import type { FromTable } from './select-scope';
import { unified } from './unify';
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

interface Query {
  sql: string;
  columns: RelationColumn[];
}

interface Part {
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

/** Types for columns of a kind, where PostgreSQL would take a narrower or an unknown one. */
const CASTS: Readonly<Record<string, string>> = {
  integer: 'bigint',
  real: 'double precision',
  double: 'double precision',
  number: 'numeric',
  text: 'text',
  boolean: 'boolean',
  blob: 'bytea',
  date: 'date',
};

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
    const columns = this.#columns(parts, names, casts);
    const limits = this.#limits(limit, offset);
    const order = orderBy.length === 0 ? '' : this.#orderSql(orderBy, select, parts, columns, limits !== '');
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

  /** Results of all parts with a type in common, as SQL of each part. */
  #columns(
    parts: readonly Part[],
    names: readonly { name: string; target: string }[] | undefined,
    casts: boolean,
  ): { sql: string[]; columns: RelationColumn[] } {
    const width = parts[0]!.results.length;
    if (parts.some(({ results }) => results.length !== width)) return refuse('parts with different numbers of columns');
    if (names !== undefined && names.length !== width)
      return refuse(`it has ${width} columns, and names for ${names.length}`);
    const columns: RelationColumn[] = [];
    const texts = parts.map(() => [] as string[]);
    const values = parts.map((part) => part.values?.map(() => [] as string[]));
    for (let i = 0; i < width; i++) {
      const found = parts.flatMap((part) => (part.values === undefined ? [part.results[i]!.operand] : part.values[i]!));
      const { operand, sql } = inCommon(found, casts);
      const { name, target } = names?.[i] ?? { name: parts[0]!.results[i]!.name, target: parts[0]!.results[i]!.name };
      columns.push({ name, target, operand });
      let at = 0;
      for (const [p, part] of parts.entries()) {
        if (part.values === undefined) texts[p]!.push(`${unwrapped(sql[at++]!)} AS ${quoteIdent(target)}`);
        else for (const _ of part.values[i]!) values[p]![i]!.push(unwrapped(sql[at++]!));
      }
    }
    const targets = columns.map(({ target }) => target);
    if (new Set(targets).size < targets.length) return refuse('two columns of one name');
    return {
      columns,
      sql: parts.map((part, p) => {
        if (values[p] === undefined) return `SELECT ${part.head}${texts[p]!.join(', ')}${part.tail}`;
        const rows = part.values![0]!.map((_, row) => `(${values[p]!.map((column) => column[row]!).join(', ')})`);
        const list = targets.map(quoteIdent).join(', ');
        return `SELECT ${list} FROM (VALUES ${rows.join(', ')}) AS "values" (${list})`;
      }),
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
    const from = core.from === undefined ? '' : `\nFROM ${this.#from(core.from, scope, translator)}`;
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

  #from(item: FromItem, scope: SelectScope, translator: Translator): string {
    switch (item.kind) {
      case 'table': {
        if (item.schema !== undefined && !sameName(item.schema, 'main'))
          return refuse(`it reads the schema ${item.schema}`);
        const relation = this.find(item.name);
        const alias = item.alias ?? item.name;
        scope.tables.push({ alias, relation, merged: new Set() });
        return relation.target === alias ? quoteIdent(alias) : `${quoteIdent(relation.target)} AS ${quoteIdent(alias)}`;
      }
      case 'function':
        return refuse(`the table function ${item.name}()`);
      case 'subselect': {
        const { sql, columns } = this.query(item.select, undefined);
        const alias = item.alias ?? `part ${scope.tables.length + 1}`;
        scope.tables.push({ alias, relation: { target: alias, columns: relationColumns(columns) }, merged: new Set() });
        return `(\n${sql}\n) AS ${quoteIdent(alias)}`;
      }
      case 'join':
        return this.#join(item, scope, translator);
    }
  }

  #join(item: FromItem & { kind: 'join' }, scope: SelectScope, translator: Translator): string {
    const before = scope.tables.length;
    const left = this.#from(item.left, scope, translator);
    const middle = scope.tables.length;
    const right = this.#from(item.right, scope, translator);
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
    if (item.on !== undefined) conditions.push(this.#on(item.on, scope, before, translator));
    const rightSql = isJoin ? `(${right})` : right;
    if (conditions.length === 0 && (item.type === 'cross' || item.type === 'inner'))
      return `${left}\n  CROSS JOIN ${rightSql}`;
    const type = item.type === 'cross' ? 'inner' : item.type;
    const condition = conditions.length === 0 ? 'true' : unwrapped(conditions.join(' AND '));
    return `${left}\n  ${type === 'inner' ? '' : `${type.toUpperCase()} `}JOIN ${rightSql} ON ${condition}`;
  }

  /** PostgreSQL lets ON see the tables that it joins only. */
  #on(on: Expression, scope: SelectScope, before: number, translator: Translator): string {
    const hidden = scope.tables.splice(0, before);
    try {
      return translator.condition(on);
    } finally {
      scope.tables.unshift(...hidden);
    }
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

  #limits(limit: Expression | undefined, offset: Expression | undefined): string {
    const number = (expression: Expression | undefined): bigint | undefined => {
      if (expression === undefined) return undefined;
      if (expression.kind === 'integer') return expression.value;
      if (expression.kind === 'unary' && expression.operator === '-' && expression.operand.kind === 'integer')
        return -expression.operand.value;
      return refuse('a LIMIT that is no literal');
    };
    const most = number(limit);
    const skip = number(offset);
    return `${most === undefined || most < 0n ? '' : `\nLIMIT ${most}`}${skip === undefined || skip <= 0n ? '' : `\nOFFSET ${skip}`}`;
  }

  #orderSql(
    terms: readonly OrderTerm[],
    select: Select,
    parts: readonly Part[],
    { columns }: { columns: RelationColumn[] },
    decides: boolean,
  ): string {
    const [part] = parts;
    const core = select.parts[0]!;
    const list = terms.flatMap(({ expression, descending, nulls }) => {
      const first = nulls ?? (descending ? 'last' : 'first');
      const suffix = `${descending ? ' DESC' : ''} NULLS ${first.toUpperCase()}`;
      const position = this.#position(expression, part!, columns);
      if (position !== undefined) {
        const operand =
          part!.values === undefined && parts.length === 1
            ? part!.results[position]!.operand
            : columns[position]!.operand!;
        // By number, where the text needs no other collation.
        const needsCollation = operand.kind === 'text';
        const plain = parts.length > 1 || part!.distinct;
        if (needsCollation && plain)
          return decides
            ? refuse('an order of texts over a compound SELECT or DISTINCT')
            : [`${position + 1}${suffix}`];
        const sql = needsCollation ? this.#ordered(operand, decides) : String(position + 1);
        if (!needsCollation) this.#ordered(operand, decides);
        return [`${sql}${suffix}`];
      }
      if (parts.length > 1 || part!.distinct || core.kind === 'values')
        return refuse('an ORDER BY of what is no result');
      const translator = new Translator(part!.scope);
      if (part!.grouped) refuseBare(expression, part!.keys, part!.scope, translator);
      const operand: SelectOperand = translator.value(expression);
      if (operand.constant !== undefined || operand.kind === 'null') return [];
      return [`${this.#ordered(operand, decides)}${suffix}`];
    });
    return list.length === 0 ? '' : `\nORDER BY ${list.join(', ')}`;
  }

  /** Which result an ORDER BY term means: by its number, by its name, or by being the same expression. */
  #position(expression: Expression, part: Part, columns: readonly RelationColumn[]): number | undefined {
    if (expression.kind === 'integer') {
      const position = Number(expression.value) - 1;
      return position >= 0 && position < columns.length
        ? position
        : refuse('an ORDER BY of a number that counts no result');
    }
    if (expression.kind !== 'column' || expression.table !== undefined) return undefined;
    const named = part.results.findIndex(({ name }) => sameName(name, expression.name));
    return named < 0 ? undefined : named;
  }

  /** An expression to order by. `decides`: which rows there are depends on it, so that it must be the very same order. */
  #ordered(operand: SelectOperand, decides: boolean): string {
    const { sql, kind, collation } = operand;
    switch (kind) {
      case 'text': {
        if (!this.utf8 && decides) return refuse('the order of texts in a UTF-16 file');
        const name = collation?.name ?? 'BINARY';
        if (name === 'NOCASE') return `lower(${unwrapped(sql)} COLLATE "C")`;
        if (name !== 'BINARY' && decides) return refuse(`an order by the collation ${name}`);
        return `${sql} COLLATE "C"`;
      }
      case 'boolean':
      case 'integer':
      case 'real':
      case 'double':
      case 'number':
      case 'date':
      case 'blob':
        return unwrapped(sql);
      case 'opaque':
        if (!decides || operand.keptAs?.startsWith('timestamp') === true) return unwrapped(sql);
    }
    return refuse('an order of values that mean something else in PostgreSQL');
  }
}

/** Columns of a select as those of something to select from. */
function relationColumns(columns: readonly RelationColumn[]): RelationColumn[] {
  return columns.map((column) => ({ ...column, operand: asColumn(column.operand!) }));
}

function namesOf(columns: readonly string[] | undefined): { name: string; target: string }[] | undefined {
  return columns?.map((name) => ({ name, target: name }));
}

/** What operands of one column have in common, and the SQL of each. */
function inCommon(operands: readonly SelectOperand[], casts: boolean): { operand: SelectOperand; sql: string[] } {
  const cast = (sql: string, kind: string) => (CASTS[kind] === undefined ? sql : `${sql}::${CASTS[kind]}`);
  if (operands.length === 1) {
    const [operand] = operands;
    const { kind } = operand!;
    const collation =
      operand!.collation?.explicit === true ? { name: operand!.collation.name, explicit: false } : operand!.collation;
    if (casts && kind === 'boolean')
      return {
        operand: { sql: '', kind: 'integer', range: INT64, storage: 'integer' },
        sql: [`${operand!.sql}::integer::bigint`],
      };
    return {
      operand: {
        ...operand!,
        ...(collation && { collation }),
        ...(casts && kind === 'integer' && { range: INT64 }),
      },
      sql: [casts ? cast(operand!.sql, kind) : kind === 'null' ? 'NULL' : operand!.sql],
    };
  }
  const [first] = operands;
  const same = operands.every(({ kind, keptAs }) => kind === first!.kind && keptAs === first!.keptAs);
  if (same && ['opaque', 'json', 'date', 'numbers as text'].includes(first!.kind)) {
    if (first!.kind === 'opaque' && first!.keptAs === undefined) return refuse('parts with values of several types');
    return { operand: first!, sql: operands.map(({ sql }) => sql) };
  }
  const { values, ...operand } = unified(operands.map(withoutCollation));
  return { operand: { ...operand, sql: '' }, sql: values.map((sql) => cast(sql, operand.kind)) };
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

/**
 * SQLite lets a grouped SELECT use columns that differ within a group, and takes them from some row. A column may be used
 * that is grouped by, or belongs to a table whose whole primary key is.
 */
function refuseBare(expression: Expression, keys: readonly string[], scope: SelectScope, translator: Translator): void {
  if (expression.kind === 'call' && isAggregate(expression)) return;
  const pieces = parts(expression);
  const isSubselect =
    ['exists', 'subquery'].includes(expression.kind) ||
    (expression.kind === 'in' && !Array.isArray(expression.members));
  if (keys.length > 0 && !hasAggregate(expression) && !isLiteral(expression)) {
    if (keys.includes(unwrapped(translator.value(expression).sql))) return;
  }
  if (expression.kind === 'column' || isSubselect) {
    scope.onColumn = (sql, { alias, relation }) => {
      if (keys.includes(sql)) return;
      const key = relation.primaryKey?.map((name) => {
        const column = relation.columns.find((candidate) => candidate.name === name);
        return `${quoteIdent(alias)}.${quoteIdent(column?.target ?? name)}`;
      });
      if (key === undefined || !key.every((part) => keys.includes(part)))
        refuse(`a column (${sql}) beside an aggregate: SQLite takes it from some row`);
    };
    try {
      translator.value(expression);
    } finally {
      scope.onColumn = undefined;
    }
    return;
  }
  for (const piece of pieces) refuseBare(piece, keys, scope, translator);
}

function isLiteral({ kind }: Expression): boolean {
  return ['null', 'integer', 'real', 'text', 'blob'].includes(kind);
}

/** A compound SELECT is no calculation: COLLATE in a part of it is of no matter. */
function withoutCollation(operand: SelectOperand): SelectOperand {
  const { collation: _, ...plain } = operand;
  return plain;
}
