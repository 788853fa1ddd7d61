import type { ColumnMapping, KeyOrigin, TableMapping } from '../mapping';
import { fitName } from '../names';
import type { NotCarried, PlanColumn, PlanSource, PlanTable } from '../plan';
import { quoteName } from '../quote-name';
import type { SourceTable } from '../source';
import type { Problems } from './problems';
import type { Resolving } from './table';

/**
 * Keys that become UUIDs: which columns of a source they are, those that refer to them included, and the tables that keep old and new
 * keys together.
 */

/** A column of a planned table. */
interface Place {
  table: string;
  column: string;
}

/** The column with `format: key` whose UUIDs this column has: itself, or the one that it refers to, however far away; undefined for any other. */
export function keyRoot(source: PlanSource, at: Place, seen: readonly string[] = []): Place | undefined {
  return keyRoots(source, at, seen)[0];
}

/** All that it refers to: more than one cannot be. */
function keyRoots(source: PlanSource, { table, column }: Place, seen: readonly string[]): Place[] {
  const planned = own(source.tables, table);
  if (planned === undefined) return [];
  const path = [...seen, `${table}\0${column}`];
  const roots = (planned.foreignKeys ?? []).flatMap(({ columns, references }) =>
    columns.flatMap((name, i) => {
      const parent = { table: references.table, column: references.columns[i] ?? '' };
      if (name !== column || path.includes(`${parent.table}\0${parent.column}`)) return [];
      return keyRoots(source, parent, path);
    }),
  );
  if (roots.length > 0)
    return roots.filter((root, i) => roots.findIndex((other) => sameOrigin(source, root, other)) === i);
  return own(planned.columns, column)?.format === 'key' ? [{ table, column }] : [];
}

/** Two tables of the plan may share a source table, and then its keys. */
function sameOrigin(source: PlanSource, a: Place, b: Place): boolean {
  return a.column === b.column && originOf(source, a.table) === originOf(source, b.table);
}

function originOf(source: PlanSource, table: string): string {
  return source.tables[table]!.from ?? table;
}

/** A table of old and new keys, as far as the plan alone tells. */
export interface IdMap extends Place {
  /** Its name in the plan. */
  name: string;
  target: string;
}

/** The name of the column of new keys, where the key itself is not called so. */
const NEW_KEY = 'new_key';

/** One for each column that begins UUIDs of its own, unless the plan wants none. */
export function idMapsOf(source: PlanSource): IdMap[] {
  return Object.entries(source.tables).flatMap(([table, planned]) =>
    Object.entries(planned.columns).flatMap(([column, { format, idMap }]) => {
      const root = format === 'key' && idMap !== false ? keyRoot(source, { table, column }) : undefined;
      if (root === undefined || root.table !== table || root.column !== column) return [];
      const target = typeof idMap === 'string' ? idMap : fitName(`${planned.to ?? table}_id_map`);
      return [{ table, column, name: typeof idMap === 'string' ? idMap : `${table}_id_map`, target }];
    }),
  );
}

/** The source with a further table for each id map: rows of the same source table, old keys and the UUIDs that they became. */
export function withIdMaps(
  source: PlanSource,
  origins: ReadonlyMap<string, SourceTable>,
  problems: Problems,
): PlanSource {
  const tables = { ...source.tables };
  for (const map of idMapsOf(source)) {
    const origin = origins.get(originOf(source, map.table));
    if (origin === undefined) continue;
    if (Object.hasOwn(tables, map.name)) {
      problems.invalid(
        `table ${map.table}: its id map would be called ${map.name}, as another table is; name it by idMap`,
      );
      continue;
    }
    tables[map.name] = idMapTable(source.tables[map.table]!, map, origin);
  }
  return { ...source, tables };
}

