import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';

/** Bytes of the file, about; what has been there for longest goes first. */
const MOST_BYTES = 4 * 2 ** 30;

/**
 * Vectors by what was embedded and by what: so that a retry, another run over the same rows or a verification never pays twice. One file for all
 * workers of a state folder. It holds digests of texts, not the texts. Each vector is kept behind a digest of itself and of what it belongs to: one that is not
 * what was kept is none.
 */
export class EmbeddingCache {
  readonly #db: Database.Database;
  readonly #read: Database.Statement<[Buffer], Buffer>;
  readonly #write: Database.Statement<[Buffer, Buffer]>;

  constructor(
    file: string,
    private readonly mostBytes = MOST_BYTES,
  ) {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    this.#db = new Database(file, { timeout: 20_000 });
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = NORMAL');
    this.#db.pragma('auto_vacuum = NONE');
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS vectors (place INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL)`,
    );
    this.#read = this.#db.prepare<[Buffer], Buffer>('SELECT value FROM vectors WHERE key = ?').pluck() as never;
    this.#write = this.#db.prepare(
      'INSERT INTO vectors (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
  }

  get(identity: string, text: string): Float32Array | undefined {
    const key = keyOf(identity, text);
    const value = this.#read.get(key);
    if (!Buffer.isBuffer(value)) return undefined;
    const bytes = value.subarray(DIGEST_BYTES);
    if (bytes.length % 4 !== 0 || !value.subarray(0, DIGEST_BYTES).equals(digestOf(key, bytes))) return undefined;
    // Copied: the driver's bytes need not be aligned.
    return new Float32Array(Uint8Array.prototype.slice.call(bytes).buffer);
  }

  put(identity: string, vectors: readonly (readonly [text: string, vector: Float32Array])[]): void {
    const all = this.#db.transaction(() => {
      for (const [text, vector] of vectors) {
        const key = keyOf(identity, text);
        const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
        this.#write.run(key, Buffer.concat([digestOf(key, bytes), bytes]));
      }
      this.#makeRoom();
    });
    all.immediate();
  }

  close(): void {
    this.#db.close();
  }

  #makeRoom(): void {
    const pragma = (name: string): number => this.#db.pragma(name, { simple: true }) as number;
    const used = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
    if (used <= this.mostBytes) return;
    // A tenth at once, so that it is not looked for with every batch.
    this.#db.exec(
      `DELETE FROM vectors WHERE place <= (SELECT min(place) + (max(place) - min(place)) / 10 FROM vectors)`,
    );
  }
}

const DIGEST_BYTES = 16;

function digestOf(key: Buffer, vector: Buffer): Buffer {
  return createHash('sha256').update(key).update(vector).digest().subarray(0, DIGEST_BYTES);
}

function keyOf(identity: string, text: string): Buffer {
  return createHash('sha256').update(identity).update('\0').update(text).digest();
}
