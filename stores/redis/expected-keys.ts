import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import Database from 'better-sqlite3';
import type { Expected } from './expected';

/** A row's part of a key that consists of members. */
export interface ExpectedMember extends Expected {
  /** Its time has passed: it is right whether it is there or not. */
  isPast: boolean;
}

/** A key that consists of members. */
export interface ExpectedGroup {
  key: string;
  members: number;
  /** Milliseconds since 1970 until which its latest member lives; −1: never gone. */
  expiresAt: number;
}

/**
 * What is expected of a feed, in a temporary file of SQLite's: rows of one key may stand anywhere among the others, and of every key that
 * is found it has to be known whether it was expected.
 */
export class ExpectedKeys {
  // An empty name: on disk once it outgrows its cache, and gone when it is closed.
  readonly #db = new Database('');
  readonly #addKey: Database.Statement<[string]>;
  readonly #addMember: Database.Statement<[string, number, number, Buffer]>;
  #isKeyed = false;

  constructor() {
    this.#db.pragma('journal_mode = OFF');
    this.#db.pragma('synchronous = OFF');
    // What is asked for stands before what may be large, so that SQLite need not read over it.
    this.#db.exec(`CREATE TABLE keys (key TEXT NOT NULL);
      CREATE TABLE members (id INTEGER PRIMARY KEY, key TEXT NOT NULL, place REAL NOT NULL, expires REAL NOT NULL, expected BLOB NOT NULL);
      CREATE TABLE contents (hash BLOB PRIMARY KEY) WITHOUT ROWID; BEGIN`);
    this.#addKey = this.#db.prepare('INSERT INTO keys VALUES (?)');
    this.#addMember = this.#db.prepare('INSERT INTO members (key, place, expires, expected) VALUES (?, ?, ?, ?)');
  }

  /** `whole`: the row is all of the key, and its content is compared elsewhere. */
  add(expected: Expected, isPast: boolean, whole: boolean): void {
    if (whole) {
      this.#isKeyed = true;
      this.#addKey.run(expected.key);
    } else {
      this.#addMember.run(
        expected.key,
        expected.milliseconds ?? 0,
        expected.expiresAt,
        serialize({ ...expected, isPast }),
      );
    }
  }

  /** To be called when everything is added. */
  index(): void {
    this.#db.exec('COMMIT');
    if (!this.#isKeyed) this.#db.exec('CREATE INDEX by_key ON members (key, place, id)');
  }

  /** Whether there is to be such a key. */
  has(key: string): boolean {
    this.#has ??= this.#prepareHas();
    return this.#has.get(key) !== undefined;
  }
  #has: Database.Statement<[string]> | undefined;

  /** Nobody asks while all is well: the index is made for the first who does. */
  #prepareHas(): Database.Statement<[string]> {
    if (this.#isKeyed) this.#db.exec('CREATE INDEX by_name ON keys (key)');
    return this.#db.prepare(`SELECT 1 FROM ${this.#isKeyed ? 'keys' : 'members'} WHERE key = ? LIMIT 1`);
  }

  /** Keys in pages, in their order. */
  *groups(size: number): Generator<ExpectedGroup[], void> {
    const page = (from: string) =>
      this.#db.prepare<[string, number], ExpectedGroup>(
        `SELECT key, count(*) AS members, iif(min(expires) < 0, -1, max(expires)) AS expiresAt FROM members WHERE key ${from} ? GROUP BY key ORDER BY key LIMIT ?`,
      );
    let groups = page('>=').all('', size);
    const next = page('>');
    while (groups.length > 0) {
      yield groups;
      groups = next.all(groups.at(-1)!.key, size);
    }
  }

  /** Members of a key in the order that a list or stream has them; pages of at most `size`. */
  *members(key: string, size: number): Generator<ExpectedMember[], void> {
    const page = (this.#page ??= this.#db.prepare(
      'SELECT id, place, expected FROM members WHERE key = ? AND (place, id) > (?, ?) ORDER BY place, id LIMIT ?',
    ));
    let [place, id] = [-1, -1];
    for (;;) {
      const rows = page.all(key, place, id, size);
      if (rows.length > 0)
        yield rows.map(({ expected }) => {
          const member = deserialize(expected) as ExpectedMember;
          // Bytes come back as they are, but not as a Buffer.
          if (member.value !== undefined) member.value = Buffer.from(member.value);
          for (const field of member.fields ?? []) field.value = Buffer.from(field.value);
          return member;
        });
      if (rows.length < size) return;
      ({ place, id } = rows.at(-1)!);
    }
  }

  #page:
    Database.Statement<[string, number, number, number], { id: number; place: number; expected: Buffer }> | undefined;

  /** A test of whether a key is expected to have a member; good until another key's is asked for. */
  memberTest(key: string): (value: Buffer) => boolean {
    const hash = (value: Buffer) => createHash('sha256').update(value).digest();
    this.#db.exec('DELETE FROM contents');
    const add = this.#db.prepare<[Buffer]>('INSERT OR IGNORE INTO contents VALUES (?)');
    for (const page of this.members(key, 1_000)) for (const { value } of page) add.run(hash(value!));
    const find = this.#db.prepare<[Buffer]>('SELECT 1 FROM contents WHERE hash = ?');
    return (value) => find.get(hash(value)) !== undefined;
  }

  close(): void {
    this.#db.close();
  }
}
