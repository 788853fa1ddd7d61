import { bars, curves, escape } from './charts';
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
    ? `<h2>Cost against rows</h2>${curves(stepsOf(results))}<pre>${escape(scaleText(results))}</pre>`
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
