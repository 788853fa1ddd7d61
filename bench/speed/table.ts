import type { Spread } from '../statistics';
import { linesOf } from './results';
import type { Entrant, Line, SetResults } from './results';

/** A data set's results for a terminal: a table, and below it what the times do not contain. */
export function setText(contestants: readonly Entrant[], set: SetResults): string {
  const lines = linesOf(contestants, set);
  const table = aligned([HEAD, ...lines.map(cells)]);
  const notes = lines.flatMap(({ name, without, found, invalid, phases }) => [
    ...(without.length > 0 ? [`  ${name}: without ${without.join('; ')}`] : []),
    ...(found.length > 0 ? [`  ${name}: found ${found.join('; ')}`] : []),
    ...(Object.keys(phases).length > 0 ? [`  ${name}: ${phaseText(phases)}`] : []),
    ...invalid.map((reason) => `  ${name}: DOES NOT COUNT, ${reason}`),
  ]);
  return [heading(set), table, ...notes].join('\n');
}

export function heading({ name, rows, tables, bytes }: SetResults): string {
  const each = tables === 1 ? '' : ` × ${tables} tables`;
  return `${name}: ${rows.toLocaleString('en-US')} rows${each}, ${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Medians in the order of the phases. */
export function phaseText(phases: Readonly<Record<string, number>>): string {
  return Object.entries(phases)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`)
    .join(', ');
}

export const HEAD = ['', 'runs', 'seconds', 'CPU s', 'MiB', 'against', 'pgloader ÷', 'DuckDB ÷'];

export function cells({ name, counted, runs, seconds, cpuSeconds, peakMib, against, slower }: Line): string[] {
  return [
    name,
    counted === runs ? String(runs) : `${counted} of ${runs}`,
    seconds === undefined ? '–' : spreadText(seconds),
    cpuSeconds?.median.toFixed(2) ?? '–',
    peakMib?.most.toFixed(0) ?? '–',
    against === undefined ? '–' : `${against.ratio.toFixed(2)} × ${against.name}`,
    slower.pgloader?.toFixed(2) ?? '–',
    slower.duckdb?.toFixed(2) ?? '–',
  ];
}

export function spreadText({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}

/** Columns side by side, to the right but for the first so many. */
export function aligned(rows: readonly (readonly string[])[], left = 1): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return rows.map(line).join('\n');
}
