import { SqliftError } from '../core/errors';

/** An update that the run refused, with the run's own words; anything else goes on as it is. */
export function refusal(error: unknown): never {
  if (error instanceof Error && error.name === 'WorkflowUpdateFailedError') {
    throw new SqliftError(
      'UsageInvalid',
      (error.cause instanceof Error && error.cause.message) || error.message,
      {},
      { cause: error },
    );
  }
  throw error;
}
