import type { TargetType } from './mapping';
import { brokenTexts, valuesOf } from './evidence';
import type { ColumnEvidence, Int64 } from './evidence';
import type { SourceFormat } from './plan';
import type { Affinity } from './source';

/**
 * How many cells of a column a type would refuse, by the rules of docs/type-mapping.md. Where the evidence does not tell how
 * many of a kind (digits and lengths are known by their extremes only), all of that kind count as refused.
 */
export function refusedBy(
  type: TargetType,
  format: SourceFormat | undefined,
  evidence: ColumnEvidence,
  affinity: Affinity,
): number {
  const { integers, reals, texts, blobs } = evidence;
  const values = valuesOf(evidence);
  switch (type.name) {
    case 'bigint':
      return values - integers.count;
    case 'integer':
      return values - (within(integers, 2 ** 31) ? integers.count : 0);
    case 'smallint':
      return values - (within(integers, 2 ** 15) ? integers.count : 0);
    case 'double precision':
      return values - reals.count - (integers.count - integers.inexact);
    case 'numeric':
      return values - numericFits(type, evidence);
    case 'boolean':
      return values - integers.zeroOrOne - texts.booleans;
    case 'date':
      return values - (format === 'yyyymmdd' ? integers.count : texts.dates);
    case 'timestamp':
    case 'timestamptz':
      if (format === 'julian-day') return values - reals.count;
      if (format === 'mac-seconds') return values - integers.count - reals.count;
      if (format !== undefined && format !== 'iso') return values - integers.count;
      return values - (type.name === 'timestamp' ? texts.timestamps : texts.instants);
    case 'uuid':
      if (format === 'key') return values - integers.count - texts.count + brokenTexts(evidence);
      return values - texts.uuids - blobs.of16;
    case 'json':
      return values - texts.json.valid;
    case 'jsonb':
      return format === 'tagged' ? 0 : values - texts.json.forJsonb;
    case 'text':
      return values - textFits(evidence, affinity);
    case 'varchar':
      return values - textFits(evidence, affinity, type.length);
    case 'bytea':
      return values - blobs.count;
  }
}

function within({ min, max }: { min?: Int64; max?: Int64 }, limit: number): boolean {
  return min === undefined || max === undefined || (Number(min) >= -limit && Number(max) < limit);
}

/** The longest text of a double: -2.2250738585072014e-308. */
const REAL_LENGTH = 24;

/** @param length in characters, of a varchar */
function textFits(evidence: ColumnEvidence, affinity: Affinity, length = Infinity): number {
  const { integers, reals, texts } = evidence;
  const textsFit = (texts.maxLength ?? 0) <= length ? texts.count - brokenTexts(evidence) : 0;
  if (affinity === 'text' || affinity === 'blob') return textsFit;
  const integersFit = [integers.min, integers.max].every((value) => String(value ?? '').length <= length);
  return textsFit + (integersFit ? integers.count : 0) + (REAL_LENGTH <= length ? reals.count : 0);
}

function numericFits({ precision, scale = 0 }: TargetType, { integers, reals, texts }: ColumnEvidence): number {
  if (precision === undefined) return integers.count + reals.count - reals.nonFinite + texts.decimals.count;
  const room = precision - scale;
  const integersFit = digits(integers.min) <= room && digits(integers.max) <= room;
  const realsFit = reals.decimals <= scale && realDigits(reals.min) <= room && realDigits(reals.max) <= room;
  const textsFit = texts.decimals.whole <= room && texts.decimals.fraction <= scale;
  return (
    (integersFit ? integers.count : 0) +
    (realsFit ? reals.count - reals.nonFinite : 0) +
    (textsFit ? texts.decimals.count : 0)
  );
}

/** Digits of an integer, without its sign; 0 has none before the point that numeric(p,s) would count. */
function digits(value: Int64 | undefined): number {
  return value === undefined || value === 0 ? 0 : String(value).replace('-', '').length;
}

function realDigits(value: number | undefined): number {
  return value === undefined
    ? 0
    : digits(BigInt(Math.trunc(value)).toString() === '0' ? 0 : BigInt(Math.trunc(value)).toString());
}
