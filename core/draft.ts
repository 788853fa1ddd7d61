import { conflictClauses } from './conflict-clauses';
import { carryDefault } from './defaults';
import { alignForeignKeys, draftForeignKeys, widenParents } from './draft-foreign-keys';
import { draftChecks } from './draft-checks';
import { draftGenerated } from './draft-generated';
import { collationMeaning, nameRule } from './draft-key-columns';
import { draftKeys } from './draft-keys';
import type { Keys } from './draft-keys';
import { UNNAMEABLE, columnPath, draftColumns, noteInto, ofName } from './draft-table';
import { draftViews } from './draft-views';
import { draftFullText } from './draft-full-text';
import { commentsOf } from './draft-comments';
import type { PlanComments, TableComments } from './draft-comments';
import type { ColumnDraft, GivenTable, Note, TableDraft } from './draft-table';
import { tableScope } from './draft-scope';
import type { TableEvidence } from './evidence';
import { whyNotCarried } from './left-behind';
import { plural } from './evidence-text';
import { MAX_COLUMNS, Namespace, SYSTEM_COLUMNS, sequenceName } from './names';
import type { NotCarried, Plan, PlanColumn, PlanSource, PlanTable } from './plan';
import type { SourceCatalog, SourceTable } from './source';

const UNNAMEABLE_REASON = `a plan cannot hold the name ${UNNAMEABLE}`;

/** What a draft needs to know of one source. */
export interface DraftSource {
  /** Name of the source in the plan. */
  name: string;
  /** Path of the file or folder, as it is to stand in the plan. */
  path: string;
  /** Of a folder of files: what becomes a table. */
  collections?: Record<string, { match: string }>;
  /** PostgreSQL schema. */
  schema: string;
  catalog: SourceCatalog;
  /** By table name. */
  evidence: Readonly<Record<string, TableEvidence>>;
  /** By table name: rows that violate each of its foreign keys, in the order of the catalog. */
  violations?: Readonly<Record<string, readonly number[]>>;
  /** By table name: what is said already (see `expandPlan`). */
  given?: Readonly<Record<string, GivenTable>>;
  /** Tables of the file that are not in the catalog here, since the plan does not move them. */
  unmoved?: readonly string[];
}

export interface Draft {
  plan: Plan;
  comments: PlanComments;
  /** Of all sources; the plan holds the same by source. */
  notCarried: NotCarried[];
}

export interface DraftInput {
  name: string;
  sources: readonly DraftSource[];
  /** Takes the suggestions: where all values of a column share a meaning that is not declared, it gets the type of that. */
  narrow?: boolean;
}

/** Drafts a plan from schemas and evidence. The same input gives the same plan, byte for byte. */
export function draftPlan({ name, sources, narrow = false }: DraftInput): Draft {
  const namespaces = new Map(sources.map(({ schema }) => [schema, new Namespace()]));
  for (const { schema, given } of sources) reserveGiven(given, namespaces.get(schema)!);
  const begun = sources.map((source) => {
    const names = namespaces.get(source.schema)!;
    const notCarried: NotCarried[] = [];
    return { source, names, notCarried, tables: beginTables(source, names, noteInto(notCarried), narrow) };
  });
  const planSources: [string, PlanSource][] = [];
  const comments: [string, Record<string, TableComments>][] = [];
  for (const { source, names, notCarried, tables } of begun) {
    const note = noteInto(notCarried);
    widenParents(tables);
    alignForeignKeys(tables);
    const utf8 = source.catalog.encoding === 'UTF-8';
    const keys = new Map([...tables].map(([table, draft]) => [table, keysOf(draft, utf8, names, note)]));
    draftFullText(source.catalog, { tables, keys, names, note });
    const planTables = [...tables].map(
      ([table, draft]) => [table, finishTable(source, draft, tables, keys, names, note)] as const,
    );
    const views = draftViews(source, tables, Object.fromEntries(planTables), names, note);
    for (const object of source.catalog.others)
      if (object.kind !== 'view' && !object.fullText?.content) note(object.name, object.kind, whyNotCarried(object));
    planSources.push([
      source.name,
      {
        ...(source.collections === undefined
          ? { sqlite: source.path, schema: source.schema }
          : {
              files: source.path,
              schema: source.schema,
              ...(Object.keys(source.collections).length > 0 && { collections: source.collections }),
            }),
        tables: Object.fromEntries(planTables),
        ...(Object.keys(views).length > 0 && { views }),
        ...(notCarried.length > 0 && { notCarried }),
      },
    ]);
    comments.push([source.name, Object.fromEntries([...tables].map(([table, draft]) => [table, commentsOf(draft)]))]);
  }
  return {
    plan: { version: 1, name, sources: Object.fromEntries(planSources) },
    comments: Object.fromEntries(comments),
    notCarried: begun.flatMap(({ notCarried }) => notCarried),
  };
}

