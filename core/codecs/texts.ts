import { isUtf8 } from 'node:buffer';
import { bytesAt, integerAt, realAt, serialLength, textAt } from '../row';
import type { RowView } from '../row';
import type { Affinity } from '../source';
import type { Encode, Refusal } from './codec';
import { jsonbRefusal } from './json';

const NUMERIC_AFFINITIES: readonly Affinity[] = ['integer', 'real', 'numeric'];

/**
 * text and varchar(n): UTF-8 goes over byte for byte.
 * @param checked whether it is looked at first, for being valid and free of NUL, or left to PostgreSQL, which looks at it anyway
 */
export function textCodec(affinity: Affinity, maxLength?: number, checked = true): Encode {
  const numbersToo = NUMERIC_AFFINITIES.includes(affinity);
  return (row, column, out) => {
    const serial = row.serials[column]!;
    if (serial >= 13 && serial % 2 === 1) {
      const start = row.starts[column]!;
      const end = start + serialLength(serial);
      const refusal = checked ? textRefusal(row.bytes, start, end) : undefined;
      if (refusal !== undefined) return refusal;
      if (maxLength !== undefined && end - start > maxLength && codePoints(row.bytes, start, end) > maxLength)
        return 'too long';
      out.cell(row, start, end);
      return undefined;
    }
    if (serial >= 12 || !numbersToo) return 'wrong storage class';
    const text = serial === 7 ? realText(realAt(row, column)) : integerAt(row, column).toString();
    if (maxLength !== undefined && text.length > maxLength) return 'too long';
    out.textField(text);
    return undefined;
  };
}

/** What keeps these bytes from being a PostgreSQL text. Short ASCII, the common case, is checked in one loop. */
export function textRefusal(bytes: Buffer, start: number, end: number): Refusal | undefined {
  if (end - start < 48) {
    let bits = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!;
      if (byte === 0) return 'NUL byte';
      bits |= byte;
    }
    return bits > 127 && !isUtf8(bytes.subarray(start, end)) ? 'invalid UTF-8' : undefined;
  }
  const text = bytes.subarray(start, end);
  if (text.includes(0)) return 'NUL byte';
  return isUtf8(text) ? undefined : 'invalid UTF-8';
}

/** Characters as PostgreSQL counts them: bytes that do not continue a sequence. */
function codePoints(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let i = start; i < end; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++;
  return count;
}

/** A real as text: the shortest decimal that reads back the same, marked as no integer. */
export function realText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

export const byteaCodec: Encode = (row, column, out) => {
  const serial = row.serials[column]!;
  if (serial < 12 || serial % 2 === 1) return 'wrong storage class';
  const start = row.starts[column]!;
  out.cell(row, start, start + serialLength(serial));
  return undefined;
};

export const uuidCodec: Encode = (row, column, out) => {
  const serial = row.serials[column]!;
  if (serial < 12) return 'wrong storage class';
  const cell = bytesAt(row, column);
  if (serial % 2 === 0) {
    if (cell.length !== 16) return 'not a UUID';
    out.field(cell);
    return undefined;
  }
  if (cell.length !== 36) return 'not a UUID';
  const text = textAt(row, column);
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) return 'not a UUID';
  out.field(Buffer.from(text.replaceAll('-', ''), 'hex'));
  return undefined;
};

/** json keeps the text as it is; jsonb takes the same text behind a version byte and parses it on the server. */
export function jsonCodec(binary: boolean): Encode {
  return (row, column, out) => {
    const serial = row.serials[column]!;
    if (serial < 13 || serial % 2 === 0) return 'wrong storage class';
    const cell = bytesAt(row, column);
    const refusal = textRefusal(cell, 0, cell.length) ?? jsonRefusal(cell, binary);
    if (refusal !== undefined) return refusal;
    if (!binary) {
      out.field(cell);
      return undefined;
    }
    out.reserve(5 + cell.length);
    out.length = out.bytes.writeInt32BE(1 + cell.length, out.length);
    out.bytes[out.length++] = 1;
    out.length += cell.copy(out.bytes, out.length);
    return undefined;
  };
}

function jsonRefusal(cell: Buffer, binary: boolean): Refusal | undefined {
  const text = cell.toString('utf8');
  try {
    JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  return binary ? jsonbRefusal(text) : undefined;
}

/** `tagged`: any cell as jsonb, storage classes kept apart. */
export const taggedCodec: Encode = (row, column, out) => {
  const text = taggedText(row, column);
  const size = Buffer.byteLength(text);
  out.reserve(5 + size);
  out.length = out.bytes.writeInt32BE(1 + size, out.length);
  out.bytes[out.length++] = 1;
  out.length += out.bytes.write(text, out.length);
  return undefined;
};

function taggedText(row: RowView, column: number): string {
  const serial = row.serials[column]!;
  if (serial === 7) {
    const value = realAt(row, column);
    // Infinities and the zero with a sign are no numbers of JSON's.
    return Number.isFinite(value) && !Object.is(value, -0)
      ? realText(value)
      : JSON.stringify({ $real: realText(value) });
  }
  if (serial < 12) return integerAt(row, column).toString();
  const cell = bytesAt(row, column);
  if (serial % 2 === 0) return JSON.stringify({ $blob: cell.toString('hex') });
  return textRefusal(cell, 0, cell.length) === undefined
    ? JSON.stringify(cell.toString('utf8'))
    : JSON.stringify({ $text: cell.toString('hex') });
}
