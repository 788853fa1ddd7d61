import { isUtf8 } from 'node:buffer';

/**
 * What a cell means in its column's target type, as a canonical string: equal meaning ⇔ equal strings. null is NULL.
 *
 * Verification makes one from the source's value and one from the text that PostgreSQL prints, and compares the two.
 * Nothing in this folder is shared with the codecs, which write what is verified here. The string is for comparing, not
 * for people: a double, for instance, is its 64 bits as four code units.
 */
export type Meaning = string | null;

/** Text of a source that is not text at all: its bytes are not valid in the file's encoding. */
export class InvalidText {
  constructor(readonly bytes: Buffer) {}
}

/** A cell as verification reads it from a snapshot: SQLite's five storage classes, and text that cannot be decoded. */
export type SourceValue = bigint | number | string | Buffer | InvalidText | null;

/**
 * Meaning of a source value that the type cannot hold. It begins with NUL, which no PostgreSQL text can contain, and is
 * longer than the four code units of a double, so that it never equals what a target cell means.
 */
export function unholdable(value: SourceValue): string {
  if (value instanceof InvalidText) return `\0invalid:${value.bytes.toString('hex')}`;
  if (Buffer.isBuffer(value)) return `\0blob:${value.toString('hex')}`;
  return `\0${typeof value}:${String(value)}`;
}

const bits = new Float64Array(1);
const units = new Uint16Array(bits.buffer);

/** The 64 bits of a double, as four UTF-16 code units: −0 is not 0, and no decimal is printed only to be compared. */
export function doubleBits(value: number): string {
  bits[0] = value;
  return String.fromCharCode(units[0]!, units[1]!, units[2]!, units[3]!);
}

/** Whether bytes are text in this encoding, and which; `undefined` when they are not. */
export function decodeText(bytes: Buffer, encoding: 'UTF-8' | 'UTF-16le' | 'UTF-16be'): string | undefined {
  if (encoding === 'UTF-8') return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  if (bytes.length % 2 !== 0) return undefined;
  const text = (encoding === 'UTF-16le' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le');
  return hasLoneSurrogate(text) ? undefined : text;
}

/** Half a surrogate pair is no character: neither UTF-8 nor PostgreSQL can hold it. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
