import type { ColumnMapping, TableMapping, TargetType } from '../mapping';
import { parseType } from '../mapping';
import { MAX_COLUMNS } from '../names';
import type { NotCarried, Plan, PlanColumn, PlanSource, PlanTable } from '../plan';
import { shapeTable } from '../shape';
import type { SourceTable } from '../source';
import { checkColumn } from './columns';
import { checkMoved } from './moved';
import { checkColumnNames } from './names';
import type { Problems } from './problems';

/** What is being resolved, and where what is found out about it goes. */
export interface Resolving {
  plan: Plan;
  /** Name of the source. */
  name: string;
  source: PlanSource;
  notCarried: NotCarried[];
  problems: Problems;
}

/**
 * A table of the plan, with its columns in the source's order and computed ones behind them. Foreign keys, and keys that become
 * UUIDs, are resolved when all tables are known.
 *
 * @param listed the source table that its rows come from
 */
export function resolveTable(at: Resolving, name: string, table: PlanTable, listed: SourceTable): TableMapping {
  const { plan, source, problems } = at;
  const origin = shapeTable(listed, table);
  const own = listed.columns.map((column) => column.name);
  const computed = origin.columns.slice(own.length).map((column) => column.name);
  const known = [...own, ...computed.filter((column) => !own.includes(column))];
  for (const column of Object.keys(table.columns)) {
    if (!known.includes(column)) problems.stale(`table ${listed.name} has no column ${column}`, column, known);
  }
  const keyColumns = table.primaryKey?.columns ?? [];
  const columns = known.flatMap((column): ColumnMapping[] => {
    if (!Object.hasOwn(table.columns, column)) return [];
    const planned = table.columns[column]!;
    const index = planned.value === undefined ? own.indexOf(column) : own.length + computed.indexOf(column);
    const identity = planned.identity ?? false;
    const type = parseType(planned.type);
    const timeZone = planned.timeZone ?? (takesTimeZone(type, planned) ? source.timeZone : undefined);
    const resolved: ColumnMapping = {
      source: column,
      index,
      target: planned.to ?? column,
      type,
      ...(planned.format !== undefined && { format: planned.format }),
      ...(planned.value !== undefined && { value: planned.value }),
      ...(planned.ifNull !== undefined && { ifNull: planned.ifNull }),
      ...(timeZone !== undefined && { timeZone }),
      affinity: origin.columns[index]!.affinity,
      notNull: (planned.notNull ?? false) || identity || keyColumns.includes(column),
      ...(planned.default !== undefined && { default: planned.default }),
      identity,
      ...(planned.generated !== undefined && { generated: planned.generated }),
      ...(planned.collation !== undefined && { collation: planned.collation }),
    };
    checkColumn(`${name}.${column}`, planned, resolved, problems);
    return [resolved];
  });
  if (columns.length === 0) problems.invalid(`table ${name}: no column of it is moved`);
  if (columns.length > MAX_COLUMNS)
    problems.invalid(`table ${name} has ${columns.length} columns, PostgreSQL’s have at most ${MAX_COLUMNS}`);
  checkColumnNames(name, columns, problems);

  const moved = new Set(columns.map((column) => column.source));
  const check = (what: string, names: readonly string[]) => checkMoved(name, what, names, known, moved, problems);
  if (table.primaryKey !== undefined) check(`primary key ${table.primaryKey.name}`, table.primaryKey.columns);
  for (const { name: key, columns: names } of table.unique ?? []) check(`unique constraint ${key}`, names);
  for (const index of table.indexes ?? [])
    check(
      `index ${index.name}`,
      index.columns.flatMap(({ column }) => (column === undefined ? [] : [column])),
    );
  return {
    source: at.name,
    table: name,
    schema: source.schema,
    target: table.to ?? name,
    ifExists: table.ifExists ?? 'error',
    quarantine: table.quarantine ?? plan.quarantine ?? 'none',
    columns,
    ...(table.primaryKey !== undefined && { primaryKey: table.primaryKey }),
    unique: table.unique ?? [],
    indexes: table.indexes ?? [],
    checks: table.checks ?? [],
    foreignKeys: table.foreignKeys ?? [],
    origin,
  };
}

/** Whether texts of the column may be local times. */
function takesTimeZone({ name }: TargetType, { format }: PlanColumn): boolean {
  return name === 'timestamptz' && (format === undefined || format === 'iso');
}
