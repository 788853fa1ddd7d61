import type { ColumnEvidence, Int64, TextEvidence } from './evidence';
import { valuesOf } from './evidence';

/** `DATETIME: 412 texts of 19 characters, all timestamps; 3 NULL`: a column's evidence in one line. */
export function describeEvidence(declared: string, evidence: ColumnEvidence): string {
  const { integers, reals, texts, blobs, nulls } = evidence;
  const parts: string[] = [];
  if (integers.count > 0)
    parts.push(`${plural(integers.count, 'integer')}${range(integers.count, integers.min, integers.max)}`);
  if (reals.count > 0) {
    const infinite = reals.nonFinite > 0 ? `, ${number(reals.nonFinite)} infinite` : '';
    const finite =
      reals.min === undefined ? '' : `${range(reals.count, reals.min, reals.max)}, ${decimals(reals.decimals)}`;
    parts.push(`${plural(reals.count, 'real')}${finite}${infinite}`);
  }
  if (texts.count > 0) parts.push(describeTexts(texts));
  if (blobs.count > 0) parts.push(`${plural(blobs.count, 'blob')} of up to ${plural(blobs.maxBytes, 'byte')}`);
  if (nulls > 0) parts.push(`${number(nulls)} NULL`);
  const found = valuesOf(evidence) + nulls === 0 ? 'no rows' : parts.join('; ');
  return `${declared.trim().replace(/\s+/g, ' ') || 'no type'}: ${found}`;
}

function describeTexts(texts: TextEvidence): string {
  const { count, minLength, maxLength, empty, invalidUtf8, withNul } = texts;
  if (empty === count) return plural(count, 'empty text');
  const length = minLength === maxLength ? number(maxLength!) : `${number(minLength!)} to ${number(maxLength!)}`;
  const parts = [`${plural(count, 'text')} of ${length} character${maxLength === 1 ? '' : 's'}`];
  const shapes = describeShapes(texts);
  if (shapes !== undefined) parts.push(shapes);
  if (empty > 0) parts.push(`${number(empty)} empty`);
  if (invalidUtf8 > 0) parts.push(`${number(invalidUtf8)} not UTF-8`);
  if (withNul > 0) parts.push(`${number(withNul)} with NUL bytes`);
  return parts.join(', ');
}

/** The shape that all non-empty texts have; where only some have one, how many. One-letter words and numbers count only if all are so. */
function describeShapes(texts: TextEvidence): string | undefined {
  const full = texts.count - texts.empty;
  if (full === 0) return undefined;
  const all = (found: number) => found === full;
  if (all(texts.dates)) return 'all dates';
  if (all(texts.timestamps)) return 'all timestamps';
  if (all(texts.instants)) return 'all timestamps with zone';
  if (all(texts.uuids)) return 'all UUIDs';
  if (all(texts.json.valid)) return 'all JSON';
  if (all(texts.booleans)) return 'all booleans';
  if (all(texts.integers)) return 'all digits';
  if (all(texts.decimals.count)) return 'all decimal numbers';
  const some = [
    [texts.timestamps - texts.dates, 'timestamp'],
    [texts.dates, 'date'],
    [texts.instants, 'timestamp with zone'],
  ] as const;
  const found = some
    .filter(([times]) => times > 0)
    .map(([times, name]) => (name.includes(' ') ? `${number(times)} timestamps with zone` : plural(times, name)));
  return found.length > 0 ? found.join(', ') : undefined;
}

function range(count: number, min: Int64 | undefined, max: Int64 | undefined): string {
  if (min !== max) return ` from ${min} to ${max}`;
  return count === 1 ? `, ${min}` : `, all ${min}`;
}

function decimals(count: number): string {
  return count >= 16 ? '16 or more decimals' : plural(count, 'decimal');
}

/** `1,234 rows`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
