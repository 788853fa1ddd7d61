import { CancellationScope } from '@temporalio/workflow';

/**
 * Runs `work` for each item, at most `limit` at once, in the items' order. The first failure cancels the others and is thrown
 * when all of them have ended, so that nothing of the step still runs when its undo begins.
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const scope = new CancellationScope({ cancellable: true });
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (!failed && next < items.length) {
      const item = items[next++];
      if (item === undefined) return;
      try {
        await work(item);
      } catch (error) {
        failed = true;
        scope.cancel();
        throw error;
      }
    }
  };
  await scope.run(async () => {
    const lanes = Array.from({ length: Math.min(limit, items.length) }, lane);
    const results = await Promise.allSettled(lanes);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    // The first to fail is the cause; the rest were cancelled because of it.
    if (failures.length > 0) throw failures.find((failure) => !isCancellationOf(failure)) ?? failures[0];
  });
}

/**
 * Runs both at once, and waits for both. When the first fails the second is cancelled, and when both fail the failure of the first is the
 * cause; when only the second fails the first still has its say.
 */
export async function together(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
  const scope = new CancellationScope({ cancellable: true });
  const checked = first().catch((error: unknown) => {
    scope.cancel();
    throw error;
  });
  const [cause, result] = await Promise.allSettled([checked, scope.run(second)]);
  if (cause.status === 'rejected') throw cause.reason;
  if (result.status === 'rejected') throw result.reason;
}

function isCancellationOf(failure: unknown): boolean {
  return (
    failure instanceof Error &&
    (failure.name === 'CancelledFailure' ||
      (failure.cause instanceof Error && failure.cause.name === 'CancelledFailure'))
  );
}
