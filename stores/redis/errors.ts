import { SqliftError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';

/** What Redis answers, by the first word of it. Its other words may quote keys or values, and are left out. */
const ANSWERS: Readonly<Record<string, [code: ErrorCode, message: string]>> = {
  NOAUTH: ['TargetAccessDenied', 'Redis wants a password'],
  WRONGPASS: ['TargetAccessDenied', 'Redis does not accept this user and password'],
  DENIED: ['TargetAccessDenied', 'Redis is in protected mode and refuses connections from other hosts'],
  NOPERM: ['TargetRightsMissing', 'the user of Redis may not run a command that is needed, or not on these keys'],
  READONLY: ['TargetReadOnly', 'Redis is a replica'],
  OOM: ['TargetDiskFull', 'Redis has reached its maxmemory'],
  MISCONF: ['TargetUnreachable', 'Redis takes no writes, because it cannot save to its disk'],
  LOADING: ['TargetUnreachable', 'Redis is loading its data'],
  BUSY: ['TargetUnreachable', 'Redis is busy with a script'],
  MASTERDOWN: ['TargetUnreachable', 'Redis has lost its primary'],
  CLUSTERDOWN: ['TargetUnreachable', 'the Redis cluster is down'],
  TRYAGAIN: ['TargetUnreachable', 'the Redis cluster moves slots'],
};

/** Makes a SqliftError of whatever ioredis throws. */
export function redisError(error: unknown, server: string): SqliftError {
  if (error instanceof SqliftError) return error;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const word = /^(?:-)?([A-Z]+)\b/.exec(message)?.[1] ?? '';
  if (name === 'ReplyError') {
    const [code, said] = ANSWERS[word] ?? ['TargetRefused', `Redis refused a command: ${word || 'ERR'}`];
    return new SqliftError(code, said, { server }, { cause: error });
  }
  // Everything else is the connection: refused, closed, timed out, an address that does not resolve.
  return new SqliftError('TargetUnreachable', `Redis at ${server} does not answer`, { server }, { cause: error });
}
