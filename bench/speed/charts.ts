import type { Line } from './results';
import type { Step } from './scale';

/** Charts as SVG in HTML. Their colours are the page's. */

const LABEL = 130;
const WIDTH = 620;
const ROW = 24;

/** A bar for each median, with a line from the least to the most. */
export function bars(lines: readonly Line[]): string {
  const known = lines.filter(({ seconds }) => seconds !== undefined);
  const most = Math.max(...known.map(({ seconds }) => seconds!.most));
  const x = (seconds: number) => LABEL + (seconds / most) * WIDTH;
  const drawn = known.map(({ name, kind, seconds }, i) => {
    const { median, least, most: longest } = seconds!;
    const top = i * ROW;
    return `<text x="${LABEL - 8}" y="${top + 16}" text-anchor="end">${escape(name)}</text>
<rect class="${kind}" x="${LABEL}" y="${top + 4}" width="${(x(median) - LABEL).toFixed(1)}" height="16"/>
<line class="range" x1="${x(least).toFixed(1)}" x2="${x(longest).toFixed(1)}" y1="${top + 12}" y2="${top + 12}"/>
<text x="${(x(longest) + 8).toFixed(1)}" y="${top + 16}">${median.toFixed(2)} s</text>`;
  });
  const height = known.length * ROW;
  return `<svg viewBox="0 0 ${LABEL + WIDTH + 80} ${height}" width="${LABEL + WIDTH + 80}" height="${height}" role="img" aria-label="median seconds">
${drawn.join('\n')}
</svg>`;
}

const SIDE = 420;
const LEFT = 60;
const TOP = 20;
const COLOURS = ['#2563eb', '#d97706', '#059669', '#9333ea'];
/** Between the names of two curves. */
const LINE = 16;

/** Seconds against rows. Both axes are logarithmic with the same scale: a cost that grows as the rows do rises at 45 degrees. */
export function curves(found: ReadonlyMap<string, readonly Step[]>): string {
  const points = [...found.values()].flat();
  if (points.length === 0) return '';
  const [minX, maxX] = range(points.map(({ rows }) => rows));
  const [minY, maxY] = range(points.map(({ seconds }) => seconds));
  const decade = SIDE / Math.max(maxX - minX, maxY - minY, 1);
  const height = TOP + (maxY - minY) * decade;
  const x = (rows: number) => LEFT + (Math.log10(rows) - minX) * decade;
  const y = (seconds: number) => height - (Math.log10(seconds) - minY) * decade;
  let lowest = -Infinity;
  const names = [...found]
    .map(([name, steps], i) => ({ name, i, last: steps.at(-1)! }))
    .toSorted((a, b) => b.last.seconds - a.last.seconds)
    .map(({ name, i, last }) => {
      lowest = Math.max(y(last.seconds) + 4, lowest + LINE);
      return `<text x="${at(x(last.rows) + 10)}" y="${at(lowest)}" style="fill: ${colourOf(i)}">${escape(name)}</text>`;
    });
  const lines = [...found].map(([name, steps], i) => {
    const dots = steps.map(({ rows, seconds }) => {
      const told = `${name}: ${rows.toLocaleString('en-US')} rows, ${seconds.toFixed(2)} s`;
      return `<circle cx="${at(x(rows))}" cy="${at(y(seconds))}" r="4" fill="${colourOf(i)}"><title>${escape(told)}</title></circle>`;
    });
    const path = steps.map(({ rows, seconds }) => `${at(x(rows))},${at(y(seconds))}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colourOf(i)}" stroke-width="2"/>${dots.join('')}`;
  });
  const rows = [...new Set(points.map((step) => step.rows))].map(
    (count) => `<text x="${at(x(count))}" y="${at(height + 30)}" text-anchor="middle">${short(count)}</text>`,
  );
  const seconds = decades(minY, maxY).map(
    (power) =>
      `<text x="${LEFT - 12}" y="${at(y(10 ** power) + 4)}" text-anchor="end">${Number((10 ** power).toPrecision(1))} s</text>`,
  );
  const size = [x(10 ** maxX) + 180, Math.max(height, lowest) + 50].map(at);
  return `<svg viewBox="0 0 ${size[0]} ${size[1]}" width="${size[0]}" height="${size[1]}" role="img" aria-label="seconds against rows, both logarithmic">
${[...lines, ...names, ...rows, ...seconds].join('\n')}
</svg>`;
}

const range = (values: readonly number[]): [number, number] => [
  Math.log10(Math.min(...values)),
  Math.log10(Math.max(...values)),
];
const at = (value: number): string => value.toFixed(1);
const colourOf = (i: number): string => COLOURS[i % COLOURS.length]!;
const short = (rows: number): string => (rows >= 1e6 ? `${rows / 1e6} M` : `${rows / 1e3} k`);

/** Whole powers of ten between the two. */
function decades(from: number, to: number): number[] {
  const powers: number[] = [];
  for (let power = Math.ceil(from); power <= to; power++) powers.push(power);
  return powers;
}

/** As text of HTML. */
export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
