import { ApplicationFailure } from '@temporalio/activity';
import { Patience } from '../../worker/patience';

const MINUTE = 60_000;
let now = 0;
const unreachable = (server = 'redis') =>
  ApplicationFailure.create({
    type: 'TargetUnreachable',
    message: `${server} does not answer`,
    details: [{ place: { server }, hint: 'look' }],
  });
const patient = (minutes: number | undefined) =>
  new Patience(
    async () => minutes,
    () => now,
  );
const isFinal = async (patience: Patience, error: unknown, workflow = 'w') =>
  ((await patience.judged(workflow, 'run', error)) as ApplicationFailure).nonRetryable === true;

beforeEach(() => void (now = 0));

test('a server is waited for as long as the plan says, and then no more', async () => {
  const patience = patient(2);
  for (now = 0; now < 2 * MINUTE; now += 30_000) expect(await isFinal(patience, unreachable())).toBe(false);
  expect(await patience.judged('w', 'run', unreachable())).toMatchObject({
    type: 'TargetUnreachable',
    message: 'redis does not answer, and was waited for as long as the plan says (2 min)',
    nonRetryable: true,
    details: [{ place: { server: 'redis' }, hint: 'look' }],
  });
  // The way back tries it once more, and does not wait again; a later rollback does.
  now += 1_000;
  expect(await isFinal(patience, unreachable())).toBe(true);
  expect(await isFinal(patience, unreachable(), 'rollback')).toBe(false);
});

test('another server, and another outage of the same one, are waited for anew', async () => {
  const patience = patient(2);
  await isFinal(patience, unreachable());
  now = 2 * MINUTE;
  expect(await isFinal(patience, unreachable('neo4j'))).toBe(false);
  expect(await isFinal(patience, unreachable())).toBe(true);
  now += 6 * MINUTE;
  expect(await isFinal(patience, unreachable())).toBe(false);
});

test('a step that was done in the end has ended the waiting', async () => {
  const patience = patient(2);
  const attempt = (work: () => Promise<unknown>, number: number) =>
    patience.interceptor({ info: { attempt: number, workflowExecution: { workflowId: 'w', runId: 'r' } } as never })
      .execute!({ args: [{ run: 'run' }], headers: {} }, work);
  const fails = () => Promise.reject(unreachable());
  await expect(attempt(fails, 1)).rejects.toMatchObject({ nonRetryable: false });
  now = MINUTE;
  expect(await attempt(async () => 'done', 2)).toBe('done');
  now = 2 * MINUTE;
  await expect(attempt(fails, 1)).rejects.toMatchObject({ nonRetryable: false });
  now = 4 * MINUTE;
  await expect(attempt(fails, 2)).rejects.toMatchObject({ nonRetryable: true });
});

test('a plan that says nothing, and other failures, are left as they are', async () => {
  const quiet = patient(undefined);
  const failure = unreachable();
  expect(await quiet.judged('w', 'run', failure)).toBe(failure);
  now = 60 * MINUTE;
  expect(await quiet.judged('w', 'run', failure)).toBe(failure);
  const other = ApplicationFailure.create({ type: 'RateLimited', message: 'slowly' });
  expect(await patient(0).judged('w', 'run', other)).toBe(other);
  expect(await isFinal(patient(0), unreachable())).toBe(true);
});

test('a server that answered for a while, or that only could not serve, is not one that has been gone all along', async () => {
  const patience = patient(2);
  await isFinal(patience, unreachable());
  now = 4 * MINUTE;
  const late = (await patience.judged('w', 'run', unreachable(), now - 3 * MINUTE)) as ApplicationFailure;
  expect(late.nonRetryable).toBe(false);
  const deadlock = ApplicationFailure.create({
    type: 'TargetUnreachable',
    message: 'deadlock',
    details: [{ place: { server: 'postgres', sqlstate: '40P01' } }],
  });
  const impatient = patient(0);
  expect(await isFinal(impatient, deadlock)).toBe(false);
  expect(await isFinal(impatient, unreachable())).toBe(true);
});

test('a rollback that is refused is taken back whatever the plan says', async () => {
  const attempt = (activityType: string) =>
    patient(0).interceptor({
      info: { attempt: 1, activityType, workflowExecution: { workflowId: 'w', runId: 'r' } } as never,
    }).execute!({ args: [{ run: 'run' }], headers: {} }, () => Promise.reject(unreachable()));
  await expect(attempt('reviveRun')).rejects.toMatchObject({ nonRetryable: false });
  await expect(attempt('unpublishRun')).rejects.toMatchObject({ nonRetryable: true });
});
