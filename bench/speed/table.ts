import { ratioByRound, spread } from '../statistics';
import type { Contestant } from './contestant';
import type { Outcome } from './rounds';

/** One data set's outcomes, as a table of text. */
export function table(outcomes: readonly Outcome[], contestants: readonly Contestant[]): string {
  const seconds = new Map(
    outcomes.map(({ contestant, runs }) => [contestant, runs.map(({ figures }) => figures?.seconds)] as const),
  );
  const lines = outcomes.map(({ contestant, runs }) => {
    const known = runs.flatMap(({ figures }) => (figures === undefined ? [] : [figures]));
    const times = spread(known.map((figures) => figures.seconds));
    const cpu = spread(known.flatMap(({ cpuSeconds }) => cpuSeconds ?? []));
    const peak = spread(known.flatMap(({ peakMib }) => peakMib ?? []));
    const { limit } = contestants.find(({ name }) => name === contestant)!;
    const ratio = (to: string | undefined) =>
      to === undefined || to === contestant ? undefined : ratioByRound(seconds.get(contestant)!, seconds.get(to) ?? []);
    return [
      contestant,
      `${known.length}/${runs.length}`,
      times === undefined ? '–' : `${times.median.toFixed(2)} (${times.least.toFixed(2)}–${times.most.toFixed(2)})`,
      cpu?.median.toFixed(2) ?? '–',
      peak?.most.toFixed(0) ?? '–',
      limit === undefined ? '–' : shown(ratio(limit)),
    ];
  });
  return aligned([['', 'runs', 'seconds', 'CPU s', 'MiB', '× limit'], ...lines]);
}

const shown = (ratio: number | undefined): string => ratio?.toFixed(2) ?? '–';

function aligned(rows: readonly (readonly string[])[]): string {
  const width = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) => row.map((text, i) => (i === 0 ? text.padEnd(width[i]!) : text.padStart(width[i]!))).join('  '))
    .join('\n');
}
