import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { SqliftError } from '../../core/errors';
import { checkSource } from '../sqlite/open';
import { copySnapshot } from '../sqlite/snapshot';

/** A consistent, immutable copy of a Chroma folder: the database by SQLite's own backup, the index files beside it as they were all along. */

const DATABASE = 'chroma.sqlite3';
const DIGESTS = 'digests.json';
/** How often the folder is copied anew when Chroma writes its indexes meanwhile, and how long is waited before, in milliseconds. */
const ATTEMPTS = 10;
const PAUSE = 1_000;

/** Looks whether there is such a folder that can be read. @throws SqliftError SourceMissing, SourceUnreadable, SourceNotSqlite */
export async function expectChroma(folder: string): Promise<void> {
  const database = path.join(folder, DATABASE);
  if (!(await exists(database)))
    throw new SqliftError('SourceMissing', `${folder} is no Chroma folder: ${DATABASE} is not there`, { file: folder });
  await checkSource(database, { files: false });
}

/** Copies the folder; a finished copy is kept. @throws SqliftError SourceMissing, SourceChanging */
export async function copyChroma(
  folder: string,
  destination: string,
  options: { signal?: AbortSignal; onProgress?: () => void } = {},
): Promise<{ bytes: number }> {
  const kept = await readDigests(destination);
  if (kept !== undefined) return { bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0) };
  await expectChroma(folder);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await rm(destination, { recursive: true, force: true });
    const before = await indexFiles(folder);
    const digests: Digest[] = [];
    for (const { name } of before) {
      const to = path.join(destination, name);
      await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
      await copyFile(path.join(folder, name), to, constants.COPYFILE_FICLONE).catch(ifGone);
      options.onProgress?.();
      options.signal?.throwIfAborted();
    }
    await mkdir(destination, { recursive: true, mode: 0o700 });
    await copySnapshot({
      source: path.join(folder, DATABASE),
      destination: path.join(destination, DATABASE),
      ...(options.signal !== undefined && { signal: options.signal }),
    });
    // The database tells what the indexes hold: both have to be of one moment.
    const after = await indexFiles(folder);
    if (JSON.stringify(before) === JSON.stringify(after)) {
      for (const name of [DATABASE, ...before.map((file) => file.name)]) {
        digests.push({ name, ...(await digestOf(path.join(destination, name))) });
        options.onProgress?.();
      }
      const temporary = path.join(destination, `${DIGESTS}.tmp`);
      await writeFile(temporary, JSON.stringify(digests), { mode: 0o600 });
      await rename(temporary, path.join(destination, DIGESTS));
      return { bytes: digests.reduce((sum, { bytes }) => sum + bytes, 0) };
    }
    await sleep(PAUSE);
  }
  throw new SqliftError('SourceChanging', `${folder}: its indexes are being written all the time`, { file: folder });
}

/** Checks that the copy is what was taken. @throws SqliftError ArtifactMissing, SnapshotDamaged */
export async function checkChroma(destination: string): Promise<void> {
  const digests = await readDigests(destination);
  if (digests === undefined)
    throw new SqliftError('ArtifactMissing', `${destination} is missing`, { file: destination });
  for (const { name, sha256 } of digests) {
    const file = path.join(destination, name);
    if (!(await exists(file))) throw new SqliftError('ArtifactMissing', `${file} is missing`, { file });
    if ((await digestOf(file)).sha256 !== sha256)
      throw new SqliftError('SnapshotDamaged', `${file} is not what was taken`, { file });
  }
}

interface Digest {
  name: string;
  bytes: number;
  sha256: string;
}

async function readDigests(destination: string): Promise<Digest[] | undefined> {
  const text = await readFile(path.join(destination, DIGESTS), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Digest[]);
}

/** Files of the indexes, each in a folder named for its segment. */
async function indexFiles(folder: string): Promise<{ name: string; bytes: number; modified: number }[]> {
  const files: { name: string; bytes: number; modified: number }[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !/^[0-9a-f-]{36}$/.test(entry.name)) continue;
    for (const file of await readdir(path.join(folder, entry.name))) {
      const name = path.join(entry.name, file);
      // What a link points to is not Chroma's.
      const found = await lstat(path.join(folder, name)).catch(() => undefined);
      if (found?.isFile() === true) files.push({ name, bytes: found.size, modified: found.mtimeMs });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function digestOf(file: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** What is gone meanwhile is seen when the files are looked at again. */
function ifGone(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
