import { MAX_PRECISION, MAX_VARCHAR } from '../declared';
import { compileCodec } from '../codecs/column';
import { nullField } from '../codecs/if-null';
import { LocalTimes } from '../codecs/local-times';
import type { ColumnMapping, TargetType } from '../mapping';
import { typeSql } from '../mapping';
import type { Literal, PlanColumn } from '../plan';
import type { Problems } from './problems';

/** Formats, by the types that they can be read into. */
const FORMATS = {
  iso: ['date', 'timestamp', 'timestamptz'],
  'unix-seconds': ['timestamp', 'timestamptz'],
  'unix-milliseconds': ['timestamp', 'timestamptz'],
  'unix-microseconds': ['timestamp', 'timestamptz'],
  'unix-nanoseconds': ['timestamp', 'timestamptz'],
  'chrome-microseconds': ['timestamp', 'timestamptz'],
  'mac-seconds': ['timestamp', 'timestamptz'],
  'julian-day': ['timestamp'],
  yyyymmdd: ['date'],
  tagged: ['jsonb'],
  key: ['uuid'],
} as const;

/** Whether type, format, identity and default of a column go together. */
export function checkColumn(where: string, planned: PlanColumn, resolved: ColumnMapping, problems: Problems): void {
  const { type, format, identity, default: value, generated, ifNull } = resolved;
  if (format !== undefined && !(FORMATS[format] as readonly string[]).includes(type.name)) {
    problems.invalid(`${where}: format ${format} goes with ${FORMATS[format].join(' or ')}, not with ${planned.type}`);
  }
  const size = sizeProblem(type);
  if (size !== undefined) problems.invalid(`${where}: ${planned.type}: ${size}`);
  if (identity && !['bigint', 'integer', 'smallint'].includes(type.name))
    problems.invalid(`${where}: identity goes with bigint, integer or smallint, not with ${planned.type}`);
  if (generated !== undefined && (identity || value !== undefined))
    problems.invalid(`${where}: a generated column has no default and no identity`);
  if (identity && value !== undefined) problems.invalid(`${where}: a column has an identity or a default, not both`);
  if (planned.timeZone !== undefined && (type.name !== 'timestamptz' || (format ?? 'iso') !== 'iso'))
    problems.invalid(`${where}: timeZone goes with timestamptz of texts (format iso)`);
  if (resolved.timeZone !== undefined && !LocalTimes.knows(resolved.timeZone))
    problems.invalid(`${where}: there is no time zone ${resolved.timeZone}`);
  else if (ifNull !== undefined && format !== 'key') checkIfNull(where, resolved, ifNull, problems);
  if (planned.idMap !== undefined && format !== 'key') problems.invalid(`${where}: idMap goes with format key`);
}

function checkIfNull(where: string, column: ColumnMapping, ifNull: Literal, problems: Problems): void {
  const field = nullField(compileCodec(column), ifNull, column.type);
  if (!Buffer.isBuffer(field))
    problems.invalid(`${where}: ifNull ${JSON.stringify(ifNull)} cannot be ${typeSql(column.type)}: ${field.refusal}`);
}

function sizeProblem({ length, precision, scale = 0 }: TargetType): string | undefined {
  if (length !== undefined && (length < 1 || length > MAX_VARCHAR)) return `the length is 1 to ${MAX_VARCHAR}`;
  if (precision === undefined) return undefined;
  if (precision < 1 || precision > MAX_PRECISION) return `the precision is 1 to ${MAX_PRECISION}`;
  return scale > precision ? 'the scale is at most the precision' : undefined;
}
