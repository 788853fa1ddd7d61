import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import {
  acceptQuarantineUpdate,
  approveUpdate,
  pauseSignal,
  progressQuery,
  quarantineResolvedSignal,
  resumeSignal,
  tablesQuery,
} from './messages';
import type { Decision } from './messages';
import type { Progress } from './progress';
import type { tableWorkflow } from './table';

/** Tables per answer of `tablesQuery`. */
const TABLES_PER_PAGE = 200;

type TableHandle = ChildWorkflowHandle<typeof tableWorkflow>;

/** What people may say to a migration while it runs: pause and resume, approval, the decision on quarantined rows. */
export class Control {
  #approved = false;
  #accepted: boolean;
  readonly #tables = new Set<TableHandle>();

  constructor(
    readonly progress: Progress,
    acceptQuarantine: boolean,
  ) {
    this.#accepted = acceptQuarantine;
    setHandler(progressQuery, () => progress.snapshot(), {
      description: 'Where the run stands: phases, counts, what it waits for',
    });
    setHandler(tablesQuery, ({ offset }) => progress.tables.slice(offset, offset + TABLES_PER_PAGE), {
      description: 'The same by table, 200 from the given offset',
    });
    setHandler(pauseSignal, (decision) => this.#setPaused(true, decision), {
      description: 'Start nothing further until resumed; what is under way ends first',
    });
    setHandler(resumeSignal, (decision) => this.#setPaused(false, decision), { description: 'Go on after a pause' });
    setHandler(quarantineResolvedSignal, () => void (this.#accepted = true), {
      description: 'No row is left in quarantine',
    });
    setHandler(approveUpdate, (_decision: Decision) => void (this.#approved = true), {
      description: 'Publish: say who and why',
      validator: (_decision: Decision) => this.#refuseUnlessWaitingFor('approval'),
    });
    setHandler(acceptQuarantineUpdate, (_decision: Decision) => void (this.#accepted = true), {
      description: 'Go on without the rows that are in quarantine: say who and why',
      validator: (_decision: Decision) => this.#refuseUnlessWaitingFor('quarantine'),
    });
  }

  async whileNotPaused(): Promise<void> {
    await condition(() => !this.progress.paused);
  }

  async awaitApproval(): Promise<void> {
    await this.#waitFor('approval', () => this.#approved);
  }

  /** Returns at once when the rows in quarantine have been accepted beforehand. */
  async awaitQuarantineDecision(): Promise<void> {
    if (!this.#accepted) await this.#waitFor('quarantine', () => this.#accepted);
  }

  /** Passes pause and resume on to a table's workflow as long as it runs. */
  async following<T>(table: TableHandle, work: () => Promise<T>): Promise<T> {
    this.#tables.add(table);
    // A pause that came while the table's workflow was starting has not reached it.
    if (this.progress.paused) await table.signal(pauseSignal, { by: 'the run' }).catch(() => {});
    try {
      return await work();
    } finally {
      this.#tables.delete(table);
    }
  }

  async #setPaused(paused: boolean, decision: Decision): Promise<void> {
    this.progress.paused = paused;
    this.progress.show();
    // A table that ends meanwhile cannot be signalled, and need not be.
    for (const table of this.#tables) await table.signal(paused ? pauseSignal : resumeSignal, decision).catch(() => {});
  }

  #refuseUnlessWaitingFor(what: 'approval' | 'quarantine'): void {
    if (this.progress.waitingFor !== what)
      throw ApplicationFailure.nonRetryable(`the run does not wait for ${what}`, 'UsageInvalid');
  }

  async #waitFor(what: 'approval' | 'quarantine', decided: () => boolean): Promise<void> {
    this.progress.wait(what);
    try {
      await this.progress.record();
      await condition(decided);
    } finally {
      // A run that is cancelled meanwhile waits for nothing any more.
      this.progress.wait(undefined);
    }
  }
}
