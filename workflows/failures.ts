import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';
import { ERRORS } from '../core/errors';
import type { ErrorCode } from '../core/errors';
import type { RunError } from '../core/run';

/** The row of the error table behind whatever a step threw: activities and child workflows wrap it. */
export function runError(error: unknown): RunError {
  let cause = error;
  while (cause instanceof ActivityFailure || cause instanceof ChildWorkflowFailure) cause = cause.cause;
  if (cause instanceof ApplicationFailure) {
    const code =
      cause.type !== undefined && cause.type !== null && cause.type in ERRORS ? (cause.type as ErrorCode) : 'Internal';
    const detail = (cause.details?.[0] ?? {}) as { place?: RunError['place'] };
    return { code, message: cause.message, place: detail.place ?? {}, hint: ERRORS[code].hint };
  }
  const message =
    cause instanceof TimeoutFailure
      ? `a step took longer than it may (${cause.timeoutType})`
      : cause instanceof Error
        ? cause.message
        : String(cause);
  return { code: 'Internal', message, place: {}, hint: ERRORS.Internal.hint };
}

/** The failure that ends a workflow with this error. Only an ApplicationFailure does: a plain Error would leave it running for ever. */
export function asFailure(error: RunError): ApplicationFailure {
  return ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable: true, details: [error] });
}
