import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import { sourceFailure } from './failures';
import { askSourceProcess } from './source-client';

/** How long a source may be locked by another program before that is an error, in milliseconds. */
export const PATIENCE = 10_000;

/**
 * Opens a snapshot to read. Not for live sources: opening one may leave -wal and -shm beside it.
 * Integers come as bigint unless a statement says otherwise. What the schema says is not trusted: functions and
 * virtual tables in it can have no side effects, and nothing can be written through the connection.
 *
 * @throws SqliftError ArtifactMissing when the file is gone; SourceNotSqlite, SourceCorrupt, SourceUnreadable
 */
export function openSqlite(path: string): Database.Database {
  const absolute = resolve(path);
  if (!existsSync(absolute)) throw new SqliftError('ArtifactMissing', `${absolute} does not exist`, { file: absolute });
  let db: Database.Database | undefined;
  try {
    db = new Database(absolute, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = off');
    db.pragma('query_only = on');
    db.pragma('cell_size_check = on');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db.defaultSafeIntegers(true);
  } catch (error) {
    db?.close();
    throw sourceFailure(error, absolute);
  }
}

/**
 * Checks whether a live source can be read at all, without changing anything: no rows are read and no damage inside is
 * looked for (the snapshot does that). An empty file is a valid, empty database.
 *
 * @param options.files it is a folder or file of documents, which is looked for and not read
 * @param options.patience how long to wait for another program's lock, in milliseconds; default 10,000
 * @throws SqliftError SourceMissing, SourceNotAFile, SourceNotSqlite, SourceUnreadable, SourceLocked, SourceCorrupt
 */
export async function checkSource(
  path: string,
  options: { patience?: number; signal?: AbortSignal; files?: boolean } = {},
): Promise<void> {
  const { patience = PATIENCE, signal, files = false } = options;
  await askSourceProcess({ kind: 'check', path: resolve(path), patience, files }, { signal });
}
