import { draftPlan } from './draft';
import type { Draft, DraftSource } from './draft';
import type { ColumnComments, PlanComments } from './draft-comments';
import { ofName } from './draft-table';
import type { GivenTable } from './draft-table';
import { SqliftError } from './errors';
import type { TableEvidence } from './evidence';
import { placeOf } from './field-storage';
import { isGlob } from './glob';
import type {
  NotCarried,
  Plan,
  PlanColumn,
  PlanSource,
  PlanTable,
  SourceFormat,
  WrittenColumn,
  WrittenPlan,
} from './plan';
import { columnSchema } from './plan';
import { decide, matchSource, settle } from './plan-rules';
import type { MatchedColumn, MatchedSource, MatchedTable } from './plan-rules';
import type { SourceCatalog, SourceTable } from './source';

/** What is known of a source. Without evidence, its columns get the types that they would get if they were empty. */
export interface SourceContents {
  catalog: SourceCatalog;
  /** By table name. */
  evidence?: Readonly<Record<string, TableEvidence>>;
  violations?: Readonly<Record<string, readonly number[]>>;
}

export interface Expanded {
  plan: Plan;
  /** As a draft has them, for what was drafted. */
  comments: PlanComments;
  /** By source, then by table: who decided what. */
  origins: Record<string, Record<string, TableOrigins>>;
}

export interface TableOrigins {
  /** Paths of the rules about the table, the most specific first. */
  rules: string[];
  /** By column, then by property: the path of a rule, or `inferred: …`, or `drafted`. */
  columns: Record<string, Record<string, string>>;
}

/** Whether a plan names every table and column itself, so that it needs no source to be read as it is meant. */
export function isPlain(plan: WrittenPlan): plan is Plan {
  const named = (record: Readonly<Record<string, unknown>>) => !Object.keys(record).some(isGlob);
  return Object.values(plan.sources).every(
    ({ tables, exclude = [] }) =>
      named(tables) &&
      !exclude.some(isGlob) &&
      Object.values(tables).every(
        ({ columns, exclude: left = [] }) =>
          columns !== undefined &&
          !left.some(isGlob) &&
          named(columns) &&
          Object.values(columns).every(({ type }) => type !== undefined),
      ),
  );
}

/**
 * Gives every table and column of a plan its own name and type. The most specific rule decides, property by property; what no
 * rule says of a table or column that is not named in full is as a draft would have it. A plan that names everything comes
 * out as it is. The same input gives the same plan, byte for byte.
 *
 * @param contents by source name
 * @throws SqliftError PlanStale when a pattern, or a column in one, matches nothing
 */
export function expandPlan(plan: WrittenPlan, contents: Readonly<Record<string, SourceContents>>): Expanded {
  const matched = Object.entries(plan.sources).map(([name, source]) => {
    const content = ofName(contents, name);
    if (content === undefined) throw new SqliftError('Internal', `source ${name} has not been read`, { source: name });
    return { name, source, content, match: matchSource(name, source, content.catalog) };
  });
  const unmatched = matched.flatMap(({ match }) => match.unmatched);
  const untyped = matched.flatMap(({ match }) => match.tables.flatMap(computedWithoutType));
  if (untyped.length > 0) throw new SqliftError('PlanInvalid', untyped.join('\n'));
  if (unmatched.length > 0) throw new SqliftError('PlanStale', unmatched.join('\n'));

  const draft: Draft = matched.some(({ match }) => isOpen(match))
    ? draftPlan({ name: plan.name, sources: matched.map((source) => draftSource(source)) })
    : { plan: { ...plan, sources: {} }, comments: {}, notCarried: [] };
  const sources = matched.map(({ name, source, match }): [string, PlanSource] => {
    const { notCarried: found, ...drafted } = (isOpen(match) ? draft.plan.sources[name] : undefined) ?? { tables: {} };
    const tables = match.tables.map((table): [string, PlanTable] => [
      table.table.name,
      expandTable(table, ofName(drafted.tables, table.table.name)),
    ]);
    // What the source does not have is for `resolvePlan` to name.
    const stale = Object.entries(source.tables)
      .filter(([key]) => !isGlob(key) && !match.tables.some(({ table }) => table.name === key))
      .map(([key, table]): [string, PlanTable] => [key, { ...table, columns: (table.columns ?? {}) as Columns }]);
    const notCarried = union(source.notCarried, found, match.excluded);
    return [
      name,
      {
        ...drafted,
        ...source,
        tables: Object.fromEntries([...tables, ...stale]),
        ...(match.excluded.length > 0 && { exclude: match.excluded }),
        ...(notCarried.length > 0 && { notCarried }),
      },
    ];
  });
  return {
    plan: { ...plan, sources: Object.fromEntries(sources) },
    comments: draft.comments,
    origins: Object.fromEntries(
      matched.map(({ name, match }) => [
        name,
        Object.fromEntries(
          match.tables.map((table) => [
            table.table.name,
            originsOf(table, ofName(ofName(draft.comments, name), table.table.name)?.columns ?? {}),
          ]),
        ),
      ]),
    ),
  };
}

