import type { RunReport } from '../../core/run';
import { bytes, count, duration, printable, when } from '../format';
import { entriesOf, FEED_HEAD, feedCells, storesOf } from './stores';
import { comparedLine, differenceLines } from './summary';

/** The whole report as one HTML file that needs nothing else: no script, no address to load from. */
export function htmlReport(report: RunReport): string {
  const { run, plan, state, webUrl, seconds, phases, tables, sources, views } = report;
  const { notCarried, verification, quarantine, rollback, error } = report;
  const loaded = tables.reduce((sum, t) => sum + t.loaded, 0);
  const compared = comparedLine(report);
  const filters = tables.some((t) => t.filtered !== undefined);
  const kept = quarantine.reduce((sum, { rows }) => sum + rows, 0);
  const body = [
    `<header><p class="state ${state}">${state.replace('_', ' ')}</p><h1>${text(plan)}</h1><p class="run"><code>${text(run)}</code>${webUrl === undefined ? '' : ` · <a href="${text(webUrl)}">Web UI</a>`}</p></header>`,
    `<dl>${figure('tables', count(tables.length))}${figure('rows loaded', count(loaded))}${storesOf(report)
      .map(({ title, store }) => figure(`entries in ${title}`, count(entriesOf(store))))
      .join(
        '',
      )}${figure('in quarantine', count(kept))}${figure('verification', verification.state)}${figure('time', duration(seconds))}</dl>`,
    error === undefined
      ? ''
      : `<section class="error"><h2>${text(error.code)}</h2><p>${text(error.message)}</p><p>${text(error.hint)}</p>${list(error.left ?? [])}</section>`,
    `<section><h2>Tables</h2>${table(
      ['table', 'target', 'source rows', 'loaded', 'quarantined', ...(filters ? ['filtered'] : []), 'bytes', 'digest'],
      tables.map((t) => [
        t.table,
        t.target,
        count(t.sourceRows),
        count(t.loaded),
        count(t.quarantined),
        ...(filters ? [count(t.filtered ?? 0)] : []),
        bytes(t.bytes),
        t.digest ?? '',
      ]),
      filters ? [2, 3, 4, 5, 6] : [2, 3, 4, 5],
    )}</section>`,
    ...storesOf(report).map(
      ({ title, store }) =>
        `<section><h2>${text(title)}</h2>${list(store.notes)}${table(FEED_HEAD, store.feeds.map(feedCells), [1, 2, 3, 4])}</section>`,
    ),
    quarantine.length === 0
      ? ''
      : `<section><h2>Rows in quarantine</h2>${table(
          ['table', 'reason', 'rows'],
          quarantine.map((q) => [q.table, q.reason, count(q.rows)]),
          [2],
        )}</section>`,
    views.length === 0
      ? ''
      : `<section><h2>Views</h2>${table(
          ['view', 'target', 'rows', 'digest, equal in source and target'],
          views.map((v) => [v.view, v.target, count(v.rows), v.digest]),
          [2],
        )}</section>`,
    notCarried.length === 0
      ? ''
      : `<section><h2>Not carried</h2>${table(
          ['object', 'kind', 'reason'],
          notCarried.map((n) => [n.object, n.kind, n.reason]),
        )}${notCarried
          .flatMap(({ object, kind, sql }) =>
            sql === undefined
              ? []
              : [`<details><summary>${text(kind)} ${text(object)}</summary>${code(sql)}</details>`],
          )
          .join('')}</section>`,
    compared === undefined ? '' : `<section><h2>Verification</h2><p>${text(compared)}</p></section>`,
    verification.differences.length === 0
      ? ''
      : `<section><h2>Differences</h2>${list(differenceLines(verification.differences))}</section>`,
    `<section><h2>Phases</h2>${phaseBars(phases)}</section>`,
    `<section><h2>Columns</h2>${tables
      .map(
        (t) =>
          `<details><summary>${text(t.table)} → ${text(t.target)}</summary>${table(
            ['column', 'target', 'type', 'conversion'],
            t.columns.map((c) => [c.source, c.target, c.type, c.conversion]),
          )}</details>`,
      )
      .join('')}</section>`,
    sources.length === 0
      ? ''
      : `<section><h2>Sources</h2>${table(
          ['source', 'encoding', 'pages', 'page size', 'application_id', 'user_version'],
          sources.map((s) => [
            s.source,
            s.encoding,
            count(s.pages),
            bytes(s.pageSize),
            String(s.applicationId),
            String(s.userVersion),
          ]),
          [2, 3, 4, 5],
        )}</section>`,
    `<section><h2>Going back</h2><p>${rollback.until === null ? 'There is nothing to roll back.' : `<code>${text(rollback.command)}</code> until ${when(rollback.until)}`}</p></section>`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${text(plan)} · sqlift</title><style>${STYLE}</style></head>
<body><main>
${body.filter((part) => part !== '').join('\n')}
</main></body></html>
`;
}

const STYLE = `:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d9dee5;--ground:#fff;--accent:#2b6cb0;--good:#23784b;--bad:#b3261e;--warn:#97650a}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa5b4;--line:#323b47;--ground:#14181e;--accent:#7fb2e5;--good:#6cc495;--bad:#f28b82;--warn:#e0b25c}}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}main{max-width:70rem;margin:0 auto;padding:2rem 1.25rem}
h1{margin:0;font-size:1.8rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}.run{margin:0;color:var(--soft)}a{color:var(--accent)}code{font:.9em ui-monospace,monospace}
.state{margin:0;font-weight:600;text-transform:uppercase;letter-spacing:.06em;font-size:.8rem;color:var(--warn)}.state.published{color:var(--good)}.state.failed,.state.rollback_incomplete{color:var(--bad)}
dl{display:flex;flex-wrap:wrap;gap:1.5rem 2.5rem;margin:1.5rem 0;padding:1rem 0;border:solid var(--line);border-width:1px 0}dl div{min-width:6rem}dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:500;color:var(--soft)}th,td{padding:.3rem 1.2rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.error{border-left:3px solid var(--bad);padding-left:1rem}pre{overflow-x:auto;font:.9em ui-monospace,monospace}details{border-bottom:1px solid var(--line);padding:.3rem 0}summary{cursor:pointer}
.bar{display:grid;grid-template-columns:7rem 1fr 6rem;gap:.8rem;align-items:center}.bar i{display:block;height:.6rem;background:var(--accent);border-radius:2px;min-width:2px}.bar.failed i{background:var(--bad)}.bar span:last-child{text-align:right;color:var(--soft)}`;

function phaseBars(phases: RunReport['phases']): string {
  const longest = Math.max(...phases.map((phase) => phase.seconds), 0.001);
  return phases
    .map((phase) => {
      const width = ((phase.seconds / longest) * 100).toFixed(1);
      return `<div class="bar ${phase.state}"><span>${phase.name}</span><i style="width:${width}%"></i><span>${phase.state === 'pending' ? 'not begun' : duration(phase.seconds)}</span></div>`;
    })
    .join('');
}

function figure(label: string, value: string): string {
  return `<div><dt>${label}</dt><dd>${text(value)}</dd></div>`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[], numbers: readonly number[] = []): string {
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((value, index) => `<${tag}${numbers.includes(index) ? ' class="number"' : ''}>${text(value)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table></div>`;
}

function code(sql: string): string {
  return `<pre>${sql.split(/\r?\n/).map(text).join('\n')}</pre>`;
}

/** Names come from users' files: nothing of them may become markup. */
function text(value: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return printable(value).replaceAll(/[&<>"']/g, (character) => named[character]!);
}
