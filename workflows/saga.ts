import { CancellationScope, log } from '@temporalio/workflow';
import { runError } from './failures';

/** One registered way back. */
interface Undo {
  name: string;
  run: () => Promise<unknown>;
  /** Whether the others need not wait for it. */
  beside: boolean;
}

/**
 * What a run has to undo, newest first. Each undo is registered before its step's first write, since a step that fails or is
 * cancelled half-way has written something too; so every undo succeeds when there is nothing to undo.
 */
export class Saga {
  readonly #undos: Undo[] = [];

  /** `beside`: it is begun in its turn, and what comes after it does not wait: it is about another server, which may not answer. */
  register(name: string, run: () => Promise<unknown>, { beside = false } = {}): void {
    this.#undos.push({ name, run, beside });
  }

  /**
   * Runs every undo, newest first, in a scope that a cancellation cannot end: outside of one, after a cancel, none would start.
   * One that fails does not stop the others. Gives the names of those that failed, and why.
   */
  async compensate(): Promise<string[]> {
    const left: string[] = [];
    await CancellationScope.nonCancellable(async () => {
      const trying = async ({ name, run }: Undo) => {
        try {
          await run();
        } catch (error) {
          const { code, message } = runError(error);
          log.error('an undo step failed', { step: name, error: code });
          left.push(`${name}: ${message}`);
        }
      };
      const beside: Promise<void>[] = [];
      for (const undo of this.#undos.splice(0).reverse()) {
        const tried = trying(undo);
        if (undo.beside) beside.push(tried);
        else await tried;
      }
      await Promise.all(beside);
    });
    return left;
  }
}
