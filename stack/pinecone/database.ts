import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { load as loadVectorFunctions } from 'sqlite-vec';

/**
 * The one SQLite file that holds every index. A record's metadata stands before its values, so that a filter reads the
 * beginnings of rows only. Ids compare by their bytes, which is the order that Pinecone lists them in.
 */

const VERSION = 1;

const SCHEMA = `
  CREATE TABLE indexes (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    dimension INTEGER NOT NULL,
    metric TEXT NOT NULL,
    cloud TEXT NOT NULL,
    region TEXT NOT NULL,
    deletion_protection TEXT NOT NULL,
    tags TEXT NOT NULL,
    writes INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE namespaces (
    key INTEGER PRIMARY KEY,
    "index" INTEGER NOT NULL REFERENCES indexes ON DELETE CASCADE,
    name TEXT NOT NULL,
    schema TEXT,
    UNIQUE ("index", name)
  ) STRICT;
  CREATE TABLE records (
    key INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL REFERENCES namespaces ON DELETE CASCADE,
    id TEXT NOT NULL,
    metadata TEXT,
    length REAL NOT NULL,
    "values" BLOB NOT NULL,
    UNIQUE (namespace, id)
  ) STRICT;`;

/**
 * Opens the file in `folder`, both made when missing. Commits survive the end of the process at any point; only a crash of
 * the machine may cost the last of them. Throws when another process has it open: each would search what the other changed.
 */
export function openDatabase(folder: string): Database.Database {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'pinecone.sqlite');
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('page_size = 16384');
    db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('cache_size = -65536');
    db.pragma('journal_size_limit = 67108864');
    loadVectorFunctions(db);
    db.transaction(() => prepare(db)).exclusive();
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw new Error(`another process uses ${file}`, { cause: error });
    throw error;
  }
}

function prepare(db: Database.Database): void {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > VERSION) throw new Error(`the data were written by a later version of sqlift (format ${version})`);
  if (version === VERSION) return;
  db.exec(SCHEMA);
  db.pragma(`user_version = ${VERSION}`);
}
