import type { FeedProgress, RunProgress, TableProgress } from '../../core/run';
import { bytes, count, duration, plural } from '../format';
import type { Terminal } from '../terminal';
import type { Reporter } from './reporter';

/** How often a long step says that it is still going. */
const EVERY_MS = 10_000;

/** One calm line for each phase and table that ends, and one every ten seconds while a long one goes. */
export class PlainReporter implements Reporter {
  readonly #said = new Set<string>();
  #lastLine = Date.now();
  readonly #rate = new Rate();

  constructor(private readonly terminal: Terminal) {}

  update(progress: RunProgress, tables: readonly TableProgress[]): void {
    this.#rate.add(progress.bytes.done);
    for (const phase of progress.phases) {
      if (phase.state === 'running') this.#once(`${phase.name} begins`, () => undefined);
      if (phase.name === 'verify') this.#tables(tables);
      if (phase.name === 'verify') this.#feeds(progress.feeds ?? []);
      if (phase.state === 'done')
        this.#once(`${phase.name} done`, () => `✓ ${phase.name} (${duration(phase.seconds)})`);
      if (phase.state === 'failed')
        this.#once(`${phase.name} failed`, () => `✗ ${phase.name} failed after ${duration(phase.seconds)}`);
    }
    if (progress.error !== undefined && progress.state === 'running')
      this.#once('undo', () => `Undoing every step: ${progress.error!.message}`);
    if (Date.now() - this.#lastLine >= EVERY_MS && progress.state === 'running')
      this.#line(stillGoing(progress, this.#rate.perSecond()));
  }

  note(line: string): void {
    this.#line(line);
  }

  end(): void {}

  #tables(tables: readonly TableProgress[]): void {
    for (const table of tables) {
      if (table.state === 'pending' || table.state === 'importing') continue;
      this.#once(`${table.source}/${table.table} in`, () => `  ${table.target}: ${tableResult(table)}`);
      if (table.state === 'differs')
        this.#once(`${table.source}/${table.table} differs`, () => `  ${table.target}: differs from the source`);
    }
  }

  #feeds(feeds: readonly FeedProgress[]): void {
    for (const feed of feeds) {
      if (feed.state === 'prepared' || feed.state === 'filling') continue;
      this.#once(`${feed.feed} in`, () => `  ${feed.feed}: ${feedResult(feed)}`);
      if (feed.state === 'differs') this.#once(`${feed.feed} differs`, () => `  ${feed.feed}: differs from the source`);
    }
  }

  #once(key: string, line: () => string | undefined): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    const text = line();
    if (text !== undefined) this.#line(text);
  }

  #line(text: string): void {
    this.#lastLine = Date.now();
    this.terminal.say(text);
  }
}

function tableResult(table: TableProgress): string {
  if (table.state === 'failed') return 'failed';
  const kept = table.quarantined === 0 ? '' : `, ${count(table.quarantined)} in quarantine`;
  return `${plural(table.loaded, 'row')}${kept}${table.filtered === undefined ? '' : `, ${count(table.filtered)} filtered`}`;
}

function feedResult({ written, quarantined, leftOut }: FeedProgress): string {
  const kept = quarantined === 0 ? '' : `, ${count(quarantined)} in quarantine`;
  return `${plural(written, 'entry', 'entries')}${kept}${leftOut === 0 ? '' : `, ${count(leftOut)} left out`}`;
}

/** `import: 12 of 40 tables, 1,200,000 of 3,000,000 rows, 56 MB/s, about 20 s left` */
export function stillGoing(progress: RunProgress, bytesPerSecond: number): string {
  const { tables, rows, phase, feeds = [] } = progress;
  const filling = feeds.filter(({ state }) => state === 'filling');
  if (filling.length > 0 && (phase === 'graph build' || phase === 'embed' || phase === 'cache')) {
    const sum = (pick: (feed: FeedProgress) => number) => filling.reduce((total, feed) => total + pick(feed), 0);
    const what = filling.map(({ feed }) => feed).join(', ');
    return `${phase}: ${what}, ${count(sum(({ written }) => written))} of ${plural(
      sum(({ entries }) => entries),
      'entry',
      'entries',
    )}${progress.paused ? ', paused' : ''}`;
  }
  if (phase !== 'import' || tables.total === 0) return `${phase} …${progress.paused ? ' paused' : ''}`;
  const speed = bytesPerSecond > 0 ? `, ${bytes(bytesPerSecond)}/s${eta(progress, bytesPerSecond)}` : '';
  return `import: ${tables.imported} of ${plural(tables.total, 'table')}, ${count(rows.loaded)} of ${plural(rows.source, 'row')}${progress.paused ? ', paused' : speed}`;
}

function eta({ bytes: { done, total } }: RunProgress, bytesPerSecond: number): string {
  return total > done ? `, about ${duration((total - done) / bytesPerSecond)} left` : '';
}

/** A rate over the last ten seconds. */
export class Rate {
  #samples: { at: number; value: number }[] = [];

  add(value: number, at = Date.now()): void {
    this.#samples.push({ at, value });
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > 10_000) this.#samples.shift();
  }

  /** 0 until something has moved. */
  perSecond(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return 0;
    return Math.max(0, ((last.value - first.value) * 1000) / (last.at - first.at));
  }
}
