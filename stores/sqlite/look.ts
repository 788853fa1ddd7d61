import { resolve } from 'node:path';
import type { FilesOptions } from '../../core/field-storage';
import type { Integrity } from './integrity';
import { PATIENCE } from './open';
import { askSourceProcess } from './source-client';
import type { ViolatedCheck } from './violated-checks';

/** A copy of a live source, to look at and throw away. Unlike a snapshot it has been neither checked nor digested. */
export interface LookCopy {
  /** Absolute path: one file that needs no -wal or -journal beside it. */
  path: string;
  /** Of the source's own file, without its -wal. */
  bytes: number;
  /** How the source commits. */
  journalMode: 'wal' | 'rollback';
  /** Of the -wal beside the source when it was copied; 0 where there was none. */
  walBytes: number;
  /** Of a folder of files: what became a table. */
  collections?: Record<string, { match: string }>;
}

/** What only a walk over all pages tells of a database. */
export interface Survey {
  integrity: Integrity;
  /** By name of table or index: the bytes of all pages of its b-tree. */
  trees: Record<string, number>;
  /** Pages that hold nothing. */
  freePages: number;
  violatedChecks: ViolatedCheck[];
}

interface LookOptions {
  signal?: AbortSignal;
  /** How long to wait for another program's lock, in milliseconds; default 10,000. */
  patience?: number;
  /** The source is a folder or file of documents. */
  files?: FilesOptions;
}

/**
 * Copies a live source as it is at one moment, the rows of its -wal included, without ever changing it (see `copy-source.ts`).
 * @param destination a file that does not exist, in a folder that does
 * @throws SqliftError as `checkSource`; DiskFull; the signal's reason when aborted
 */
export function copyToLook(source: string, destination: string, options: LookOptions = {}): Promise<LookCopy> {
  const { signal, patience = PATIENCE, files } = options;
  const request = {
    kind: 'copy',
    path: resolve(source),
    destination: resolve(destination),
    patience,
    ...(files && { files }),
  } as const;
  return askSourceProcess(request, { signal });
}

/**
 * Checks the integrity of such a copy and measures its trees, in a process of its own: both are minutes of native code for a large
 * file, in which the caller goes on reading rows.
 * @param source what the copy is of, for messages
 * @throws SqliftError SourceCorrupt when a page is damaged; the signal's reason when aborted
 */
export function surveyCopy(copy: string, source: string, { signal }: LookOptions = {}): Promise<Survey> {
  return askSourceProcess({ kind: 'survey', path: resolve(source), copy: resolve(copy) }, { signal });
}
