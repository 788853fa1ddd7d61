import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SqliftError } from '../../core/errors';
import { codeOf } from '../sqlite/failures';

/** What files are read as, by their endings. */
export const FORMATS = {
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  yaml: 'yaml',
  yml: 'yaml',
  md: 'markdown',
  markdown: 'markdown',
} as const;
export type FileFormat = (typeof FORMATS)[keyof typeof FORMATS];

export interface FoundFile {
  /** From the folder, with slashes. */
  path: string;
  format: FileFormat;
  bytes: number;
}

export interface SkippedFile {
  path: string;
  reason: string;
}

export interface FoundFiles {
  /** The folder that paths start at, symbolic links resolved. */
  root: string;
  /** In order of their paths' bytes. */
  files: FoundFile[];
  /** What is there and is not read, in the same order. */
  skipped: SkippedFile[];
}

/** Folders of tools, which hold no data of the application. */
const TOOL_FOLDERS = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__']);

/** The format of a file of this name, if it is read at all. */
export function formatOf(name: string): FileFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(FORMATS, ending) ? FORMATS[ending as keyof typeof FORMATS] : undefined;
}

/**
 * Looks at what a folder holds, or at one file. No symbolic link below the folder is followed: what it points at is read in its
 * own place, or is none of the folder's business. Changes nothing and reads no file.
 *
 * @throws SqliftError SourceMissing, SourceNotAFile, SourceUnreadable
 */
export function findFiles(source: string): FoundFiles {
  const path = resolve(source);
  try {
    const stat = statSync(path);
    if (stat.isFile()) {
      const format = formatOf(path);
      if (format === undefined)
        throw new SqliftError('SourceNotAFile', `${path} is no file that is read: ${endings()}`, { file: path });
      return { root: dirname(path), files: [{ path: basename(path), format, bytes: stat.size }], skipped: [] };
    }
    if (!stat.isDirectory())
      throw new SqliftError('SourceNotAFile', `${path} is neither a file nor a folder`, { file: path });
    const found: FoundFiles = { root: realpathSync(path), files: [], skipped: [] };
    walk(found, '');
    if (found.files.length === 0)
      throw new SqliftError('SourceNotAFile', `${path} is a folder without any file that is read: ${endings()}`, {
        file: path,
      });
    found.files.sort(byPath);
    found.skipped.sort(byPath);
    return found;
  } catch (error) {
    if (error instanceof SqliftError) throw error;
    const missing = ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
    throw new SqliftError(
      missing ? 'SourceMissing' : 'SourceUnreadable',
      missing ? `${path} does not exist` : `${path} cannot be read: ${codeOf(error)}`,
      { file: path },
      { cause: error },
    );
  }
}

function walk(found: FoundFiles, folder: string): void {
  let names: Buffer[];
  try {
    names = readdirSync(join(found.root, folder), { encoding: 'buffer' });
  } catch (error) {
    if (folder === '') throw error;
    found.skipped.push({ path: folder, reason: `the folder cannot be read: ${codeOf(error)}` });
    return;
  }
  for (const bytes of names) {
    const name = bytes.toString('utf8');
    const path = folder === '' ? name : `${folder}/${name}`;
    const skip = (reason: string) => void found.skipped.push({ path, reason });
    if (!Buffer.from(name).equals(bytes)) {
      skip('its name is not UTF-8');
      continue;
    }
    const stat = lstatSync(join(found.root, path), { throwIfNoEntry: false });
    // Gone since the folder was listed.
    if (stat === undefined) continue;
    const format = formatOf(name);
    if (stat.isSymbolicLink()) skip(linkReason(found.root, path));
    else if (stat.isDirectory()) {
      if (TOOL_FOLDERS.has(name)) skip('a folder of a tool');
      else walk(found, path);
    } else if (!stat.isFile()) skip('not a regular file');
    else if (format !== undefined) found.files.push({ path, format, bytes: stat.size });
    else if (/\.(db3?|sqlite3?|sqlitedb)$/i.test(name)) skip('a SQLite file: give it as a source of its own');
    else skip('of a kind that is not read');
  }
}

function linkReason(root: string, path: string): string {
  try {
    const target = realpathSync(join(root, path));
    return target === root || target.startsWith(`${root}/`)
      ? 'a symbolic link; what it points at is read in its own place'
      : 'a symbolic link out of the folder';
  } catch {
    return 'a symbolic link to nothing';
  }
}

/** The same order wherever it is: by bytes, as SQLite sorts. */
export function byPath(a: { path: string }, b: { path: string }): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

function endings(): string {
  return Object.keys(FORMATS)
    .map((ending) => `.${ending}`)
    .join(', ');
}

/** Room that a snapshot and the scratch file beside it may take, in sizes of the files. */
export const FILES_SPACE = 4;

/** More of one kind and reason than this are named together. */
const NAMED = 10;

/** The same, with files of one folder, ending and reason as one entry where they are many. */
export function grouped(skipped: readonly SkippedFile[]): SkippedFile[] {
  const groups = new Map<string, SkippedFile[]>();
  for (const file of skipped) {
    const folder = dirname(file.path) === '.' ? '' : `${dirname(file.path)}/`;
    const ending = /\.[^./]+$/.exec(basename(file.path))?.[0] ?? '';
    const key = JSON.stringify([folder, ending, file.reason]);
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups].flatMap(([key, files]) => {
    if (files.length <= NAMED) return files;
    const [folder, ending, reason] = JSON.parse(key) as [string, string, string];
    return [{ path: `${folder}*${ending}`, reason: `${files.length.toLocaleString('en-US')} files: ${reason}` }];
  });
}
