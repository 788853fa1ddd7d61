import type { Intent } from './declared';
import { valuesOf } from './evidence';
import type { ColumnEvidence } from './evidence';
import type { SourceFormat } from './plan';
import type { SourceColumn } from './source';

/** A meaning that all values of a column share, though its declared type does not say so. */
export interface Meaning {
  /** As in a plan. */
  type: string;
  format?: SourceFormat;
}

/** One or two values may look like anything. */
const FEWEST = 3;

/** Times from 2001 to 2100, in seconds since 1970. Any other number is too likely something else. */
const [EARLIEST, LATEST] = [978_307_200, 4_102_444_800];
/** The same in days of the Julian calendar. */
const JULIAN_DAYS = [2_451_910.5, 2_488_069.5] as const;
/** From 1601, where Chrome and Windows begin, to 1970. */
const SECONDS_BEFORE_1970 = 11_644_473_600;

/** Formats of integers by their unit in a second, and where they begin, in seconds before 1970. No two ranges overlap. */
const EPOCHS: readonly (readonly [SourceFormat, unit: number, before: number])[] = [
  ['unix-seconds', 1, 0],
  ['unix-milliseconds', 1e3, 0],
  ['unix-microseconds', 1e6, 0],
  ['unix-nanoseconds', 1e9, 0],
  ['chrome-microseconds', 1e6, SECONDS_BEFORE_1970],
];

/** Columns called `created_at`, `updatedAt`, `last_seen`, `expires`, `date_added`, `mtime`, `ts` … */
const TIME_NAME =
  /(^|_)(at|on|date|datetime|time|timestamp|ts|created|updated|modified|changed|deleted|added|accessed|visited|seen|since|until|expires?|expiry|expiration|epoch|[acm]time)($|_)/;
/** `is_admin`, `has_children`, `enabled`, `deleted` … */
const FLAG_NAME =
  /^(is|has|can|should|was|did|use|allow|enable|show|hide)_|(^|_)(flag|enabled|disabled|active|inactive|deleted|archived|hidden|visible|public|private|locked|pinned|starred|favou?rite|verified|confirmed|completed|done|read|paid|required|optional)$/;
const ID_NAME = /(^|_)(uu|gu)?id$/;
/** Numbers with points that are none: 1.10 is not 1.1. */
const VERSION_NAME = /version|release|revision|(^|_)ip($|_)/;

/**
 * What a column could become beyond what it declares, when every value of it would fit. Numbers need a name, or a declared type,
 * that says what they are.
 */
export function meaningOf(
  column: SourceColumn,
  intent: Intent,
  type: string,
  evidence: ColumnEvidence,
): Meaning | undefined {
  const { integers, reals, texts, blobs } = evidence;
  const values = valuesOf(evidence);
  const name = snakeCase(column.name);
  const declaredTime = intent.kind === 'timestamp' || intent.kind === 'date';
  const enough = declaredTime || values >= FEWEST;
  if (!enough) return undefined;
  if (integers.count === values && type === 'bigint') {
    const format = declaredTime || TIME_NAME.test(name) ? epochOf(evidence) : undefined;
    if (format !== undefined) return { type: 'timestamptz', format };
    const isFlag = /^TINYINT ?\(1\)$/i.test(column.declared.trim()) || FLAG_NAME.test(name);
    // Where all are alike, they may as well be numbers.
    const both = integers.zeroOrOne === values && integers.min !== integers.max;
    return isFlag && both ? { type: 'boolean' } : undefined;
  }
  if (reals.count === values && type === 'double precision') {
    const days = reals.min !== undefined && reals.min >= JULIAN_DAYS[0] && reals.max! < JULIAN_DAYS[1];
    const isTime = declaredTime || TIME_NAME.test(name) || /julian|(^|_)jd$/.test(name);
    return days && isTime && reals.nonFinite === 0 ? { type: 'timestamp', format: 'julian-day' } : undefined;
  }
  if (values < FEWEST) return undefined;
  if (blobs.count === values && type === 'bytea')
    return blobs.of16 === values && ID_NAME.test(name) ? { type: 'uuid' } : undefined;
  if (texts.count !== values || !(type === 'text' || type.startsWith('varchar'))) return undefined;
  if (texts.dates === values) return { type: 'date' };
  if (texts.timestamps === values) return { type: 'timestamp' };
  if (texts.instants === values) return { type: 'timestamptz' };
  if (texts.uuids === values) return { type: 'uuid' };
  if (texts.json.forJsonb === values) return { type: 'jsonb' };
  // Digits alone are more often numbers, or names of things.
  if (texts.booleans === values && texts.integers === 0) return { type: 'boolean' };
  const isNumber = texts.decimals.count === values && texts.decimals.fraction > 0 && !VERSION_NAME.test(name);
  return isNumber ? { type: 'numeric' } : undefined;
}

function epochOf({ integers }: ColumnEvidence): SourceFormat | undefined {
  const [min, max] = [Number(integers.min), Number(integers.max)];
  return EPOCHS.find(([, unit, before]) => min >= (EARLIEST! + before) * unit && max < (LATEST! + before) * unit)?.[0];
}

function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
}
