import path from 'node:path';
import { MAX_PRECISION, MAX_VARCHAR } from './declared';
import { SqliftError } from './errors';
import type { ColumnMapping, SourceMapping, TableMapping, TargetType } from './mapping';
import { parseType } from './mapping';
import { MAX_COLUMNS, MAX_NAME_BYTES, Namespace, SYSTEM_COLUMNS, sequenceName } from './names';
import type { NotCarried, Plan, PlanColumn, PlanForeignKey, PlanSource, PlanTable } from './plan';
import { nearest } from './plan-keys';
import type { SourceCatalog, SourceTable } from './source';

/**
 * Makes a plan concrete against what its sources contain: defaults filled in, names resolved, columns in the source's order.
 * Everything that does not hold is named at once.
 *
 * @param planDirectory folder of the plan file, where relative paths begin
 * @param catalogs by source name
 * @throws SqliftError PlanStale where the plan names what a source does not have, PlanInvalid where it contradicts itself
 */
export function resolvePlan(
  plan: Plan,
  planDirectory: string,
  catalogs: Readonly<Record<string, SourceCatalog>>,
): SourceMapping[] {
  const problems = new Problems();
  const mappings = Object.entries(plan.sources).map(([name, source]): SourceMapping => {
    const catalog = Object.hasOwn(catalogs, name) ? catalogs[name]! : undefined;
    const notCarried: NotCarried[] = [...(source.notCarried ?? [])];
    const tables = catalog === undefined ? [] : resolveSource(plan, name, source, catalog, notCarried, problems);
    if (catalog === undefined) problems.invalid(`source ${name}: its file has not been read`);
    return {
      source: name,
      path: path.resolve(planDirectory, source.sqlite),
      schema: source.schema,
      tables,
      notCarried,
    };
  });
  checkSchemaNames(mappings, problems);
  problems.throwIfAny();
  return mappings;
}

class Problems {
  readonly #messages: string[] = [];
  #stale = true;

  /** The plan contradicts itself or PostgreSQL. */
  invalid(message: string): void {
    this.#stale = false;
    this.#messages.push(message);
  }

  /** The plan names something that is not in the source. */
  stale(message: string, name: string, known: readonly string[]): void {
    const meant = nearest(name, known);
    this.#messages.push(meant === undefined ? message : `${message}; did you mean ${meant}?`);
  }

