import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { FileRecord } from './records';

/** A record as it waits for its collection's columns to be known. `json` and `body`, or `reason` and `raw`. */
export interface WaitingRecord {
  file: number;
  index: number;
  line: number;
  json: string | null;
  body: string | null;
  reason: string | null;
  raw: Buffer | null;
}

/**
 * Where records wait, on disk, until every file has been read once and the columns of each collection are known. A file of its own,
 * so that the snapshot has no trace of it.
 */
export class Scratch {
  readonly #db: Database.Database;
  readonly #insert: Database.Statement;
  readonly #forget: Database.Statement;

  constructor(private readonly path: string) {
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = off');
    this.#db.pragma('synchronous = off');
    this.#db.pragma('locking_mode = exclusive');
    this.#db.exec(
      'CREATE TABLE records (file INTEGER, number INTEGER, line INTEGER, json TEXT, body TEXT, reason TEXT, raw BLOB)',
    );
    this.#insert = this.#db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#forget = this.#db.prepare('DELETE FROM records WHERE rowid >= ?');
    this.#db.exec('BEGIN');
  }

  /** @returns place of the record, to `forget` it by */
  put(file: number, index: number, record: FileRecord): bigint {
    const { line } = record;
    const values =
      'reason' in record ? [null, null, record.reason, record.raw] : [record.json, record.body ?? null, null, null];
    return BigInt(this.#insert.run(file, index, line, ...values).lastInsertRowid);
  }

  /** Forgets a record and all that came after it. */
  forget(from: bigint): void {
    this.#forget.run(from);
  }

  /** Ends the writing. */
  settle(): void {
    this.#db.exec('COMMIT; CREATE INDEX by_file ON records (file, number)');
  }

  /** The records of one file, in order. */
  *of(file: number): Generator<WaitingRecord, void> {
    const rows = this.#db.prepare<[number], WaitingRecord>(
      'SELECT file, number AS "index", line, json, body, reason, raw FROM records WHERE file = ? ORDER BY number',
    );
    yield* rows.iterate(file);
  }

  close(): void {
    this.#db.close();
    rmSync(this.path, { force: true });
  }
}
