import { isUtf8 } from 'node:buffer';
import { jsonbRefusal } from './codecs/json';
import { compileCodec } from './codecs/column';
import { realText } from './codecs/texts';
import { CopyWriter } from './codecs/writer';
import { parseType } from './mapping';
import type { TargetType } from './mapping';
import type { SourceFormat } from './plan';
import { rowOfOne } from './row';
import type { RowView } from './row';
import { coerced } from './sql/coerce';
import { translateValue } from './sql/expression';
import { unwrapped } from './sql/quote';
import type { Affinity } from './source';

/** A default in PostgreSQL's SQL, or why there is none. `sql` is absent for NULL, which needs no clause. */
export type CarriedDefault = { sql?: string } | { reason: string };

/** A value as SQLite would store it. */
type Value =
  | { class: 'integer'; value: bigint }
  | { class: 'real'; value: number }
  | { class: 'text'; value: string }
  | { class: 'blob'; value: Buffer };

const NUMBER = /^([+-]*)\s*(\d+(?:_\d+)*)?(\.\d*)?(?:e([+-]?\d+))?$/i;

/**
 * Translates the text of a DEFAULT clause: a literal, the time of day or the date, or an expression that has an equal. The
 * value takes the column's affinity first, as in SQLite, and then has to be one that the chosen type accepts.
 */
export function carryDefault(
  text: string,
  target: { type: string; format?: SourceFormat },
  affinity: Affinity,
): CarriedDefault {
  const type = parseType(target.type);
  const literal = withoutParentheses(text.trim());
  const word = literal.toUpperCase();
  if (word === 'NULL') return {};
  if (word === 'CURRENT_TIMESTAMP' || word === 'CURRENT_DATE' || word === 'CURRENT_TIME')
    return currentTime(word, type, target.format);
  const now = NOW.find(([pattern]) => pattern.test(unwrapped(literal).trim()))?.[1];
  if (now !== undefined) return currentTime(now, type, target.format);
  const value = parseLiteral(literal) ?? constantOf(literal);
  if (value === undefined) return carryExpression(text, target, affinity);
  const stored = withAffinity(value, affinity);
  const sql = accepted(stored, type, target.format, affinity) ? valueSql(stored, type, target.format) : undefined;
  return sql === undefined ? { reason: `${shorten(text)} is not a value of type ${target.type}` } : { sql };
}

/** Calls that give what the words give. */
const NOW = [
  [/^datetime\s*\(\s*('now'\s*)?\)$/i, 'CURRENT_TIMESTAMP'],
  [/^date\s*\(\s*('now'\s*)?\)$/i, 'CURRENT_DATE'],
  [/^time\s*\(\s*('now'\s*)?\)$/i, 'CURRENT_TIME'],
] as const;

/** A default has no columns to refer to. */
const NO_COLUMNS = { utf8: true, column: () => undefined };

/** The value of an expression such as `1 + 1`. */
function constantOf(text: string): Value | undefined {
  const result = translateValue(text, NO_COLUMNS);
  if ('reason' in result || result.operand.constant === undefined) return undefined;
  const { constant } = result.operand;
  if (typeof constant === 'bigint') return { class: 'integer', value: constant };
  return typeof constant === 'number' ? { class: 'real', value: constant } : { class: 'text', value: constant };
}

