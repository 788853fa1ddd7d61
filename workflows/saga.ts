import { ApplicationFailure, CancellationScope, log } from '@temporalio/workflow';

/** One registered way back. */
interface Undo {
  name: string;
  run: () => Promise<unknown>;
}

/**
 * What a run has to undo, newest first. Each undo is registered before its step's first write, since a step that fails or is
 * cancelled half-way has written something too; so every undo succeeds when there is nothing to undo.
 */
export class Saga {
  readonly #undos: Undo[] = [];

  register(name: string, run: () => Promise<unknown>): void {
    this.#undos.push({ name, run });
  }

  /**
   * Runs every undo, newest first, in a scope that a cancellation cannot end: outside of one, after a cancel, none would start.
   * One that fails does not stop the others. Gives the names of those that failed.
   */
  async compensate(): Promise<string[]> {
    const left: string[] = [];
    await CancellationScope.nonCancellable(async () => {
      for (const undo of this.#undos.splice(0).reverse()) {
        try {
          await undo.run();
        } catch (error) {
          log.error('an undo step failed', {
            step: undo.name,
            error: error instanceof ApplicationFailure ? error.type : String(error),
          });
          left.push(undo.name);
        }
      }
    });
    return left;
  }
}
