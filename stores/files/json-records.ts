import { isUtf8 } from 'node:buffer';
import { UNFINISHED_LINE } from '../../core/file-refusals';
import { scanJson } from './json-scan';
import { RAW_BYTES, RECORD_BYTES, breaksBefore, refused } from './records';
import type { FileRecord } from './records';

/*
 * Records of JSON files, out of pieces of UTF-8. Files may be larger than memory: what is held at a time is one line, or one
 * element of an array, or a document that is no array of objects.
 */

const [LF, CR, SPACE, TAB] = [0x0a, 0x0d, 0x20, 0x09];
const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** A line each, blank ones left out. The last one, when no line break follows and it cannot be read, is unfinished. */
export function* jsonLines(pieces: Iterable<Buffer>): Generator<FileRecord, void> {
  const held = new Held();
  let line = 1;
  for (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(LF); end >= 0; end = piece.indexOf(LF, start)) {
      held.add(piece.subarray(start, end));
      const found = recordOf(held.take(), line);
      if (found !== undefined) yield found;
      line += 1;
      start = end + 1;
    }
    held.add(piece.subarray(start));
  }
  const last = recordOf(held.take(), line);
  if (last !== undefined) yield 'reason' in last ? { ...last, reason: UNFINISHED_LINE } : last;
}

/** The elements of an array that begins with an object; else the document as one record. An empty array has no records. */
export function* jsonDocument(pieces: Iterable<Buffer>): Generator<FileRecord, void> {
  const iterator = pieces[Symbol.iterator]();
  const head: Buffer[] = [];
  let first = '';
  // Nearly always the first piece shows what the document begins with.
  while (first.length < 2) {
    const next = iterator.next();
    if (next.done === true) break;
    head.push(next.value);
    first += firstTwo(next.value);
  }
  function* all(): Generator<Buffer, void> {
    yield* head;
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
  }
  yield* first.startsWith('[{') ? elements(all()) : single(all());
}

/** At most two characters that are no spaces. */
function firstTwo(piece: Buffer): string {
  let found = '';
  for (let i = 0; i < piece.length && found.length < 2; i++)
    if (!isSpace(piece[i]!)) found += String.fromCharCode(piece[i]!);
  return found;
}

function* single(pieces: Iterable<Buffer>): Generator<FileRecord, void> {
  const held = new Held();
  for (const piece of pieces) held.add(piece);
  const found = recordOf(held.take(), 1);
  if (found === undefined) yield refused(1, 'empty file', Buffer.alloc(0));
  else if ('reason' in found || !/^\s*\[\s*\]\s*$/.test(found.json)) yield found;
}

/**
 * An element that can be told from its neighbours is refused by itself. From where the array itself goes wrong, all the rest of
 * the file is one refused record.
 */
function* elements(pieces: Iterable<Buffer>): Generator<FileRecord, void> {
  const held = new Held();
  let line = 1;
  /** Where the element begins, or what follows the array. */
  let begin = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let state: 'in the array' | 'behind it' | 'broken' = 'in the array';
  for (const piece of pieces) {
    let start = 0;
    for (let i = 0; i < piece.length && state !== 'broken'; i++) {
      const byte = piece[i]!;
      if (byte === LF) line += 1;
      if (state === 'behind it') {
        if (isSpace(byte)) continue;
        state = 'broken';
        begin = line;
        start = i;
      } else if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth += 1;
        if (depth === 1) start = i + 1;
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || (byte === COMMA && depth === 1)) {
        if (byte !== COMMA) depth -= 1;
        if (depth > 0 && byte !== COMMA) continue;
        held.add(piece.subarray(start, i));
        yield recordOf(held.take(), begin) ?? refused(line, 'not JSON', Buffer.alloc(0));
        begin = line;
        start = i + 1;
        if (byte === COMMA) continue;
        state = byte === CLOSE_ARRAY ? 'behind it' : 'broken';
        if (state === 'broken') start = i;
      }
    }
    if (state !== 'behind it') held.add(piece.subarray(start));
  }
  const rest = held.take().bytes;
  if (state === 'in the array') yield refused(begin + breaksIn(rest, skipSpaces(rest)), 'not JSON', rest);
  else if (state === 'broken')
    yield refused(
      begin,
      /^[[{"]/.test(rest.toString('latin1', 0, 1)) ? 'several JSON documents in one' : 'not JSON',
      rest,
    );
}

/** Undefined when there is nothing but spaces. */
function recordOf({ bytes, tooLong }: { bytes: Buffer; tooLong: boolean }, line: number): FileRecord | undefined {
  const start = skipSpaces(bytes);
  let end = bytes.length;
  while (end > start && isSpace(bytes[end - 1]!)) end -= 1;
  if (start === end) return undefined;
  line += breaksIn(bytes, start);
  const trimmed = bytes.subarray(start, end);
  if (tooLong) return refused(line, 'too long', trimmed);
  if (!isUtf8(trimmed)) return refused(line, 'invalid UTF-8', trimmed);
  const json = trimmed.toString('utf8');
  const scan = scanJson(json);
  if (scan.problem !== undefined) return refused(line + breaksBefore(json, scan.offset), scan.problem, trimmed);
  return { line, json, scan };
}

function skipSpaces(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && isSpace(bytes[at]!)) at += 1;
  return at;
}

function breaksIn(bytes: Buffer, end: number): number {
  let count = 0;
  for (let i = 0; i < end; i++) if (bytes[i] === LF) count += 1;
  return count;
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** Bytes of a record that may begin in an earlier piece. Of one that is too long, only what is kept of it. */
class Held {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** The piece may be reused once the record is taken, not before. */
  add(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= RECORD_BYTES) this.#parts.push(part);
    else if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts).subarray(0, RAW_BYTES)];
  }

  take(): { bytes: Buffer; tooLong: boolean } {
    const tooLong = this.#bytes > RECORD_BYTES;
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return { bytes, tooLong };
  }
}
