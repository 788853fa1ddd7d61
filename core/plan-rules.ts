import { isGlob, literals, matchesGlob } from './glob';
import type { WrittenColumn, WrittenSource, WrittenTable } from './plan';
import { nearest } from './plan-keys';
import { isData } from './source';
import type { SourceCatalog, SourceColumn, SourceTable } from './source';

/** An entry of `tables` that matches a table, or of `columns` that matches a column. */
export interface Rule<Says> {
  /** Where it stands in the plan, within its source: `tables.*.columns.*_at`. */
  path: string;
  /** Whether it names what it matches, rather than matching it by a pattern or by leaving names out. */
  exact: boolean;
  says: Says;
}

/** A table that moves, with the rules about it, the most specific first. */
export interface MatchedTable {
  table: SourceTable;
  rules: Rule<WrittenTable>[];
  /** Columns that move, in the source's order. */
  columns: MatchedColumn[];
  /** Columns that are left out on purpose. */
  excluded: string[];
  /** Whether a draft fills in what the rules leave open: the plan does not name the table and its columns one by one. */
  open: boolean;
}

export interface MatchedColumn {
  column: SourceColumn;
  /** Most specific first: by table, then by column. */
  rules: Rule<WrittenColumn>[];
  open: boolean;
}

export interface MatchedSource {
  tables: MatchedTable[];
  /** Tables and other objects that are left out on purpose. */
  excluded: string[];
  /** Keys and patterns that match nothing, each as a sentence. Names of tables in full are not among them. */
  unmatched: string[];
}

/** The first word on a property, from the most specific rule that says something about it. */
export function decide<Says, Property extends keyof Says>(
  rules: readonly Rule<Says>[],
  property: Property,
): { value: NonNullable<Says[Property]>; path: string } | undefined {
  for (const { says, path } of rules) {
    const value = says[property];
    if (value !== undefined && value !== null) return { value, path };
  }
  return undefined;
}

/** Everything that rules say, property by property. */
export function settle<Says extends object>(rules: readonly Rule<Says>[]): Partial<Says> {
  const properties = new Set(rules.flatMap(({ says }) => Object.keys(says) as (keyof Says)[]));
  return Object.fromEntries(
    [...properties].flatMap((property) => {
      const decided = decide(rules, property);
      return decided === undefined ? [] : [[property, decided.value]];
    }),
  ) as Partial<Says>;
}

/** Which rules of a plan are about which tables and columns of its source. */
export function matchSource(name: string, source: WrittenSource, catalog: SourceCatalog): MatchedSource {
  const names = catalog.tables.map((table) => table.name);
  const everything = [...names, ...catalog.others.map((object) => object.name)];
  const left = leftOut(source.exclude ?? [], everything);
  const derived = Object.entries(source.tables).filter(([key, { from = key }]) => from !== key);
  const own = Object.entries(source.tables).filter(([key, { from = key }]) => from === key);
  const entries = new Keys(Object.fromEntries(own), names);
  const tables = catalog.tables.flatMap((table): MatchedTable[] => {
    // Tables that are made of another one are only what they say themselves.
    const made = derived.flatMap(([key, says]): MatchedTable[] =>
      says.from === table.name
        ? [matchTable({ ...table, name: key }, [{ path: `tables.${key}`, exact: true, says }])]
        : [],
    );
    const rules = entries.matching(table.name, 'tables.');
    const isLeft = left.get(table.name) !== undefined && rules[0]?.exact !== true;
    return rules.length === 0 || isLeft ? made : [matchTable(table, rules), ...made];
  });
  const unmatched = [
    ...Object.keys(source.tables)
      .filter((key) => isGlob(key) && key !== '*' && source.tables[key]!.from === undefined)
      .filter((key) => !names.some((table) => isAbout(key, table)))
      .map((key) => missing(`source ${name} has no table that matches ${key}`, key, names)),
    ...(source.exclude ?? [])
      .filter((key) => isGlob(key) && !everything.some((object) => isAbout(key, object)))
      .map((key) => missing(`source ${name} has no table that matches ${key}, to exclude`, key, everything)),
    ...unmatchedColumns(source, tables),
  ];
  const excluded = [...left].flatMap(([object]) => (tables.some(({ table }) => table.name === object) ? [] : [object]));
  const unknown = (source.exclude ?? []).filter((key) => !isGlob(key) && !everything.includes(key));
  // A table that is both named and excluded by its name is for `resolvePlan` to refuse.
  const twice = (source.exclude ?? []).filter((key) => names.includes(key) && Object.hasOwn(source.tables, key));
  return { tables, excluded: [...new Set([...excluded, ...unknown, ...twice])], unmatched };
}

