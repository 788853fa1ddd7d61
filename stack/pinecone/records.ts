import type { Database, Statement } from 'better-sqlite3';
import { fromBlob, lengthOf, toBlob } from './float32';
import type { Filter } from './filter';
import type { Metadata } from './metadata';

/** The records of every namespace, by the namespace's key. A record keeps its own key for as long as it is there. */

export interface StoredRecord {
  id: string;
  values: Float32Array;
  metadata: Metadata | null;
}

interface Row {
  id: string;
  metadata: string | null;
  values: Buffer;
}

export class Records {
  readonly #statements;

  constructor(db: Database) {
    const all = (sql: string): Statement<unknown[], Row> =>
      db.prepare(`SELECT id, metadata, "values" FROM records ${sql}`);
    this.#statements = {
      upsert: db
        .prepare(
          `INSERT INTO records (namespace, id, metadata, length, "values") VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (namespace, id) DO UPDATE
           SET metadata = excluded.metadata, length = excluded.length, "values" = excluded."values" RETURNING key`,
        )
        .pluck(),
      setMetadata: db.prepare('UPDATE records SET metadata = ? WHERE key = ?'),
      key: db.prepare('SELECT key FROM records WHERE namespace = ? AND id = ?').pluck(),
      byKey: all('WHERE key = ?'),
      values: db.prepare('SELECT "values" FROM records WHERE key = ?').pluck(),
      metadata: db.prepare('SELECT key, metadata FROM records WHERE namespace = ?').raw() as Statement<
        [number],
        [number, string | null]
      >,
      count: db.prepare('SELECT count(*) FROM records WHERE namespace = ?').pluck(),
      // Ids are ASCII: U+0080 comes behind every continuation of the prefix.
      ids: db
        .prepare(
          `SELECT id FROM records WHERE namespace = $namespace AND id > $after AND id >= $prefix AND id < $prefix || char(128)
           ORDER BY id LIMIT $limit`,
        )
        .pluck() as Statement<unknown[], string>,
      remove: db.prepare('DELETE FROM records WHERE key = ?'),
      removeAll: db.prepare('DELETE FROM records WHERE namespace = ?'),
    };
  }

  /** Inserts it, or replaces the one of the same id whole. Gives its key. */
  put(namespace: number, { id, values, metadata }: StoredRecord): number {
    const text = metadata === null ? null : JSON.stringify(metadata);
    return this.#statements.upsert.get(namespace, id, text, lengthOf(values), toBlob(values)) as number;
  }

  setMetadata(key: number, metadata: Metadata): void {
    this.#statements.setMetadata.run(JSON.stringify(metadata), key);
  }

  key(namespace: number, id: string): number | undefined {
    return this.#statements.key.get(namespace, id) as number | undefined;
  }

  get(key: number): StoredRecord {
    const { id, metadata, values } = this.#statements.byKey.get(key)!;
    return { id, metadata: parsed(metadata), values: fromBlob(values) };
  }

  values(key: number): Float32Array {
    return fromBlob(this.#statements.values.get(key) as Buffer);
  }

  /** Keys of the records that pass, in no particular order. */
  matching(namespace: number, filter: Filter): number[] {
    const keys: number[] = [];
    for (const [key, metadata] of this.#statements.metadata.iterate(namespace))
      if (filter.passes(parsed(metadata))) keys.push(key);
    return keys;
  }

  count(namespace: number): number {
    return this.#statements.count.get(namespace) as number;
  }

  /** Up to `limit` ids behind `after`, in the order of their bytes. */
  ids(namespace: number, { prefix, after, limit }: { prefix: string; after: string; limit: number }): string[] {
    return this.#statements.ids.all({ namespace, prefix, after, limit });
  }

  remove(key: number): void {
    this.#statements.remove.run(key);
  }

  removeAll(namespace: number): void {
    this.#statements.removeAll.run(namespace);
  }
}

const parsed = (metadata: string | null): Metadata | null =>
  metadata === null ? null : (JSON.parse(metadata) as Metadata);
