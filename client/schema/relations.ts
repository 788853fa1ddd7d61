import { Identifiers } from './identifiers';
import type { Target, TargetForeignKey, TargetTable } from './target';
import { isUnique } from './target';

/** A foreign key as the two properties that ORMs make of it: from the child to its parent, and back. */
export interface Relation {
  key: TargetForeignKey;
  child: TargetTable;
  parent: TargetTable;
  /** Tells several relations between the same two tables apart; absent where there is one. */
  name?: string;
  /** Property of the child that leads to the parent. */
  forward: string;
  /** Property of the parent that leads to its children. */
  back: string;
  /** Whether a parent has at most one child. */
  toOne: boolean;
}

/** How the artefact names things. */
export interface Naming {
  table: (table: TargetTable) => string;
  /** Properties that the table's columns have, by the target's column name. */
  columns: (table: TargetTable) => ReadonlyMap<string, string>;
  camel: (name: string) => string;
  pascal: (name: string) => string;
}

export function relationsOf({ tables }: Target, naming: Naming): Relation[] {
  const properties = new Map(tables.map((table) => [table, new Identifiers(naming.columns(table).values())]));
  const names = new Identifiers();
  const keys = tables.flatMap((child) => child.foreignKeys.map((key) => ({ child, key, parent: key.parent })));
  const pair = (a: TargetTable, b: TargetTable) => [tables.indexOf(a), tables.indexOf(b)].sort((x, y) => x - y).join();
  const between = new Map<string, number>();
  for (const { child, parent } of keys) between.set(pair(child, parent), (between.get(pair(child, parent)) ?? 0) + 1);
  // Parents' names for their children come last, so that they do not depend on the order of tables.
  const forward = keys.map(({ child, key, parent }) =>
    properties.get(child)!.take(forwardName(naming, child, key, parent)),
  );
  return keys.map(({ child, key, parent }, i) => {
    const several = between.get(pair(child, parent))! > 1;
    const by = key.columns.map((column) => naming.pascal(column.target)).join('');
    const plain = naming.camel(naming.table(child));
    return {
      key,
      child,
      parent,
      ...((several || child === parent) && { name: names.take(key.name) }),
      forward: forward[i]!,
      back: properties.get(parent)!.take(several || child === parent ? `${plain}By${by}` : plain, 'Rows'),
      toOne: isUnique(child, key.columns),
    };
  });
}

/** `artist_id` leads to `artist`; where that says nothing, the parent's own name. */
function forwardName(naming: Naming, child: TargetTable, key: TargetForeignKey, parent: TargetTable): string {
  const taken = new Set(naming.columns(child).values());
  const column = key.columns.length === 1 ? naming.columns(child).get(key.columns[0]!.target)! : '';
  const stem = column.replace(/(?<=.)(Id|Key|Fk|Code)$/, '');
  const parentName = naming.camel(naming.table(parent));
  const by = key.columns.map((each) => naming.pascal(each.target)).join('');
  return (
    [stem, parentName, `${parentName}By${by}`].find((name) => name !== '' && !taken.has(name)) ?? `${parentName}Row`
  );
}
