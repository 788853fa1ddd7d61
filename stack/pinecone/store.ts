import type { Database } from 'better-sqlite3';
import { Catalog } from './catalog';
import { openDatabase } from './database';
import { Records } from './records';
import { Searcher } from './search';

/** Everything that the server keeps, in one folder. */
export class Store {
  readonly #db: Database;
  readonly catalog: Catalog;
  readonly records: Records;
  readonly searcher: Searcher;

  /** `memory`: bytes of vectors that may be kept in memory for search. Throws when the folder is in use or damaged. */
  constructor(folder: string, memory: number) {
    this.#db = openDatabase(folder);
    this.catalog = new Catalog(this.#db);
    this.records = new Records(this.#db);
    this.searcher = new Searcher(this.#db, this.records, memory);
  }

  /** All of `work` is committed, or none of it. */
  transaction<T>(work: () => T): T {
    return this.#db.transaction(work).immediate();
  }

  /** Gives the room of what was deleted back to the file system. */
  vacuum(): void {
    this.#db.pragma('incremental_vacuum');
  }

  close(): void {
    this.#db.close();
  }
}
