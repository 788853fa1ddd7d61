import type { WorkflowHandle } from '@temporalio/client';
import { waitsOf } from '../../client/waits';

/** What Temporal says of activities that have not ended. */
const describing = (pendingActivities: object[]) =>
  ({ describe: async () => ({ raw: { pendingActivities } }) }) as unknown as WorkflowHandle;

const seconds = (ago: number) => ({ seconds: Math.floor(Date.now() / 1000) - ago });
const failed = (type: string, message: string, ago = 1) => ({
  lastFailure: { message, applicationFailureInfo: { type } },
  lastStartedTime: seconds(ago),
});

test('what steps that are tried again last failed with is what they wait for, each once', async () => {
  const redis = failed('TargetUnreachable', 'Redis does not answer');
  expect(await waitsOf(describing([redis, redis, failed('RateLimited', 'Pinecone asks for patience')]))).toEqual([
    'Pinecone asks for patience',
    'Redis does not answer',
  ]);
});

test('an attempt that has been at work for a while waits for nothing, nor does one that has not failed', async () => {
  const atWork = failed('TargetUnreachable', 'Redis does not answer', 600);
  expect(await waitsOf(describing([atWork, { lastStartedTime: seconds(1) }]))).toEqual([]);
  expect(await waitsOf(describing([failed('Unknown', 'words')]))).toEqual([]);
});
