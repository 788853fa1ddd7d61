import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { SqliftError } from '../../core/errors';
import { sourceFailure } from './failures';
import { viewOf } from '../../core/row';

/** Size of a read: large enough that the system call does not count, small enough for the processor's cache. */
const WINDOW_BYTES = 1 << 20;
/** Pages between two wanted ones are read along when they are no more bytes than this. */
const GAP_BYTES = 32 << 10;
const MAX_PAYLOAD = 2 ** 31 - 1;
const MAGIC = 'SQLite format 3\0';

/**
 * The pages of a snapshot (sqlite.org/fileformat2.html), read for one table, which its errors name. Not for live
 * databases: it takes no locks, and closing it would drop those that SQLite holds in this process.
 */
export class PageFile {
  readonly pageSize: number;
  /** Bytes of a page that SQLite uses: the page without the reserved bytes at its end. */
  readonly usable: number;
  readonly pageCount: number;
  /** The largest payload that a table leaf holds without overflow pages. */
  readonly maxLocal: number;
  readonly #fd: number;

  /** @throws SqliftError SourceNotSqlite, SourceCorrupt, SourceUnreadable, SourceMissing */
  constructor(
    readonly path: string,
    readonly table: string,
  ) {
    this.#fd = attempt(path, () => openSync(path, 'r'));
    try {
      const header = Buffer.alloc(100);
      const got = attempt(path, () => readSync(this.#fd, header, 0, 100, 0));
      if (got < 100 || header.toString('latin1', 0, 16) !== MAGIC) {
        throw new SqliftError('SourceNotSqlite', `${path} is not an SQLite database`, { file: path });
      }
      const size = header.readUInt16BE(16);
      this.pageSize = size === 1 ? 65_536 : size;
      this.usable = this.pageSize - header[20]!;
      if (this.pageSize < 512 || (this.pageSize & (this.pageSize - 1)) !== 0 || this.usable < 480) {
        throw this.corrupt(1, 'the page size in its header is impossible');
      }
      this.pageCount = Math.floor(fstatSync(this.#fd).size / this.pageSize);
      this.maxLocal = this.usable - 35;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Bytes of a payload (of a table leaf) that are in the cell itself; the rest is on overflow pages. */
  localBytes(payload: number): number {
    if (payload <= this.maxLocal) return payload;
    const minLocal = Math.floor(((this.usable - 12) * 32) / 255) - 23;
    const local = minLocal + ((payload - minLocal) % (this.usable - 4));
    return local <= this.maxLocal ? local : minLocal;
  }

  /** Can the file hold a payload of this size? Keeps a damaged length from claiming memory. */
  canHold(payload: number): boolean {
    return payload <= MAX_PAYLOAD && payload <= this.pageCount * this.usable;
  }

  /**
   * Reads `count` pages to offset `at` of `into`.
   * @throws SqliftError SourceCorrupt when they are not in the file
   */
  read(page: number, count: number, into: Buffer, at: number): void {
    if (!(page >= 1 && page + count - 1 <= this.pageCount)) throw this.corrupt(page, 'it is not in the file');
    const bytes = count * this.pageSize;
    let done = 0;
    while (done < bytes) {
      const position = (page - 1) * this.pageSize + done;
      const got = attempt(this.path, () => readSync(this.#fd, into, at + done, bytes - done, position));
      if (got === 0) throw this.corrupt(page, 'the file ends before it');
      done += got;
    }
  }

  /** The error to throw about a page. */
  corrupt(page: number, what: string): SqliftError {
    return new SqliftError('SourceCorrupt', `${this.path}: page ${page}, of table ${this.table}, is damaged: ${what}`, {
      file: this.path,
      table: this.table,
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/**
 * Consecutive pages in one reused buffer. The first `reserved` bytes of the buffer are the caller's own, so that cells that
 * are not in the file can stand in the same buffer as those that are.
 */
export class PageWindow {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly #file: PageFile;
  readonly #reserved: number;
  readonly #capacity: number;
  readonly #maxStep: number;
  #first = 0;
  #count = 0;

  constructor(file: PageFile, reserved = 0) {
    this.#file = file;
    this.#reserved = reserved;
    this.#capacity = WINDOW_BYTES / file.pageSize;
    this.#maxStep = Math.max(1, Math.floor(GAP_BYTES / file.pageSize));
    this.bytes = Buffer.allocUnsafeSlow(reserved + WINDOW_BYTES);
    this.view = viewOf(this.bytes);
  }

  /** Offset of a page in `bytes`, or -1 when it is not in the window. */
  find(page: number): number {
    const index = page - this.#first;
    return index >= 0 && index < this.#count ? this.#reserved + index * this.#file.pageSize : -1;
  }

  /** Offset of `pages[index]` in `bytes`; when it has to be read, so are those that follow in the list and are near by in the file. */
  locate(pages: readonly number[], index: number): number {
    const page = pages[index]!;
    const found = this.find(page);
    if (found >= 0) return found;
    let last = page;
    for (let i = index + 1; i < pages.length; i++) {
      const next = pages[i]!;
      if (next <= last || next - last > this.#maxStep || next - page >= this.#capacity || next > this.#file.pageCount)
        break;
      last = next;
    }
    return this.load(page, last - page + 1);
  }

  /** Reads up to `count` pages, as many as the window and the file hold; the offset of the first in `bytes`. */
  load(page: number, count: number): number {
    this.#count = 0;
    const pages = Math.max(1, Math.min(count, this.#capacity, this.#file.pageCount - page + 1));
    this.#file.read(page, pages, this.bytes, this.#reserved);
    this.#first = page;
    this.#count = pages;
    return this.#reserved;
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw sourceFailure(error, path);
  }
}
