import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import picocolors from 'picocolors';
import { exitCodeOfReport } from '../../client/migrate';
import { htmlReport } from '../../client/report/html';
import { markdownReport } from '../../client/report/markdown';
import { reportJsonSchema, reportSchema } from '../../client/report/schema';
import { summaryLines } from '../../client/report/summary';
import { PHASES } from '../../core/run';
import type { RunReport } from '../../core/run';

const report: RunReport = {
  run: 'demo-20260101-000000-abcdef',
  plan: 'demo',
  state: 'published',
  webUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/sqlift%2Fdemo',
  seconds: 12.3,
  phases: PHASES.map((name) => ({ name, state: 'done', seconds: 1 })),
  tables: [
    {
      source: 'app',
      table: 'films',
      target: 'demo.films',
      columns: [{ source: 'id', target: 'id', type: 'bigint', conversion: 'integer' }],
      sourceRows: 3201,
      loaded: 3193,
      quarantined: 8,
      bytes: 123_456,
      digest: '0123456789abcdef',
    },
    {
      source: 'app',
      table: '<script>alert(1)</script>|`x`',
      target: 'demo.t',
      columns: [],
      sourceRows: 0,
      loaded: 0,
      quarantined: 0,
      bytes: 0,
      digest: null,
    },
  ],
  sources: [
    { source: 'app', encoding: 'UTF-8', pages: 12, pageSize: 4096, applicationId: 1_414_681_925, userVersion: 42 },
  ],
  views: [{ source: 'app', view: 'longest', target: 'demo.longest', rows: 10, digest: 'fedcba9876543210' }],
  notCarried: [
    {
      object: 'busiest',
      kind: 'view',
      reason: 'its rows differ',
      sql: 'CREATE VIEW busiest AS\n  SELECT `x` < 1 FROM films',
    },
  ],
  graph: null,
  vectors: null,
  cache: null,
  verification: { state: 'verified', differences: [] },
  readAgain: { chunks: 3, of: 41 },
  quarantine: [{ source: 'app', table: 'films', reason: 'not a calendar date', rows: 8 }],
  rollback: { until: '2026-01-08T00:00:00.000Z', command: './sqlift rollback demo-20260101-000000-abcdef' },
};

test('a report fits the published schema, and one with a field too many does not', () => {
  expect(reportSchema.safeParse(report).success).toBe(true);
  expect(reportSchema.safeParse({ ...report, surprise: 1 }).success).toBe(false);
});

test('schemas/run.v1.json is current (SQLIFT_UPDATE=1 writes it)', () => {
  const file = path.join(__dirname, '../../schemas/run.v1.json');
  const wanted = `${JSON.stringify(reportJsonSchema(), null, 2)}\n`;
  if (process.env.SQLIFT_UPDATE === '1') writeFileSync(file, wanted);
  expect(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined).toEqual(JSON.parse(wanted));
});

test('the closing screen says what moved, what was kept out, where to look and how to go back', () => {
  const text = summaryLines(report, {
    colors: picocolors.createColors(false),
    command: './sqlift',
    psql: 'psql x',
  }).join('\n');
  expect(text).toContain('✓ demo: 2 tables, 3,193 rows moved and verified in 12 s');
  expect(text).toMatch(/films +3,201 +3,193 +8 +demo\.films/);
  expect(text).toContain('kept out 8 rows of films: not a calendar date');
  expect(text).toContain('not carried 1 view');
  expect(text).toContain('./sqlift quarantine list demo-20260101-000000-abcdef');
  expect(text).toMatch(/\.\/sqlift rollback demo-20260101-000000-abcdef +until 2026-01-08 00:00 UTC/);
});

test('names from a source cannot become markup in the HTML or Markdown report', () => {
  const html = htmlReport(report);
  expect(html).not.toContain('<script>alert');
  expect(html).toContain('&lt;script&gt;');
  expect(html).not.toMatch(/<(script|link|img|iframe)\b/);
  const row = markdownReport(report)
    .split('\n')
    .find((line) => line.includes('alert'))!;
  expect(row.match(/(?<!\\)\|/g)).toHaveLength(8);
});

