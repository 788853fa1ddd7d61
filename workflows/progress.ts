import { defineSearchAttributeKey } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { PHASES } from '../core/run';
import type { FeedProgress, Phase, PhaseProgress, RunError, RunProgress, RunState, TableProgress } from '../core/run';
import { SEARCH_ATTRIBUTES } from '../core/search-attributes';
import { activitiesOf } from './options';

const attribute = {
  phase: defineSearchAttributeKey('SqliftPhase', SEARCH_ATTRIBUTES.SqliftPhase),
  state: defineSearchAttributeKey('SqliftState', SEARCH_ATTRIBUTES.SqliftState),
  rows: defineSearchAttributeKey('SqliftRows', SEARCH_ATTRIBUTES.SqliftRows),
  quarantined: defineSearchAttributeKey('SqliftQuarantined', SEARCH_ATTRIBUTES.SqliftQuarantined),
};

/** Where a run stands, for queries, the Web UI, search and the ledger. Seconds are workflow time: the same on replay. */
export class Progress {
  readonly tables: TableProgress[] = [];
  readonly feeds: FeedProgress[] = [];
  state: RunState = 'running';
  paused = false;
  waitingFor: RunProgress['waitingFor'];
  error: RunError | undefined;
  #phases: PhaseProgress[] = PHASES.map((name) => ({ name, state: 'pending', seconds: 0 }));
  #phase: Phase = 'preflight';
  #phaseBegan = Date.now();
  #startedAt = workflowInfo().runStartTime.toISOString();
  /** Whether the target has a ledger that knows this run. */
  recorded = false;

  constructor(
    readonly run: string,
    readonly plan: string,
  ) {}

  /** Runs one phase, visible by its name; what it took in an earlier history counts. */
  async phase<T>(name: Phase, work: () => Promise<T>): Promise<T> {
    this.#phase = name;
    const entry = this.#phases.find((phase) => phase.name === name)!;
    this.#phaseBegan = Date.now() - entry.seconds * 1000;
    entry.state = 'running';
    this.show();
    try {
      const result = await work();
      entry.state = 'done';
      return result;
    } catch (error) {
      entry.state = 'failed';
      throw error;
    } finally {
      entry.seconds = this.#elapsed();
      this.show();
      if (entry.state === 'done') await this.record();
    }
  }

  /** Phases that this run has no work for. */
  skip(names: readonly Phase[]): void {
    for (const phase of this.#phases) if (names.includes(phase.name)) phase.state = 'skipped';
  }

  /** Takes over what an earlier history of the run has said. */
  restore(earlier: RunProgress): void {
    this.#phases = earlier.phases;
    this.paused = earlier.paused;
    this.#startedAt = earlier.startedAt;
    this.recorded = true;
  }

  wait(what: RunProgress['waitingFor']): void {
    this.state = what === undefined ? 'verified' : 'waiting';
    this.waitingFor = what;
    this.show();
  }

  table(source: string, table: string): TableProgress {
    return this.tables.find((entry) => entry.source === source && entry.table === table)!;
  }

  snapshot(): RunProgress {
    const sum = (pick: (table: TableProgress) => number) =>
      this.tables.reduce((total, table) => total + pick(table), 0);
    const filtered = sum((table) => table.filtered ?? 0);
    const count = (...states: TableProgress['state'][]) =>
      this.tables.filter((table) => states.includes(table.state)).length;
    return {
      run: this.run,
      plan: this.plan,
      state: this.state,
      phase: this.#phase,
      phases: this.#phases.map((phase) => (phase.state === 'running' ? { ...phase, seconds: this.#elapsed() } : phase)),
      startedAt: this.#startedAt,
      paused: this.paused,
      ...(this.waitingFor !== undefined && { waitingFor: this.waitingFor }),
      tables: {
        total: this.tables.length,
        imported: count('imported', 'verified', 'differs'),
        verified: count('verified'),
      },
      rows: {
        source: sum((table) => table.sourceRows ?? 0),
        loaded: sum((table) => table.loaded),
        quarantined: sum((table) => table.quarantined),
        ...(filtered > 0 && { filtered }),
      },
      bytes: { done: sum((table) => table.bytesDone), total: sum((table) => table.bytesTotal) },
      ...(this.feeds.length > 0 && { feeds: this.feeds.map((feed) => ({ ...feed })) }),
      ...(this.error !== undefined && { error: this.error }),
    };
  }

  /** Brings the Web UI's page and its list up to date: the pane is low, so counts come first. Bullets, since older Web UIs render no tables. */
  show(): void {
    const now = this.snapshot();
    const marks: Record<PhaseProgress['state'], string> = {
      pending: '·',
      running: '▸',
      done: '✓',
      failed: '✗',
      skipped: '–',
    };
    const lines = [
      `**${this.plan}**, run \`${this.run}\`: ${this.state}${now.waitingFor === undefined ? '' : `, waiting for ${now.waitingFor}`}${this.paused ? ', paused' : ''}`,
      '',
      `${now.tables.imported} of ${now.tables.total} tables, ${grouped(now.rows.loaded)} of ${grouped(now.rows.source)} rows, ${grouped(now.rows.quarantined)} in quarantine${now.rows.filtered === undefined ? '' : `, ${grouped(now.rows.filtered)} left out by the plan`}`,
      '',
      ...this.feeds.map(
        ({ feed, written, entries, quarantined }) =>
          `- ${feed}: ${grouped(written)} of ${grouped(entries)}${quarantined === 0 ? '' : `, ${grouped(quarantined)} rows in quarantine`}`,
      ),
      ...(this.feeds.length > 0 ? [''] : []),
      ...now.phases
        .filter(({ state }) => state !== 'skipped')
        .map(
          (phase) =>
            `- ${marks[phase.state]} ${phase.name}${phase.seconds > 0 ? ` (${phase.seconds.toFixed(1)} s)` : ''}`,
        ),
      ...(this.error === undefined ? [] : ['', `**${this.error.code}**: ${this.error.message}`, '', this.error.hint]),
    ];
    setCurrentDetails(lines.join('\n'));
    upsertSearchAttributes([
      { key: attribute.phase, value: this.#phase },
      { key: attribute.state, value: this.state },
      { key: attribute.rows, value: now.rows.loaded },
      { key: attribute.quarantined, value: now.rows.quarantined },
    ]);
  }

  /** Keeps the same in the ledger, where it can be read without a worker. */
  async record(): Promise<void> {
    if (this.recorded)
      await activitiesOf('record', `record: ${this.#phase}, ${this.state}`).recordProgress(this.snapshot());
  }

  #elapsed(): number {
    return (Date.now() - this.#phaseBegan) / 1000;
  }
}

/** 1234567 → 1,234,567. */
function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
