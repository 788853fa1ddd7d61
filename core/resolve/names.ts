import type { ColumnMapping, SourceMapping } from '../mapping';
import { MAX_NAME_BYTES, Namespace, SYSTEM_COLUMNS, sequenceName } from '../names';
import type { Problems } from './problems';

/** Columns of one table share one set of names, PostgreSQL’s own among them. */
export function checkColumnNames(table: string, columns: readonly ColumnMapping[], problems: Problems): void {
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
export function checkSchemaNames(mappings: readonly SourceMapping[], problems: Problems): void {
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
  for (const { schema, view, target } of mappings.flatMap(({ views }) => views)) take(schema, `view ${view}`, target);
  for (const { schema, table, target, columns } of tables) {
    for (const column of columns.filter(({ identity }) => identity))
      take(schema, `the sequence of ${table}.${column.source}`, sequenceName(target, column.target));
  }
  for (const { schema, table, primaryKey, unique, indexes, checks, foreignKeys } of tables) {
    const constraints = new Set<string>();
    for (const { name } of [...(primaryKey === undefined ? [] : [primaryKey]), ...unique]) {
      take(schema, `table ${table}`, name);
      constraints.add(name);
    }
    for (const { name } of indexes) take(schema, `index of ${table}`, name);
    for (const { name } of [...checks, ...foreignKeys]) {
      checkName(`constraint of ${table}`, name, problems);
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
