import { deserialize, serialize } from 'node:v8';
import Database from 'better-sqlite3';
import type { Expected } from './expected';

/** A row's part of a key that consists of members. */
export interface ExpectedMember extends Expected {
  /** Its time has passed: it is right whether it is there or not. */
  isPast: boolean;
}

/**
 * What is expected of a feed, in a temporary file of SQLite's: rows of one key may stand anywhere among the others, and of every key that
 * is found it has to be known whether it was expected.
 */
export class ExpectedKeys {
  // An empty name: on disk once it outgrows its cache, and gone when it is closed.
  readonly #db = new Database('');
  readonly #addKey: Database.Statement<[string]>;
  readonly #addMember: Database.Statement<[string, number, Buffer]>;
  #isKeyed = false;

  constructor() {
    this.#db.pragma('journal_mode = OFF');
    this.#db.pragma('synchronous = OFF');
    this.#db.exec(`CREATE TABLE keys (key TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE members (id INTEGER PRIMARY KEY, key TEXT NOT NULL, place REAL NOT NULL, expected BLOB NOT NULL); BEGIN`);
    this.#addKey = this.#db.prepare('INSERT OR IGNORE INTO keys VALUES (?)');
    this.#addMember = this.#db.prepare('INSERT INTO members (key, place, expected) VALUES (?, ?, ?)');
  }

  /** `whole`: the row is all of the key, and its content is compared elsewhere. */
  add(expected: Expected, isPast: boolean, whole: boolean): void {
    if (whole) {
      this.#isKeyed = true;
      this.#addKey.run(expected.key);
    } else {
      this.#addMember.run(expected.key, expected.milliseconds ?? 0, serialize({ ...expected, isPast }));
    }
  }

  /** To be called when everything is added. */
  index(): void {
    this.#db.exec('COMMIT');
    if (!this.#isKeyed) this.#db.exec('CREATE INDEX by_key ON members (key, place, id)');
  }

  has(key: string): boolean {
    this.#has ??= this.#db.prepare(`SELECT 1 FROM ${this.#isKeyed ? 'keys' : 'members'} WHERE key = ? LIMIT 1`);
    return this.#has.get(key) !== undefined;
  }
  #has: Database.Statement<[string]> | undefined;

  /** Keys in pages, each with how many members it has. */
  *groups(size: number): Generator<{ key: string; members: number }[], void> {
    const page = this.#db.prepare<[string | null, string | null, number], { key: string; members: number }>(
      'SELECT key, count(*) AS members FROM members WHERE ? IS NULL OR key > ? GROUP BY key ORDER BY key LIMIT ?',
    );
    let after: string | null = null;
    for (;;) {
      const groups: { key: string; members: number }[] = page.all(after, after, size);
      if (groups.length > 0) yield groups;
      if (groups.length < size) return;
      after = groups.at(-1)!.key;
    }
  }

  /** Members of a key in the order that a list or stream has them; pages of at most `size`. */
  *members(key: string, size: number): Generator<ExpectedMember[], void> {
    const page = this.#db.prepare<[string, number, number, number], { id: number; place: number; expected: Buffer }>(
      'SELECT id, place, expected FROM members WHERE key = ? AND (place, id) > (?, ?) ORDER BY place, id LIMIT ?',
    );
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

  /** Whether a key is expected to have this member. */
  hasMember(key: string, value: Buffer): boolean {
    for (const page of this.members(key, 1_000)) if (page.some((member) => member.value!.equals(value))) return true;
    return false;
  }

  close(): void {
    this.#db.close();
  }
}
