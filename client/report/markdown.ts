import type { RunReport } from '../../core/run';
import { bytes, count, duration, when } from '../format';
import { fencedSql, markdownTable, markdownText } from './markdown-text';
import { FEED_HEAD, feedCells, storesOf } from './stores';
import { comparedLine, differenceLines } from './summary';

/** The whole report as Markdown. */
export function markdownReport(report: RunReport): string {
  const { run, plan, state, webUrl, seconds, phases, tables, sources, views } = report;
  const { notCarried, verification, quarantine, rollback, error } = report;
  const compared = comparedLine(report);
  const filters = tables.some((t) => t.filtered !== undefined);
  const parts = [
    `# ${plan}: ${state.replace('_', ' ')}`,
    `Run \`${run}\`, ${duration(seconds)}${webUrl === undefined ? '' : `, [in the Web UI](${webUrl})`}.`,
    ...(error === undefined
      ? []
      : [
          `> **${error.code}**: ${cell(error.message)} ${cell(error.hint)}`,
          ...(error.left ?? []).map((name) => `> left behind: ${cell(name)}`),
        ]),
    '## Tables',
    table(
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
    ),
    ...storesOf(report).flatMap(({ title, store }) => [
      `## ${title}`,
      ...store.notes.map((note) => `- ${cell(note)}`),
      table(FEED_HEAD, store.feeds.map(feedCells)),
    ]),
    ...section('## Rows in quarantine', quarantine, ['table', 'reason', 'rows'], (q) => [
      q.table,
      q.reason,
      count(q.rows),
    ]),
    ...section('## Views', views, ['view', 'target', 'rows', 'digest, equal in source and target'], (v) => [
      v.view,
      v.target,
      count(v.rows),
      v.digest,
    ]),
    ...section('## Not carried', notCarried, ['object', 'kind', 'reason'], (n) => [n.object, n.kind, n.reason]),
    ...notCarried.flatMap(({ object, kind, sql }) =>
      sql === undefined ? [] : [`### ${cell(kind)} ${cell(object)}`, fencedSql(sql)],
    ),
    `## Verification: ${verification.state}`,
    ...(compared === undefined ? [] : [compared]),
    ...(verification.differences.length === 0
      ? []
      : [
          differenceLines(verification.differences)
            .map((line) => `- ${cell(line)}`)
            .join('\n'),
        ]),
    '## Phases',
    table(
      ['phase', 'state', 'time'],
      phases.map((p) => [p.name, p.state, duration(p.seconds)]),
    ),
    '## Columns',
    ...tables.map(
      (t) =>
        `### ${cell(t.table)} → ${cell(t.target)}\n\n${table(
          ['column', 'target', 'type', 'conversion'],
          t.columns.map((c) => [c.source, c.target, c.type, c.conversion]),
        )}`,
    ),
    ...section(
      '## Sources',
      sources,
      ['source', 'encoding', 'pages', 'page size', 'application_id', 'user_version'],
      (s) => [s.source, s.encoding, count(s.pages), bytes(s.pageSize), String(s.applicationId), String(s.userVersion)],
    ),
    '## Going back',
    rollback.until === null
      ? 'There is nothing to roll back.'
      : `\`${rollback.command}\` until ${when(rollback.until)}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function section<T>(title: string, items: readonly T[], head: readonly string[], row: (item: T) => string[]): string[] {
  return items.length === 0 ? [] : [title, table(head, items.map(row))];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable(
    head,
    rows.map((cells) => cells.map(cell)),
  );
}

const cell = markdownText;
