import type { ColumnMapping } from '../mapping';
import { plainDecimal } from './decimal';
import { canonicalJson } from './json';
import { doubleBits } from './meaning';
import type { Meaning } from './meaning';
import { wallTime } from './zone';

/**
 * What a cell of the target means, from the text that PostgreSQL prints for it under the settings that `readBack` makes
 * (UTC, ISO dates, shortest exact floats, hex bytea). Total: a text that the type never prints means itself.
 */
export function meaningOfTarget(text: string | null, column: ColumnMapping): Meaning {
  return targetMeaning(column)(text);
}

/** The same with the column's type looked at once, for use on every row. */
export function targetMeaning(column: ColumnMapping): (text: string | null) => Meaning {
  const read = reader(column);
  return (text) => (text === null ? null : read(text));
}

function reader(column: ColumnMapping): (text: string) => string {
  switch (column.type.name) {
    case 'double precision':
      return (text) => doubleBits(Number(text));
    case 'numeric':
      return (text) => plainDecimal(text) ?? text;
    case 'bytea':
      return (text) => text.slice(2);
    case 'timestamptz':
      return column.timeZone === undefined ? (text) => text : wallTime(column.timeZone);
    case 'jsonb':
      return column.format === 'tagged' ? tagged : (text) => canonicalJson(text) ?? text;
    default:
      // PostgreSQL prints these in one way only, which is the canonical one.
      return (text) => text;
  }
}

const INT64_MAX = 2n ** 63n - 1n;

/** jsonb that keeps storage classes apart: integer, real, text, text as bytes, blob; anything else was not written by sqlift. */
function tagged(json: string): string {
  const first = json.charCodeAt(0);
  if (first === 34) return `t${JSON.parse(json) as string}`;
  if (first === 123) {
    const [entry, ...more] = Object.entries(JSON.parse(json) as Record<string, unknown>);
    if (entry !== undefined && more.length === 0 && typeof entry[1] === 'string') {
      if (entry[0] === '$real') return `r${doubleBits(Number(entry[1]))}`;
      if (entry[0] === '$text') return `x${entry[1].toLowerCase()}`;
      if (entry[0] === '$blob') return `b${entry[1].toLowerCase()}`;
    }
    return `?${json}`;
  }
  if (/^-?\d+$/.test(json)) {
    const integer = BigInt(json);
    if (integer >= -INT64_MAX - 1n && integer <= INT64_MAX) return `i${integer}`;
  }
  return /^-?\d/.test(json) ? `r${doubleBits(Number(json))}` : `?${json}`;
}
