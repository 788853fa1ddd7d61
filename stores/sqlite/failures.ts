import { statfsSync } from 'node:fs';
import { SqliftError } from '../../core/errors';

/** The code of a driver error (SQLITE_BUSY …) or a system error (ENOENT …); '' for anything else. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** What a failure to read a live source means. `path` is named in the message; SQLite's own text holds names, never values. */
export function sourceFailure(error: unknown, path: string): SqliftError {
  if (error instanceof SqliftError) return error;
  const code = codeOf(error);
  const place = { file: path };
  const say = (kind: 'SourceMissing' | 'SourceUnreadable' | 'SourceNotSqlite' | 'SourceCorrupt', text: string) =>
    new SqliftError(kind, `${path} ${text}`, place, { cause: error });
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return sourceLocked(path, error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return say('SourceMissing', 'does not exist');
  if (/^(EACCES|EPERM|SQLITE_(CANTOPEN|PERM|AUTH|READONLY))/.test(code))
    return say('SourceUnreadable', `cannot be read: ${messageOf(error)}`);
  if (code === 'SQLITE_NOTADB') return say('SourceNotSqlite', 'is not an SQLite database, or is encrypted');
  if (/^(SQLITE_(CORRUPT|IOERR)|EIO)/.test(code)) return say('SourceCorrupt', `is damaged: ${messageOf(error)}`);
  return new SqliftError('Internal', `reading ${path} failed: ${messageOf(error)}`, place, { cause: error });
}

export function sourceLocked(path: string, cause?: unknown): SqliftError {
  return new SqliftError('SourceLocked', `${path} is locked by another program`, { file: path }, { cause });
}

/** A disk with less room than this is full: file systems refuse before the last byte. */
const FULL_BELOW = 64 << 10;

/**
 * A failure while a snapshot is written: a full disk is told apart, all else is about the source. SQLite calls a full
 * disk an I/O error when it was extending a journal, so call this before the partial copy is removed.
 */
export function copyFailure(error: unknown, path: string, folder: string): SqliftError {
  const code = codeOf(error);
  if (
    /^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(code) ||
    (code.startsWith('SQLITE_IOERR') && freeBytes(folder) < FULL_BELOW)
  ) {
    return new SqliftError(
      'DiskFull',
      `no space is left in ${folder} for the snapshot of ${path}`,
      { file: folder },
      { cause: error },
    );
  }
  return sourceFailure(error, path);
}

/** No space is left, in the words of SQLite or of the system. */
export function isFull(error: unknown): boolean {
  return /^(ENOSPC|EDQUOT|SQLITE_FULL)/.test(codeOf(error));
}

/** Bytes that are free for this user on the disk of an existing folder. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
