import type { ColumnMapping, TableMapping } from '../mapping';
import { parseType } from '../mapping';
import { MAX_COLUMNS } from '../names';
import type { NotCarried, Plan, PlanSource, PlanTable } from '../plan';
import type { SourceTable } from '../source';
import { checkColumn } from './columns';
import { checkMoved } from './moved';
import { checkColumnNames } from './names';
import type { Problems } from './problems';

/** A table of the plan, with its columns in the source's order. Foreign keys are resolved when all tables are known. */
export function resolveTable(
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
