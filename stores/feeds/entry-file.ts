import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import type { Made } from '../../core/feeds/entry';
import type { RefusedRow } from '../ledger/feeds';

/** Entries of a chunk, at most, and about how many bytes they may have when they are written. */
const CHUNK_ENTRIES = 5_000;
const CHUNK_BYTES = 1 << 20;
/** Refused rows of one page, whole as they are, and about how many bytes they have together: one of them is a page, however large. */
const REFUSED_ROWS = 200;
const REFUSED_BYTES = 4 << 20;

/** What is noted of a chunk of entries. */
export interface EntryChunk {
  chunk: number;
  entries: number;
  bytes: number;
}

/**
 * A file of the entries that a feed's rows become, in chunks, made in one pass over the rows: a query has no key that its rows could be
 * cut by, and of two rows with one id the second has to be found before anything is written. Entries are in V8's own serialization, which
 * holds bigints and bytes and is read by every later version of Node. Rows that become none wait there on their way to the quarantine.
 */
export class EntryFileWriter {
  readonly chunks: EntryChunk[] = [];
  readonly #db: Database.Database;
  readonly #claim: Database.Statement<[string]>;
  readonly #unclaim: Database.Statement<[string]>;
  readonly #put: Database.Statement<[number, Buffer]>;
  readonly #refuse: Database.Statement<[Buffer]>;
  /** Of this attempt: an earlier one may go on for a while before it notices that it was given up. */
  readonly #part: string;
  #pending: unknown[] = [];
  #bytes = 0;

  /** Begins anew where an earlier attempt has left a file. `keepIds`: others will ask which ids there are. */
  constructor(
    private readonly file: string,
    private readonly options: { keepIds?: boolean } = {},
  ) {
    mkdirSync(path.dirname(file), { recursive: true });
    removeParts(file);
    this.#part = `${file}.${randomBytes(6).toString('hex')}.part`;
    this.#db = new Database(this.#part);
    // A crash leaves a part that nobody reads: the file gets its name when it is whole.
    this.#db.pragma('journal_mode = OFF');
    this.#db.pragma('synchronous = OFF');
    this.#db.exec(`CREATE TABLE chunks (chunk INTEGER PRIMARY KEY, body BLOB NOT NULL);
      CREATE TABLE refused (id INTEGER PRIMARY KEY, row BLOB NOT NULL);
      CREATE TABLE ids (id TEXT PRIMARY KEY) WITHOUT ROWID; BEGIN`);
    this.#claim = this.#db.prepare('INSERT OR IGNORE INTO ids VALUES (?)');
    this.#unclaim = this.#db.prepare('DELETE FROM ids WHERE id = ?');
    this.#put = this.#db.prepare('INSERT INTO chunks VALUES (?, ?)');
    this.#refuse = this.#db.prepare('INSERT INTO refused (row) VALUES (?)');
  }

  /** Adds what one row becomes; false, and nothing added, when one of the ids is taken. */
  add(made: readonly Made[]): boolean {
    for (const [i, { id }] of made.entries()) {
      if (this.#claim.run(id).changes > 0) continue;
      for (const earlier of made.slice(0, i)) this.#unclaim.run(earlier.id);
      return false;
    }
    for (const { entry, bytes } of made) {
      this.#pending.push(entry);
      this.#bytes += bytes;
    }
    if (this.#pending.length >= CHUNK_ENTRIES || this.#bytes >= CHUNK_BYTES) this.#cut();
    return true;
  }

  /** Keeps a row that becomes no entry. */
  refuse(row: RefusedRow): void {
    this.#refuse.run(serialize(row));
  }

  /** Ends the file. @throws SqliftError AttemptFenced when a later attempt has begun anew */
  finish(): void {
    if (this.#pending.length > 0) this.#cut();
    this.#db.exec(this.options.keepIds === true ? 'COMMIT' : 'COMMIT; DROP TABLE ids');
    this.#db.close();
    try {
      renameSync(this.#part, this.file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
      throw new SqliftError('AttemptFenced', 'a later attempt makes these entries', {}, { cause });
    }
  }

  /** Leaves nothing behind. */
  abandon(): void {
    this.#db.close();
    rmSync(this.#part, { force: true });
  }

  #cut(): void {
    const chunk = this.chunks.length;
    this.#put.run(chunk, serialize(this.#pending));
    this.chunks.push({ chunk, entries: this.#pending.length, bytes: this.#bytes });
    this.#pending = [];
    this.#bytes = 0;
  }
}

/** Reads the chunks of such a file. @throws SqliftError ArtifactMissing */
export class EntryFile<Entry> {
  readonly #db: Database.Database;
  readonly #read: Database.Statement<[number], Buffer>;
  #find?: Database.Statement<[string], number>;

  constructor(private readonly file: string) {
    if (!existsSync(file)) throw new SqliftError('ArtifactMissing', `${file} does not exist`, { file });
    this.#db = new Database(file, { readonly: true, fileMustExist: true });
    this.#read = this.#db.prepare<[number], Buffer>('SELECT body FROM chunks WHERE chunk = ?').pluck() as never;
  }

  read(chunk: number): Entry[] {
    const body = this.#read.get(chunk);
    if (body === undefined)
      throw new SqliftError('ArtifactMissing', `${this.file} has no chunk ${chunk}`, { file: this.file });
    return deserialize(body) as Entry[];
  }

  /** Whether one of the entries has this id, in a file that keeps them. */
  has(id: string): boolean {
    this.#find ??= this.#db.prepare<[string], number>('SELECT 1 FROM ids WHERE id = ?').pluck() as never;
    return this.#find.get(id) !== undefined;
  }

  /** Rows that became no entry, in their order and in pages. */
  *refused(): Generator<RefusedRow[], void> {
    let page: RefusedRow[] = [];
    let bytes = 0;
    const rows = this.#db.prepare<[], Buffer>('SELECT row FROM refused ORDER BY id').pluck();
    for (const row of rows.iterate() as IterableIterator<Buffer>) {
      page.push(deserialize(row) as RefusedRow);
      bytes += row.length;
      if (page.length < REFUSED_ROWS && bytes < REFUSED_BYTES) continue;
      yield page;
      [page, bytes] = [[], 0];
    }
    if (page.length > 0) yield page;
  }

  close(): void {
    this.#db.close();
  }
}

/** What earlier attempts have left; one that is still at it finds that out at its end. */
function removeParts(file: string): void {
  const folder = path.dirname(file);
  for (const name of readdirSync(folder))
    if (name.startsWith(`${path.basename(file)}.`) && name.endsWith('.part'))
      rmSync(path.join(folder, name), { force: true });
  rmSync(file, { force: true });
}
