import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { together } from '../../workflows/parallel';

/** Two activities at once, with nothing else around them: for parallel.test.ts. */
export async function togetherWorkflow(): Promise<void> {
  const { first, second } = proxyActivities<{ first: () => Promise<void>; second: () => Promise<void> }>({
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '30 seconds',
    retry: { maximumAttempts: 1 },
    // As bulk work has it.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  await together(first, second);
}
