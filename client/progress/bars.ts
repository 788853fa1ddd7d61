import { MultiBar } from 'cli-progress';
import type { SingleBar } from 'cli-progress';
import type { FeedProgress, RunProgress, TableProgress } from '../../core/run';
import { bytes, count, duration, plural, shorten } from '../format';
import { redact } from '../redact';
import type { Terminal } from '../terminal';
import { Rate } from './plain';
import type { Reporter } from './reporter';

/** At most this many tables are shown at once; the rest are summed in one line. */
const TABLES_SHOWN = 12;
const BAR_WIDTH = 20;

/** A picture in place: one line of phases, one bar a table, one line of sums. */
export class BarsReporter implements Reporter {
  readonly #bars: MultiBar;
  readonly #lines: SingleBar[] = [];
  readonly #rates = new Map<string, Rate>();
  #ended = false;

  constructor(private readonly terminal: Terminal) {
    this.#bars = new MultiBar({
      format: '{line}',
      stream: terminal.streams.stderr as unknown as NodeJS.WritableStream,
      hideCursor: true,
      clearOnComplete: false,
      autopadding: false,
      emptyOnZero: true,
      // The caller's rhythm is the only one.
      fps: 20,
      linewrap: null,
    });
  }

  update(progress: RunProgress, tables: readonly TableProgress[]): void {
    if (this.#ended) return;
    const width = (this.terminal.streams.stderr.columns || 80) - 1;
    const lines = picture(progress, tables, (key, done) => this.#rateOf(key, done), this.terminal, width);
    while (this.#lines.length < lines.length) this.#lines.push(this.#bars.create(1, 0, { line: '' }));
    this.#lines.forEach((bar, index) => bar.update(0, { line: redact(lines[index] ?? '') }));
    this.#bars.update();
  }

  note(line: string): void {
    if (this.#ended || this.#lines.length === 0) this.terminal.say(line);
    else this.#bars.log(`${redact(line)}\n`);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#bars.stop();
  }

  #rateOf(key: string, done: number): number {
    let rate = this.#rates.get(key);
    if (rate === undefined) this.#rates.set(key, (rate = new Rate()));
    rate.add(done);
    return rate.perSecond();
  }
}

/** The lines of the picture. `rate` gives a key's bytes a second after its count of bytes has been added. */
export function picture(
  progress: RunProgress,
  tables: readonly TableProgress[],
  rate: (key: string, done: number) => number,
  { colors }: Pick<Terminal, 'colors'>,
  width: number,
): string[] {
  const marks = {
    pending: colors.dim('·'),
    running: colors.cyan('▸'),
    done: colors.green('✓'),
    failed: colors.red('✗'),
    skipped: colors.dim('–'),
  };
  const phases = progress.phases.map((phase) => {
    const seconds = phase.state === 'pending' || phase.state === 'skipped' ? '' : ` ${duration(phase.seconds)}`;
    return `${marks[phase.state]} ${phase.state === 'running' ? colors.bold(phase.name) : phase.name}${colors.dim(seconds)}`;
  });
  const shown = chosen(tables);
  const names = Math.min(Math.max(...shown.map((table) => [...table.target].length), 0), Math.max(width - 58, 12));
  const lines = [...wrapped(phases, width), ...shown.map((table) => tableLine(table, names, rate, colors))];
  if (tables.length > 0) {
    const rest = tables.length - shown.length;
    const { tables: done, rows, bytes: size } = progress;
    const speed = rate('', size.done);
    const left =
      speed > 0 && size.total > size.done
        ? `, ${bytes(speed)}/s, about ${duration((size.total - size.done) / speed)} left`
        : '';
    const sums = `${rest > 0 ? `and ${rest} more; in all ` : ''}${done.imported} of ${done.total} tables, ${count(rows.loaded)} of ${count(rows.source)} rows`;
    lines.push(
      colors.dim(
        shorten(`${sums}${rows.quarantined > 0 ? `, ${count(rows.quarantined)} in quarantine` : ''}${left}`, width),
      ),
    );
  }
  const feeds = progress.feeds ?? [];
  const feedNames = Math.min(Math.max(...feeds.map(({ feed }) => [...feed].length), 0), Math.max(width - 58, 12));
  lines.push(...feeds.slice(0, TABLES_SHOWN).map((feed) => feedLine(feed, feedNames, rate, colors)));
  if (feeds.length > TABLES_SHOWN) lines.push(colors.dim(`and ${feeds.length - TABLES_SHOWN} more feeds`));
  if (progress.paused) lines.push(colors.yellow('paused'));
  if (progress.error !== undefined && progress.state === 'running')
    lines.push(colors.yellow(shorten(`undoing every step: ${progress.error.message}`, width)));
  return lines;
}

/** Tables under way first, then failed ones, then the largest. */
function chosen(tables: readonly TableProgress[]): TableProgress[] {
  if (tables.length <= TABLES_SHOWN) return [...tables];
  const weight = (table: TableProgress): number =>
    table.state === 'importing' ? 2 : table.state === 'failed' || table.state === 'differs' ? 1 : 0;
  return [...tables].sort((a, b) => weight(b) - weight(a) || b.bytesTotal - a.bytesTotal).slice(0, TABLES_SHOWN);
}

function tableLine(
  table: TableProgress,
  names: number,
  rate: (key: string, done: number) => number,
  colors: Terminal['colors'],
): string {
  const settled = table.state !== 'pending' && table.state !== 'importing';
  const share = settled ? 1 : table.bytesTotal === 0 ? 0 : Math.min(table.bytesDone / table.bytesTotal, 1);
  const color =
    table.state === 'failed' || table.state === 'differs' ? colors.red : settled ? colors.green : colors.cyan;
  const bar = barOf(share, color, colors);
  const speed = rate(`${table.source}/${table.table}`, table.bytesDone);
  const name = shorten(table.target, names);
  const parts = [`${count(table.loaded)} rows`];
  if (table.quarantined > 0) parts.push(colors.yellow(`${count(table.quarantined)} in quarantine`));
  if (table.state === 'failed' || table.state === 'differs') parts.push(colors.red(table.state));
  else if (table.state === 'importing' && speed > 0) parts.push(colors.dim(`${bytes(speed)}/s`));
  return `${name}${' '.repeat(Math.max(names - [...name].length, 0))} ${bar} ${parts.join(' ')}`;
}

function feedLine(
  { feed, state, entries, written, quarantined }: FeedProgress,
  names: number,
  rate: (key: string, done: number) => number,
  colors: Terminal['colors'],
): string {
  const settled = state !== 'prepared' && state !== 'filling';
  const share = settled ? 1 : entries === 0 ? 0 : Math.min(written / entries, 1);
  const bar = barOf(share, state === 'differs' ? colors.red : settled ? colors.green : colors.cyan, colors);
  const speed = rate(feed, written);
  const name = shorten(feed, names);
  const parts = [`${count(written)} of ${plural(entries, 'entry', 'entries')}`];
  if (quarantined > 0) parts.push(colors.yellow(`${count(quarantined)} in quarantine`));
  if (state === 'differs') parts.push(colors.red(state));
  else if (state === 'filling' && speed > 0) parts.push(colors.dim(`${count(Math.round(speed))}/s`));
  return `${name}${' '.repeat(Math.max(names - [...name].length, 0))} ${bar} ${parts.join(' ')}`;
}

function barOf(share: number, color: (text: string) => string, colors: Terminal['colors']): string {
  const full = Math.round(share * BAR_WIDTH);
  return `${color('━'.repeat(full))}${colors.dim('─'.repeat(BAR_WIDTH - full))}`;
}

function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let length = 0;
  for (const part of parts) {
    const size = [...part.replaceAll(/\u001b\[[\d;]*m/g, '')].length;
    if (length > 0 && length + 2 + size > width) {
      lines.push(line);
      line = '';
      length = 0;
    }
    line += (length === 0 ? '' : '  ') + part;
    length += (length === 0 ? 0 : 2) + size;
  }
  return [...lines, line];
}
