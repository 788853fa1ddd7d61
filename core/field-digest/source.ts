import { isUtf8 } from 'node:buffer';
import type { ColumnMapping } from '../mapping';
import { InvalidText } from '../meaning/meaning';
import type { SourceValue } from '../meaning/meaning';
import { sourceMeaning } from '../meaning/source';
import { bytesAt, integerAt, NOT_COMPUTABLE, realAt, serialLength, textAt } from '../row';
import type { RowView } from '../row';
import { named, unrolled } from '../unrolled';
import { fieldKind } from './field';
import type { FieldHash } from './hash';
import { daysAt, fractionAt, secondsAt } from './times';

/** Hashes what the fields of a row's columns must be in the target, so that rows of both sides that are equal have equal hashes. */
export function sourceHasher(columns: readonly ColumnMapping[]): (row: RowView, hash: FieldHash) => void {
  return unrolled(
    ['row', 'hash'],
    ['hash.begin();', ...columns.map(({ index }, i) => `field${i}(row, ${index}, hash);`), 'hash.end();'],
    named('field', columns.map(fieldHasher)),
  );
}

type HashField = (row: RowView, column: number, hash: FieldHash) => void;

function fieldHasher(column: ColumnMapping): HashField {
  switch (fieldKind(column)) {
    case 'bigint':
      return bigintField;
    case 'integer':
      return integerField;
    case 'smallint':
      return smallintField;
    case 'double':
      return doubleField;
    case 'boolean':
      return booleanField(sourceMeaning(column));
    case 'text':
      return textField(sourceMeaning(column));
    case 'bytes':
      return bytesField;
    case 'date':
      return dateField;
    case 'timestamp':
      return timestampField(sourceMeaning(column), column.type.name === 'timestamptz');
    case 'meaning':
      return meaningField(sourceMeaning(column));
  }
}

type Meaning = ReturnType<typeof sourceMeaning>;

const bigintField: HashField = (row, column, hash) => {
  const serial = row.serials[column]!;
  const at = row.starts[column]!;
  if (serial === 0) hash.null();
  else if (serial === 6) hash.eight(row.view.getInt32(at), row.view.getInt32(at + 4));
  else if (serial === 5) hash.eight(row.view.getInt16(at), row.view.getInt32(at + 2));
  else if (serial > 9 || serial === 7) hash.unholdable();
  else {
    const value = shortInteger(row, column);
    hash.eight(value < 0 ? -1 : 0, value);
  }
};

const integerField: HashField = (row, column, hash) => {
  const serial = row.serials[column]!;
  if (serial === 0) hash.null();
  else if (serial > 9 || (serial > 4 && serial < 8)) wideInteger(row, column, hash, 32, 4);
  else hash.four(shortInteger(row, column));
};

const smallintField: HashField = (row, column, hash) => {
  const serial = row.serials[column]!;
  if (serial === 0) hash.null();
  else wideInteger(row, column, hash, 16, 2);
};

/** An integer of any size, if the field of so many bits holds it. */
function wideInteger(row: RowView, column: number, hash: FieldHash, bits: number, bytes: number): void {
  const serial = row.serials[column]!;
  const value = serial > 9 || serial === 7 ? undefined : integerAt(row, column);
  if (value === undefined || BigInt.asIntN(bits, value) !== value) return hash.unholdable();
  hash.word(bytes);
  hash.word(Number(value) << (32 - bits));
}

