import type { Line, Results, SetResults } from './results';
import { linesOf } from './results';
import { scaleText, stepsOf } from './scale';
import { HEAD, cells, heading, phaseText } from './table';

/** The results as one HTML file with charts, which needs nothing else. */
export function page(results: Results): string {
  const { date, machine, postgres, sets } = results;
  const settings = Object.entries(postgres.settings).map(([name, value]) => `${name}=${value}`);
  // Steps of one data set are one chart: a table for each would be the same six times.
  const isScale = new Set(sets.map(({ name }) => name)).size < sets.length;
  const body = isScale
    ? `<h2>Cost against rows</h2>${curves(results)}<pre>${escape(scaleText(results))}</pre>`
    : sets.map((set) => section(results, set)).join('\n');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>sqlift: benchmark</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
  table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
  th, td { padding: .15rem .7rem; text-align: right; border-bottom: 1px solid #ddd } th:first-child, td:first-child { text-align: left }
  svg { max-width: 100%; height: auto } svg text { font: 13px system-ui, sans-serif; fill: #222 }
  .own { fill: #2563eb } .limit { fill: #9ca3af } .peer { fill: #d97706 } .range { stroke: #111; stroke-width: 1.5 }
  .note { font-size: 13px; color: #555 }
</style>
<h1>sqlift beside PostgreSQL’s limit and other tools</h1>
<p class="note">${escape(date.slice(0, 10))}; ${machine.processors} × ${escape(machine.model)}, ${machine.memoryGib} GiB, ${escape(machine.system)}, Node ${escape(machine.node)};
load average ${machine.load.before.toFixed(1)} before, ${machine.load.after.toFixed(1)} after; PostgreSQL ${escape(postgres.version)}, ${escape(settings.join(', '))}.
Medians (least to most) of interleaved rounds, a fresh database each. <em>against</em>: median of the ratios within a round.
<em>pgloader ÷, DuckDB ÷</em>: how many times as long these took.</p>
${body}
</html>
`;
}

function section(results: Results, set: SetResults): string {
  const lines = linesOf(results.contestants, set);
  const row = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escape(text)}</${tag}>`).join('')}</tr>`;
  return `<h2>${escape(heading(set))}</h2>
${bars(lines)}
<table>${row('th', HEAD)}${lines.map((line) => row('td', cells(line))).join('')}</table>
<ul class="note">${lines.map(note).join('')}</ul>`;
}

function note({ name, title, without, found, invalid, phases }: Line): string {
  const parts = [
    `${title}.`,
    ...(Object.keys(phases).length > 0 ? [`Seconds: ${phaseText(phases)}.`] : []),
    ...(without.length > 0 ? [`Without ${without.join('; ')}.`] : []),
    ...(found.length > 0 ? [`Found: ${found.join('; ')}.`] : []),
    ...invalid.map((reason) => `Does not count: ${reason}.`),
  ];
  return `<li><b>${escape(name)}</b>: ${escape(parts.join(' '))}</li>`;
}

const LABEL = 130;
const WIDTH = 620;
const ROW = 24;

/** A bar for each median, with a line from the least to the most. */
function bars(lines: readonly Line[]): string {
  const known = lines.filter(({ seconds }) => seconds !== undefined);
  const most = Math.max(...known.map(({ seconds }) => seconds!.most));
  const x = (seconds: number) => LABEL + (seconds / most) * WIDTH;
  const drawn = known.map(({ name, seconds }, i) => {
    const { median, least, most: longest } = seconds!;
    const top = i * ROW;
    return `<text x="${LABEL - 8}" y="${top + 16}" text-anchor="end">${escape(name)}</text>
<rect class="${kindOf(name)}" x="${LABEL}" y="${top + 4}" width="${(x(median) - LABEL).toFixed(1)}" height="16"/>
<line class="range" x1="${x(least).toFixed(1)}" x2="${x(longest).toFixed(1)}" y1="${top + 12}" y2="${top + 12}"/>
<text x="${(x(longest) + 8).toFixed(1)}" y="${top + 16}">${median.toFixed(2)} s</text>`;
  });
  const height = known.length * ROW;
  return `<svg viewBox="0 0 ${LABEL + WIDTH + 80} ${height}" width="${LABEL + WIDTH + 80}" height="${height}" role="img" aria-label="median seconds">
${drawn.join('\n')}
</svg>`;
}

function kindOf(name: string): string {
  if (name.startsWith('limit')) return 'limit';
  return /^(load|verify|run)/.test(name) ? 'own' : 'peer';
}

const SIDE = 420;
const MARGIN = 60;
const COLOURS = ['#2563eb', '#d97706', '#059669', '#9333ea'];

/** Both axes logarithmic: a cost that grows as the rows do is a straight line at 45 degrees. */
function curves(results: Results): string {
  const found = [...stepsOf(results)];
  const points = found.flatMap(([, all]) => all);
  const scale = (values: readonly number[]) => {
    const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
    return (value: number) => (high === low ? SIDE / 2 : ((Math.log10(value) - low) / (high - low)) * SIDE);
  };
  const x = scale(points.map(({ rows }) => rows));
  const y = scale(points.map(({ seconds }) => seconds));
  const drawn = found.map(([name, all], i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const at = all.map(
      ({ rows, seconds }) => [(MARGIN + x(rows)).toFixed(1), (SIDE + 20 - y(seconds)).toFixed(1)] as const,
    );
    const [lastX, lastY] = at.at(-1)!;
    const dots = at.map(
      ([cx, cy], step) =>
        `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"><title>${escape(`${name}: ${all[step]!.rows.toLocaleString('en-US')} rows, ${all[step]!.seconds.toFixed(2)} s`)}</title></circle>`,
    );
    return `<polyline points="${at.map((pair) => pair.join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>
${dots.join('')}<text x="${Number(lastX) + 10}" y="${Number(lastY) + 4}">${escape(name)}</text>`;
  });
  const ticks = [...new Set(points.map(({ rows }) => rows))].map(
    (rows) =>
      `<text x="${(MARGIN + x(rows)).toFixed(1)}" y="${SIDE + 50}" text-anchor="middle">${rows >= 1e6 ? `${rows / 1e6} M` : `${rows / 1e3} k`}</text>`,
  );
  return `<svg viewBox="0 0 ${SIDE + 2 * MARGIN + 60} ${SIDE + 60}" width="${SIDE + 2 * MARGIN + 60}" height="${SIDE + 60}" role="img" aria-label="seconds against rows, both logarithmic">
${drawn.join('\n')}
${ticks.join('')}
</svg>`;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
