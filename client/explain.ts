import type { Expanded, TableOrigins } from '../core/expand-plan';
import type { ColumnMapping, SourceMapping, TableMapping } from '../core/mapping';
import { typeSql } from '../core/mapping';
import { plural, printable, shorten } from './format';
import type { ResolvedPlan } from './plans';
import { textTable } from './report/table';
import type { Terminal } from './terminal';

/** Who decided what in a plan: for `plan check`. */

export interface ColumnExplanation {
  source: string;
  target: string;
  type: string;
  format?: string;
  /** By property of the plan: the rule that decided it, or `inferred: …`. */
  decidedBy: Record<string, string>;
}

/** Every column of a table. Id maps and other tables that only resolving makes have no rules. */
export function explainColumns({ origins }: Expanded, table: TableMapping): ColumnExplanation[] {
  const decided = originsOf(origins, table)?.columns;
  return table.columns.map((column) => ({
    source: column.source,
    target: column.target,
    type: typeSql(column.type),
    ...(column.format !== undefined && { format: column.format }),
    decidedBy: decided?.[column.source] ?? {},
  }));
}

function originsOf(origins: Expanded['origins'], { source, table }: TableMapping): TableOrigins | undefined {
  return origins[source]?.[table];
}

/** Longest explanation of a column, in characters. */
const WIDEST = 100;

/** Says for each table where it goes, which of its rows, and who decided its columns: those that a look is worth, or all of them. */
export function sayTables(
  terminal: Terminal,
  { origins, comments }: ResolvedPlan,
  mapping: SourceMapping,
  all: boolean,
): void {
  const { colors } = terminal;
  for (const table of mapping.tables) {
    const settled = originsOf(origins, table);
    terminal.say(`  ${tableLine(table)}`);
    const rows = table.columns.flatMap((column): string[][] => {
      const decided = settled?.columns[column.source] ?? {};
      const exact = `tables.${table.table}.columns.${column.source}`;
      const review = comments[table.source]?.[table.table]?.columns[column.source]?.review;
      const plain = Object.values(decided).every((rule) => rule === exact || isInferred(rule));
      const worth = !plain || (review !== undefined && Object.values(decided).some(isInferred));
      if (!all && !worth) return [];
      return [[`    ${printable(column.source)}`, becomes(column), shorten(printable(reasons(decided)), WIDEST)]];
    });
    if (rows.length > 0) terminal.say(textTable(['', '', ''], rows, [], colors.dim));
    const more = table.columns.length - rows.length;
    if (rows.length > 0 && more > 0)
      terminal.say(colors.dim(`    and ${plural(more, 'column')} as the plan names or a draft types them`));
  }
}

function tableLine({ table, schema, target, origin, quarantine, ifExists }: TableMapping): string {
  const words = [
    `${printable(table)} → ${printable(schema)}.${printable(target)}`,
    ...(origin.name === table ? [] : [`from ${printable(origin.name)}`]),
    ...(origin.where === undefined ? [] : [`only rows where ${shorten(printable(origin.where), WIDEST)}`]),
    `quarantine: ${quarantine}`,
    ...(ifExists === 'error' ? [] : [`${ifExists}s a table that is there`]),
  ];
  return words.join(', ');
}

function becomes({ source, target, type, format }: ColumnMapping): string {
  const name = source === target ? '' : `${printable(target)} `;
  return `→ ${name}${typeSql(type)}${format === undefined ? '' : ` (${format})`}`;
}

/** The properties by rule: `type, format: tables.*.columns.*_at; to: tables.users.columns.joined`. */
function reasons(decided: Readonly<Record<string, string>>): string {
  const byRule = new Map<string, string[]>();
  for (const [property, rule] of Object.entries(decided)) byRule.set(rule, [...(byRule.get(rule) ?? []), property]);
  return [...byRule]
    .map(([rule, properties]) => (isInferred(rule) ? rule : `${properties.join(', ')}: ${rule}`))
    .join('; ');
}

function isInferred(rule: string): boolean {
  return rule.startsWith('inferred: ');
}
