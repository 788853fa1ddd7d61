import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { SqliftError } from '../../core/errors';
import type { ErrorCode, ErrorPlace } from '../../core/errors';

/** SQLSTATE classes and codes (postgresql.org/docs/current/errcodes-appendix.html) → our table. Longest prefix wins. */
const BY_SQLSTATE: [prefix: string, code: ErrorCode][] = [
  ['53100', 'TargetDiskFull'],
  ['53', 'TargetUnreachable'],
  ['57014', 'TargetUnreachable'],
  ['57P', 'TargetUnreachable'],
  ['58', 'TargetUnreachable'],
  ['08', 'TargetUnreachable'],
  ['40', 'TargetUnreachable'],
  ['55P03', 'TargetUnreachable'],
  ['28', 'TargetAccessDenied'],
  ['3D000', 'TargetAccessDenied'],
  ['25006', 'TargetReadOnly'],
  ['42501', 'TargetRightsMissing'],
  // A relation, type or schema of that name has turned up since preflight.
  ['42P07', 'TargetExists'],
  ['42710', 'TargetExists'],
  ['42P06', 'TargetExists'],
];

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'EAI_AGAIN',
]);

/** SQLSTATE of an error that PostgreSQL itself reported. */
export function sqlstate(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/**
 * Whether this SQLSTATE says that PostgreSQL refused the data of a row, rather than the statement or the connection: class 22 (data exception),
 * 23 (integrity constraint) and 54000 and 54001 (a limit exceeded, such as a row that is too big). Such rows go to the quarantine.
 */
export function isDataState(state: string): boolean {
  return /^2[23]/.test(state) || state === '54000' || state === '54001';
}

/**
 * Turns whatever `pg` threw into a SqliftError. PostgreSQL puts row values into DETAIL, CONTEXT and sometimes the message,
 * so of a data error only SQLSTATE and the words before the first value are kept.
 */
export function targetError(error: unknown, place: ErrorPlace = {}): Error {
  if (error instanceof SqliftError) return error;
  if (error instanceof DatabaseError) {
    const state = error.code ?? '';
    const code = BY_SQLSTATE.find(([prefix]) => state.startsWith(prefix))?.[1] ?? 'TargetRefused';
    const message = saidByPostgres(state)
      ? isDataState(state)
        ? scrub(error.message)
        : error.message
      : 'refused by a trigger or function';
    return new SqliftError(code, `PostgreSQL: ${message} (SQLSTATE ${state})`, { ...place, sqlstate: state });
  }
  if (isError(error)) {
    // Where a name has several addresses, each has failed in its own way.
    const nested = (error as { errors?: NodeJS.ErrnoException[] }).errors?.find((each) => each.code);
    const reason = (error as NodeJS.ErrnoException).code ?? nested?.code;
    if (
      (reason !== undefined && NETWORK_CODES.has(reason)) ||
      /Connection terminated|timeout exceeded|Client has encountered a connection error|not queryable/i.test(
        error.message,
      )
    ) {
      return new SqliftError('TargetUnreachable', `PostgreSQL does not answer (${reason ?? error.message})`, place);
    }
  }
  return isError(error) ? error : new Error(String(error));
}

/** Errors of Node's own making are not of our `Error` where we run in a context of our own, as under jest. */
function isError(error: unknown): error is Error {
  return error instanceof Error || types.isNativeError(error);
}

/**
 * The same for whatever went wrong while connecting, when no row is on its way yet: wrong passwords and refused encryption come as
 * plain errors of the driver's, a missing socket as ENOENT.
 */
export function connectError(error: unknown): Error {
  const known = targetError(error);
  if (known instanceof SqliftError) return known;
  if ((error as NodeJS.ErrnoException).code === 'ENOENT')
    return new SqliftError('TargetUnreachable', 'PostgreSQL does not answer (no such socket)');
  return new SqliftError('TargetAccessDenied', `cannot connect to PostgreSQL: ${known.message}`, {}, { cause: error });
}

/** What a trigger raises, under class P0 or a SQLSTATE of its own, may say anything: only PostgreSQL's own classes are quoted. */
function saidByPostgres(state: string): boolean {
  return /^(0[0-9ABFLP]|2[0-9BDF]|3[489BDF]|4[024]|5[34578]|72|F0|HV|XX)/.test(state);
}

/** The message without anything between quotes or after a colon, which is where PostgreSQL puts values. */
function scrub(message: string): string {
  return message.replaceAll(/"(?:[^"]|"")*"/g, '"…"').replace(/:[^]*/, '');
}
