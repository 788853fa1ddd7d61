import { setTimeout as sleep } from 'node:timers/promises';
import type { RunError, RunProgress, RunState, TableProgress } from '../core/run';
import { readLedgerRun, readTableProgress } from '../stores/ledger/read';
import { progressQuery, tablesQuery } from '../workflows/messages';
import { asSqliftError } from './errors';
import { count } from './format';
import { openReporter } from './progress/reporter';
import type { ReporterKind } from './progress/reporter';
import { handleOf } from './runs';
import type { KnownRun } from './runs';
import type { Session } from './session';
import type { TemporalLink } from './temporal';
import { waitTeller } from './waits';

/** How a run that was followed stands when the following ends. */
export type Outcome =
  | { kind: 'ended'; state: RunState; error?: RunError }
  /** It waits for a decision on quarantined rows, and nobody sits here to take it. */
  | { kind: 'waits for quarantine' }
  /** Ctrl-C: the run goes on. */
  | { kind: 'detached' };

/** Each look wakes three processes: often enough for an eye, seldom enough for the machine. */
const FASTEST_MS = 400;
const SLOWEST_MS = 2_000;

/** Shows the run until it ends, waits for a decision that cannot be taken here, or Ctrl-C. Never stops the run. */
export async function follow(session: Session, known: KnownRun, kind: ReporterKind): Promise<Outcome> {
  const link = await session.temporal();
  const { terminal, command } = session.context;
  const handle = link.client.workflow.getHandle(known.workflowId, known.execution?.id);
  const reporter = openReporter(terminal, kind);
  const abort = new AbortController();
  const interrupted = onInterrupt(abort);
  const ending = handle.result().then(
    (result) => ({ result: result as { state?: RunState } | undefined, failure: undefined }),
    (failure: unknown) => ({ result: undefined, failure }),
  );
  const watch = new Watch(session, link, known);
  let announced: string | undefined;
  const tellWaits = waitTeller(handle, (line) => reporter.note(line));
  let mute = 0;
  try {
    for (let pause = FASTEST_MS; ;) {
      const ended = await Promise.race([
        ending,
        sleep(pause, undefined, { signal: abort.signal }).catch(() => undefined),
      ]);
      if (abort.signal.aborted) return { kind: 'detached' };
      const moved = ended === undefined ? await watch.look() : await watch.lookBack();
      const now = watch.now();
      if (now !== undefined) reporter.update(now, watch.tables);
      if (ended !== undefined) return outcomeOf(ended.result?.state, ended.failure, watch.progress);

      mute = watch.answered ? 0 : mute + 1;
      if (mute === 5)
        reporter.note(`No worker answers; the run goes on when one does (\`${command} worker\` runs one here) …`);
      if (!moved) await tellWaits();
      pause = moved ? FASTEST_MS : Math.min(pause * 1.3, SLOWEST_MS);

      const waits = watch.progress?.state === 'waiting' ? watch.progress.waitingFor : undefined;
      if (waits !== announced && waits !== undefined) {
        if (waits === 'quarantine' && (!terminal.asks || kind === 'json lines'))
          return { kind: 'waits for quarantine' };
        for (const line of whatToType(waits, known.run, command, watch.progress!)) reporter.note(line);
      }
      announced = waits;
    }
  } finally {
    interrupted();
    reporter.end();
  }
}

/** What a person types, in another terminal, when a run waits. */
export function whatToType(
  waits: NonNullable<RunProgress['waitingFor']>,
  run: string,
  command: string,
  progress: Pick<RunProgress, 'rows'>,
): string[] {
  switch (waits) {
    case 'approval':
      return [
        'Verified; waiting for approval before anything is published. From another terminal:',
        `  ${command} approve ${run}`,
        `  ${command} cancel ${run}    to undo it all instead`,
      ];
    case 'quarantine':
      return [
        `${count(progress.rows.quarantined)} rows are in quarantine, more than the plan tolerates. Nothing has been published. From another terminal:`,
        `  ${command} quarantine list ${run}`,
        `  ${command} quarantine accept ${run}    to go on without them`,
        `  ${command} cancel ${run}    to undo it all instead`,
      ];
    case 'resume':
      return ['Paused. From another terminal:', `  ${command} resume ${run}`];
  }
}

/** The two queries, and what they gave last. */
class Watch {
  progress: RunProgress | undefined;
  tables: TableProgress[] = [];
  answered = false;
  #running: { name: string; since: number } | undefined;

  constructor(
    private readonly session: Session,
    private readonly link: TemporalLink,
    private readonly known: KnownRun,
  ) {}