function idMapTable(table: PlanTable, { column, target }: IdMap, origin: SourceTable): PlanTable {
  const listed = origin.columns.find(({ name }) => name === column);
  const { value } = table.columns[column]!;
  const cell = value === undefined ? quoteName(column) : `(${value}\n)`;
  const nullable = value !== undefined || !(origin.rowidAlias === column || listed?.notNull === true);
  const conditions = [
    ...(table.where === undefined ? [] : [`(${table.where}\n)`]),
    ...(nullable ? [`${cell} IS NOT NULL`] : []),
  ];
  const newKey = column === NEW_KEY ? `${NEW_KEY}_` : NEW_KEY;
  const type = keyType(listed, value) === 'bigint' ? 'bigint' : 'text';
  // Without affinity 5 and '5' are two keys; what UUIDs are made of is the text of both.
  const asText = value !== undefined || listed?.affinity === 'blob';
  const old: PlanColumn = { to: 'old_key', type, ...(asText && { value: `CAST(${cell} AS TEXT)` }) };
  return {
    from: origin.name,
    to: target,
    ...(conditions.length > 0 && { where: conditions.join(' AND ') }),
    ...(table.ifExists !== undefined && { ifExists: table.ifExists }),
    ...(table.quarantine !== undefined && { quarantine: table.quarantine }),
    columns: {
      [column]: old,
      [newKey]: { to: 'new_key', type: 'uuid', format: 'key', value: cell, notNull: true, idMap: false },
    },
    primaryKey: { name: fitName(`${target}_pkey`), columns: [column] },
    unique: [{ name: fitName(`${target}_new_key_key`), columns: [newKey] }],
  };
}

/** What old keys are: integers, or texts. A column of numeric affinity may hold both, and tells them apart. */
function keyType(column: { affinity: string } | undefined, value: string | undefined): KeyOrigin['type'] {
  return value === undefined && column?.affinity === 'integer' ? 'bigint' : 'text';
}

/** Types that a draft gives to keys. */
const DRAFTED = ['bigint', 'integer', 'smallint', 'numeric', 'text', 'varchar', 'uuid'];

/**
 * Gives every key column, and every column that refers to one, its UUIDs, whatever type the draft gave it.
 */
export function resolveKeys(
  { plan, name, source, notCarried, problems }: Resolving,
  tables: readonly TableMapping[],
): TableMapping[] {
  const maps = new Map(idMapsOf(source).map((map) => [map.name, map]));
  const originFor = (table: TableMapping, column: ColumnMapping): KeyOrigin | undefined => {
    const map = maps.get(table.table);
    const at =
      map !== undefined && column.format === 'key'
        ? { table: map.table, column: map.column }
        : { table: table.table, column: column.source };
    const roots = keyRoots(source, at, []);
    if (roots.length > 1)
      problems.invalid(
        `${table.table}.${column.source} refers to keys of ${roots.map((root) => root.table).join(' and ')}: it can have the UUIDs of one`,
      );
    const [root] = roots;
    const keyed = tables.find((candidate) => candidate.table === root?.table);
    if (root === undefined || keyed === undefined) return undefined;
    const { affinity } = keyed.origin.columns.find((candidate) => candidate.name === root.column) ?? {
      affinity: 'blob',
    };
    const { value } = source.tables[root.table]!.columns[root.column]!;
    return { plan: plan.name, source: name, table: keyed.origin.name, type: keyType({ affinity }, value) };
  };
  return tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      const key = originFor(table, column);
      if (key === undefined) {
        if (column.format === 'key') problems.invalid(`${table.table}.${column.source}: format key found no key`);
        return column;
      }
      return keyColumn(table, column, key, maps.has(table.table), source, notCarried, problems);
    }),
  }));
}

function keyColumn(
  table: TableMapping,
  column: ColumnMapping,
  key: KeyOrigin,
  isMap: boolean,
  source: PlanSource,
  notCarried: NotCarried[],
  problems: Problems,
): ColumnMapping {
  const where = `${table.table}.${column.source}`;
  const { default: given, collation: _, ifNull, ...rest } = column;
  if (ifNull !== undefined) problems.invalid(`${where}: NULL is no key, so ifNull does not go with format key`);
  if (!DRAFTED.includes(column.type.name) || (column.format !== undefined && column.format !== 'key'))
    problems.invalid(`${where} refers to keys of ${key.table}, which become uuid: leave its type out, or say uuid`);
  const root = keyRoot(source, { table: table.table, column: column.source });
  if (!isMap && root?.table === table.table && root.column === column.source && !isKey(table, column.source))
    problems.invalid(`${where}: format key goes with a column that is the primary key, or unique, by itself`);
  if (given !== undefined && given.toUpperCase() !== 'NULL')
    notCarried.push({ object: where, kind: 'default', reason: `${given} is no key any more: keys became UUIDs` });
  return { ...rest, type: { name: 'uuid' }, format: 'key', key, identity: false };
}

function isKey({ primaryKey, unique }: TableMapping, column: string): boolean {
  const keys = [...(primaryKey === undefined ? [] : [primaryKey]), ...unique];
  return keys.some(({ columns }) => columns.length === 1 && columns[0] === column);
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
