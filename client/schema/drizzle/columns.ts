import { parseType, typeSql } from '../../../core/mapping';
import type { ColumnMapping, TargetType } from '../../../core/mapping';
import { targetTypeSchema } from '../../../core/plan-values';
import { sequenceName } from '../../../core/names';
import type { TargetTable } from '../target';
import { sqlTemplate, stringLiteral } from '../typescript';

/** Drizzle's builder of a type, and its options as TypeScript. Times stay text and bigint a bigint: Date and number would lose digits. */
function builderOf(type: TargetType): { builder: string; options?: string } {
  switch (type.name) {
    case 'bigint':
      return { builder: 'bigint', options: `{ mode: 'bigint' }` };
    case 'double precision':
      return { builder: 'doublePrecision' };
    case 'varchar':
      return { builder: 'varchar', options: `{ length: ${type.length} }` };
    case 'numeric':
      return type.precision === undefined
        ? { builder: 'numeric' }
        : { builder: 'numeric', options: `{ precision: ${type.precision}, scale: ${type.scale} }` };
    case 'timestamp':
      return { builder: 'timestamp', options: `{ mode: 'string' }` };
    case 'timestamptz':
      return { builder: 'timestamp', options: `{ withTimezone: true, mode: 'string' }` };
    default:
      return { builder: type.name };
  }
}

/** The builder of a column of this name, with nothing but its type. */
export function builderText(name: string, type: TargetType, use: (name: string) => string): string {
  const { builder, options } = builderOf(type);
  return `${use(builder)}(${stringLiteral(name)}${options === undefined ? '' : `, ${options}`})`;
}

/** A type as PostgreSQL prints it; undefined when no column of a plan can have it. */
export function printedType(printed: string): TargetType | undefined {
  const type = printed
    .replace('character varying(', 'varchar(')
    .replace(/^timestamp(\(6\))? without time zone$/, 'timestamp')
    .replace(/^timestamp(\(6\))? with time zone$/, 'timestamptz')
    .replace(/^character varying$/, 'text');
  return targetTypeSchema.safeParse(type).success ? parseType(type) : undefined;
}

/** Builders that Drizzle does not have: made in the schema file itself. */
export const CUSTOM_TYPES: Record<string, string> = {
  bytea: `/** Drizzle has no bytea. Rows of a nested query come as JSON, with bytes in hex. */
const bytea = customType<{ data: Buffer; driverData: Buffer | string }>({
  dataType: () => 'bytea',
  fromDriver: (value) => (typeof value === 'string' ? Buffer.from(value.slice(2), 'hex') : value),
});`,
};

/** Whether the column is the whole primary key, under the name that PostgreSQL gives by itself. */
export function isOwnKey(table: TargetTable, column: ColumnMapping): boolean {
  const key = table.primaryKey;
  return (
    key !== undefined && key.columns.length === 1 && key.columns[0] === column && key.name === `${table.name}_pkey`
  );
}

/** The column's builder with everything that Drizzle can say of it. `use` is told of each name to import. */
export function columnText(table: TargetTable, column: ColumnMapping, use: (name: string) => string): string {
  const parts = [builderText(column.target, column.type, use)];
  const isKey = isOwnKey(table, column);
  if (isKey) parts.push('.primaryKey()');
  if (column.notNull && !isKey && !column.identity) parts.push('.notNull()');
  if (column.default !== undefined) parts.push(`.default(${use('sql') && sqlTemplate(column.default)})`);
  if (column.generated !== undefined) parts.push(`.generatedAlwaysAs(${use('sql') && sqlTemplate(column.generated)})`);
  if (column.identity) {
    const usual = `${table.name}_${column.target}_seq`;
    const real = sequenceName(table.name, column.target);
    parts.push(`.generatedByDefaultAsIdentity(${real === usual ? '' : `{ name: ${stringLiteral(real)} }`})`);
  }
  return parts.join('');
}

/** The type as Drizzle's snapshots spell it. */
export function snapshotType(type: TargetType): string {
  if (type.name === 'timestamptz') return 'timestamp with time zone';
  return typeSql(type).replace(',', ', ');
}