/** Names that a plan gives belong to whom it gives them. */
function reserveGiven(given: DraftSource['given'], names: Namespace): void {
  for (const { to, primaryKey, unique = [], indexes = [] } of Object.values(given ?? {})) {
    if (to !== undefined) names.reserve(to);
    for (const key of [primaryKey, ...unique, ...indexes]) if (key !== undefined) names.reserve(key.name);
  }
}

function keysOf(draft: TableDraft, utf8: boolean, names: Namespace, note: Note): Keys {
  const { whole = false, primaryKey, unique, indexes } = draft.given ?? {};
  return {
    ...(!whole && draftKeys(draft, tableScope(draft, utf8), names, note)),
    ...(primaryKey && { primaryKey }),
    ...(unique && { unique }),
    ...(indexes && { indexes }),
  };
}

const silent: Note = () => {};

/** Names and infers the tables. Tables have their names before anything else in the schema gets one. */
function beginTables(
  { catalog, evidence, given }: DraftSource,
  names: Namespace,
  note: Note,
  narrow: boolean,
): Map<string, TableDraft> {
  const drafts = catalog.tables.flatMap((table) => {
    if (table.name === UNNAMEABLE) note(table.name, 'table', UNNAMEABLE_REASON);
    else if (table.columns.length === 0) note(table.name, 'table', 'it has no columns that can be read');
    else if (table.columns.length > MAX_COLUMNS) {
      note(
        table.name,
        'table',
        `it has ${plural(table.columns.length, 'column')}, and PostgreSQL’s have at most ${MAX_COLUMNS.toLocaleString('en-US')}: in the plan, give its columns to two tables that both have the key, one of them with from: ${table.name}`,
      );
    } else return [draftColumns(table, ofName(evidence, table.name), ofName(given, table.name), narrow)];
    return [];
  });
  // A table must not stand where PostgreSQL will put the sequence of another.
  for (const { table, columns } of drafts) {
    for (const { column } of columns.filter(({ identity }) => identity))
      names.reserve(sequenceName(table.name, column.name));
  }
  const named = drafts.map((draft): [string, TableDraft] => {
    const target = draft.given?.to ?? names.take(draft.table.name);
    if (draft.given?.to === undefined && target !== draft.table.name)
      note(draft.table.name, 'table name', `called ${target} in PostgreSQL, where ${nameRule(draft.table.name)}`);
    return [draft.table.name, { ...draft, target }];
  });
  for (const [, { target, columns }] of named) {
    for (const { column } of columns.filter(({ identity }) => identity))
      names.reserve(sequenceName(target, column.name));
  }
  return new Map(named);
}

