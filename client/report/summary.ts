import type { RunReport } from '../../core/run';
import { count, duration, plural, printable, shorten, when } from '../format';
import type { Terminal } from '../terminal';
import { entriesOf, storesOf } from './stores';
import { textTable } from './table';

/** Tables shown at the end of a run; the whole list is in the report. */
const TABLES_SHOWN = 20;

export interface SummaryOptions {
  colors: Terminal['colors'];
  /** How this program is called, for what to type next. */
  command: string;
  /** How to open a shell on the target, without its password. */
  psql: string;
}

/** What a finished run prints: what moved, where it is, what was kept out, how to look and how to go back. */
export function summaryLines(report: RunReport, { colors, command, psql }: SummaryOptions): string[] {
  const lines = ['', headline(report, colors), ''];
  if (report.tables.length > 0) lines.push(tableOfTables(report, colors), '');
  const stores = storesOf(report);
  for (const { title, store } of stores) {
    lines.push(
      `  ${colors.green(title)} ${store.version}: ${plural(entriesOf(store), 'entry', 'entries')} of ${plural(store.feeds.length, 'feed')}`,
    );
    for (const note of store.notes) lines.push(`    ${printable(note)}`);
  }
  if (stores.length > 0) lines.push('');
  const { notCarried, views, quarantine, verification, run } = report;
  for (const { table, reason, rows } of quarantine.slice(0, 8))
    lines.push(`  ${colors.yellow('kept out')} ${plural(rows, 'row')} of ${printable(table)}: ${reason}`);
  if (quarantine.length > 8) lines.push(`  … and ${quarantine.length - 8} more reasons`);
  if (views.length > 0) lines.push(`  ${colors.green('views')} ${count(views.length)} made, with the same rows`);
  if (notCarried.length > 0) lines.push(`  ${colors.yellow('not carried')} ${kinds(notCarried)}; named in the report`);
  for (const line of differenceLines(verification.differences.slice(0, 10)))
    lines.push(`  ${colors.red('differs')} ${line}`);
  if (quarantine.length + notCarried.length + verification.differences.length > 0) lines.push('');

  const next: [string, string][] = [];
  if (report.state === 'published') next.push(['Look at the data', psql]);
  if (report.webUrl !== undefined) next.push(['In the Web UI', report.webUrl]);
  if (quarantine.length > 0) next.push(['Rows kept out', `${command} quarantine list ${run}`]);
  next.push(['Whole report', `${command} report ${run}`]);
  if (report.rollback.until !== null)
    next.push(['Go back', `${report.rollback.command}    until ${when(report.rollback.until)}`]);
  const width = Math.max(...next.map(([label]) => label.length));
  return [...lines, ...next.map(([label, text]) => `${colors.dim(label.padEnd(width))}  ${text}`)];
}

function headline({ state, plan, run, seconds, tables, verification }: RunReport, colors: Terminal['colors']): string {
  const loaded = tables.reduce((sum, table) => sum + table.loaded, 0);
  const what = `${plural(tables.length, 'table')}, ${plural(loaded, 'row')}`;
  const dimRun = colors.dim(run);
  switch (state) {
    case 'published':
      return `${colors.green('✓')} ${colors.bold(plan)}: ${what} ${verification.state === 'verified' ? 'moved and verified' : 'moved'} in ${duration(seconds)}  ${dimRun}`;
    case 'failed':
      return `${colors.red('✗')} ${colors.bold(plan)} failed after ${duration(seconds)}; the target is as it was before  ${dimRun}`;
    case 'cancelled':
      return `${colors.yellow('■')} ${colors.bold(plan)} was cancelled; the target is as it was before  ${dimRun}`;
    case 'rolled_back':
      return `${colors.yellow('■')} ${colors.bold(plan)} was rolled back; the target is as it was before  ${dimRun}`;
    case 'rollback_incomplete':
      return `${colors.red('✗')} ${colors.bold(plan)}: some undo steps failed and something is left in the target  ${dimRun}`;
    default:
      return `${colors.bold(plan)}: ${state}, ${what} so far  ${dimRun}`;
  }
}

function tableOfTables({ tables }: RunReport, colors: Terminal['colors']): string {
  const filters = tables.some((table) => table.filtered !== undefined);
  const shown = [...tables].sort((a, b) => b.sourceRows - a.sourceRows).slice(0, TABLES_SHOWN);
  const rows = shown.map((table) => [
    shorten(printable(table.table), 40),
    count(table.sourceRows),
    count(table.loaded),
    table.quarantined === 0 ? '0' : colors.yellow(count(table.quarantined)),
    ...(filters ? [count(table.filtered ?? 0)] : []),
    shorten(printable(table.target), 60),
  ]);
  const sum = (pick: (table: RunReport['tables'][number]) => number): string =>
    count(tables.reduce((total, table) => total + pick(table), 0));
  if (tables.length > shown.length)
    rows.push([`… ${tables.length - shown.length} more`, '', '', '', ...(filters ? [''] : []), '']);
  if (tables.length > 1)
    rows.push(
      [
        'all',
        sum((t) => t.sourceRows),
        sum((t) => t.loaded),
        sum((t) => t.quarantined),
        ...(filters ? [sum((t) => t.filtered ?? 0)] : []),
        '',
      ].map((text) => colors.bold(text)),
    );
  const head = ['table', 'source rows', 'loaded', 'quarantined', ...(filters ? ['filtered'] : []), 'target'];
  return textTable(head, rows, filters ? [1, 2, 3, 4] : [1, 2, 3], colors.dim);
}

function kinds(notCarried: RunReport['notCarried']): string {
  const counts = new Map<string, number>();
  for (const { kind } of notCarried) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, number]) => plural(number, kind)).join(', ');
}

/** How much was compared, and by what. Undefined where nothing was, or where it is not known. */
export function comparedLine({ readAgain }: RunReport): string | undefined {
  if (readAgain === undefined) return undefined;
  const { chunks, of } = readAgain;
  return `Every row was compared by its bytes; ${count(chunks)} of ${plural(of, 'chunk')} a second time, by the independent reading.`;
}

/** One line a difference. */
export function differenceLines(differences: RunReport['verification']['differences']): string[] {
  return differences.map(({ table, kind, key, column, expected, found }) => {
    const place = [
      printable(table),
      key === undefined ? '' : `row ${printable(key)}`,
      column === undefined ? '' : printable(column),
    ]
      .filter((part) => part !== '')
      .join(', ');
    const values =
      expected === undefined && found === undefined
        ? ''
        : `: expected ${printable(expected ?? 'nothing')}, found ${printable(found ?? 'nothing')}`;
    return `${place}: ${kind}${values}`;
  });
}
