/**
 * A cell on its way to a store that is not PostgreSQL. Each store writes these in its own types; null is NULL.
 *
 * 64-bit integers stay bigints, so that no digit is lost on the way to a store that has them.
 */
export type Value = boolean | bigint | number | string | Uint8Array | Typed | null;

/** What JavaScript has no type of its own for. */
export type Typed =
  /** `2026-01-31`. */
  | { type: 'date'; days: number }
  /** Microseconds since 1970-01-01; without a zone (timestamp) or in UTC (timestamptz). */
  | { type: 'timestamp' | 'timestamptz'; micros: bigint }
  /** Decimal digits, as PostgreSQL's numeric would keep them. */
  | { type: 'numeric'; text: string }
  /** A document as it stands in the source. */
  | { type: 'json'; text: string };

const DAY_MICROS = 86_400_000_000n;

/** The value as text: how PostgreSQL would print it, but for times, which are ISO 8601, and bytes, which are hex. Undefined for NULL. */
export function textOf(value: Value): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return doubleText(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  switch (value.type) {
    case 'date':
      return isoMicros(BigInt(value.days) * DAY_MICROS).slice(0, -'T00:00:00'.length);
    case 'timestamp':
      return isoMicros(value.micros);
    case 'timestamptz':
      return `${isoMicros(value.micros)}Z`;
    case 'numeric':
    case 'json':
      return value.text;
  }
}

/** Shortest decimal; of an integral double, with `.0`, so that it is no integer. */
function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** `2026-01-31T12:00:00`, with as many digits of a second's fraction as there are, up to six. Years 0 to 9999 have four digits, others a sign and six. */
function isoMicros(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, -'.000Z'.length);
  if (fraction === 0n) return seconds;
  return `${seconds}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}
