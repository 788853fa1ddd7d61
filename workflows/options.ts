import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * The classes of activities and how long each may take; nowhere else. What is retried at all is said by core/errors.ts.
 *
 * Bulk and chunk work is waited for after a cancellation, so that an undo cannot race the step that it undoes.
 */
const CLASSES = {
  /** Looks at things: fails soon, so that a wrong address is said at once. */
  probe: { startToCloseTimeout: '2 minutes', retry: { maximumAttempts: 3, initialInterval: '1 second' } },
  /** Looks up what the run needs to go on with, for as long as the target does not answer. */
  read: {
    startToCloseTimeout: '2 minutes',
    scheduleToCloseTimeout: '12 hours',
    retry: { maximumInterval: '15 seconds' },
  },
  /** Backup, census, DDL, indexes, verification, publishing: one long piece of work. */
  bulk: {
    startToCloseTimeout: '4 hours',
    scheduleToCloseTimeout: '12 hours',
    heartbeatTimeout: '1 minute',
    retry: { maximumInterval: '30 seconds' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  },
  /** A batch of chunks. */
  chunk: {
    startToCloseTimeout: '1 hour',
    scheduleToCloseTimeout: '6 hours',
    heartbeatTimeout: '30 seconds',
    retry: { maximumInterval: '15 seconds' },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  },
  /** Bookkeeping that must not be lost, nor hold the run up for ever. */
  record: {
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '10 minutes',
    retry: { maximumInterval: '10 seconds' },
  },
  /** Looks through all that a store holds of the run; one that does not answer is not waited for. */
  look: {
    startToCloseTimeout: '4 hours',
    scheduleToCloseTimeout: '24 hours',
    heartbeatTimeout: '1 minute',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute', nonRetryableErrorTypes: ['TargetUnreachable'] },
  },
  /** Compensations that read back all that a store holds of the run. */
  undoStore: {
    startToCloseTimeout: '4 hours',
    scheduleToCloseTimeout: '24 hours',
    heartbeatTimeout: '1 minute',
    retry: { maximumInterval: '1 minute' },
  },
  /** Compensations: until done. */
  undo: {
    startToCloseTimeout: '10 minutes',
    scheduleToCloseTimeout: '24 hours',
    retry: { maximumInterval: '1 minute' },
  },
} as const satisfies Record<string, ActivityOptions>;

/** Activities of a class; `summary` is what the Web UI shows for each call. */
export function activitiesOf(
  kind: keyof typeof CLASSES,
  summary: string,
): ReturnType<typeof proxyActivities<Activities>> {
  return proxyActivities<Activities>({ ...CLASSES[kind], summary });
}
