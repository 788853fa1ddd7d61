import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';

/** Seeded SQLite files to measure with: the same arguments make the same rows on every machine. */

export const DATASETS = ['wide', 'mixed'] as const;
export type Dataset = (typeof DATASETS)[number];

/** Rows of `wide`, and of the narrow table of `mixed`, when nothing else is asked for. */
const ROWS: Readonly<Record<Dataset, number>> = { wide: 1_000_000, mixed: 5_000_000 };
/** Of `mixed`: a blob of 1 MB each. */
const BLOBS = 650;
const WORDS = 'amber birch cobalt delta ember fjord garnet harbour indigo juniper kelp lagoon maple nectar ochre'.split(
  ' ',
);

/**
 * The path of a data set, made in `folder` unless it is there.
 * `wide`: one table of 12 columns, about 500 bytes a row. `mixed`: about 1 GB in a narrow table of millions of rows, a table of
 * 1 MB blobs and half of a `wide`.
 */
export function dataset(name: Dataset, folder: string, rows = ROWS[name]): string {
  const file = path.join(folder, `${name}-${rows}.db`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const db = new Database(partial);
  db.pragma('journal_mode = off');
  db.pragma('synchronous = off');
  db.exec('BEGIN');
  if (name === 'wide') fillWide(db, rows);
  else {
    fillWide(db, Math.round(rows / 10));
    fillNarrow(db, rows);
    fillBlobs(db, BLOBS);
  }
  db.exec('COMMIT');
  db.close();
  renameSync(partial, file);
  return file;
}

function fillWide(db: Database.Database, rows: number): void {
  db.exec(`CREATE TABLE wide (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, quantity INTEGER, price REAL, ratio REAL,
    active INTEGER NOT NULL, name TEXT NOT NULL, email TEXT, note TEXT, created TEXT NOT NULL, amount INTEGER, payload BLOB)`);
  const insert = db.prepare(`INSERT INTO wide VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const random = generator(1);
  for (let id = 1; id <= rows; id++) {
    const name = `${word(random)} ${word(random)}`;
    const note = Array.from({ length: 40 + Math.floor(random() * 16) }, () => word(random)).join(' ');
    insert.run(
      id,
      Math.floor(random() * 50_000),
      random() < 0.1 ? null : Math.floor(random() * 1000),
      Math.round(random() * 100_000) / 100 + 0.005,
      random(),
      random() < 0.5 ? 1 : 0,
      name,
      `${name.replace(' ', '.')}${id}@example.org`,
      random() < 0.05 ? null : `${note} – “${id}”`,
      new Date(1_600_000_000_000 + Math.floor(random() * 1e11)).toISOString().slice(0, 19).replace('T', ' '),
      BigInt(Math.floor(random() * Number.MAX_SAFE_INTEGER)) << 9n,
      bytes(random, 64),
    );
  }
}

function fillNarrow(db: Database.Database, rows: number): void {
  db.exec(`CREATE TABLE narrow (id INTEGER PRIMARY KEY, sensor INTEGER NOT NULL, at INTEGER NOT NULL, reading REAL)`);
  const insert = db.prepare(`INSERT INTO narrow VALUES (?, ?, ?, ?)`);
  const random = generator(2);
  for (let id = 1; id <= rows; id++)
    insert.run(id, Math.floor(random() * 500), 1_600_000_000 + id, random() < 0.02 ? null : random() * 100 + 0.001);
}

function fillBlobs(db: Database.Database, rows: number): void {
  db.exec(`CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, content BLOB NOT NULL)`);
  const insert = db.prepare(`INSERT INTO files VALUES (?, ?, ?)`);
  const random = generator(3);
  for (let id = 1; id <= rows; id++) insert.run(id, `${word(random)}-${id}.bin`, bytes(random, 1_000_000));
}

function word(random: () => number): string {
  return WORDS[Math.floor(random() * WORDS.length)]!;
}

function bytes(random: () => number, length: number): Buffer {
  const made = Buffer.alloc(length);
  for (let at = 0; at < length; at += 4) made.writeInt32LE((random() * 2 ** 32) | 0, at);
  return made;
}

/** A linear congruential generator of doubles in [0, 1); of its 32 bits the upper ones are the good ones. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

if (require.main === module) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rows: { type: 'string' }, folder: { type: 'string', default: 'bench/.data' } },
  });
  for (const name of positionals.length > 0 ? (positionals as Dataset[]) : DATASETS) {
    if (!DATASETS.includes(name)) throw new Error(`no data set ${name}: there are ${DATASETS.join(', ')}`);
    process.stdout.write(
      `${dataset(name, values.folder, values.rows === undefined ? undefined : Number(values.rows))}\n`,
    );
  }
}