function carryExpression(
  text: string,
  target: { type: string; format?: SourceFormat },
  affinity: Affinity,
): CarriedDefault {
  const result = translateValue(text, NO_COLUMNS);
  if ('reason' in result) return { reason: `the expression ${shorten(text)} is not translated: ${result.reason}` };
  const sql = coerced(result.operand, parseType(target.type), target.format, affinity);
  return sql === undefined ? { reason: `${shorten(text)} is not a value of type ${target.type}` } : { sql: `(${sql})` };
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Removes pairs of parentheses around the whole expression. */
function withoutParentheses(text: string): string {
  const inner = /^\(([\s\S]*)\)$/.exec(text)?.[1];
  // `(1) + (2)` begins and ends with parentheses, too, but they are not a pair; no literal has parentheses outside of quotes.
  return inner === undefined || /^[^'"]*[()]/.test(inner.replace(/^\s*\(|\)\s*$/g, ''))
    ? text
    : withoutParentheses(inner.trim());
}

function parseLiteral(text: string): Value | undefined {
  const quoted = /^(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\])$/.exec(text);
  if (quoted !== null) {
    const [, single, double, back, bracket] = quoted;
    const value =
      single?.replaceAll("''", "'") ?? double?.replaceAll('""', '"') ?? back?.replaceAll('``', '`') ?? bracket!;
    return { class: 'text', value };
  }
  const blob = /^x'((?:[0-9a-f]{2})*)'$/i.exec(text);
  if (blob !== null) return { class: 'blob', value: Buffer.from(blob[1]!, 'hex') };
  const hex = /^([+-]?)\s*(0x[0-9a-f]+)$/i.exec(text);
  if (hex !== null) {
    const value = BigInt.asIntN(64, BigInt(hex[2]!));
    return { class: 'integer', value: hex[1] === '-' ? -value : value };
  }
  if (/^(true|false)$/i.test(text)) return { class: 'integer', value: text.length === 4 ? 1n : 0n };
  const number = NUMBER.exec(text);
  if (number !== null && (number[2] !== undefined || (number[3]?.length ?? 0) > 1)) return parseNumber(number);
  // A bare word is a string to SQLite: DEFAULT draft.
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(text) ? { class: 'text', value: text } : undefined;
}

function parseNumber([, signs, whole = '0', fraction, exponent]: RegExpExecArray): Value {
  const digits = whole.replaceAll('_', '');
  const negative = (signs!.match(/-/g)?.length ?? 0) % 2 === 1;
  if (fraction === undefined && exponent === undefined) {
    const value = negative ? -BigInt(digits) : BigInt(digits);
    if (BigInt.asIntN(64, value) === value) return { class: 'integer', value };
  }
  const value = Number(`${digits}${fraction ?? ''}e${exponent ?? '0'}`);
  return { class: 'real', value: negative ? -value : value };
}

function withAffinity(value: Value, affinity: Affinity): Value {
  if (affinity === 'text' && (value.class === 'integer' || value.class === 'real')) {
    return { class: 'text', value: value.class === 'real' ? realText(value.value) : value.value.toString() };
  }
  if (affinity === 'text' || affinity === 'blob') return value;
  let number: Value = value;
  if (value.class === 'text') {
    const parsed = NUMBER.exec(value.value.trim());
    if (parsed === null || (parsed[2] === undefined && (parsed[3]?.length ?? 0) < 2) || parsed[1]!.length > 1)
      return value;
    number = parseNumber(parsed);
  }
  if (number.class === 'integer' && affinity === 'real') return { class: 'real', value: Number(number.value) };
  if (number.class === 'real' && affinity !== 'real' && Number.isSafeInteger(number.value))
    return { class: 'integer', value: BigInt(number.value) };
  return number;
}

/** Asks the column's own codec, so that a default is a value that the column could have been loaded with. */
function accepted(value: Value, type: TargetType, format: SourceFormat | undefined, affinity: Affinity): boolean {
  const encode = compileCodec({
    source: '',
    index: 0,
    target: '',
    type,
    ...(format && { format }),
    affinity,
    notNull: false,
    identity: false,
  });
  return encode(rowOf(value), 0, new CopyWriter(256)) === undefined;
}

function rowOf(value: Value): RowView {
  let bytes: Buffer;
  let serial: number;
  if (value.class === 'integer' || value.class === 'real') {
    bytes = Buffer.alloc(8);
    if (value.class === 'integer') bytes.writeBigInt64BE(value.value);
    else bytes.writeDoubleBE(value.value);
    serial = value.class === 'integer' ? 6 : 7;
  } else {
    bytes = Buffer.from(value.value as string);
    serial = bytes.length * 2 + (value.class === 'text' ? 13 : 12);
  }
  return rowOfOne(serial, bytes);
}

function valueSql(value: Value, type: TargetType, format: SourceFormat | undefined): string | undefined {
  // A time that the source keeps as a number has no literal of its own in PostgreSQL.
  if (format === 'unix-seconds' || format === 'unix-milliseconds' || format === 'julian-day') return undefined;
  if (format === 'tagged') return taggedSql(value);
  switch (type.name) {
    case 'boolean':
      return /^(1|t|true|y|yes|on)$/i.test(String(value.value)) ? 'true' : 'false';
    case 'bytea':
      return `'\\x${(value.value as Buffer).toString('hex')}'::bytea`;
    case 'uuid':
      return value.class === 'blob' ? `'${value.value.toString('hex')}'::uuid` : quote(String(value.value));
    case 'double precision':
      return typeof value.value === 'number' && !Number.isFinite(value.value)
        ? `'${value.value}'::double precision`
        : String(value.value);
    case 'text':
    case 'varchar':
      return quote(value.class === 'real' ? realText(value.value) : String(value.value));
    case 'bigint':
    case 'integer':
    case 'smallint':
    case 'numeric':
      return String(value.value);
    default:
      return quote(String(value.value));
  }
}

function taggedSql(value: Value): string | undefined {
  if (value.class === 'integer') return `'${value.value}'::jsonb`;
  if (value.class === 'real') return Number.isFinite(value.value) ? `'${realText(value.value)}'::jsonb` : undefined;
  if (value.class === 'blob') return `'{"$blob": "${value.value.toString('hex')}"}'::jsonb`;
  const text = JSON.stringify(value.value);
  return isUtf8(Buffer.from(value.value)) && jsonbRefusal(text) === undefined ? `${quote(text)}::jsonb` : undefined;
}

/** A string literal; backslashes mean themselves, as standard_conforming_strings has it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const UTC = `(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')`;

/** SQLite's clock is UTC and its timestamps end with the second. */
function currentTime(word: string, type: TargetType, format: SourceFormat | undefined): CarriedDefault {
  const pattern = {
    CURRENT_TIMESTAMP: 'YYYY-MM-DD HH24:MI:SS',
    CURRENT_DATE: 'YYYY-MM-DD',
    CURRENT_TIME: 'HH24:MI:SS',
  }[word]!;
  if (type.name === 'text' || (type.name === 'varchar' && type.length! >= pattern.replace('24', '').length)) {
    return { sql: `to_char(CURRENT_TIMESTAMP AT TIME ZONE 'UTC', '${pattern}')` };
  }
  const isIso = format === undefined || format === 'iso';
  if (isIso && word === 'CURRENT_TIMESTAMP' && type.name === 'timestamp')
    return { sql: `date_trunc('second', CURRENT_TIMESTAMP AT TIME ZONE 'UTC')` };
  if (isIso && word === 'CURRENT_TIMESTAMP' && type.name === 'timestamptz')
    return { sql: `date_trunc('second', CURRENT_TIMESTAMP)` };
  if (isIso && word === 'CURRENT_DATE' && type.name === 'date') return { sql: `${UTC}::date` };
  if (isIso && word === 'CURRENT_DATE' && type.name === 'timestamp')
    return { sql: `date_trunc('day', CURRENT_TIMESTAMP AT TIME ZONE 'UTC')` };
  return { reason: `${word} is not a value of type ${type.name}` };
}
