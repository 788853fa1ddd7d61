import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { SqliftError } from '../../core/errors';
import { sourceFailure } from './failures';

/*
 * A live source as files: the database and what SQLite keeps beside it. Runs in the source process only (see
 * `source-process.ts`): closing a file drops every lock that the process holds on it, SQLite's included.
 */

const HEADER = Buffer.from('SQLite format 3\0', 'latin1');

export interface SourceFiles {
  /** Symbolic links resolved, as SQLite does: the companions are beside this one. */
  path: string;
  bytes: number;
  /** By the database's header; an empty file is in rollback mode. */
  journalMode: 'wal' | 'rollback';
  /** Stat of each file by its suffix: '' the database, '-wal', '-shm', '-journal'. Absent ones are absent. */
  stats: Map<string, FileState>;
}

export interface FileState {
  bytes: number;
  /** Changes whenever the file is replaced, written to, cut or renamed. */
  identity: string;
  modifiedAt: number;
}

/**
 * Looks at the files of a source without SQLite and without changing anything.
 * @throws SqliftError SourceMissing, SourceNotAFile, SourceUnreadable, SourceNotSqlite, SourceCorrupt (cut off)
 */
export function lookAt(path: string): SourceFiles {
  if (path !== path.trim()) {
    // The driver trims the name and would open another file, if there is one.
    throw new SqliftError(
      'SourceUnreadable',
      `${JSON.stringify(path)} cannot be opened: its name begins or ends with white space`,
      { file: path },
    );
  }
  try {
    if (!statSync(path).isFile()) throw new SqliftError('SourceNotAFile', `${path} is not a file`, { file: path });
    const real = realpathSync(path);
    const stats = statesOf(real);
    const header = readHeader(real);
    const bytes = stats.get('')?.bytes ?? 0;
    checkHeader(path, header, bytes, stats);
    return { path: real, bytes, journalMode: header[18] === 2 ? 'wal' : 'rollback', stats };
  } catch (error) {
    throw sourceFailure(error, path);
  }
}

/** The database and its companions, as they are now. */
export function statesOf(real: string): Map<string, FileState> {
  const states = new Map<string, FileState>();
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    const stat = statSync(real + suffix, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) continue;
    states.set(suffix, {
      bytes: Number(stat.size),
      identity: [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(),
      modifiedAt: Number(stat.mtimeMs),
    });
  }
  return states;
}

function readHeader(real: string): Buffer {
  const file = openSync(real, 'r');
  try {
    const header = Buffer.alloc(100);
    return header.subarray(0, readSync(file, header, 0, 100, 0));
  } finally {
    closeSync(file);
  }
}

function checkHeader(path: string, header: Buffer, bytes: number, stats: Map<string, FileState>): void {
  if (header.length === 0) return;
  if (!header.subarray(0, 16).equals(HEADER)) {
    throw new SqliftError('SourceNotSqlite', `${path} is not an SQLite database, or is encrypted`, { file: path });
  }
  if (header.length < 100) throw cutOff(path, bytes, 512);
  // While a journal or log is there, the pages of the file need not agree with its header yet.
  if (stats.has('-journal') || (stats.get('-wal')?.bytes ?? 0) > 0) return;
  // The page count is valid only when the last writer kept it up (sqlite.org/fileformat2.html §1.3.8).
  if (header.readUInt32BE(24) !== header.readUInt32BE(92)) return;
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const expected = pageSize * header.readUInt32BE(28);
  // A size taken before the header may be older than it: a growing file must not look like a cut one.
  const now = statSync(path).size;
  if (now < expected) throw cutOff(path, now, expected);
}

function cutOff(path: string, bytes: number, expected: number): SqliftError {
  return new SqliftError('SourceCorrupt', `${path} is cut off: it has ${bytes} bytes of at least ${expected}`, {
    file: path,
  });
}
