import type { Colors } from 'picocolors/types';
import { ERRORS, SqliftError } from '../core/errors';
import type { ErrorCode, ErrorPlace } from '../core/errors';
import type { RunError } from '../core/run';
import { redact } from './redact';

/** The one place where errors become terminal output and exit codes. */

export interface RenderOptions {
  colors: Colors;
  /** With stacks and causes. */
  debug: boolean;
  /** How this program is called here, for example `./sqlift`. */
  command: string;
}

/** Ends the command with this exit code; what was to be said has been said. */
export class ExitWith extends Error {
  constructor(readonly exitCode: number) {
    super(`exit ${exitCode}`);
  }
}

/** `error[Code]: message`, its place, what to do and where to read more; several lines without a line end. */
export function renderError(error: unknown, { colors, debug, command }: RenderOptions): string {
  const known = asSqliftError(error);
  const lines = [`${colors.red(colors.bold(`error[${known.code}]`))}: ${known.message}`];
  const place = placeText(known.place);
  if (place !== '') lines.push(`  ${colors.dim('at')} ${place}`);
  lines.push(`  ${colors.dim('help:')} ${known.hint.replaceAll('`sqlift ', `\`${command} `)}`);
  lines.push(`  ${colors.dim(`docs: ${docsAnchor(known.code)}`)}`);
  if (debug) lines.push(...stacks(error).map((stack) => colors.dim(stack)));
  return redact(lines.join('\n'));
}

/** What a run says went wrong, printed like an error of the command itself. */
export function renderRunError(error: RunError, options: RenderOptions): string {
  const known = Object.assign(fromCode(error.code, error.message, error.place as ErrorPlace), {});
  const left = (error.left ?? []).map((name) => `  left behind: ${name}`);
  return [renderError(known, { ...options, debug: false }), ...left].join('\n');
}

/** Exit code of an error: its row in the table. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ExitWith) return error.exitCode;
  return ERRORS[asSqliftError(error).code].exit;
}

/** Exit code of a run that ended with this error. */
export function exitCodeOfRun(code: string): number {
  return isErrorCode(code) ? ERRORS[code].exit : 1;
}

/** Anything thrown, as a SqliftError: failures of workflows and activities carry the code as their type; the rest is Internal. */
export function asSqliftError(error: unknown): SqliftError {
  if (error instanceof SqliftError) return error;
  const failure = innermost(error);
  if (failure !== undefined) return failure;
  const { message, code } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error), code: undefined };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new SqliftError('DiskFull', message, {}, { cause: error });
  return new SqliftError('Internal', message || 'unknown error', {}, { cause: error });
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function fromCode(code: string, message: string, place: ErrorPlace): SqliftError {
  return isErrorCode(code)
    ? new SqliftError(code, message, place)
    : new SqliftError('Internal', `${code}: ${message}`, place);
}

/** Walks the causes of a Temporal failure to the ApplicationFailure that `activities/failure.ts` made. Duck-typed: the SDK is not loaded here. */
function innermost(error: unknown): SqliftError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof SqliftError) return at;
    const { type, details } = at as { type?: unknown; details?: unknown };
    if (at.name === 'ApplicationFailure' && typeof type === 'string' && isErrorCode(type)) {
      const place = Array.isArray(details) ? (details[0] as { place?: ErrorPlace } | undefined)?.place : undefined;
      return new SqliftError(type, at.message, place ?? {}, { cause: error });
    }
  }
  return undefined;
}

function placeText({ file, line, column, source, table, field, server, sqlstate }: ErrorPlace): string {
  const position = [line, column].filter((part) => part !== undefined).join(':');
  const parts = [
    file === undefined ? '' : position === '' ? file : `${file}:${position}`,
    source === undefined ? '' : `source ${source}`,
    table === undefined ? '' : `table ${table}`,
    field === undefined ? '' : `column ${field}`,
    server === undefined ? '' : `server ${server}`,
    sqlstate === undefined ? '' : `SQLSTATE ${sqlstate}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** Where the code is explained. */
export function docsAnchor(code: ErrorCode): string {
  return `docs/errors.md#${code.toLowerCase()}`;
}

function stacks(error: unknown): string[] {
  const found: string[] = [];
  for (let at = error; at instanceof Error && found.length < 5; at = at.cause) found.push(at.stack ?? at.message);
  return found;
}
