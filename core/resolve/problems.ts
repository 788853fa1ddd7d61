import { SqliftError } from '../errors';
import { nearest } from '../plan-keys';

/** Collects what does not hold in a plan, so that everything is named at once. */
export class Problems {
  readonly #messages: string[] = [];
  #stale = true;

  /** The plan contradicts itself or PostgreSQL. */
  invalid(message: string): void {
    this.#stale = false;
    this.#messages.push(message);
  }

  /** The plan names something that is not in the source. */
  stale(message: string, name: string, known: readonly string[]): void {
    const meant = nearest(name, known);
    this.#messages.push(meant === undefined ? message : `${message}; did you mean ${meant}?`);
  }

  throwIfAny(): void {
    if (this.#messages.length > 0)
      throw new SqliftError(this.#stale ? 'PlanStale' : 'PlanInvalid', this.#messages.join('\n'));
  }
}
