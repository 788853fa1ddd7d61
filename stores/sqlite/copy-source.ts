import { chmodSync, copyFileSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import { codeOf, sourceLocked } from './failures';
import { lookAt, statesOf } from './source-files';
import type { SourceFiles } from './source-files';

/*
 * Copies a live source without ever changing it. SQLite's read-only connections are not harmless by themselves: on a WAL
 * database that nobody has open they create -wal and -shm and leave them there, and after a crash they want to recover.
 * So there are two ways, and the files decide which one is right at this moment:
 *
 * Under SQLite's locks, when opening read-only creates nothing: in rollback mode, and in WAL mode when -wal and -shm both
 * exist (someone has it open, or crashed). One read transaction spans the online backup, so no writer can change what
 * it sees, and no page is copied twice however busy the writer is. In WAL mode writers are not held up; in rollback mode
 * they wait for the copy, as for any reader. SQLite's read mark goes to -shm; the database and -wal are not written.
 *
 * As plain files, when nobody can have it open through -shm, or when a hot journal must be rolled back, for which a
 * read-only connection lacks the right. Database, -wal and -journal are copied, and the copy counts only if none of them
 * changed, came or went meanwhile: then it is what a power failure at that moment would have left, which SQLite recovers
 * by design; the recovery happens in the copy. A writer without -shm (locking_mode=EXCLUSIVE) shows in the files.
 *
 * One case leaves something behind: a program that closes a WAL database, as its last user, between our look and our
 * opening it. Then an empty -wal and a -shm stay until the next program closes it. Removing them here would be a danger
 * to a program that has just opened it.
 */

/** File times have a granularity of some milliseconds: a file changed this recently could change again without a trace. */
const RACY_MS = 100;
/** Between looks at a source that is neither quiet nor open to readers. */
const RETRY_MS = 50;
const STEP_BYTES = 16 << 20;

export interface CopyOptions {
  /** Absolute path of the file to make; it must not exist. */
  copy: string;
  /** How long to wait for a lock or for a quiet moment, in milliseconds. */
  patience: number;
  onProgress: (bytesDone: number, bytesTotal: number) => void;
}

/**
 * Makes the copy: one file in rollback-journal mode, with the rows of -wal merged in, whose pages are otherwise the source's own.
 * @returns the look at the source by which the copy was made
 * @throws SqliftError as `lookAt`, SourceLocked; the driver's and the system's errors as they are
 */
export async function copySource(path: string, options: CopyOptions): Promise<SourceFiles> {
  const deadline = Date.now() + options.patience;
  for (;;) {
    const files = lookAt(path);
    const copied = (await copyUnderLocks(files, options)) || (await copyFiles(files, options));
    if (copied) {
      settle(options.copy);
      return files;
    }
    if (Date.now() > deadline) throw sourceLocked(path);
    await sleep(RETRY_MS);
  }
}

/** Would opening it read-only create nothing? */
export function canUseLocks({ bytes, journalMode, stats }: SourceFiles): boolean {
  if (bytes === 0) return false;
  return journalMode === 'wal' ? stats.has('-wal') && stats.has('-shm') : !stats.has('-wal');
}

/** SQLite would have to write (roll back, recover, create -shm) before it could read. */
export function needsRecovery(error: unknown): boolean {
  return /^SQLITE_(READONLY|CANTOPEN)/.test(codeOf(error));
}

/** Opens a live source to read, inside a read transaction that already holds its lock. */
export function openUnderLocks(files: SourceFiles, patience: number): Database.Database {
  const db = new Database(files.path, { readonly: true, fileMustExist: true, timeout: patience });
  try {
    db.pragma('query_only = on');
    db.pragma('trusted_schema = off');
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

async function copyUnderLocks(files: SourceFiles, options: CopyOptions): Promise<boolean> {
  if (!canUseLocks(files)) return false;
  let db;
  try {
    db = openUnderLocks(files, options.patience);
  } catch (error) {
    if (needsRecovery(error)) return false;
    throw error;
  }
  try {
    const pageSize = db.pragma('page_size', { simple: true }) as number;
    const pageCount = db.pragma('page_count', { simple: true }) as number;
    const step = Math.max(1, Math.floor(STEP_BYTES / pageSize));
    await db.backup(options.copy, {
      progress: ({ totalPages, remainingPages }) => {
        options.onProgress((totalPages - remainingPages) * pageSize, totalPages * pageSize);
        return step;
      },
    });
    // The driver takes "busy" for "done" when it happens before the first page.
    const copied = statSync(options.copy).size;
    if (copied !== pageCount * pageSize) {
      throw new SqliftError(
        'Internal',
        `the backup of ${files.path} stopped after ${copied} of ${pageCount * pageSize} bytes`,
        { file: files.path },
      );
    }
    return true;
  } finally {
    db.close();
  }
}

async function copyFiles(files: SourceFiles, options: CopyOptions): Promise<boolean> {
  const before = statesOf(files.path);
  const age = Date.now() - Math.max(...[...before.values()].map(({ modifiedAt }) => modifiedAt));
  if (age < RACY_MS) await sleep(RACY_MS);
  let total = 0;
  for (const suffix of ['', '-wal', '-journal']) {
    const state = before.get(suffix);
    if (state === undefined) continue;
    try {
      copyFileSync(files.path + suffix, options.copy + suffix);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    total += state.bytes;
    options.onProgress(total, total);
  }
  const after = statesOf(files.path);
  const quiet = ['', '-wal', '-shm', '-journal'].every(
    (suffix) => before.get(suffix)?.identity === after.get(suffix)?.identity,
  );
  if (!quiet) for (const suffix of ['', '-wal', '-journal']) rmSync(options.copy + suffix, { force: true });
  return quiet;
}

/** Recovers what the copy was taken with, and leaves one file that needs no companions to be read. */
function settle(copy: string): void {
  for (const suffix of ['', '-wal', '-journal'])
    if (statSync(copy + suffix, { throwIfNoEntry: false })) chmodSync(copy + suffix, 0o600);
  const db = new Database(copy, { fileMustExist: true });
  try {
    const mode = db.pragma('journal_mode = delete', { simple: true });
    if (mode !== 'delete')
      throw new SqliftError('Internal', `the copy ${copy} stayed in journal mode ${String(mode)}`, { file: copy });
  } finally {
    db.close();
  }
}
