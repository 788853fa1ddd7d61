import { printable } from '../format';
import type { Target, TargetForeignKey, TargetTable } from './target';
import { isUnique } from './target';

/** Tables that a diagram can have and still be read. */
const MOST = 25;

/** Entity-relationship diagrams of the tables that refer to each other, for Mermaid 10.5 or later; large schemas in several. */
export function erDiagrams({ tables }: Target): string[] {
  const ids = new Map(tables.map((table, i) => [table, entityId(table.name, i)]));
  return packed(families(tables)).map((group) => {
    const keys = group.flatMap((child) => child.foreignKeys.map((key) => ({ child, key })));
    return [
      'erDiagram',
      ...group.flatMap((table) => entity(table, ids.get(table)!)),
      ...keys.map(({ child, key }) => relationship(child, key, ids)),
    ].join('\n');
  });
}

/** Mermaid's own words, which a table may be called, too. */
const WORDS =
  /^(accDescr|accTitle|class|classDef|default|direction|end|erDiagram|many|one|only|optionally|style|title|to|zero)$/i;

const entityId = (name: string, i: number): string =>
  /^[A-Za-z]\w{2,}$/.test(name) && !WORDS.test(name) ? name : `table_${i + 1}[${label(name)}]`;

/** Text in double quotes. Mermaid has no escapes there, but entities as in HTML. */
function label(text: string): string {
  const entities: Record<string, string> = { '"': '#quot;', '#': '#35;', '%': '#37;', '\\': '#92;', '`': '#96;' };
  return `"${printable(text).replaceAll(/["#%\\`]/g, (sign) => entities[sign]!)}"`;
}

/** The table with the columns of its keys: all columns are in the page's tables. */
function entity(table: TargetTable, id: string): string[] {
  const primary = table.primaryKey?.columns ?? [];
  const foreign = table.foreignKeys.flatMap(({ columns }) => columns);
  const shown = table.columns.filter((column) => primary.includes(column) || foreign.includes(column));
  if (shown.length === 0) return [`  ${id}`];
  const lines = shown.map((column, i) => {
    const kinds = [...(primary.includes(column) ? ['PK'] : []), ...(foreign.includes(column) ? ['FK'] : [])];
    const plain = /^[A-Za-z]\w*$/.test(column.target);
    const name = plain ? column.target : `column_${i + 1}`;
    return `    ${column.type.name.replaceAll(' ', '_')} ${name} ${kinds.join(', ')}${plain ? '' : ` ${label(column.target)}`}`;
  });
  return [`  ${id} {`, ...lines, '  }'];
}

function relationship(child: TargetTable, key: TargetForeignKey, ids: ReadonlyMap<TargetTable, string>): string {
  const reference = (table: TargetTable) => ids.get(table)!.replace(/\[.*$/s, '');
  const parents = key.columns.every(({ notNull }) => notNull) ? '||' : '|o';
  const children = isUnique(child, key.columns) ? 'o|' : 'o{';
  const columns = key.columns.map(({ target }) => target).join(', ');
  return `  ${reference(key.parent)} ${parents}--${children} ${reference(child)} : ${label(columns)}`;
}

/** Tables that foreign keys lead between, each after one that it is linked with. Tables without any are left out. */
function families(tables: readonly TargetTable[]): TargetTable[][] {
  const linked = new Map(tables.map((table) => [table, new Set<TargetTable>()]));
  for (const table of tables) {
    for (const { parent } of table.foreignKeys) {
      linked.get(table)!.add(parent);
      linked.get(parent)!.add(table);
    }
  }
  const seen = new Set<TargetTable>();
  return tables.flatMap((start) => {
    if (seen.has(start) || linked.get(start)!.size === 0) return [];
    const family = [start];
    seen.add(start);
    for (const table of family) {
      for (const next of linked.get(table)!) {
        if (!seen.has(next)) family.push(next);
        seen.add(next);
      }
    }
    return [family];
  });
}

/** Small families share a diagram, large ones are cut. */
function packed(groups: readonly TargetTable[][]): TargetTable[][] {
  const diagrams: TargetTable[][] = [];
  for (const group of groups) {
    const last = diagrams.at(-1);
    if (last !== undefined && last.length + group.length <= MOST) last.push(...group);
    else for (let start = 0; start < group.length; start += MOST) diagrams.push(group.slice(start, start + MOST));
  }
  return diagrams;
}
