import type { TableMapping } from '../mapping';
import type { NotCarried, PlanForeignKey } from '../plan';
import { checkMoved } from './moved';
import type { Problems } from './problems';

/** Keys to tables that are left out go with them; everything else about them must be right. */
export function resolveForeignKeys(
  table: TableMapping,
  tables: readonly TableMapping[],
  known: readonly string[],
  notCarried: NotCarried[],
  problems: Problems,
): PlanForeignKey[] {
  const names = columnNames(table);
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
    const parentNames = columnNames(parent);
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

function columnNames({ origin }: TableMapping): string[] {
  return [...new Set(origin.columns.map((column) => column.name))];
}