function matchTable(table: SourceTable, rules: Rule<WrittenTable>[]): MatchedTable {
  const names = table.columns.map((column) => column.name);
  const left = leftOut(decide(rules, 'exclude')?.value ?? [], names);
  const entries = rules.map((rule) => ({
    rule,
    keys: rule.says.columns === undefined ? undefined : new Keys(rule.says.columns, names),
  }));
  const columns = table.columns.flatMap((column): MatchedColumn[] => {
    if (!isData(table, column)) return [];
    const about = entries.flatMap(({ rule, keys }): Rule<WrittenColumn>[] =>
      keys === undefined
        ? [{ path: rule.path, exact: false, says: {} }]
        : keys
            .matching(column.name, `${rule.path}.columns.`)
            .map((found) => ({ ...found, exact: found.exact && rule.exact })),
    );
    const why = left.get(column.name);
    const named = entries.some(({ keys }) => keys?.matching(column.name, '')[0]?.exact === true);
    if (about.length === 0 || why === 'name' || (why === 'pattern' && !named)) return [];
    const open = about.some(({ exact }) => !exact) || decide(about, 'type') === undefined;
    return [{ column, rules: about, open }];
  });
  // Columns that are computed and stand in no table.
  const computed = new Set(
    rules.flatMap(({ says }) =>
      Object.entries(says.columns ?? {}).flatMap(([name, { value }]) =>
        value === undefined || names.includes(name) || isGlob(name) ? [] : [name],
      ),
    ),
  );
  for (const name of computed) {
    const about = entries.flatMap(({ rule, keys }) => keys?.matching(name, `${rule.path}.columns.`) ?? []);
    const column: SourceColumn = { name, declared: '', affinity: 'blob', notNull: false };
    columns.push({ column, rules: about, open: false });
  }
  const open = rules.some(({ exact, says }) => !exact || says.columns === undefined || hasPattern(says.columns, names));
  return { table, rules, columns, excluded: [...left.keys()], open };
}

function hasPattern(columns: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return Object.keys(columns).some((key) => isGlob(key) && !names.includes(key));
}

/** Names that a list of names and patterns takes out, and by which of the two. */
function leftOut(exclude: readonly string[], names: readonly string[]): Map<string, 'name' | 'pattern'> {
  const exact = new Set(exclude);
  const patterns = exclude.filter((key) => isGlob(key) && !names.includes(key));
  return new Map(
    names.flatMap((name): [string, 'name' | 'pattern'][] => {
      if (exact.has(name)) return [[name, 'name']];
      return patterns.some((glob) => matchesGlob(glob, name)) ? [[name, 'pattern']] : [];
    }),
  );
}

/** The keys of a record, as names and patterns. */
class Keys<Says> {
  readonly #record: Readonly<Record<string, Says>>;
  /** The most specific first; of two alike, the one that stands later. */
  readonly #globs: string[];

  constructor(record: Readonly<Record<string, Says>>, names: readonly string[]) {
    this.#record = record;
    const known = new Set(names);
    this.#globs = Object.keys(record)
      .filter((key) => isGlob(key) && !known.has(key))
      .reverse()
      .sort((a, b) => literals(b) - literals(a));
  }

  matching(name: string, path: string): Rule<Says>[] {
    const keys = [
      ...(Object.hasOwn(this.#record, name) ? [name] : []),
      ...this.#globs.filter((glob) => matchesGlob(glob, name)),
    ];
    return keys.map((key) => ({ path: `${path}${key}`, exact: key === name, says: this.#record[key]! }));
  }
}

/** Columns that no table has: names in tables that are patterns, and patterns anywhere. `*` is never wrong. */
function unmatchedColumns(source: WrittenSource, tables: readonly MatchedTable[]): string[] {
  const byRule = new Map<string, MatchedTable[]>();
  for (const table of tables) {
    for (const { path } of table.rules) {
      const about = byRule.get(path);
      if (about === undefined) byRule.set(path, [table]);
      else about.push(table);
    }
  }
  return Object.entries(source.tables).flatMap(([key, { columns = {}, exclude = [] }]) => {
    const about = byRule.get(`tables.${key}`) ?? [];
    if (about.length === 0) return [];
    const alone = about.length === 1 && about[0]!.table.name === key;
    // Of a table that is named in full, column by column, `resolvePlan` names what is missing.
    const named = alone && !about[0]!.open ? Object.keys(columns).filter(isGlob) : Object.keys(columns);
    const known = [
      ...new Set(
        about.flatMap(({ table, columns: moved }) =>
          [...table.columns, ...moved.map(({ column }) => column)].map(({ name }) => name),
        ),
      ),
    ];
    return [...named.map((name) => [name, ''] as const), ...exclude.map((name) => [name, ' to exclude'] as const)]
      .filter(([column]) => column !== '*' && !known.some((name) => isAbout(column, name)))
      .map(([column, purpose]) => {
        const what = isGlob(column) ? `column that matches ${column}` : `column ${column}`;
        const where = alone ? `table ${key} has no ${what}` : `no table that ${key} matches has a ${what}`;
        return missing(where + purpose, column, known);
      });
  });
}

function isAbout(key: string, name: string): boolean {
  return key === name || (isGlob(key) && matchesGlob(key, name));
}

function missing(message: string, key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined ? message : `${message}; did you mean ${meant}?`;
}
