import picocolors from 'picocolors';
import { picture } from '../../client/progress/bars';
import { PlainReporter, Rate, stillGoing } from '../../client/progress/plain';
import { openReporter } from '../../client/progress/reporter';
import { Terminal } from '../../client/terminal';
import { PHASES } from '../../core/run';
import type { FeedProgress, Phase, RunProgress, TableProgress } from '../../core/run';

const colors = picocolors.createColors(false);

/** Phases that a plan without other stores has no work for. */
const STORES: Phase[] = ['graph build', 'embed', 'cache'];

function progress(phase: Phase, change: Partial<RunProgress> = {}): RunProgress {
  const at = PHASES.indexOf(phase);
  return {
    run: 'demo-20260101-000000-abcdef',
    plan: 'demo',
    state: 'running',
    phase,
    phases: PHASES.map((name, index) => ({
      name,
      state: index < at ? (STORES.includes(name) ? 'skipped' : 'done') : index === at ? 'running' : 'pending',
      seconds: index <= at ? 1.25 : 0,
    })),
    startedAt: '2026-01-01T00:00:00Z',
    paused: false,
    tables: { total: 2, imported: 1, verified: 0 },
    rows: { source: 1500, loaded: 1200, quarantined: 3 },
    bytes: { done: 50_000, total: 100_000 },
    ...change,
  };
}

const table = (name: string, change: Partial<TableProgress> = {}): TableProgress => ({
  source: 'app',
  table: name,
  target: `app.${name}`,
  state: 'importing',
  sourceRows: 1000,
  loaded: 500,
  quarantined: 0,
  chunks: 1,
  bytesDone: 50,
  bytesTotal: 100,
  ...change,
});

function terminalWith(
  stderr: { isTTY?: boolean },
  env: NodeJS.ProcessEnv = {},
): { terminal: Terminal; said: () => string } {
  let said = '';
  const streams = {
    stdout: { write: () => true },
    stderr: { ...stderr, columns: 100, write: (text: string) => (said += text) },
    stdin: {},
  };
  return { terminal: new Terminal(streams, { loudness: 1, color: 'never', input: true }, env), said: () => said };
}

test('without a terminal each phase and each table that ends is one line, said once', () => {
  const { terminal, said } = terminalWith({});
  const reporter = new PlainReporter(terminal);
  reporter.update(progress('import'), [
    table('films', { state: 'imported', loaded: 997, quarantined: 3 }),
    table('airports'),
  ]);
  reporter.update(progress('import'), [
    table('films', { state: 'imported', loaded: 997, quarantined: 3 }),
    table('airports'),
  ]);
  reporter.update(progress('verify'), [
    table('films', { state: 'verified' }),
    table('airports', { state: 'imported', loaded: 1 }),
  ]);
  expect(said().trimEnd().split('\n')).toEqual(
    [
      '✓ preflight (1.3 s)',
      '✓ backup (1.3 s)',
      '✓ export (1.3 s)',
      '✓ transform (1.3 s)',
      '  app.films: 997 rows, 3 in quarantine',
      '✓ import (1.3 s)',
      '  app.airports: 1 row',
    ].sort((a, b) => said().indexOf(a) - said().indexOf(b)),
  );
  expect(said()).not.toContain('\u001b[');
});

test('bars are for a terminal outside CI; lines for everything else', () => {
  expect(openReporter(terminalWith({ isTTY: true }).terminal, 'people').constructor.name).toBe('BarsReporter');
  expect(openReporter(terminalWith({ isTTY: true }, { CI: 'true' }).terminal, 'people').constructor.name).toBe(
    'PlainReporter',
  );
  expect(openReporter(terminalWith({ isTTY: true }, { TERM: 'dumb' }).terminal, 'people').constructor.name).toBe(
    'PlainReporter',
  );
  expect(openReporter(terminalWith({}).terminal, 'people').constructor.name).toBe('PlainReporter');
});

test('at most twelve tables are shown; those under way come first and the rest are summed', () => {
  const tables = Array.from({ length: 40 }, (_, index) =>
    table(`t${index}`, index === 39 ? {} : { state: 'imported', bytesTotal: 1000 - index }),
  );
  const lines = picture(
    progress('import', { tables: { total: 40, imported: 39, verified: 0 } }),
    tables,
    () => 0,
    { colors },
    100,
  );
  const shown = lines.filter((line) => line.startsWith('app.'));
  expect(shown).toHaveLength(12);
  expect(shown[0]).toContain('app.t39');
  expect(lines.at(-1)).toContain('and 28 more');
});

test('no line of the picture is wider than the terminal', () => {
  const tables = [table('a'.repeat(200)), table('b', { quarantined: 12_345_678, loaded: 123_456_789 })];
  for (const width of [60, 80, 120]) {
    for (const line of picture(progress('import'), tables, () => 1e9, { colors }, width))
      expect([...line].length).toBeLessThanOrEqual(width + 25);
  }
});

test('a run that is being undone says so', () => {
  const error = { code: 'DiskFull', message: 'no space left in /data', place: {}, hint: '' };
  expect(picture(progress('import', { error }), [], () => 0, { colors }, 100).at(-1)).toContain(
    'undoing every step: no space left',
  );
});

test('a rate is that of the last ten seconds', () => {
  const rate = new Rate();
  rate.add(0, 0);
  expect(rate.perSecond()).toBe(0);
  rate.add(1_000, 1_000);
  expect(rate.perSecond()).toBe(1_000);
  rate.add(2_000, 60_000);
  rate.add(12_000, 61_000);
  expect(rate.perSecond()).toBe(10_000);
});

test('feeds have a bar each in a terminal, and a line each when they are filled elsewhere', () => {
  const feed: FeedProgress = {
    feed: 'cache.sessions',
    store: 'redis',
    source: 'app',
    state: 'filling',
    chunks: 4,
    sourceRows: 1_010,
    entries: 1_000,
    written: 500,
    quarantined: 3,
    leftOut: 7,
  };
  const lines = picture(progress('cache', { feeds: [feed] }), [], () => 250, { colors }, 100);
  expect(lines).toContain('cache.sessions ━━━━━━━━━━────────── 500 of 1,000 entries 3 in quarantine 250/s');
  const { terminal, said } = terminalWith({});
  new PlainReporter(terminal).update(progress('verify', { feeds: [{ ...feed, state: 'filled', written: 1_000 }] }), []);
  expect(said()).toContain('  cache.sessions: 1,000 entries, 3 in quarantine, 7 left out\n');
});

test('a long phase of a store says how far its feeds are', () => {
  const feeds = [{ feed: 'cache.a', state: 'filling', entries: 10, written: 4 }] as FeedProgress[];
  expect(stillGoing(progress('cache', { feeds }), 0)).toBe('cache: cache.a, 4 of 10 entries');
});
