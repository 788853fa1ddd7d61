import Database from 'better-sqlite3';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureFolder } from './home';

/**
 * Runs `work` while no other process does so under the same name in the same folder; waits for its turn.
 * The lock is SQLite's lock on an empty file: the kernel lets it go when its holder dies, so none is ever left behind.
 */
export async function withLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const db = new Database(path.join(ensureFolder(path.join(folder, 'locks')), `${name}.lock`), { timeout: 0 });
  try {
    while (!tryLock(db)) await sleep(50);
    return await work();
  } finally {
    db.close();
  }
}

function tryLock(db: Database.Database): boolean {
  try {
    db.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
