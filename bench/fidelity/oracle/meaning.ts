import type { Cell } from './cell';

/**
 * Whether what PostgreSQL holds still is what SQLite held. `type` is PostgreSQL's (`format_type`), `text` what it sends in text form
 * and undefined for NULL. Written against PostgreSQL's and SQLite's documentation, not against sqlift's code, and generous: any type
 * that holds the value will do, under any of the usual readings of it. `tagged`: the column holds sqlift's tagged JSON (docs/type-mapping.md).
 * `naive`: no time in the column has a zone, so that all may be read as UTC, which is what SQLite's own functions write.
 */
export function holds(cell: Cell, type: string, text: string | null, tagged = false, naive = true): boolean {
  if (cell.storage === 'null') return text === null;
  if (text === null) return false;
  if (tagged) return holdsTagged(cell, text);
  const base = type.replace(/\(.*?\)/, '');
  switch (cell.storage) {
    case 'integer':
      return holdsInteger(cell.value, base, text);
    case 'real':
      return holdsReal(cell.value, base, text);
    case 'text':
      return !cell.broken && holdsText(cell.bytes.toString('utf8'), base, text, naive);
    case 'blob':
      return base === 'bytea' && text === `\\x${cell.bytes.toString('hex')}`;
  }
}

const TEXTS = new Set(['text', 'character varying', 'character', 'name', 'citext']);
const NUMBERS = new Set(['smallint', 'integer', 'bigint', 'numeric', 'double precision', 'real', 'oid']);
const TIMES = /^(date|timestamp with(out)? time zone)$/;

function holdsInteger(value: bigint, type: string, text: string): boolean {
  // A double prints the shortest decimal that reads back, not all its digits.
  if (type === 'double precision' || type === 'real')
    return (
      Number.isFinite(Number(text)) && BigInt(Math.trunc(Number(text))) === value && Number.isInteger(Number(text))
    );
  if (NUMBERS.has(type)) return sameDecimal(text, String(value));
  // A time may have become the ISO text of the same instant.
  if (TEXTS.has(type) || type === 'jsonb' || type === 'json')
    return text === String(value) || isInstant(value, isoOf(text));
  if (type === 'money') return holdsMoney(Number(value), text);
  if (type === 'boolean') return (text === 't' && value === 1n) || (text === 'f' && value === 0n);
  return TIMES.test(type) && isInstant(value, instantOf(text));
}

/** Whether an integer is this many seconds since 1970, counted in seconds or milliseconds. */
const isInstant = (value: bigint, seconds: number): boolean =>
  [1, 1_000].some((unit) => seconds === Number(value) / unit);

/** Seconds since 1970 of an ISO text, in quotes or not; NaN for any other text. */
function isoOf(text: string): number {
  const parts = /^"?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)Z?"?$/.exec(text);
  return parts === null ? Number.NaN : Date.parse(`${parts[1]}T${parts[2]}Z`) / 1000;
}

const holdsMoney = (value: number, text: string): boolean => Number(text.replace(/[$,]/g, '')) === value;

function holdsReal(value: number, type: string, text: string): boolean {
  if (NUMBERS.has(type) || TEXTS.has(type) || type === 'jsonb' || type === 'json') {
    if (!Number.isFinite(value)) return text === String(value);
    // A decimal may be longer than needed, but has to read back as the same double.
    return /^-?[\d.]+(e[+-]?\d+)?$/i.test(text) && Object.is(Number(text) + 0, value + 0);
  }
  if (type === 'money') return holdsMoney(value, text);
  if (TIMES.test(type)) {
    const julian = (value - 2_440_587.5) * 86_400;
    return [value, value / 1000, julian].some((seconds) => Math.abs(instantOf(text) - seconds) < 0.001);
  }
  return false;
}

function holdsText(value: string, type: string, text: string, naive: boolean): boolean {
  if (TEXTS.has(type) || type === 'json') return text === value;
  if (type === 'jsonb') return sameJson(text, value);
  if (type === 'uuid') return bare(value) === bare(text);
  if (type === 'boolean') {
    const yes = /^(true|t|yes|y|on|1)$/i.test(value);
    return yes ? text === 't' : /^(false|f|no|n|off|0)$/i.test(value) && text === 'f';
  }
  if (NUMBERS.has(type)) return /^-?\d+(\.\d+)?$/.test(value) && sameDecimal(text, value);
  if (TIMES.test(type)) return sameTime(value, type, text, naive);
  if (type.startsWith('time')) return value === text || value === `${text}.000`;
  return false;
}

