import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { codeOf } from '../sqlite/failures';
import type { FileFormat } from './folder';
import { jsonDocument, jsonLines } from './json-records';
import { markdownRecord } from './markdown-records';
import { RECORD_BYTES, refused } from './records';
import type { FileRecord } from './records';
import { YAML_BYTES, yamlRecords } from './yaml-records';

const PIECE_BYTES = 1 << 20;
/** File times have a granularity of some milliseconds: a file changed this recently could change again without a trace. */
export const RACY_MS = 100;

export type TextEncoding = 'UTF-8' | 'UTF-8 with BOM' | 'UTF-16LE' | 'UTF-16BE' | 'UTF-32';

/** What is known of a file once it has been read to its end. */
export interface FileFacts {
  bytes: number;
  /** Microseconds since 1970. */
  modified: bigint;
  sha256: string;
  encoding: TextEncoding;
  /** It changed while it was read: what was read counts for nothing. */
  changed: boolean;
}

/** Reads one file, once. `facts` is there when `records` has been read to its end. */
export class FileReader {
  facts: FileFacts | undefined;
  #encoding: TextEncoding = 'UTF-8';

  constructor(
    private readonly path: string,
    private readonly format: FileFormat,
  ) {}

  /** @throws the system's errors (ENOENT, EACCES …) */
  *records(): Generator<FileRecord, void> {
    // Not through a link that has come since the folder was looked at, and not waiting for the other end of a pipe.
    const file = openSync(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const before = fstatSync(file, { bigint: true });
      if (!before.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'ENOENT' });
      const bytes = Number(before.size);
      const hash = createHash('sha256');
      yield* recordsOf(this.format, this.#decoded(pieces(file, bytes, hash)));
      const sha256 = hash.digest('hex');
      const after = fstatSync(file, { bigint: true });
      const settled = Date.now() - Number(before.mtimeMs) > RACY_MS;
      const same = before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
      // Lines that were added to a log behind what was read are the next re-sync's.
      const grown = this.format === 'jsonl' && after.size > before.size;
      const twice = () => (before.size === after.size || grown) && digestOf(file, bytes) === sha256;
      this.facts = {
        bytes,
        modified: before.mtimeNs / 1000n,
        sha256,
        encoding: this.#encoding,
        changed: !(same && settled) && !twice(),
      };
    } finally {
      closeSync(file);
    }
  }

  /** The pieces in UTF-8, without a byte order mark. What cannot be decoded ends them with an exception that `recordsOf` knows. */
  *#decoded(source: Iterable<Buffer>): Generator<Buffer, void> {
    const iterator = source[Symbol.iterator]();
    let head: Buffer = Buffer.alloc(0);
    while (head.length < 4) {
      const next = iterator.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value]);
    }
    function* all(skip: number): Generator<Buffer, void> {
      if (head.length > skip) yield head.subarray(skip);
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) yield next.value;
    }
    const mark = head.toString('latin1', 0, 4);
    if (mark.startsWith('\xef\xbb\xbf')) {
      this.#encoding = 'UTF-8 with BOM';
      yield* all(3);
    } else if (mark === '\xff\xfe\0\0' || mark === '\0\0\xfe\xff') {
      this.#encoding = 'UTF-32';
      for (const _ of all(0));
      throw new Undecodable('UTF-32 is not read', head);
    } else if (mark.startsWith('\xff\xfe') || mark.startsWith('\xfe\xff')) {
      this.#encoding = mark.startsWith('\xff') ? 'UTF-16LE' : 'UTF-16BE';
      yield* utf16(all(2), this.#encoding);
    } else yield* all(0);
  }
}

class Undecodable extends Error {
  constructor(
    readonly reason: 'invalid UTF-16' | 'UTF-32 is not read',
    readonly raw: Buffer,
  ) {
    super(reason);
  }
}

function* utf16(source: Iterable<Buffer>, encoding: 'UTF-16LE' | 'UTF-16BE'): Generator<Buffer, void> {
  const decoder = new TextDecoder(encoding.toLowerCase(), { fatal: true, ignoreBOM: true });
  let problem: Buffer | undefined;
  const decode = (piece: Buffer, stream: boolean): Buffer => {
    try {
      return Buffer.from(decoder.decode(piece, { stream }));
    } catch {
      problem = piece;
      return Buffer.alloc(0);
    }
  };
  for (const piece of source) {
    // To the end, for the digest.
    if (problem === undefined) yield decode(piece, true);
  }
  if (problem === undefined) yield decode(Buffer.alloc(0), false);
  if (problem !== undefined) throw new Undecodable('invalid UTF-16', problem);
}

function* pieces(file: number, bytes: number, hash: ReturnType<typeof createHash>): Generator<Buffer, void> {
  for (let at = 0; at < bytes;) {
    const buffer = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes - at));
    const read = readSync(file, buffer, 0, buffer.length, at);
    // Cut meanwhile; the times will say so.
    if (read === 0) return;
    at += read;
    hash.update(buffer.subarray(0, read));
    yield buffer.subarray(0, read);
  }
}

function digestOf(file: number, bytes: number): string {
  const hash = createHash('sha256');
  for (const _ of pieces(file, bytes, hash));
  return hash.digest('hex');
}

/** Every reader reads to the end, which the digest needs. */
function* recordsOf(format: FileFormat, decoded: Iterable<Buffer>): Generator<FileRecord, void> {
  try {
    if (format === 'json') yield* jsonDocument(decoded);
    else if (format === 'jsonl') yield* jsonLines(decoded);
    else yield* textRecords(format, decoded);
  } catch (error) {
    if (!(error instanceof Undecodable)) throw error;
    yield refused(1, error.reason, error.raw);
  }
}

function* textRecords(format: 'yaml' | 'markdown', decoded: Iterable<Buffer>): Generator<FileRecord, void> {
  const limit = format === 'yaml' ? YAML_BYTES : RECORD_BYTES;
  const parts: Buffer[] = [];
  let size = 0;
  for (const part of decoded) {
    size += part.length;
    if (size <= limit || parts.length === 0) parts.push(part);
  }
  const whole = Buffer.concat(parts);
  if (size > limit) yield refused(1, 'too long', whole);
  else if (!isUtf8(whole)) yield refused(1, 'invalid UTF-8', whole);
  else if (format === 'markdown') yield markdownRecord(whole.toString('utf8'));
  else {
    const records = yamlRecords(whole.toString('utf8'));
    yield* records;
    if (records.length === 0) yield refused(1, 'empty file', whole);
  }
}

/** A file that is not there any more, or is something else now. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(codeOf(error));
}
