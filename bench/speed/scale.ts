import { exponent, spread } from '../statistics';
import { linesOf } from './results';
import type { Entrant, SetResults } from './results';
import { aligned } from './table';

/** How cost grows with rows. */

const FIRST = 10_000;
const FACTOR = 5;

/** Row counts from 10,000 on, five times as many each, and the largest itself. */
export function steps(maxRows: number): number[] {
  const all: number[] = [];
  for (let rows = FIRST; rows < maxRows; rows *= FACTOR) all.push(rows);
  return [...all, maxRows];
}

type Measured = { contestants: readonly Entrant[]; sets: readonly SetResults[] };

export interface Step {
  rows: number;
  seconds: number;
  peakMib?: number;
}

/** Medians of each step, by contestant and data set; steps without a run that counts are left out. */
export function stepsOf({ contestants, sets }: Measured): Map<string, Step[]> {
  const found = new Map<string, Step[]>();
  for (const set of sets) {
    for (const { name, seconds, peakMib } of linesOf(contestants, set)) {
      if (seconds === undefined) continue;
      const step = { rows: set.rows, seconds: seconds.median, ...(peakMib && { peakMib: peakMib.most }) };
      const key = `${name}, ${set.name}`;
      found.set(key, [...(found.get(key) ?? []), step]);
    }
  }
  return found;
}

/** A line a step, and the exponents: of all steps, and of each step to the next, where a constant cost shows as a small one. */
export function scaleText(results: Measured): string {
  return [...stepsOf(results)]
    .map(([name, found]) => {
      const fitted = exponent(found.map(({ rows, seconds }) => ({ x: rows, y: seconds })));
      const lines = found.map(({ rows, seconds, peakMib }, i) => {
        const before = found[i - 1];
        const local =
          before && exponent([before, { rows, seconds }].map((step) => ({ x: step.rows, y: step.seconds })));
        return [
          rows.toLocaleString('en-US'),
          seconds.toFixed(2),
          ((seconds / rows) * 1e6).toFixed(2),
          local?.exponent.toFixed(2) ?? '–',
          peakMib?.toFixed(0) ?? '–',
        ];
      });
      const said =
        fitted === undefined
          ? 'one step has no exponent'
          : `time grows as rows^${fitted.exponent.toFixed(3)} (R² ${fitted.r2.toFixed(4)})`;
      const most = spread(found.flatMap(({ peakMib }) => peakMib ?? []));
      const peak = most === undefined ? '' : `; peak ${most.least.toFixed(0)} to ${most.most.toFixed(0)} MiB`;
      return `${name}: ${said}${peak}\n${aligned([['rows', 'seconds', 'µs a row', 'exponent', 'MiB'], ...lines], 0)}`;
    })
    .join('\n\n');
}
