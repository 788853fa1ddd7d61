import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import { BUNDLE_FILE } from '../../worker/bundle';
import { MARKED_CELL, MARKED_PASSWORD, recordedHistories, textOf } from './histories';

const histories = recordedHistories();
const built = path.resolve(__dirname, '../../dist/worker', path.basename(BUNDLE_FILE));

beforeAll(() => {
  // A replay that fails is what one of the tests wants to see, not to read about.
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });
});

/** Names of the histories that do not replay, with the reason. */
async function failures(
  workflowBundle: NonNullable<ReplayWorkerOptions['workflowBundle']>,
  among = histories,
): Promise<Record<string, Error>> {
  const failed: Record<string, Error> = {};
  const iterable = among.map(({ name, json }) => ({ workflowId: name, history: json }));
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, iterable))
    if (error) failed[workflowId] = error;
  return failed;
}

test('runs of every released version go on with this version of the workflows', async () => {
  expect(histories.length).toBeGreaterThan(0);
  expect(await failures({ codePath: built })).toEqual({});
});

test('a workflow that does one thing more, without saying so, would be noticed', async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./changed-workflows'),
    logger: new DefaultLogger('ERROR', () => {}),
  });
  const failed = await failures(
    { code },
    histories.filter(({ name }) => name.endsWith('/published')),
  );
  expect(Object.keys(failed).length).toBeGreaterThan(0);
  for (const error of Object.values(failed)) expect(error).toBeInstanceOf(DeterminismViolationError);
});

test.each(histories)(
  'the history $name holds no cell, no password and no path of the machine it was recorded on',
  ({ json }) => {
    const text = textOf(json);
    // The payloads could be read at all.
    expect(text).toContain('"run":"');
    for (const secret of [MARKED_CELL, MARKED_PASSWORD, 'postgres://', 'postgresql://', '/tmp/', '/dist/', '.sqlite'])
      expect(text).not.toContain(secret);
    expect(text).not.toMatch(/\d+@(?!host)/);
  },
);