function finishTable(
  source: DraftSource,
  draft: TableDraft,
  tables: ReadonlyMap<string, TableDraft>,
  keys: ReadonlyMap<string, Keys>,
  names: Namespace,
  noteAny: Note,
): PlanTable {
  const { table, target } = draft;
  const note = draft.given?.whole === true ? silent : noteAny;
  const utf8 = source.catalog.encoding === 'UTF-8';
  const columns = draft.columns.map(
    (column) =>
      [column.column.name, finishColumn(draft, column, utf8, column.given?.whole === true ? silent : note)] as const,
  );
  for (const column of table.uncomputable ?? []) {
    note(`${table.name}.${column}`, 'column', 'its values are computed by a function that only the application has');
  }
  if (table.columns.some(({ name }) => name === UNNAMEABLE))
    note(`${table.name}.${UNNAMEABLE}`, 'column', UNNAMEABLE_REASON);
  const violations = ofName(source.violations, table.name) ?? [];
  const foreignKeys = draftForeignKeys(
    draft,
    { drafts: tables, keys, unmoved: source.unmoved ?? [] },
    violations,
    names,
    note,
  );
  const { primaryKey, unique = [] } = keys.get(table.name)!;
  const constraints = new Namespace(
    [...(primaryKey ? [primaryKey] : []), ...unique, ...foreignKeys].map(({ name }) => name),
  );
  const checks = draftChecks(draft, tableScope(draft, utf8), constraints, note);
  for (const { column, text } of conflictClauses(table.kind === 'virtual' ? '' : table.sql))
    note(
      column === undefined ? table.name : `${table.name}.${column}`,
      'conflict clause',
      `${text} in SQLite; PostgreSQL refuses the row`,
    );
  if (table.kind === 'virtual' && table.fullText === undefined)
    note(table.name, 'virtual table', `its rows are moved into an ordinary table; ${lostModule(table)}`);
  return {
    ...(target !== table.name && { to: target }),
    columns: Object.fromEntries(columns),
    ...keys.get(table.name)!,
    ...(checks.length > 0 && { checks }),
    ...(foreignKeys.length > 0 && { foreignKeys }),
  };
}

function finishColumn(draft: TableDraft, columnDraft: ColumnDraft, utf8: boolean, note: Note): PlanColumn {
  const { table } = draft;
  const { column, target, evidence, inference, identity, given } = columnDraft;
  const path = columnPath(table, column);
  if (given?.to === undefined && target !== column.name) {
    const rule = SYSTEM_COLUMNS.includes(column.name)
      ? 'every table has a system column of that name'
      : nameRule(column.name);
    note(path, 'column name', `called ${target} in PostgreSQL, where ${rule}`);
  }
  if (column.notNull && evidence.nulls > 0)
    note(path, 'not null', `${plural(evidence.nulls, 'row')} hold${evidence.nulls === 1 ? 's' : ''} NULL all the same`);
  const generated = column.generated === undefined ? undefined : draftGenerated(draft, columnDraft, utf8, note);
  if (column.collation !== undefined)
    note(path, 'collation', `${column.collation} in SQLite; in PostgreSQL ${collationMeaning(column.collation)}`);
  let defaultSql: string | undefined;
  if (column.default !== undefined && column.generated === undefined && !identity) {
    const carried = carryDefault(column.default, inference, column.affinity);
    if ('reason' in carried) note(path, 'default', carried.reason);
    else defaultSql = carried.sql;
  }
  return {
    ...(target !== column.name && { to: target }),
    type: inference.type,
    ...(inference.format !== undefined && { format: inference.format }),
    ...(column.notNull && evidence.nulls === 0 && !identity && { notNull: true }),
    ...(defaultSql !== undefined && { default: defaultSql }),
    ...(generated !== undefined && { generated }),
    ...(identity && { identity: true }),
  };
}

/** What is no more of a virtual table whose rows are moved. */
function lostModule({ sql, columns }: SourceTable): string {
  if (!/\bUSING\s+"?rtree/i.test(sql)) return 'what its module does with them is not';
  const [, minX, maxX, minY, maxY] = columns.map(({ name }) => name);
  const search = 'its search in ranges is not';
  return columns.length === 5
    ? `${search}: a GiST index on box(point(${minX}, ${minY}), point(${maxX}, ${maxY})) can do it, with &&`
    : `${search}: indexes on its columns can do it`;
}
