import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SqliftError } from '../../core/errors';
import type { FilesOptions } from '../../core/field-storage';
import { isShaped } from '../../core/shape';
import type { SourceCatalog, SourceTable } from '../../core/source';
import { digestInThread } from './digest-in-thread';
import { codeOf, copyFailure, isFull } from './failures';
import type { Integrity } from './integrity';
import { PATIENCE } from './open';
import { askSourceProcess } from './source-client';

/** A copy that nobody has looked into yet. */
export interface SnapshotCopy {
  /** Absolute path of the copy: one file, read-only, that needs no -wal or -journal beside it. */
  path: string;
  bytes: number;
  /** How the source commits. */
  journalMode: 'wal' | 'rollback';
}

export interface SnapshotCheck {
  /** Of the whole file, hexadecimal. */
  sha256: string;
  pages: number;
  integrity: Integrity;
}

export interface Snapshot extends SnapshotCopy, SnapshotCheck {}

export interface SnapshotProgress {
  stage: 'copying' | 'checking' | 'digesting';
  bytesDone: number;
  bytesTotal: number;
}

export interface SnapshotOptions {
  source: string;
  /** File to make; what is there is replaced once the new one is whole. Its folder is made when it is missing. */
  destination: string;
  onProgress?: (progress: SnapshotProgress) => void;
  /** Ends the copy at once and leaves nothing of it. */
  signal?: AbortSignal;
  /** How long to wait for another program's lock, in milliseconds; default 10,000. */
  patience?: number;
  /** The source is a folder or file of documents, which the snapshot holds as tables. */
  files?: FilesOptions | undefined;
}

/**
 * Copies a live source as it is at one moment, the rows of its -wal included, and checks the copy. The source is never
 * changed (see `copy-source.ts`). One call at a time for a destination: a later one ends what an earlier one left half-made.
 *
 * @throws SqliftError as `checkSource`; SourceCorrupt when pages are damaged; DiskFull, FolderUnwritable; the signal's reason when aborted
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  return (await snapshot(options, false)) as Snapshot;
}

/** The same, but for the check, which is `judgeSnapshot`'s: rows can be read meanwhile. */
export function copySnapshot(options: SnapshotOptions): Promise<SnapshotCopy> {
  return snapshot(options, true);
}

/**
 * Checks the integrity of a copy that was just taken, and digests it, in a process of its own.
 * @param source what it is a copy of, for messages
 * @throws SqliftError SourceCorrupt when pages are damaged; the signal's reason when aborted
 */
export function judgeSnapshot(
  copy: string,
  source: string,
  options: Pick<SnapshotOptions, 'onProgress' | 'signal'> = {},
): Promise<SnapshotCheck> {
  return askSourceProcess({ kind: 'judge', path: resolve(source), copy: resolve(copy) }, options);
}

async function snapshot(options: SnapshotOptions, unchecked: boolean): Promise<Snapshot | SnapshotCopy> {
  const { onProgress, signal, patience = PATIENCE, files } = options;
  const path = resolve(options.source);
  const destination = resolve(options.destination);
  const partial = `${destination}${PARTIAL}${randomUUID().slice(0, 8)}`;
  try {
    await makeFolder(dirname(destination), path);
    await discardPartials(destination);
    const request = {
      kind: 'snapshot',
      path,
      destination,
      partial,
      patience,
      ...(files && { files }),
      unchecked,
    } as const;
    return await askSourceProcess(request, { onProgress, signal });
  } catch (error) {
    await discardPartials(destination);
    throw error;
  }
}

/**
 * Reads the schema of a live source as it is at one moment, without changing it. No rows are read.
 *
 * @param options.scratch path of a file that may be made for a while, where the source cannot be read in place
 * @throws SqliftError as `checkSource`; DiskFull, FolderUnwritable
 */
export function readLiveCatalog(source: string, options: LiveOptions): Promise<SourceCatalog> {
  return withPartial(source, options, (live) => askSourceProcess({ kind: 'catalog', ...live }, options));
}

/**
 * Checks the SQL that a plan reads tables of a live source by, without reading a row.
 *
 * @throws SqliftError PlanInvalid, naming everything that is wrong; as `readLiveCatalog`
 */
export async function checkLiveShapes(
  source: string,
  tables: readonly SourceTable[],
  options: LiveOptions,
): Promise<void> {
  if (tables.every((table) => !isShaped(table))) return;
  await withPartial(source, options, (live) => askSourceProcess({ kind: 'shapes', tables, ...live }, options));
}

export interface LiveOptions {
  scratch: string;
  /** How long to wait for another program's lock, in milliseconds; default 10,000. */
  patience?: number;
  signal?: AbortSignal;
  /** For a folder of documents: how they become tables. */
  files?: FilesOptions | undefined;
}

async function withPartial<T>(
  source: string,
  { scratch, patience = PATIENCE, files }: LiveOptions,
  ask: (live: { path: string; partial: string; patience: number; files?: FilesOptions }) => Promise<T>,
): Promise<T> {
  const path = resolve(source);
  const destination = resolve(scratch);
  try {
    await makeFolder(dirname(destination), path);
    const partial = `${destination}${PARTIAL}${randomUUID().slice(0, 8)}`;
    return await ask({ path, partial, patience, ...(files && { files }) });
  } finally {
    await discardPartials(destination);
  }
}

/**
 * Checks that a snapshot is still what it was when it was taken.
 * @throws SqliftError ArtifactMissing, SnapshotDamaged
 */
export async function verifySnapshot({ path, sha256 }: Pick<Snapshot, 'path' | 'sha256'>): Promise<void> {
  let found: string;
  try {
    found = await digestInThread(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      throw new SqliftError('SnapshotDamaged', `the snapshot ${path} cannot be read`, { file: path }, { cause: error });
    throw new SqliftError('ArtifactMissing', `the snapshot ${path} is gone`, { file: path }, { cause: error });
  }
  if (found === sha256) return;
  throw new SqliftError('SnapshotDamaged', `the snapshot ${path} does not have the digest it was taken with`, {
    file: path,
  });
}

const PARTIAL = '.partial-';

/** Told apart here, so that a folder that cannot be written to is not taken for a source that cannot be read. */
async function makeFolder(folder: string, source: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (error) {
    if (isFull(error)) throw copyFailure(error, source, folder);
    throw new SqliftError(
      'FolderUnwritable',
      `the snapshot of ${source} cannot be written to ${folder}`,
      { file: folder },
      { cause: error },
    );
  }
}

/** Half-made copies of this destination, of this attempt or of one that died. */
async function discardPartials(destination: string): Promise<void> {
  const folder = dirname(destination);
  const prefix = basename(destination) + PARTIAL;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (name.startsWith(prefix)) await rm(join(folder, name), { force: true });
}
