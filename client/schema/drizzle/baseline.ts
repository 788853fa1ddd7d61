import { createHash } from 'node:crypto';
import type { ColumnMapping } from '../../../core/mapping';
import { sequenceName } from '../../../core/names';
import { qualified } from '../../../stores/postgres/names';
import { ddlOf, ended } from '../sql';
import { expressionSql } from '../target';
import type { Target, TargetIndex, TargetKey, TargetTable } from '../target';
import { isOwnKey, snapshotType } from './columns';

const TAG = '0000_baseline';

/** drizzle-kit's id of what comes before the first migration. */
const ORIGIN = '00000000-0000-0000-0000-000000000000';

/**
 * The first migration in drizzle-kit's own form (journal and snapshot of version 7, as 0.31 writes them), so that it compares
 * schema.ts with what is there instead of with nothing.
 */
export function baselineFiles(target: Target): { path: string; text: string }[] {
  const snapshot = snapshotOf(target);
  const hash = createHash('sha256').update(JSON.stringify(snapshot)).digest('hex');
  const id = [0, 8, 12, 16, 20].map((start, i) => hash.slice(start, start + [8, 4, 4, 4, 12][i]!)).join('-');
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const entry = { idx: 0, version: '7', when: 0, tag: TAG, breakpoints: true };
  return [
    { path: `drizzle/${TAG}.sql`, text: baselineSql(target) },
    // Its time is before that of every migration that follows, and the same whenever it is written.
    { path: 'drizzle/meta/_journal.json', text: json({ version: '7', dialect: 'postgresql', entries: [entry] }) },
    { path: 'drizzle/meta/0000_snapshot.json', text: json({ id, prevId: ORIGIN, ...snapshot }) },
  ];
}

/** Does nothing where all tables are there, as after the run; makes them all where none is; fails where some are. */
function baselineSql(target: Target): string {
  const statements = ddlOf(target).map(ended);
  const names = target.tables.map((table) => literal(qualified(table.schema, table.name)));
  const all = `(SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(ARRAY[${names.join(', ')}]::text[]) AS names (name))`;
  const body = names.length === 0 ? statements : [`IF ${all} THEN RETURN; END IF;`, ...statements];
  const text = body.join('\n\n');
  let tag = '$baseline$';
  for (let number = 2; text.includes(tag); number += 1) tag = `$baseline${number}$`;
  return `-- On the migrated database this changes nothing. On an empty one it makes the same tables.\nDO ${tag} BEGIN\n\n${text}\n\nEND ${tag};\n`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function snapshotOf({ schemas, tables }: Target): Record<string, unknown> {
  return {
    version: '7',
    dialect: 'postgresql',
    tables: record(tables, (table) => `${table.schema}.${table.name}`, snapshotTable),
    enums: {},
    schemas: record(
      schemas.filter((schema) => schema !== 'public'),
      (schema) => schema,
      (schema) => schema,
    ),
    sequences: {},
    roles: {},
    policies: {},
    views: {},
    _meta: { columns: {}, schemas: {}, tables: {} },
  };
}

function snapshotTable(table: TargetTable): Record<string, unknown> {
  const key = table.primaryKey;
  const separate = key === undefined || isOwnKey(table, key.columns[0]!) ? [] : [key];
  const names = (columns: readonly ColumnMapping[]) => columns.map(({ target }) => target);
  const byName = <T extends { name: string }>(items: readonly T[], make: (item: T) => unknown) =>
    record(items, ({ name }) => name, make);
  return {
    name: table.name,
    schema: table.schema === 'public' ? '' : table.schema,
    columns: record(
      table.columns,
      ({ target }) => target,
      (column) => snapshotColumn(table, column),
    ),
    indexes: byName(table.indexes, snapshotIndex),
    foreignKeys: byName(table.foreignKeys, ({ name, columns, parent, parentColumns, onDelete, onUpdate }) => ({
      name,
      tableFrom: table.name,
      tableTo: parent.name,
      ...(parent.schema !== 'public' && { schemaTo: parent.schema }),
      columnsFrom: names(columns),
      columnsTo: names(parentColumns),
      onDelete: onDelete.toLowerCase(),
      onUpdate: onUpdate.toLowerCase(),
    })),
    compositePrimaryKeys: byName(separate, ({ name, columns }: TargetKey) => ({ name, columns: names(columns) })),
    uniqueConstraints: byName(table.unique, ({ name, columns }) => ({
      name,
      nullsNotDistinct: false,
      columns: names(columns),
    })),
    policies: {},
    checkConstraints: byName(table.checks, ({ name, sql }) => ({ name, value: sql })),
    isRLSEnabled: false,
  };
}

function snapshotColumn(table: TargetTable, column: ColumnMapping): Record<string, unknown> {
  return {
    name: column.target,
    type: snapshotType(column.type),
    primaryKey: isOwnKey(table, column),
    notNull: column.notNull,
    ...(column.default !== undefined && { default: column.default }),
    ...(column.generated !== undefined && { generated: { as: column.generated, type: 'stored' } }),
    ...(column.identity && { identity: snapshotIdentity(table, column) }),
  };
}

const LARGEST: Record<string, string> = {
  bigint: '9223372036854775807',
  integer: '2147483647',
  smallint: '32767',
};

function snapshotIdentity(table: TargetTable, column: ColumnMapping): Record<string, unknown> {
  return {
    type: 'byDefault',
    name: sequenceName(table.name, column.target),
    schema: table.schema,
    increment: '1',
    startWith: '1',
    minValue: '1',
    maxValue: LARGEST[column.type.name],
    cache: '1',
    cycle: false,
  };
}

function snapshotIndex({ name, unique, using, where, parts }: TargetIndex): Record<string, unknown> {
  return {
    name,
    columns: parts.map((part) =>
      'expression' in part
        ? { expression: expressionSql(part), isExpression: true, asc: true, nulls: 'last' }
        : {
            expression: part.column.target,
            isExpression: false,
            asc: !part.descending,
            nulls: part.descending ? 'first' : 'last',
          },
    ),
    isUnique: unique,
    ...(where !== undefined && { where }),
    concurrently: false,
    method: using,
    with: {},
  };
}

function record<T>(
  items: readonly T[],
  name: (item: T) => string,
  make: (item: T) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(items.map((item) => [name(item), make(item)]));
}
