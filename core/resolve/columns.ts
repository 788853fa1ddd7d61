import { MAX_PRECISION, MAX_VARCHAR } from '../declared';
import type { ColumnMapping, TargetType } from '../mapping';
import type { PlanColumn } from '../plan';
import type { Problems } from './problems';

/** Formats, by the types that they can be read into. */
const FORMATS = {
  iso: ['date', 'timestamp', 'timestamptz'],
  'unix-seconds': ['timestamp', 'timestamptz'],
  'unix-milliseconds': ['timestamp', 'timestamptz'],
  'julian-day': ['timestamp'],
  tagged: ['jsonb'],
} as const;

/** Whether type, format, identity and default of a column go together. */
export function checkColumn(
  where: string,
  planned: PlanColumn,
  { type, format, identity, default: value }: ColumnMapping,
  problems: Problems,
): void {
  if (format !== undefined && !(FORMATS[format] as readonly string[]).includes(type.name)) {
    problems.invalid(`${where}: format ${format} goes with ${FORMATS[format].join(' or ')}, not with ${planned.type}`);
  }
  const size = sizeProblem(type);
  if (size !== undefined) problems.invalid(`${where}: ${planned.type}: ${size}`);
  if (identity && !['bigint', 'integer', 'smallint'].includes(type.name))
    problems.invalid(`${where}: identity goes with bigint, integer or smallint, not with ${planned.type}`);
  if (identity && value !== undefined) problems.invalid(`${where}: a column has an identity or a default, not both`);
}

function sizeProblem({ length, precision, scale = 0 }: TargetType): string | undefined {
  if (length !== undefined && (length < 1 || length > MAX_VARCHAR)) return `the length is 1 to ${MAX_VARCHAR}`;
  if (precision === undefined) return undefined;
  if (precision < 1 || precision > MAX_PRECISION) return `the precision is 1 to ${MAX_PRECISION}`;
  return scale > precision ? 'the scale is at most the precision' : undefined;
}
