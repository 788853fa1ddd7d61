import { createHash } from 'node:crypto';
import { chmodSync, closeSync, createReadStream, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import type { FilesOptions } from '../../core/field-storage';
import { FILES_SPACE, findFiles } from '../files/folder';
import { writeFilesSnapshot } from '../files/write-snapshot';
import { readCatalog } from './catalog';
import { checkShapes } from './check-shape';
import { canUseLocks, copySource, needsRecovery, openUnderLocks } from './copy-source';
import { copyFailure, freeBytes, sourceFailure } from './failures';
import { checkIntegrity } from './integrity';
import type { Integrity } from './integrity';
import type { LookCopy, Survey } from './look';
import { openSqlite } from './open';
import type { Snapshot, SnapshotCheck, SnapshotCopy, SnapshotProgress } from './snapshot';
import { lookAt } from './source-files';
import type { SourceReply, SourceRequest } from './source-messages';
import { violatedChecks } from './violated-checks';

/** The process that touches live sources, one request each; `source-client.ts` starts it and says why it exists. */

type Request<Kind extends SourceRequest['kind']> = SourceRequest & { kind: Kind };

process.once('message', (request: SourceRequest) => {
  // Nobody is left to take the answer: leave no half-made file.
  process.once('disconnect', () => {
    if ('partial' in request) discard(request.partial);
    if (request.kind === 'copy') discard(request.destination);
    process.exit(1);
  });
  void answer(request).then((reply) => process.send!(reply, () => process.exit(0)));
});

async function answer(request: SourceRequest): Promise<SourceReply> {
  try {
    switch (request.kind) {
      case 'snapshot':
        return { kind: 'answer', answer: await snapshot(request) };
      case 'catalog':
        return { kind: 'answer', answer: await readLive(request, readCatalog) };
      case 'shapes':
        await readLive(request, (db) => checkShapes(db, request.tables));
        return { kind: 'answer', answer: null };
      case 'judge':
        return { kind: 'answer', answer: await judge(request) };
      case 'copy':
        return { kind: 'answer', answer: await copy(request) };
      case 'survey':
        return { kind: 'answer', answer: survey(request) };
      case 'check':
        if (request.files === true) findFiles(request.path);
        else check(request.path, request.patience);
        return { kind: 'answer', answer: null };
    }
  } catch (error) {
    const failure = sourceFailure(error, request.path);
    return { kind: 'failure', code: failure.code, message: failure.message, place: failure.place };
  }
}

function check(path: string, patience: number): void {
  const files = lookAt(path);
  if (!canUseLocks(files)) return;
  try {
    openUnderLocks(files, patience).close();
  } catch (error) {
    if (!needsRecovery(error)) throw error;
  }
}

/** The schema, read in place where that changes nothing, and otherwise (see `copy-source.ts`) from a copy that goes again. */
async function readLive<T>(
  { path, partial, patience, files }: Request<'catalog' | 'shapes'>,
  read: (db: Database.Database) => T,
): Promise<T> {
  const found = files === undefined ? lookAt(path) : undefined;
  if (found !== undefined && canUseLocks(found)) {
    try {
      return closing(openUnderLocks(found, patience).defaultSafeIntegers(true), read);
    } catch (error) {
      if (!needsRecovery(error)) throw error;
    }
  }
  try {
    await makeCopy({ path, copy: partial, patience, files });
    return closing(openSqlite(partial), read);
  } catch (error) {
    throw copyFailure(error, path, dirname(partial));
  } finally {
    discard(partial);
  }
}

function closing<T>(db: Database.Database, read: (open: Database.Database) => T): T {
  try {
    return read(db);
  } finally {
    db.close();
  }
}

async function snapshot({
  path,
  destination,
  partial,
  patience,
  files,
  unchecked,
}: Request<'snapshot'>): Promise<Snapshot | SnapshotCopy> {
  const folder = dirname(destination);
  try {
    const { journalMode } = await makeCopy({ path, copy: partial, patience, files });
    const check = unchecked === true ? undefined : await judge({ path, copy: partial });
    chmodSync(partial, 0o400);
    sync(partial);
    renameSync(partial, destination);
    sync(folder);
    return { path: destination, bytes: statSync(destination).size, journalMode, ...check };
  } catch (error) {
    const failure = copyFailure(error, path, folder);
    discard(partial);
    throw failure;
  }
}

/** Integrity and digest of a copy. */
async function judge({ path, copy: file }: Pick<Request<'judge'>, 'path' | 'copy'>): Promise<SnapshotCheck> {
  const { pages, bytes, integrity } = checkCopy(file, path);
  const sha256 = await digestFile(file, (done) => report('digesting', done, bytes));
  return { sha256, pages, integrity };
}

/** A copy to look at and throw away: its digest is not needed, nor that it outlives a power failure. */
async function copy({ path, destination, patience, files }: Request<'copy'>): Promise<LookCopy> {
  const folder = dirname(destination);
  try {
    return await makeCopy({ path, copy: destination, patience, files });
  } catch (error) {
    const failure = copyFailure(error, path, folder);
    discard(destination);
    throw failure;
  }
}

function survey({ path, copy: file }: Request<'survey'>): Survey {
  const db = openSqlite(file);
  try {
    const integrity = checkIntegrity(db, path);
    const trees = db
      .prepare('SELECT name, pgsize AS bytes FROM dbstat WHERE aggregate = TRUE ORDER BY name')
      .safeIntegers(false)
      .all() as { name: string; bytes: number }[];
    return {
      integrity,
      trees: Object.fromEntries(trees.map(({ name, bytes }) => [name, bytes])),
      freePages: Number(db.pragma('freelist_count', { simple: true })),
      violatedChecks: violatedChecks(db),
    };
  } finally {
    db.close();
  }
}

/** The source as one SQLite file: copied if it is one, and written if it is a folder of documents. */
async function makeCopy({
  path,
  copy: file,
  patience,
  files,
}: {
  path: string;
  copy: string;
  patience: number;
  files: FilesOptions | undefined;
}): Promise<LookCopy> {
  const onProgress = (done: number, total: number) => report('copying', done, total);
  if (files === undefined) {
    checkSpace(path, dirname(file));
    const { bytes, journalMode, stats } = await copySource(path, { copy: file, patience, onProgress });
    return { path: file, bytes, journalMode, walBytes: stats.get('-wal')?.bytes ?? 0 };
  }
  const bytes = findFiles(path).files.reduce((sum, found) => sum + found.bytes, 0);
  requireSpace(path, dirname(file), bytes * FILES_SPACE);
  const collections = await writeFilesSnapshot({ ...files, source: path, destination: file, patience, onProgress });
  return { path: file, bytes, journalMode: 'rollback', walBytes: 0, collections };
}

/** Fails before the copy rather than after filling a disk that the application may live on, too. */
function checkSpace(path: string, folder: string): void {
  const { stats } = lookAt(path);
  requireSpace(path, folder, (stats.get('')?.bytes ?? 0) + (stats.get('-wal')?.bytes ?? 0));
}

function requireSpace(path: string, folder: string, needed: number): void {
  const free = freeBytes(folder);
  if (free >= needed) return;
  throw new SqliftError('DiskFull', `${folder} has ${free} bytes free, the snapshot of ${path} needs ${needed}`, {
    file: folder,
  });
}

function checkCopy(copy: string, source: string): { pages: number; bytes: number; integrity: Integrity } {
  const db = openSqlite(copy);
  try {
    const pages = Number(db.pragma('page_count', { simple: true }));
    const bytes = pages * Number(db.pragma('page_size', { simple: true }));
    report('checking', 0, bytes);
    return { pages, bytes, integrity: checkIntegrity(db, source) };
  } finally {
    db.close();
  }
}

async function digestFile(path: string, onProgress: (bytesDone: number) => void): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 4 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(piece);
    onProgress((done += piece.length));
  }
  return hash.digest('hex');
}

function report(stage: SnapshotProgress['stage'], bytesDone: number, bytesTotal: number): void {
  process.send!({ kind: 'progress', progress: { stage, bytesDone, bytesTotal } } satisfies SourceReply);
}

/** Waits until the file, or the folder's entries, are on the disk. */
function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function discard(partial: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal', '-scratch']) rmSync(partial + suffix, { force: true });
}
