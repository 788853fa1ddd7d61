import type { FileRefusal } from '../../core/file-refusals';
import type { SoundScan } from './json-scan';

/** One document, line or element of a file: a row, if it can be read. */
export type FileRecord = SoundRecord | RefusedRecord;

export interface SoundRecord {
  /** Where it begins in the file, from 1. */
  line: number;
  /** The document as JSON (RFC 8259). Of JSON it is the text as it stands in the file; no number has been a double. */
  json: string;
  /** The same, looked at, where that has been done already. */
  scan?: SoundScan;
  /** What follows the front matter of a Markdown file. */
  body?: string;
}

export interface RefusedRecord {
  /** Where it goes wrong, or else where it begins. */
  line: number;
  reason: FileRefusal;
  /** The bytes, in UTF-8 where the file is in UTF-16; at most `RAW_BYTES` of them. */
  raw: Buffer;
}

/** The longest document, line or element that is read. V8's strings end at twice this. */
export const RECORD_BYTES = 256 << 20;
/** How much of a refused one is kept. */
export const RAW_BYTES = 16 << 20;

export function refused(line: number, reason: FileRefusal, raw: Buffer): RefusedRecord {
  return { line, reason, raw: Buffer.from(raw.subarray(0, RAW_BYTES)) };
}

/** Line breaks in a text up to an offset. */
export function breaksBefore(text: string, offset: number): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
