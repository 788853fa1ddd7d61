import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import type { WantedFields } from '../../core/field-storage';
import { codeOf } from '../sqlite/failures';
import { FILES_APPLICATION_ID, NOTES_TABLE } from './catalog';
import { FILES_TABLE, collectionMatcher, defaultCollections, singleCollection } from './collections';
import type { Collections } from './collections';
import { DocumentRows, wants } from './document-rows';
import { FieldCensus } from './field-census';
import { byPath, findFiles, grouped } from './folder';
import type { FoundFile, SkippedFile } from './folder';
import { scanJson, stringValue } from './json-scan';
import { FileReader, RACY_MS, isGone } from './read-file';
import type { FileFacts } from './read-file';
import { refused } from './records';
import type { FileRecord } from './records';
import { Scratch } from './scratch';

export interface FilesSnapshotOptions {
  /** Folder or file. */
  source: string;
  /** File to make. */
  destination: string;
  /** What becomes a table; made of folders and formats when left out. */
  collections?: Collections;
  /** By collection: the fields that the plan has. */
  wanted?: Readonly<Record<string, WantedFields>>;
  /** How long a file may go on changing while it is read, in milliseconds. */
  patience: number;
  onProgress: (bytesDone: number, bytesTotal: number) => void;
}

/** A file that was read, with what was found in it. */
interface ReadFile extends FileFacts {
  path: string;
  format: FoundFile['format'];
  collection: string;
  records: number;
  refused: number;
}

/** What is known of a collection when every file has been read. */
interface Gathered {
  census: FieldCensus;
  body: boolean;
  value: boolean;
}

/** Records between two turns for others. */
const TURN = 2_000;

/**
 * Writes the documents of a folder into a SQLite file: a table for each collection, one of the files. Each file is read as it is at
 * one moment; one that changes meanwhile is read again. The same files give the same bytes.
 *
 * @returns the collections, as a plan would name them
 * @throws SqliftError as `findFiles`, SourceChanging; the driver's and the system's errors about the destination as they are
 */
export async function writeFilesSnapshot(options: FilesSnapshotOptions): Promise<Collections> {
  const { root, files, skipped } = findFiles(options.source);
  const single = skipped.length === 0 && files.length === 1 && join(root, files[0]!.path) === options.source;
  const collections = options.collections ?? (single ? singleCollection(files[0]!.path) : defaultCollections(files));
  const scratch = new Scratch(`${options.destination}-scratch`);
  try {
    const gathered = new Map<string, Gathered>();
    const read = await gather(root, files, collections, scratch, gathered, skipped, options);
    scratch.settle();
    await write(options, collections, read, gathered, scratch, skipped);
    return collections;
  } finally {
    scratch.close();
  }
}

/** Reads every file once. What cannot be read is added to `skipped`. */
async function gather(
  root: string,
  files: readonly FoundFile[],
  collections: Collections,
  scratch: Scratch,
  gathered: Map<string, Gathered>,
  skipped: SkippedFile[],
  { patience, onProgress }: FilesSnapshotOptions,
): Promise<ReadFile[]> {
  const collectionOf = collectionMatcher(collections);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const read: ReadFile[] = [];
  let done = 0;
  for (const file of files) {
    const collection = collectionOf(file.path);
    if (collection === undefined) skipped.push({ path: file.path, reason: 'no collection of the plan takes it' });
    else {
      const found = await readPatiently(join(root, file.path), file, read.length, scratch, patience);
      if (found === undefined) skipped.push({ path: file.path, reason: 'it was gone before it could be read' });
      else {
        const { census, body, value, ...facts } = found;
        const sum = gathered.get(collection) ?? { census: new FieldCensus(), body: false, value: false };
        sum.census.merge(census);
        gathered.set(collection, { census: sum.census, body: sum.body || body, value: sum.value || value });
        read.push({ ...facts, path: file.path, format: file.format, collection });
      }
    }
    onProgress((done += file.bytes), total);
    await nextTurn();
  }
  skipped.sort(byPath);
  return read;
}

type FoundRecords = Gathered & FileFacts & Pick<ReadFile, 'records' | 'refused'>;

/** Reads a file until it holds still. Undefined when it is gone. */
async function readPatiently(
  path: string,
  file: FoundFile,
  number: number,
  scratch: Scratch,
  patience: number,
): Promise<FoundRecords | undefined> {
  const deadline = Date.now() + patience;
  // Who is writing it now may be done in a moment.
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.abs(Date.now() - modified) < RACY_MS) await sleep(RACY_MS);
  for (;;) {
    let first: bigint | undefined;
    const put = (index: number, record: FileRecord) => {
      const place = scratch.put(number, index, record);
      first ??= place;
    };
    try {
      const found = await readOnce(path, file, put);
      if (!found.changed) return found;
      if (Date.now() > deadline)
        throw new SqliftError('SourceChanging', `${path} changed each time while it was read`, { file: path });
    } catch (error) {
      if (error instanceof SqliftError || codeOf(error).startsWith('SQLITE')) throw error;
      if (first !== undefined) scratch.forget(first);
      if (isGone(error)) return undefined;
      put(0, refused(1, 'cannot be read', Buffer.alloc(0)));
      return { ...unreadable(file), census: new FieldCensus(), body: false, value: false };
    }
    if (first !== undefined) scratch.forget(first);
    await sleep(RACY_MS);
  }
}