  /** The last answer with the running phase's time going on: the run itself tells time only when something happens in it. */
  now(): RunProgress | undefined {
    const phases = this.progress?.phases.map((phase) => {
      if (phase.state !== 'running') return phase;
      if (this.#running?.name !== phase.name) this.#running = { name: phase.name, since: Date.now() };
      return { ...phase, seconds: Math.max(phase.seconds, (Date.now() - this.#running.since) / 1000) };
    });
    return this.progress && phases && { ...this.progress, phases };
  }

  /** Asks the run; true when something has changed. A run without a worker does not answer: then the last answers stay. */
  async look(): Promise<boolean> {
    const before = JSON.stringify([
      this.progress?.phase,
      this.progress?.state,
      this.progress?.rows,
      this.progress?.bytes,
    ]);
    try {
      const { progress, tables } = await askRun(this.link, this.known);
      if (progress.run !== this.known.run) throw new Error('a later run of the plan answers');
      const current = progress.phase === 'import' ? await this.#withChunks(tables) : tables;
      this.progress = { ...progress, ...sums(progress, current) };
      this.tables = current;
      this.answered = true;
    } catch {
      this.answered = false;
    }
    return (
      JSON.stringify([this.progress?.phase, this.progress?.state, this.progress?.rows, this.progress?.bytes]) !== before
    );
  }

  /**
   * What a run that has ended left in the ledger: to answer a question about its end, a worker would have to replay it from its beginning, which takes
   * longer than many a run. Asks it all the same where the ledger does not know how it ended.
   */
  async lookBack(): Promise<boolean> {
    const { run } = this.known;
    const found = await this.session
      .withTargetIfThere(
        async (pool) => ({ record: await readLedgerRun(pool, run), tables: await readTableProgress(pool, run) }),
        run,
      )
      .catch(() => undefined);
    const { record, tables = [] } = found ?? {};
    if (record?.progress == null || record.finishedAt === null) return await this.look();
    this.progress = record.progress;
    this.tables = tables;
    return true;
  }

  /** The run hears of a table when all of it is there; the ledger knows each chunk. */
  async #withChunks(tables: TableProgress[]): Promise<TableProgress[]> {
    if (!tables.some(({ state }) => state === 'importing')) return tables;
    const { run } = this.known;
    const committed = await this.session
      .withTargetIfThere((pool) => readTableProgress(pool, run), run)
      .catch(() => undefined);
    const found = new Map(committed?.map((entry) => [JSON.stringify([entry.source, entry.table]), entry]));
    return tables.map((table) => {
      const entry = found.get(JSON.stringify([table.source, table.table]));
      if (table.state !== 'importing' || entry === undefined) return table;
      const { loaded, quarantined, bytesDone } = entry;
      return { ...table, loaded, quarantined, bytesDone };
    });
  }
}

/** Counts of all tables together. */
function sums(progress: RunProgress, tables: readonly TableProgress[]): Pick<RunProgress, 'rows' | 'bytes'> {
  const sum = (pick: (table: TableProgress) => number) => tables.reduce((total, table) => total + pick(table), 0);
  return {
    rows: { ...progress.rows, loaded: sum((table) => table.loaded), quarantined: sum((table) => table.quarantined) },
    bytes: { ...progress.bytes, done: sum((table) => table.bytesDone) },
  };
}

/** Where the run stands, from the run itself. Rejects when no worker answers within a few seconds. */
export async function askRun(
  link: TemporalLink,
  known: KnownRun,
  deadlineMs = 5_000,
): Promise<{ progress: RunProgress; tables: TableProgress[] }> {
  const handle = handleOf(link, known);
  return link.connection.withDeadline(Date.now() + deadlineMs, async () => {
    const progress = await handle.query(progressQuery);
    const tables: TableProgress[] = [];
    while (tables.length < progress.tables.total) {
      const page = await handle.query(tablesQuery, { offset: tables.length });
      if (page.length === 0) break;
      tables.push(...page);
    }
    return { progress, tables };
  });
}

function outcomeOf(state: RunState | undefined, failure: unknown, progress: RunProgress | undefined): Outcome {
  if (failure === undefined) return { kind: 'ended', state: state ?? progress?.state ?? 'published' };
  const cause = (failure as { cause?: { name?: string } }).cause;
  if (cause?.name === 'CancelledFailure') return { kind: 'ended', state: 'cancelled' };
  if (cause?.name === 'TerminatedFailure') {
    const message = 'The workflow was terminated from outside; what it wrote so far is still there';
    return {
      kind: 'ended',
      state: 'failed',
      error: { code: 'RunDiscarded', message, place: {}, hint: 'Run `sqlift rollback RUN`.' },
    };
  }
  const detail = (cause as { details?: unknown[] } | undefined)?.details?.[0] as RunError | undefined;
  const known = asSqliftError(failure);
  const error: RunError = {
    code: known.code,
    message: known.message,
    place: { ...known.place },
    hint: known.hint,
    ...(detail?.left !== undefined && { left: detail.left }),
  };
  return {
    kind: 'ended',
    state: error.code === 'RollbackIncomplete' || error.left !== undefined ? 'rollback_incomplete' : 'failed',
    error,
  };
}

/** The first Ctrl-C ends the following, a second one this process. Gives back what takes the listener away. */
function onInterrupt(abort: AbortController): () => void {
  const listener = (): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', listener);
  return () => void process.off('SIGINT', listener);
}