/** Nothing was counted of what an expression gives. */
function computedWithoutType({ table, columns }: MatchedTable): string[] {
  return columns
    .filter((column) => decide(column.rules, 'value') !== undefined && ruled(column).type === undefined)
    .map(({ column }) => `${table.name}.${column.name}: a column with a value needs a type`);
}

/** The plan with all its names, but only with the types that it states: what is known of it before rows have been read. */
export function withoutInferredTypes({ plan, origins }: Expanded): WrittenPlan {
  const sources = Object.entries(plan.sources).map(([name, source]) => {
    const tables = Object.entries(source.tables).map(([table, entry]) => {
      const decided = ofName(origins[name], table)?.columns;
      const columns = Object.entries(entry.columns).map(([column, { type, ...rest }]) => {
        const isInferred = ofName(decided, column)?.type?.startsWith(INFERRED) === true;
        return [column, isInferred ? rest : { type, ...rest }];
      });
      return [table, { ...entry, columns: Object.fromEntries(columns) as Record<string, WrittenColumn> }] as const;
    });
    return [name, { ...source, tables: Object.fromEntries(tables) }] as const;
  });
  return { ...plan, sources: Object.fromEntries(sources) };
}

type Columns = Record<string, PlanColumn>;

function isOpen({ tables }: MatchedSource): boolean {
  return tables.some((table) => table.open || table.columns.some(({ open }) => open));
}

/** The tables and columns that move, with what the rules say of them. */
function draftSource({
  name,
  source,
  content,
  match,
}: {
  name: string;
  source: WrittenPlan['sources'][string];
  content: SourceContents;
  match: MatchedSource;
}): DraftSource {
  const evidence = match.tables.flatMap(({ table, rules, columns }): [string, TableEvidence][] => {
    const found = ofName(content.evidence, sourceOf(rules, table));
    if (found === undefined) return [];
    const moved = columns.filter(isOwn(table)).map(({ column }) => found.columns[table.columns.indexOf(column)]!);
    return [[table.name, { ...found, table: table.name, columns: moved }]];
  });
  return {
    name,
    path: placeOf(source).path,
    ...(source.files !== undefined && { collections: source.collections ?? {} }),
    schema: source.schema,
    catalog: {
      ...content.catalog,
      tables: match.tables.map(({ table, columns }) => ({
        ...table,
        columns: columns.filter(isOwn(table)).map(({ column }) => column),
      })),
    },
    evidence: Object.fromEntries(evidence),
    violations: Object.fromEntries(
      match.tables.map(({ table, rules }) => [table.name, ofName(content.violations, sourceOf(rules, table)) ?? []]),
    ),
    unmoved: content.catalog.tables
      .map((table) => table.name)
      .filter((table) => !match.tables.some((moved) => moved.table.name === table)),
    given: Object.fromEntries(match.tables.map((table) => [table.table.name, givenOf(table)])),
  };
}

/** The name of the source table whose rows a table of the plan takes. */
function sourceOf(rules: MatchedTable['rules'], table: SourceTable): string {
  return rules[0]!.exact ? (rules[0]!.says.from ?? table.name) : table.name;
}