function unreadable({ bytes }: FoundFile): FileFacts & Pick<ReadFile, 'records' | 'refused'> {
  return { bytes, modified: 0n, sha256: '', encoding: 'UTF-8', changed: false, records: 1, refused: 1 };
}

async function readOnce(
  path: string,
  { format }: FoundFile,
  put: (index: number, record: FileRecord) => void,
): Promise<FoundRecords> {
  const census = new FieldCensus();
  const counts = { records: 0, refused: 0 };
  const found = { body: format === 'markdown', value: false };
  const reader = new FileReader(path, format);
  for (const record of reader.records()) {
    const checked = takeIn(record, census);
    if ('reason' in checked) counts.refused += 1;
    else if (checked.scan!.kind !== 'object') found.value = true;
    put(counts.records, checked);
    counts.records += 1;
    if (counts.records % TURN === 0) await nextTurn();
  }
  return { census, ...found, ...counts, ...reader.facts! };
}

/** Counts the fields of a record; refuses what no text can hold. */
function takeIn(record: FileRecord, census: FieldCensus): FileRecord {
  if ('reason' in record) return record;
  const scan = record.scan ?? scanJson(record.json);
  if (scan.problem !== undefined) return refused(record.line, scan.problem, Buffer.from(record.json));
  const broken = scan.members.some(
    ({ kind, value }) => kind === 'string' && /\\u[dD]/.test(value) && stringValue(value) === undefined,
  );
  if (broken) return refused(record.line, 'half a surrogate pair', Buffer.from(record.json));
  if (scan.kind === 'object') census.add(scan.members);
  return { ...record, scan };
}

async function write(
  { destination, wanted = {} }: FilesSnapshotOptions,
  collections: Collections,
  files: readonly ReadFile[],
  gathered: ReadonlyMap<string, Gathered>,
  scratch: Scratch,
  skipped: readonly SkippedFile[],
): Promise<void> {
  const db = new Database(destination);
  try {
    db.pragma('page_size = 4096');
    db.pragma('journal_mode = off');
    db.pragma('synchronous = off');
    db.pragma(`application_id = ${FILES_APPLICATION_ID}`);
    db.exec('BEGIN');
    writeFiles(db, files);
    const notes: [kind: string, object: string, reason: string][] = grouped(skipped).map(({ path, reason }) => [
      'file',
      path,
      reason,
    ]);
    for (const { path, encoding } of files)
      if (encoding.startsWith('UTF-16')) notes.push(['encoding', path, `${encoding}, read as text`]);
    for (const name of Object.keys(collections).sort()) {
      const { census, body, value } = gathered.get(name) ?? { census: new FieldCensus(), body: false, value: false };
      const fields = census.columns(wanted[name]);
      const rows = new DocumentRows(db, {
        name,
        fields,
        body: body || wants(wanted[name], '_body'),
        value: (wanted[name]?.drafted ?? true) ? value || wants(wanted[name], '_value') : wants(wanted[name], '_value'),
      });
      for (const field of fields)
        if (field.note !== undefined) notes.push(['column', JSON.stringify([name, field.name]), field.note]);
      let written = 0;
      for (const [number, file] of files.entries()) {
        if (file.collection !== name) continue;
        for (const record of scratch.of(number)) {
          rows.add(file.path, record);
          if (++written % TURN === 0) await nextTurn();
        }
      }
    }
    db.exec(`CREATE TABLE ${NOTES_TABLE} (kind TEXT, object TEXT, reason TEXT)`);
    const note = db.prepare(`INSERT INTO ${NOTES_TABLE} VALUES (?, ?, ?)`);
    for (const values of notes) note.run(...values);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}

function writeFiles(db: Database.Database, files: readonly ReadFile[]): void {
  db.exec(
    `CREATE TABLE "${FILES_TABLE}" ("path" TEXT NOT NULL PRIMARY KEY, "collection" TEXT NOT NULL, "format" TEXT NOT NULL, "encoding" TEXT NOT NULL,
      "size" INTEGER NOT NULL, "mtime" TIMESTAMPTZ, "sha256" TEXT, "records" INTEGER NOT NULL, "refused" INTEGER NOT NULL)`,
  );
  const insert = db.prepare(`INSERT INTO "${FILES_TABLE}" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  for (const file of files) {
    const unread = file.sha256 === '';
    insert.run(
      file.path,
      file.collection,
      file.format,
      file.encoding,
      BigInt(file.bytes),
      unread ? null : instant(file.modified),
      unread ? null : file.sha256,
      BigInt(file.records),
      BigInt(file.refused),
    );
  }
}

/** Microseconds since 1970 as `2026-01-31 23:59:00.123456Z`. */
function instant(microseconds: bigint): string {
  const fraction = ((microseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = (microseconds - fraction) / 1_000_000n;
  const text = new Date(Number(seconds) * 1000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}.${String(fraction).padStart(6, '0')}Z`;
}