test('both forms of the report name the views that were made, the SQL of what was not, and what the file says of itself', () => {
  const html = htmlReport(report);
  const markdown = markdownReport(report);
  expect(html).toContain('<td>demo.longest</td>');
  expect(html).toContain('<pre>CREATE VIEW busiest AS\n  SELECT `x` &lt; 1 FROM films</pre>');
  expect(markdown).toContain('| longest | demo.longest | 10 | fedcba9876543210 |');
  expect(markdown).toContain('```sql\nCREATE VIEW busiest AS\n  SELECT `x` < 1 FROM films\n```');
  expect(html).toContain('<td class="number">1414681925</td><td class="number">42</td>');
  expect(markdown).toContain('| 1414681925 | 42 |');
});

test('both forms say how much was compared a second time, and nothing where it is not known', () => {
  const line = 'Every row was compared by its bytes; 3 of 41 chunks a second time, by the independent reading.';
  for (const form of [markdownReport, htmlReport]) expect(form(report)).toContain(line);
  const { readAgain: _, ...unknown } = report;
  for (const form of [markdownReport, htmlReport]) expect(form(unknown)).not.toContain('a second time');
});

test('a fence in the SQL of a source does not end its block', () => {
  const sql = 'SELECT 1 -- ```\n```\n<script>';
  const markdown = markdownReport({ ...report, notCarried: [{ object: 'v', kind: 'view', reason: '', sql }] });
  expect(markdown).toContain(`\`\`\`\`sql\n${sql}\n\`\`\`\``);
});

test('control characters in names do not reach the terminal', () => {
  const tables = [{ ...report.tables[0]!, table: 'a\u001b[2Jb\u202ec' }];
  const text = summaryLines(
    { ...report, tables },
    { colors: picocolors.createColors(false), command: 'sqlift', psql: '' },
  ).join('\n');
  expect(text).not.toMatch(/[\u001b\u202e]/);
});

test.each([
  [{ state: 'published' as const }, 0],
  [{ state: 'failed' as const }, 1],
  [{ state: 'failed' as const, error: { code: 'VerificationFailed', message: '', place: {}, hint: '' } }, 3],
  [{ state: 'failed' as const, error: { code: 'TargetUnreachable', message: '', place: {}, hint: '' } }, 4],
  [{ state: 'failed' as const, error: { code: 'QuarantineExceeded', message: '', place: {}, hint: '' } }, 6],
  [{ state: 'failed' as const, error: { code: 'FromANewerWorker', message: '', place: {}, hint: '' } }, 1],
  [{ state: 'rolled_back' as const }, 5],
  [{ state: 'rollback_incomplete' as const }, 1],
])('a run that ended as %j gives exit code %i', (ended, code) => {
  expect(exitCodeOfReport(ended)).toBe(code);
});

const withCache: RunReport = {
  ...report,
  cache: {
    version: '7.0.15',
    notes: ['JSON documents are strings: <b>this</b> Redis has no RedisJSON.'],
    feeds: [
      {
        feed: 'cache.sessions',
        store: 'redis',
        source: 'app',
        state: 'verified',
        chunks: 1,
        sourceRows: 1_010,
        entries: 1_000,
        written: 1_000,
        quarantined: 3,
        leftOut: 7,
        digest: '00112233445566ff',
      },
    ],
  },
  quarantine: [{ source: 'app', table: 'cache.sessions', reason: 'NULL in its id', rows: 3 }],
};

test('every form of the report has a section for each store that the plan fills, with its feeds and notes', () => {
  expect(reportSchema.safeParse(withCache).success).toBe(true);
  const markdown = markdownReport(withCache);
  expect(markdown).toContain('## Redis\n');
  expect(markdown).toMatch(/\| cache\.sessions +\| 1,010 +\| 1,000 +\| 3 +\| 7 +\| verified +\| 00112233445566ff \|/);
  const html = htmlReport(withCache);
  expect(html).toContain(
    '<h2>Redis</h2><ul><li>JSON documents are strings: &lt;b&gt;this&lt;/b&gt; Redis has no RedisJSON.</li></ul>',
  );
  expect(html).toContain('<dt>entries in Redis</dt><dd>1,000</dd>');
  const summary = summaryLines(withCache, { colors: picocolors.createColors(false), command: './sqlift', psql: '' });
  expect(summary).toContain('  Redis 7.0.15: 1,000 entries of 1 feed');
  expect(markdownReport(report)).not.toContain('Redis');
});
