import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { ERRORS, SqliftError } from '../core/errors';

/**
 * The only place where errors become Temporal failures: the table says what is retried. Failures are kept in the history in
 * plain text, so nothing goes in but the code, our own message and the place; causes and their stacks stay in the worker's log.
 */
export function toFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  if (error instanceof SqliftError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: ERRORS[error.code].retry === 'never',
      details: [{ place: error.place, hint: error.hint }],
      ...(error.retryAfter !== undefined && { nextRetryDelay: error.retryAfter }),
    });
  }
  // An unknown error may quote data: its kind and code are said, its words are not.
  const { name, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { name: typeof error, code: undefined };
  return ApplicationFailure.create({
    type: 'Internal',
    message: `unexpected ${name}${code === undefined ? '' : ` ${code}`} in an activity; the worker’s log has the whole of it`,
    nonRetryable: false,
    details: [{ place: {}, hint: ERRORS.Internal.hint }],
  });
}

type Activity = (...input: never[]) => Promise<unknown>;

/** Wraps every activity so that what it throws goes through `toFailure`; `report` gets unknown errors whole, for the log. */
export function guarded<T extends Record<string, Activity>>(
  activities: T,
  report: (name: string, error: unknown) => void,
): T {
  return Object.fromEntries(
    Object.entries(activities).map(([name, activity]) => [
      name,
      async (...input: never[]) => {
        try {
          return await activity(...input);
        } catch (error) {
          if (isAbort(error)) throw new CancelledFailure('Activity cancelled');
          if (!(error instanceof SqliftError)) report(name, error);
          throw toFailure(error);
        }
      },
    ]),
  ) as T;
}

function isAbort(error: unknown): boolean {
  return error instanceof CancelledFailure || (error as { name?: unknown } | undefined)?.name === 'AbortError';
}