const bare = (uuid: string): string => uuid.toLowerCase().replace(/[{}-]/g, '');

/** Equal as decimals: 1.50 is 1.5, 1e3 is 1000; more than a double can tell apart stays apart. */
function sameDecimal(left: string, right: string): boolean {
  const [a, b] = [decimal(left), decimal(right)];
  return a !== undefined && a === b;
}

function decimal(text: string): string | undefined {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  if (parts === null || (parts[2] ?? '') + (parts[3] ?? '') === '') return undefined;
  const digits = (parts[2] ?? '') + (parts[3] ?? '');
  const kept = digits.replace(/^0+/, '');
  if (kept === '') return '0';
  const stripped = kept.replace(/0+$/, '');
  const exponent = Number(parts[4] ?? 0) - (parts[3] ?? '').length + (kept.length - stripped.length);
  return `${parts[1] === '-' ? '-' : ''}${stripped}e${exponent}`;
}

/** Seconds since 1970 of what PostgreSQL prints for a date or timestamp (ISO style); without a zone, in UTC. */
function instantOf(text: string): number {
  const parts = /^(\d{4,6}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(?::\d\d)?)?)?$/.exec(text);
  if (parts === null) return Number.NaN;
  const zone = parts[4] === undefined ? 'Z' : parts[4].length === 3 ? `${parts[4]}:00` : parts[4];
  return Date.parse(`${parts[1]}T${parts[2] ?? '00:00:00'}${zone}`) / 1000 + Number(parts[3] ?? 0);
}

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(\.\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** An ISO date or time of the source against PostgreSQL's. A zone must not come or go: where one side alone has one, it is a guess. */
function sameTime(value: string, type: string, text: string, naive: boolean): boolean {
  const parts = ISO.exec(value);
  if (parts === null) return false;
  const hasZone = parts[5] !== undefined;
  if (type === 'date') return parts[1] === text && /^(00:00)?$/.test(parts[2] ?? '');
  if (hasZone !== (type === 'timestamp with time zone') && (hasZone || !naive)) return false;
  if ((parts[4] ?? '').length > 7 && !/^\.\d{6}0+$/.test(parts[4]!)) return false;
  const zone =
    !hasZone || parts[5] === 'Z' ? 'Z' : parts[5]!.replace(/^(...)(\d\d)$/, '$1:$2').replace(/^(...)$/, '$1:00');
  const instant =
    Date.parse(`${parts[1]}T${parts[2] ?? '00:00'}${parts[3] ?? ':00'}${zone}`) / 1000 + Number(parts[4] ?? 0);
  return Math.abs(instant - instantOf(text)) < 1e-6;
}

/** JSON text as a value that can be compared: members sorted, the last of two of the same name, numbers as decimals. */
function sameJson(left: string, right: string): boolean {
  const [a, b] = [canonicalJson(left), canonicalJson(right)];
  return a !== undefined && a === b;
}

export function canonicalJson(text: string): string | undefined {
  // Numbers become strings that no JSON string is, so that none passes through a double.
  const safe = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token.replace(/^"/, '"s') : `"n${decimal(token)}"`,
  );
  try {
    return JSON.stringify(sorted(JSON.parse(safe)));
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return members.map(([name, member]) => [name, sorted(member)]);
}

/** docs/type-mapping.md, "Tagged": integers bare, reals with a fraction, strings as strings, the rest named. */
function holdsTagged(cell: Exclude<Cell, { storage: 'null' }>, text: string): boolean {
  const named = (name: string): string | undefined => new RegExp(`^\\{"\\$${name}": ?"([^"]*)"\\}$`).exec(text)?.[1];
  switch (cell.storage) {
    case 'integer':
      return text === String(cell.value);
    case 'real': {
      const name = named('real');
      if (name !== undefined) return Object.is(Number(name), cell.value);
      const outside = Math.abs(cell.value) >= 2 ** 63;
      return /^-?\d[\d.]*$/.test(text) && (text.includes('.') || outside) && Number(text) === cell.value;
    }
    case 'blob':
      return named('blob') === cell.bytes.toString('hex');
    case 'text': {
      const hex = named('text');
      if (hex !== undefined) return hex === cell.bytes.toString('hex');
      return text.startsWith('"') && Buffer.from(JSON.parse(text) as string).equals(cell.bytes);
    }
  }
}
