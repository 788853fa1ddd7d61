import { ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { guarded, toFailure } from '../../activities/failure';
import { ERRORS, SqliftError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';

test.each(Object.keys(ERRORS) as ErrorCode[])('%s is retried as the table says, with place and hint', (code) => {
  const failure = toFailure(new SqliftError(code, 'what happened', { table: 't' }, { cause: new Error('row value') }));
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({
    type: code,
    message: 'what happened',
    nonRetryable: ERRORS[code].retry === 'never',
    details: [{ place: { table: 't' }, hint: ERRORS[code].hint }],
  });
  expect(failure.cause).toBeUndefined();
});

test('an unknown error is tried again, and its words stay out of the history', () => {
  const failure = toFailure(Object.assign(new TypeError('cannot read Ada Lovelace'), { code: 'E_SECRET' }));
  expect(failure).toMatchObject({ type: 'Internal', nonRetryable: false });
  expect(failure.message).toContain('TypeError E_SECRET');
  expect(JSON.stringify(failure) + failure.message).not.toContain('Ada');
  expect(toFailure('Ada').message).toContain('string');
  expect(toFailure(undefined).message).not.toContain('Ada');
});

describe('a guarded activity', () => {
  const reported: [string, unknown][] = [];
  const activities = guarded(
    {
      works: async (input: { n: number }) => input.n + 1,
      fails: async ({ error }: { error: unknown }) => {
        throw error;
      },
    },
    (name, error) => reported.push([name, error]),
  );
  const thrown = (error: unknown) =>
    activities.fails({ error }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
  beforeEach(() => void (reported.length = 0));

  test('gives its result through', async () => {
    expect(await activities.works({ n: 1 })).toBe(2);
  });

  test('reports unknown errors whole, and ours not', async () => {
    const unknown = new Error('details');
    expect(await thrown(unknown)).toMatchObject({ type: 'Internal' });
    expect(reported).toEqual([['fails', unknown]]);
    expect(await thrown(new SqliftError('PlanInvalid', 'x'))).toMatchObject({
      type: 'PlanInvalid',
      nonRetryable: true,
    });
    expect(reported).toHaveLength(1);
  });

  test('is cancelled, not failed, by a cancellation or an abort', async () => {
    for (const error of [
      new CancelledFailure('CANCELLED'),
      new DOMException('aborted', 'AbortError'),
      AbortSignal.abort().reason,
    ]) {
      expect(await thrown(error)).toBeInstanceOf(CancelledFailure);
    }
    expect(reported).toEqual([]);
  });
});
