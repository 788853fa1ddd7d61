import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { temporalAddress } from '../support/temporal';

/** `together`, as a server and a worker run it: the snapshot's check beside its census, and beside the comparison of its rows. */

let connection: Connection;
let native: NativeConnection;
let code: string;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });
  connection = await Connection.connect({ address: temporalAddress() });
  native = await NativeConnection.connect({ address: temporalAddress() });
  const workflowsPath = require.resolve('./together-workflow');
  ({ code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR', () => {}) }));
});
afterAll(async () => {
  await native.close();
  await connection.close();
});

const failing = (message: string): never => {
  throw ApplicationFailure.nonRetryable(message);
};

/** Runs the two at once; gives what became of the workflow: the message of the cause, or `done`. */
async function run(first: () => Promise<void>, second: () => Promise<void>): Promise<string> {
  const taskQueue = `together-${randomBytes(6).toString('hex')}`;
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { code },
    activities: { first, second },
    maxHeartbeatThrottleInterval: 50,
    defaultHeartbeatThrottleInterval: 50,
  });
  const { workflow } = new Client({ connection });
  return await worker.runUntil(
    workflow.execute('togetherWorkflow', { taskQueue, workflowId: taskQueue }).then(
      () => 'done',
      (error: { cause?: { cause?: Error } }) => error.cause?.cause?.message ?? 'it failed without a cause',
    ),
  );
}

/** Works until it is told to stop, and takes a moment to do so. */
async function untilCancelled(notes: string[]): Promise<void> {
  while (!cancellationSignal().aborted) {
    heartbeat();
    await sleep(50);
  }
  notes.push('told to stop');
  await sleep(200);
  notes.push('stopped');
  cancellationSignal().throwIfAborted();
}

test('when the first fails early, the second is told to stop, waited for, and the first is the cause', async () => {
  const notes: string[] = [];
  expect(
    await run(
      async () => failing('the snapshot is damaged'),
      () => untilCancelled(notes),
    ),
  ).toBe('the snapshot is damaged');
  expect(notes).toEqual(['told to stop', 'stopped']);
});

test('when only the second fails, the first still has its say', async () => {
  const notes: string[] = [];
  const first = async () => {
    await sleep(500);
    notes.push('the first is done');
  };
  expect(await run(first, async () => failing('a page cannot be read'))).toBe('a page cannot be read');
  expect(notes).toEqual(['the first is done']);
});

test('when the second fails and the first finds out why, the first is the cause', async () => {
  const first = async () => {
    await sleep(500);
    failing('the snapshot is damaged');
  };
  expect(await run(first, async () => failing('a page cannot be read'))).toBe('the snapshot is damaged');
});

test('when neither fails, both are done', async () => {
  const notes: string[] = [];
  const note = (text: string) => async () => {
    await sleep(text === 'first' ? 200 : 0);
    notes.push(text);
  };
  expect(await run(note('first'), note('second'))).toBe('done');
  expect(notes).toEqual(['second', 'first']);
});
