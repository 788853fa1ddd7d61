import type { CallExpression, ColumnReference, Select } from './ast';
import type { Scope, Translator } from './expression';
import type { Operand } from './operand';
import { quoteIdent } from './quote';
import { sameName } from './relations';
import type { Relation, RelationColumn, SelectOperand } from './relations';
import { refuse } from './untranslatable';

/** One table of a FROM clause. */
export interface FromTable {
  /** As the SELECT calls it. */
  alias: string;
  relation: Relation;
  /** Columns that a USING or NATURAL JOIN has merged into those of a table before. */
  merged: Set<string>;
}

const ROWIDS = ['rowid', 'oid', '_rowid_'];

/** What the names of a SELECT stand for: columns of its tables, then its own results' names, then what is around it. */
export class SelectScope implements Scope {
  readonly tables: FromTable[] = [];
  /** Names that the results were given, for clauses that may use them. */
  aliases: ((name: string) => SelectOperand | undefined) | undefined;
  /** Notes each column that is referred to; undefined while nobody asks. */
  onColumn: ((sql: string, table: FromTable) => void) | undefined;

  constructor(
    readonly utf8: boolean,
    readonly outer: SelectScope | undefined,
    private readonly hooks: {
      call: (call: CallExpression, translator: Translator, scope: SelectScope) => Operand | undefined;
      select: (select: Select, use: 'exists' | 'scalar' | 'in', scope: SelectScope) => Operand;
    },
  ) {}

  column(reference: ColumnReference): SelectOperand | undefined {
    if (reference.schema !== undefined && !sameName(reference.schema, 'main'))
      return refuse(`it reads the schema ${reference.schema}`);
    const found = this.#inTables(reference);
    if (found !== undefined) return found;
    const result = reference.table === undefined ? this.aliases?.(reference.name) : undefined;
    return result ?? this.outer?.column(reference);
  }

  call(call: CallExpression, translator: Translator): Operand | undefined {
    return this.hooks.call(call, translator, this);
  }

  select(select: Select, use: 'exists' | 'scalar' | 'in'): Operand {
    return this.hooks.select(select, use, this);
  }

  /** Every column that `*` or `table.*` stands for, with its name. */
  star(table: string | undefined): { name: string; operand: SelectOperand }[] {
    const tables = table === undefined ? this.tables : this.tables.filter(({ alias }) => sameName(alias, table));
    if (tables.length === 0) return refuse(`there is no table ${table ?? ''} for the *`);
    return tables.flatMap((from) =>
      from.relation.columns
        .filter(({ name }) => table !== undefined || !from.merged.has(name))
        .map((column) => ({ name: column.name, operand: this.operand(from, column) })),
    );
  }

  /** A column of a table as SQL. */
  operand(from: FromTable, { name, target, operand }: RelationColumn): SelectOperand {
    if (operand === undefined) return refuse(`column ${name} of ${from.alias} is not moved`);
    const sql = `${quoteIdent(from.alias)}.${quoteIdent(target)}`;
    this.onColumn?.(sql, from);
    return { ...operand, sql };
  }

  #inTables({ table, name }: ColumnReference): SelectOperand | undefined {
    const found: SelectOperand[] = [];
    for (const from of this.tables) {
      if (table !== undefined && !sameName(from.alias, table)) continue;
      const column = from.relation.columns.find((candidate) => sameName(candidate.name, name));
      if (column === undefined || (table === undefined && from.merged.has(column.name))) continue;
      found.push(this.operand(from, column));
    }
    if (found.length > 1) return refuse(`the name ${name} is ambiguous`);
    return found[0] ?? this.#rowid(table, name);
  }

  /** The rowid of a table is its integer primary key, where it has one; other rowids are not moved. */
  #rowid(table: string | undefined, name: string): SelectOperand | undefined {
    if (!ROWIDS.some((rowid) => sameName(rowid, name))) return undefined;
    const from = table === undefined ? this.tables : this.tables.filter(({ alias }) => sameName(alias, table));
    if (from.length !== 1) return undefined;
    const { rowid, columns } = from[0]!.relation;
    const column = rowid === undefined ? undefined : columns.find((candidate) => candidate.name === rowid);
    return column === undefined
      ? refuse(`the ${name} of ${from[0]!.alias} is not moved`)
      : this.operand(from[0]!, column);
  }
}
