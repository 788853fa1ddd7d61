import { isUtf8 } from 'node:buffer';
import type { Refusal } from '../codecs/codec';
import { compileCodec } from '../codecs/column';
import { nullField } from '../codecs/if-null';
import { CopyWriter } from '../codecs/writer';
import { SqliftError } from '../errors';
import type { TypeName } from '../mapping';
import { bytesAt, integerAt, NOT_COMPUTABLE, realAt, storageClassOf, textAt } from '../row';
import type { RowView } from '../row';
import type { FeedColumn } from './feed';
import type { Value } from './value';

/** Why a cell keeps its row out of a store. */
export class Refused {
  constructor(readonly reason: Refusal) {}
}

/**
 * Compiles the reading of one column: its cell as a value, by the very codec that writes the column to PostgreSQL, so that a key is
 * the same key in every store. NULL is null, unless the column has `ifNull`.
 */
export function compileCell(column: FeedColumn): (row: RowView) => Value | Refused {
  const { index, type } = column;
  if (type === undefined) return (row) => byStorageClass(row, index);
  const encode = compileCodec({ ...column, type });
  const decode = DECODERS[type.name];
  const out = new CopyWriter(256);
  const ofNull = column.ifNull === undefined ? null : fromField(nullField(encode, column.ifNull, type), decode);
  return (row) => {
    const serial = row.serials[index]!;
    if (serial === 0) return ofNull;
    if (serial === NOT_COMPUTABLE) return new Refused('cannot be computed');
    out.length = 0;
    const refusal = encode(row, index, out);
    if (refusal !== undefined) return new Refused(refusal);
    return decode(out.bytes, out.length);
  };
}

function fromField(field: Buffer | { refusal: Refusal }, decode: Decode): Value {
  // Resolving the plan has tried it.
  if (!Buffer.isBuffer(field)) throw new SqliftError('Internal', `ifNull: ${field.refusal}`);
  return decode(field, field.length);
}

function byStorageClass(row: RowView, index: number): Value | Refused {
  if (row.serials[index] === NOT_COMPUTABLE) return new Refused('cannot be computed');
  switch (storageClassOf(row.serials[index]!)) {
    case 'null':
      return null;
    case 'integer':
      return integerAt(row, index);
    case 'real':
      return realAt(row, index);
    case 'text':
      return isUtf8(bytesAt(row, index)) ? textAt(row, index) : new Refused('invalid UTF-8');
    case 'blob':
      return new Uint8Array(bytesAt(row, index));
  }
}

/** Reads the field of a binary COPY: its length in four bytes, then the value as PostgreSQL's `send` functions write it. */
type Decode = (bytes: Buffer, end: number) => Value;

const FIRST = 4;
/** 1970-01-01 to 2000-01-01, which PostgreSQL counts from. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = BigInt(EPOCH_DAYS) * 86_400_000_000n;

const text: Decode = (bytes, end) => bytes.toString('utf8', FIRST, end);
const time =
  (type: 'timestamp' | 'timestamptz'): Decode =>
  (bytes) => ({ type, micros: bytes.readBigInt64BE(FIRST) + EPOCH_MICROS });

const DECODERS: Readonly<Record<TypeName, Decode>> = {
  bigint: (bytes) => bytes.readBigInt64BE(FIRST),
  integer: (bytes) => BigInt(bytes.readInt32BE(FIRST)),
  smallint: (bytes) => BigInt(bytes.readInt16BE(FIRST)),
  'double precision': (bytes) => bytes.readDoubleBE(FIRST),
  boolean: (bytes) => bytes[FIRST] === 1,
  text,
  varchar: text,
  bytea: (bytes, end) => Uint8Array.prototype.slice.call(bytes, FIRST, end),
  date: (bytes) => ({ type: 'date', days: bytes.readInt32BE(FIRST) + EPOCH_DAYS }),
  timestamp: time('timestamp'),
  timestamptz: time('timestamptz'),
  uuid: (bytes) =>
    bytes.toString('hex', FIRST, FIRST + 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  json: (bytes, end) => ({ type: 'json', text: bytes.toString('utf8', FIRST, end) }),
  // The version of the format stands before the text.
  jsonb: (bytes, end) => ({ type: 'json', text: bytes.toString('utf8', FIRST + 1, end) }),
  numeric: (bytes) => ({ type: 'numeric', text: decimal(bytes) }),
};

/** numeric_send: count of base-10,000 digits, weight of the first, sign, display scale, then the digits. */
function decimal(bytes: Buffer): string {
  const count = bytes.readUInt16BE(FIRST);
  const weight = bytes.readInt16BE(FIRST + 2);
  const negative = bytes.readUInt16BE(FIRST + 4) === 0x4000;
  const scale = bytes.readUInt16BE(FIRST + 6);
  const digit = (i: number) => String(i >= 0 && i < count ? bytes.readUInt16BE(FIRST + 8 + 2 * i) : 0).padStart(4, '0');
  let whole = '';
  for (let i = 0; i <= weight; i++) whole += digit(i);
  let fraction = '';
  for (let i = weight + 1; fraction.length < scale; i++) fraction += digit(i);
  const text = whole.replace(/^0+/, '') || '0';
  return `${negative ? '-' : ''}${text}${scale === 0 ? '' : `.${fraction.slice(0, scale)}`}`;
}
