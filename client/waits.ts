import type { WorkflowHandle } from '@temporalio/client';
import { ERRORS } from '../core/errors';
import type { ErrorCode } from '../core/errors';

/** An attempt that began longer ago than this has got past connecting. */
const CONNECTING_MS = 90_000;

/** Why steps of a workflow are tried again: what they last failed with, such as a server that does not answer. Empty when nothing is waited for. */
export async function waitsOf(handle: Pick<WorkflowHandle, 'describe'>): Promise<string[]> {
  const { raw } = await handle.describe();
  const reasons = (raw.pendingActivities ?? []).flatMap(({ lastFailure, lastStartedTime, scheduledTime }) => {
    const type = lastFailure?.applicationFailureInfo?.type ?? '';
    if (!(type in ERRORS) || ERRORS[type as ErrorCode].retry === 'never') return [];
    // Between two attempts there is a time for the next one.
    const began = Number((lastStartedTime ?? scheduledTime)?.seconds ?? 0) * 1000;
    return Date.now() - began > CONNECTING_MS ? [] : [lastFailure?.message ?? type];
  });
  return [...new Set(reasons)].sort();
}

/** Looks what a workflow waits for, and says it each time that it is something else than was said last. */
export function waitTeller(handle: Pick<WorkflowHandle, 'describe'>, say: (line: string) => void): () => Promise<void> {
  let said = '';
  return async () => {
    const reasons = await waitsOf(handle).catch(() => []);
    const line = reasons.length === 0 ? said : waitLine(reasons);
    if (line !== said) say((said = line));
  };
}

/** What is said of them. */
export function waitLine(reasons: readonly string[]): string {
  return `Waiting: ${reasons.join('; ')}. It is tried again.`;
}