/** Whether a column is the table's own, and not computed. */
function isOwn(table: SourceTable): (column: MatchedColumn) => boolean {
  return ({ column }) => table.columns.includes(column);
}

function givenOf({ rules, columns, open }: MatchedTable): GivenTable {
  const { to, primaryKey, unique, indexes } = settle(rules);
  return {
    whole: !open,
    ...(to !== undefined && { to }),
    ...(primaryKey !== undefined && { primaryKey }),
    ...(unique !== undefined && { unique }),
    ...(indexes !== undefined && { indexes }),
    columns: Object.fromEntries(
      columns.map((column) => [column.column.name, { ...ruled(column), whole: !column.open }]),
    ),
  };
}

/** What the types are that a format alone calls for. */
const TYPE_OF_FORMAT: Record<SourceFormat, string | undefined> = {
  iso: undefined,
  'unix-seconds': 'timestamptz',
  'unix-milliseconds': 'timestamptz',
  'unix-microseconds': 'timestamptz',
  'unix-nanoseconds': 'timestamptz',
  'chrome-microseconds': 'timestamptz',
  'mac-seconds': 'timestamptz',
  'julian-day': 'timestamp',
  yyyymmdd: 'date',
  tagged: 'jsonb',
  key: 'uuid',
};

function ruled({ rules }: MatchedColumn): WrittenColumn {
  const said = settle(rules);
  const type = said.type ?? (said.format === undefined ? undefined : TYPE_OF_FORMAT[said.format]);
  return { ...said, ...(type !== undefined && { type }) };
}

function expandTable(match: MatchedTable, drafted: PlanTable | undefined): PlanTable {
  const { columns: written = {}, exclude: _, ...said } = settle(match.rules);
  const columns = match.columns.map((column): [string, PlanColumn] => {
    const { name } = column.column;
    const own = ruled(column);
    const filled = column.open ? ofName(drafted?.columns, name) : undefined;
    return [name, { ...filled, ...own } as PlanColumn];
  });
  // What an entry names in full and the table does not have is for `resolvePlan` to name.
  const stale = match.open
    ? []
    : Object.entries(written).filter(([key]) => !match.table.columns.some((column) => column.name === key));
  return {
    ...(match.open && drafted),
    ...said,
    columns: Object.fromEntries([...columns, ...stale]) as Columns,
    ...(match.excluded.length > 0 && { exclude: match.excluded }),
  };
}

/** What the plan says is not carried, and what the draft found besides, but for what is left out on purpose. */
function union(
  written: readonly NotCarried[] = [],
  drafted: readonly NotCarried[] = [],
  excluded: readonly string[] = [],
): NotCarried[] {
  const known = new Set(written.map(keyOf));
  return [...written, ...drafted.filter((one) => !known.has(keyOf(one)) && !excluded.includes(one.object))];
}

function keyOf({ object, kind, reason }: NotCarried): string {
  return [object, kind, reason].join('\0');
}

const INFERRED = 'inferred: ';
const PROPERTIES = Object.keys(columnSchema.shape) as (keyof WrittenColumn)[];

function originsOf({ rules, columns }: MatchedTable, comments: Readonly<Record<string, ColumnComments>>): TableOrigins {
  return {
    rules: rules.map(({ path }) => path),
    columns: Object.fromEntries(
      columns.map((column) => [column.column.name, columnOrigins(column, ofName(comments, column.column.name))]),
    ),
  };
}

function columnOrigins({ rules, open }: MatchedColumn, comments: ColumnComments | undefined): Record<string, string> {
  const inferred = `${INFERRED}${[comments?.evidence, comments?.review].filter(Boolean).join('; ')}`;
  const decided = PROPERTIES.flatMap((property): [string, string][] => {
    const path = decide(rules, property)?.path;
    if (path !== undefined) return [[property, path]];
    if (!open) return [];
    if (property === 'type') return [[property, decide(rules, 'format')?.path ?? inferred]];
    return [];
  });
  return Object.fromEntries(decided);
}