  throwIfAny(): void {
    if (this.#messages.length > 0)
      throw new SqliftError(this.#stale ? 'PlanStale' : 'PlanInvalid', this.#messages.join('\n'));
  }
}

function resolveSource(
  plan: Plan,
  name: string,
  source: PlanSource,
  catalog: SourceCatalog,
  notCarried: NotCarried[],
  problems: Problems,
): TableMapping[] {
  const known = catalog.tables.map((table) => table.name);
  const excluded = new Set(source.exclude ?? []);
  const everything = new Set([...known, ...catalog.others.map((object) => object.name)]);
  for (const table of Object.keys(source.tables)) {
    if (!known.includes(table)) problems.stale(`source ${name} has no table ${table}`, table, known);
  }
  for (const table of excluded) {
    if (!everything.has(table)) problems.stale(`source ${name} has no table ${table} to exclude`, table, known);
    else if (Object.hasOwn(source.tables, table)) problems.invalid(`table ${table} is in tables and in exclude`);
  }
  const tables = catalog.tables.flatMap((origin): TableMapping[] => {
    if (Object.hasOwn(source.tables, origin.name)) {
      return [resolveTable(plan, name, source, origin, source.tables[origin.name]!, notCarried, problems)];
    }
    const explained =
      excluded.has(origin.name) || notCarried.some(({ object, kind }) => object === origin.name && kind === 'table');
    if (!explained) notCarried.push({ object: origin.name, kind: 'table', reason: 'not in the plan' });
    return [];
  });
  return tables.map((table) => ({
    ...table,
    foreignKeys: resolveForeignKeys(table, tables, known, notCarried, problems),
  }));
}

function resolveTable(
  plan: Plan,
  sourceName: string,
  source: PlanSource,
  origin: SourceTable,
  table: PlanTable,
  notCarried: NotCarried[],
  problems: Problems,
): TableMapping {
  const known = origin.columns.map((column) => column.name);
  for (const column of Object.keys(table.columns)) {
    if (!known.includes(column)) problems.stale(`table ${origin.name} has no column ${column}`, column, known);
  }
  const keyColumns = table.primaryKey?.columns ?? [];
  const columns = origin.columns.flatMap((column, index): ColumnMapping[] => {
    if (!Object.hasOwn(table.columns, column.name)) {
      notCarried.push({ object: `${origin.name}.${column.name}`, kind: 'column', reason: 'not in the plan' });
      return [];
    }
    const planned = table.columns[column.name]!;
    const identity = planned.identity ?? false;
    const resolved: ColumnMapping = {
      source: column.name,
      index,
      target: planned.to ?? column.name,
      type: parseType(planned.type),
      ...(planned.format !== undefined && { format: planned.format }),
      affinity: column.affinity,
      notNull: (planned.notNull ?? false) || identity || keyColumns.includes(column.name),
      ...(planned.default !== undefined && { default: planned.default }),
      identity,
      ...(planned.collation !== undefined && { collation: planned.collation }),
    };
    checkColumn(`${origin.name}.${column.name}`, planned, resolved, problems);
    return [resolved];
  });
  if (columns.length === 0) problems.invalid(`table ${origin.name}: no column of it is moved`);
  if (columns.length > MAX_COLUMNS)
    problems.invalid(`table ${origin.name} has ${columns.length} columns, PostgreSQL’s have at most ${MAX_COLUMNS}`);
  checkColumnNames(origin.name, columns, problems);

  const moved = new Set(columns.map((column) => column.source));
  const check = (what: string, names: readonly string[]) =>
    checkMoved(origin.name, what, names, known, moved, problems);
  if (table.primaryKey !== undefined) check(`primary key ${table.primaryKey.name}`, table.primaryKey.columns);
  for (const { name, columns: names } of table.unique ?? []) check(`unique constraint ${name}`, names);
  for (const index of table.indexes ?? [])
    check(
      `index ${index.name}`,
      index.columns.map(({ column }) => column),
    );
  return {
    source: sourceName,
    table: origin.name,
    schema: source.schema,
    target: table.to ?? origin.name,
    ifExists: table.ifExists ?? 'error',
    quarantine: table.quarantine ?? plan.quarantine ?? 'none',
    columns,
    ...(table.primaryKey !== undefined && { primaryKey: table.primaryKey }),
    unique: table.unique ?? [],
    indexes: table.indexes ?? [],
    foreignKeys: table.foreignKeys ?? [],
    origin,
  };
}

/** Keys to tables that are left out go with them; everything else about them must be right. */
function resolveForeignKeys(
  table: TableMapping,
  tables: readonly TableMapping[],
  known: readonly string[],
  notCarried: NotCarried[],
  problems: Problems,
): PlanForeignKey[] {
  const names = table.origin.columns.map((column) => column.name);
  const moved = new Set(table.columns.map((column) => column.source));
  return table.foreignKeys.filter((key) => {
    const what = `foreign key ${key.name}`;
    checkMoved(table.table, what, key.columns, names, moved, problems);
    const { table: parentName, columns } = key.references;
    const parent = tables.find((candidate) => candidate.table === parentName);
    if (parent === undefined) {
      if (known.includes(parentName)) {
        notCarried.push({
          object: `${table.table}: ${key.name}`,
          kind: 'foreign key',
          reason: `table ${parentName} is not moved`,
        });
      } else
        problems.stale(
          `table ${table.table}: ${what} refers to table ${parentName}, which the source does not have`,
          parentName,
          known,
        );
      return false;
    }
    const parentNames = parent.origin.columns.map((column) => column.name);
    checkMoved(
      parentName,
      `${what} of ${table.table}`,
      columns,
      parentNames,
      new Set(parent.columns.map((column) => column.source)),
      problems,
    );
    if (columns.length !== key.columns.length) {
      problems.invalid(
        `table ${table.table}: ${what} has ${key.columns.length} columns and refers to ${columns.length}`,
      );
    }
    return true;
  });
}

function checkMoved(
  table: string,
  what: string,
  names: readonly string[],
  known: readonly string[],
  moved: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const name of names) {
    if (!known.includes(name))
      problems.stale(`table ${table}: ${what} uses column ${name}, which the source does not have`, name, known);
    else if (!moved.has(name))
      problems.invalid(`table ${table}: ${what} uses column ${name}, which the plan does not move`);
  }
}

/** Formats, by the types that they can be read into. */
const FORMATS = {
  iso: ['date', 'timestamp', 'timestamptz'],
  'unix-seconds': ['timestamp', 'timestamptz'],
  'unix-milliseconds': ['timestamp', 'timestamptz'],
  'julian-day': ['timestamp'],
  tagged: ['jsonb'],
} as const;

function checkColumn(
  where: string,
  planned: PlanColumn,
  { type, format, identity, default: value }: ColumnMapping,
  problems: Problems,
): void {
  if (format !== undefined && !(FORMATS[format] as readonly string[]).includes(type.name)) {
    problems.invalid(`${where}: format ${format} goes with ${FORMATS[format].join(' or ')}, not with ${planned.type}`);
  }
  const size = sizeProblem(type);
  if (size !== undefined) problems.invalid(`${where}: ${planned.type}: ${size}`);
  if (identity && !['bigint', 'integer', 'smallint'].includes(type.name))
    problems.invalid(`${where}: identity goes with bigint, integer or smallint, not with ${planned.type}`);
  if (identity && value !== undefined) problems.invalid(`${where}: a column has an identity or a default, not both`);
}

function sizeProblem({ length, precision, scale = 0 }: TargetType): string | undefined {
  if (length !== undefined && (length < 1 || length > MAX_VARCHAR)) return `the length is 1 to ${MAX_VARCHAR}`;
  if (precision === undefined) return undefined;
  if (precision < 1 || precision > MAX_PRECISION) return `the precision is 1 to ${MAX_PRECISION}`;
  return scale > precision ? 'the scale is at most the precision' : undefined;
}

function checkColumnNames(table: string, columns: readonly ColumnMapping[], problems: Problems): void {
  const taken = new Set<string>();
  for (const { source, target } of columns) {
    checkName(`${table}.${source}`, target, problems);
    if (SYSTEM_COLUMNS.includes(target))
      problems.invalid(`${table}.${source}: PostgreSQL has a system column ${target} in every table`);
    if (taken.has(target))
      problems.invalid(`${table}.${source}: another column of the table is already called ${target}`);
    taken.add(target);
  }
}

/** Tables, indexes, their constraints and sequences of one schema share one set of names; foreign keys only have their table's. */
function checkSchemaNames(mappings: readonly SourceMapping[], problems: Problems): void {
  const schemas = new Map<string, Namespace>();
  const take = (schema: string, what: string, name: string) => {
    checkName(what, name, problems);
    const names = schemas.get(schema) ?? new Namespace();
    if (names.has(name)) problems.invalid(`${what}: schema ${schema} already has something called ${name}`);
    names.reserve(name);
    schemas.set(schema, names);
  };
  const tables = mappings.flatMap((mapping) => mapping.tables);
  for (const { schema, table, target } of tables) take(schema, `table ${table}`, target);
  for (const { schema, table, target, columns } of tables) {
    for (const column of columns.filter(({ identity }) => identity))
      take(schema, `the sequence of ${table}.${column.source}`, sequenceName(target, column.target));
  }
  for (const { schema, table, primaryKey, unique, indexes, foreignKeys } of tables) {
    const constraints = new Set<string>();
    for (const { name } of [...(primaryKey === undefined ? [] : [primaryKey]), ...unique]) {
      take(schema, `table ${table}`, name);
      constraints.add(name);
    }
    for (const { name } of indexes) take(schema, `index of ${table}`, name);
    for (const { name } of foreignKeys) {
      checkName(`foreign key of ${table}`, name, problems);
      if (constraints.has(name)) problems.invalid(`table ${table}: it has two constraints called ${name}`);
      constraints.add(name);
    }
  }
}

function checkName(what: string, name: string, problems: Problems): void {
  if (name === '') problems.invalid(`${what}: a name has at least one character`);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    problems.invalid(`${what}: the name ${name} has more than ${MAX_NAME_BYTES} bytes`);
  if (name.includes('\0')) problems.invalid(`${what}: a name has no NUL`);
}
