import Database from 'better-sqlite3';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureFolder } from './home';

/** Lets a lock go. */
export type Unlock = () => void;

/** Takes the lock until it is let go or this process ends; `undefined` while somebody else has it. */
export function tryToLock(folder: string, name: string): Unlock | undefined {
  const db = open(folder, name);
  if (tryLock(db)) return () => db.close();
  db.close();
  return undefined;
}

/**
 * Runs `work` while no other process does so under the same name in the same folder; waits for its turn.
 * The lock is SQLite's lock on an empty file: the kernel lets it go when its holder dies, so none is ever left behind.
 */
export async function withLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const db = open(folder, name);
  try {
    while (!tryLock(db)) await sleep(50);
    return await work();
  } finally {
    db.close();
  }
}

function open(folder: string, name: string): Database.Database {
  return new Database(path.join(ensureFolder(path.join(folder, 'locks')), `${name}.lock`), { timeout: 0 });
}

function tryLock(db: Database.Database): boolean {
  try {
    db.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    // Not by its class: each test file of jest has another.
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
