import type { ColumnMapping } from '../mapping';
import { decimalOfDouble } from './decimal';
import { InvalidText } from './meaning';
import type { SourceValue } from './meaning';
import { sourceMeaning, valueOf } from './source';
import { wallTime } from './zone';

/** What source values are as text in stores that have no column types, and as moments. Shares nothing with the codecs. */

type Column = Omit<ColumnMapping, 'type'> & { type?: ColumnMapping['type'] };

/** The text that a value becomes inside of a key or a template, or its bytes; null for NULL, undefined when it should not have come so far. */
export function sourceText(column: Column): (value: SourceValue) => string | Buffer | null | undefined {
  const { type, ifNull } = column;
  if (type === undefined) return untypedText;
  const meaning = sourceMeaning({ ...column, type });
  const ofNull = ifNull === undefined ? null : valueOf(ifNull, type.name);
  return (given) => {
    const value = given ?? ofNull;
    if (value === null) return null;
    const means = meaning(value);
    // What the type cannot hold; a double is four code units, which may begin like that.
    if (means === null || (means.startsWith('\0') && means.length > 4)) return undefined;
    switch (type.name) {
      case 'double precision':
        return realText(Number(value));
      case 'numeric':
        return decimalText(value);
      case 'boolean':
        return means === 't' ? 'true' : 'false';
      case 'bytea':
        return value as Buffer;
      case 'timestamp':
        return means.replace(' ', 'T');
      case 'timestamptz':
        return isoText(instantOf(means, column.timeZone));
      case 'json':
      case 'jsonb':
        return typeof value === 'string' ? value : undefined;
      default:
        return means;
    }
  };
}

/** The moment that a value is, in milliseconds since 1970, cut off; undefined for NULL. A number is one already; a time without a zone is UTC. */
export function sourceMilliseconds(column: Column): (value: SourceValue) => number | undefined {
  const { type, timeZone } = column;
  const meaning = type === undefined ? undefined : sourceMeaning({ ...column, type });
  return (value) => {
    const means = meaning === undefined ? value : meaning(value);
    if (means === null) return undefined;
    if (typeof means === 'bigint') return Number(means);
    if (typeof means === 'number') return Math.floor(means);
    if (typeof means !== 'string') return undefined;
    if (type?.name === 'double precision') return Math.floor(Number(value));
    if (/^-?\d+$/.test(means)) return Number(means);
    if (type?.name === 'date') return Date.parse(`${means}T00:00:00Z`);
    const micros = instantOf(means, timeZone);
    return Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n);
  };
}

function untypedText(value: SourceValue): string | Buffer | null | undefined {
  if (typeof value === 'number') return realText(value);
  if (typeof value === 'bigint') return String(value);
  return value instanceof InvalidText ? undefined : value;
}

/** Shortest decimal of a double, in a form that no integer has. */
function realText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** As many decimals as the source has. */
function decimalText(value: Exclude<SourceValue, null>): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return decimalOfDouble(value);
  if (typeof value !== 'string') return undefined;
  const [, sign, digits] = /^(-?)0*(\d.*)$/.exec(value) ?? [];
  if (digits === undefined) return undefined;
  return /[1-9]/.test(digits) ? `${sign}${digits}` : digits;
}

/** Microseconds since 1970 of a time as `sourceMeaning` has it: in UTC, or by the clocks of its zone. */
function instantOf(means: string, timeZone: string | undefined): bigint {
  const wanted = microsOf(means);
  if (timeZone === undefined) return wanted;
  const clock = wallTime(timeZone);
  let instant = wanted;
  // The second guess has the zone's own offset, the third that of a change of clocks near by.
  for (let i = 0; i < 3; i++) instant += wanted - microsOf(clock(printed(instant)));
  return instant;
}

function microsOf(text: string): bigint {
  const [, day, time, fraction = ''] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(text) ?? [];
  return BigInt(Date.parse(`${day}T${time}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** As PostgreSQL prints a timestamptz in UTC. */
function printed(micros: bigint): string {
  return `${isoText(micros).slice(0, -1).replace('T', ' ')}+00`;
}

function isoText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((micros - fraction) / 1000n)).toISOString().slice(0, -'.000Z'.length);
  return `${seconds}${fraction === 0n ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`}Z`;
}