/** An integer of at most four bytes. */
function shortInteger({ serials, starts, view }: RowView, column: number): number {
  const at = starts[column]!;
  switch (serials[column]!) {
    case 1:
      return view.getInt8(at);
    case 2:
      return view.getInt16(at);
    case 3:
      return view.getInt8(at) * 65_536 + view.getUint16(at + 1);
    case 4:
      return view.getInt32(at);
    case 8:
      return 0;
    default:
      return 1;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

const doubleField: HashField = (row, column, hash) => {
  const serial = row.serials[column]!;
  const at = row.starts[column]!;
  if (serial === 7) return hash.eight(row.view.getInt32(at), row.view.getInt32(at + 4));
  if (serial === 0) return hash.null();
  if (serial > 9) return hash.unholdable();
  const value = integerAt(row, column);
  scratch.setFloat64(0, Number(value));
  if (BigInt(Number(value)) !== value) hash.unholdable();
  else hash.eight(scratch.getInt32(0), scratch.getInt32(4));
};

function booleanField(meaning: Meaning): HashField {
  return (row, column, hash) => {
    const serial = row.serials[column]!;
    if (serial === 0) return hash.null();
    const means = serial === 9 ? 't' : serial === 8 ? 'f' : meaning(valueAt(row, column));
    if (means !== 't' && means !== 'f') return hash.unholdable();
    hash.word(1);
    hash.word(means === 't' ? 1 << 24 : 0);
  };
}

function textField(meaning: Meaning): HashField {
  return (row, column, hash) => {
    const serial = row.serials[column]!;
    if (serial >= 13 && serial % 2 === 1) {
      const start = row.starts[column]!;
      // Bytes that are no text of PostgreSQL's equal none of its fields.
      return hash.bytes(row.view, start, start + serialLength(serial));
    }
    if (serial === 0) return hash.null();
    const text = meaning(valueAt(row, column))!;
    if (text.startsWith('\0')) return hash.unholdable();
    const bytes = Buffer.from(text);
    hash.bytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  };
}

const bytesField: HashField = (row, column, hash) => {
  const serial = row.serials[column]!;
  const start = row.starts[column]!;
  if (serial === 0) hash.null();
  else if (serial < 12 || serial % 2 === 1) hash.unholdable();
  else hash.bytes(row.view, start, start + serialLength(serial));
};

const dateField: HashField = (row, column, hash) => {
  const serial = row.serials[column]!;
  if (serial === 0) return hash.null();
  const days = serial === 33 ? daysAt(row.view, row.starts[column]!) : Number.NaN;
  if (Number.isNaN(days)) hash.unholdable();
  else hash.four(days);
};

/** `YYYY-MM-DD HH:MM:SS[.f][Z]` by the bytes, every other form by its meaning. */
function timestampField(meaning: Meaning, zoned: boolean): HashField {
  const length = zoned ? 20 : 19;
  return (row, column, hash) => {
    const serial = row.serials[column]!;
    if (serial === 0) return hash.null();
    const start = row.starts[column]!;
    const { view } = row;
    if (serial >= 13 && serial % 2 === 1) {
      const size = serialLength(serial);
      const end = start + size - (zoned ? 1 : 0);
      const separator = size >= length ? view.getUint8(start + 10) : 0;
      if ((separator === 32 || separator === 84) && (!zoned || view.getUint8(end) === 90)) {
        const seconds = daysAt(view, start) * 86_400 + secondsAt(view, start + 11);
        const point = end - start === 19 || view.getUint8(start + 19) === 46;
        const micros = end - start === 19 ? 0 : fractionAt(view, start + 20, end);
        if (point && !Number.isNaN(seconds + micros)) return instant(seconds, micros, hash);
      }
    }
    const means = meaning(valueAt(row, column))!;
    const parsed = means.startsWith('\0') ? undefined : printedInstant(means);
    if (parsed === undefined) hash.unholdable();
    else hash.eight(Number(parsed >> 32n), Number(BigInt.asIntN(32, parsed)));
  };
}

/** Above this the product with a million is not exact. */
const EXACT_SECONDS = 9_000_000_000;

/** @param seconds since 2000-01-01 */
function instant(seconds: number, micros: number, hash: FieldHash): void {
  if (seconds > EXACT_SECONDS || seconds < -EXACT_SECONDS) {
    const exact = BigInt(seconds) * 1_000_000n + BigInt(micros);
    return hash.eight(Number(exact >> 32n), Number(BigInt.asIntN(32, exact)));
  }
  const total = seconds * 1_000_000 + micros;
  hash.eight(Math.floor(total / 2 ** 32), total | 0);
}

/** Microseconds since 2000-01-01 of what PostgreSQL prints in UTC. */
function printedInstant(text: string): bigint | undefined {
  const parts = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00)?( BC)?$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // 400 years later: see `daysAt`.
  const ms = Date.UTC((parts[8] === undefined ? year : 1 - year) + 400, month - 1, day, hours, minutes, seconds);
  const since = (ms - Date.UTC(2400, 0, 1)) / 1000;
  return BigInt(since) * 1_000_000n + BigInt((parts[7] ?? '').padEnd(6, '0'));
}

function meaningField(meaning: Meaning): HashField {
  return (row, column, hash) => {
    const means = row.serials[column] === NOT_COMPUTABLE ? '\0' : meaning(valueAt(row, column));
    if (means === null) hash.null();
    else hash.text(means);
  };
}

/** The cell as verification has it elsewhere. */
function valueAt(row: RowView, column: number): SourceValue {
  const serial = row.serials[column]!;
  if (serial === 0) return null;
  if (serial === 7) return realAt(row, column);
  if (serial < 12) return integerAt(row, column);
  const bytes = bytesAt(row, column);
  if (serial % 2 === 0) return bytes;
  return isUtf8(bytes) ? textAt(row, column) : new InvalidText(bytes);
}
