import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';

/** Seeded SQLite files to measure with: the same arguments make the same rows on every machine. */

export const DATASETS = ['wide', 'narrow', 'many', 'blobs', 'json', 'mixed'] as const;
export type Dataset = (typeof DATASETS)[number];

interface Recipe {
  /** When nothing else is asked for. */
  rows: number;
  fill: (db: Database.Database, rows: number) => void;
}

const RECIPES: Readonly<Record<Dataset, Recipe>> = {
  /** One table of 12 columns, about 500 bytes a row. */
  wide: { rows: 1_000_000, fill: fillWide },
  /** One table of 4 numbers. */
  narrow: { rows: 5_000_000, fill: fillNarrow },
  /** 100 tables of so many rows, each with a key, two indexes and, but the first, a foreign key to the one before. */
  many: { rows: 5_000, fill: fillMany },
  /** A blob of 1 MB each. */
  blobs: { rows: 300, fill: fillBlobs },
  /** A document of some 600 bytes each, in a column declared JSON. */
  json: { rows: 500_000, fill: fillJson },
  /** About 1 GB: a narrow table, a tenth as many wide rows, and a table of 1 MB blobs. */
  mixed: {
    rows: 5_000_000,
    fill: (db, rows) => {
      fillWide(db, Math.round(rows / 10));
      fillNarrow(db, rows);
      fillBlobs(db, 650);
    },
  },
};

const WORDS = 'amber birch cobalt delta ember fjord garnet harbour indigo juniper kelp lagoon maple nectar ochre'.split(
  ' ',
);
const TABLES = 100;

/** Rows of a data set when nothing else is asked for; of `many`, of each table. */
export function usualRows(name: Dataset): number {
  return RECIPES[name].rows;
}

/** The path of a data set, made in `folder` unless it is there. */
export function dataset(name: Dataset, folder: string, rows = usualRows(name)): string {
  const file = path.join(folder, `${name}-${rows}.db`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  const db = new Database(partial);
  db.pragma('journal_mode = off');
  db.pragma('synchronous = off');
  db.exec('BEGIN');
  RECIPES[name].fill(db, rows);
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

function fillMany(db: Database.Database, rows: number): void {
  const random = generator(4);
  for (let number = 0; number < TABLES; number++) {
    const name = `part_${String(number).padStart(2, '0')}`;
    const parent = number === 0 ? '' : ` REFERENCES part_${String(number - 1).padStart(2, '0')} (id)`;
    db.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, parent INTEGER${parent}, code TEXT NOT NULL, label TEXT, score REAL);
      CREATE INDEX ${name}_code ON ${name} (code);
      CREATE INDEX ${name}_parent ON ${name} (parent, score);`);
    const insert = db.prepare(`INSERT INTO ${name} VALUES (?, ?, ?, ?, ?)`);
    for (let id = 1; id <= rows; id++)
      insert.run(
        id,
        random() < 0.1 ? null : 1 + Math.floor(random() * rows),
        `${word(random)}-${Math.floor(random() * 1e6)}`,
        random() < 0.2 ? null : `${word(random)} ${word(random)} ${word(random)}`,
        random() * 1000 + 0.001,
      );
  }
}

function fillJson(db: Database.Database, rows: number): void {
  db.exec(`CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, document JSON NOT NULL)`);
  const insert = db.prepare(`INSERT INTO events VALUES (?, ?, ?)`);
  const random = generator(5);
  for (let id = 1; id <= rows; id++) {
    const items = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, position) => ({
      position,
      name: `${word(random)} ${word(random)}`,
      price: Math.round(random() * 10_000) / 100,
      tags: [word(random), word(random)],
      gift: random() < 0.2 ? word(random) : null,
    }));
    const document = { id, at: 1_600_000_000 + id, user: { name: word(random), active: random() < 0.5 }, items };
    insert.run(id, word(random), JSON.stringify(document));
  }
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
