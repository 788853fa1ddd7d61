import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SqliftError } from '../../../core/errors';
import { PageReader } from '../../../stores/sqlite/page-reader';
import { temporaryFolder } from './fixtures';
import { agreedRows, catalogOf, database, line } from './reader-fixtures';

/** mulberry32: the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = (below: number) => number;

const TYPES = ['', 'INTEGER', 'TEXT', 'REAL', 'BLOB', 'NUMERIC', 'FLOAT', 'VARCHAR(5)', 'BOOLEAN'];

function value(random: Random): null | bigint | number | Buffer | string {
  const magnitude = 1n << BigInt(random(63));
  switch (random(9)) {
    case 0:
      return null;
    case 1:
      return BigInt(random(300)) - 100n;
    case 2:
      return random(2) === 0 ? magnitude : -magnitude - BigInt(random(2));
    case 3:
      return random(1000) / 8;
    case 4:
      return (random(2000) - 1000) * 2 ** random(60);
    case 5:
      return 'ü'.repeat(random(40));
    case 6:
      return 'x'.repeat(random(random(10) === 0 ? 20_000 : 200));
    case 7:
      return Buffer.alloc(random(random(20) === 0 ? 40_000 : 100), random(256));
    default:
      return String(random(100_000));
  }
}

function randomDatabase(random: Random): string {
  return database(
    (db) => {
      const columns = 1 + random(random(4) === 0 ? 150 : 8);
      const key = random(columns * 2);
      const names = Array.from({ length: columns }, (_, i) => `c${i}`);
      const types = names.map((_, i) => (i === key ? 'INTEGER PRIMARY KEY' : TYPES[random(TYPES.length)]!));
      db.exec(`CREATE TABLE t (${names.map((name, i) => `${name} ${types[i]}`).join(', ')}); CREATE TABLE other (a)`);
      const insertSome = () => {
        const insert = db.prepare(
          `INSERT OR REPLACE INTO t (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
        );
        const count = random(400 / (1 + Math.floor(names.length / 20)));
        const apart = random(3) === 0;
        db.exec('BEGIN');
        for (let i = 0; i < count; i++) {
          const id = apart ? (1n << BigInt(random(63))) * (random(2) === 0 ? 1n : -1n) + BigInt(random(100)) : null;
          insert.run(...names.map((_, column) => (column === key ? id : value(random))));
          if (random(10) === 0) db.prepare('INSERT INTO other VALUES (?)').run(Buffer.alloc(random(3000)));
        }
        db.exec('COMMIT');
      };
      for (let step = 0; step < 6; step++) {
        if (random(2) === 0) {
          const name = `d${step}`;
          const constant = ['NULL', '7', '-1.5', `'text'`, `x'0102'`, `'12'`, '1e3', '9223372036854775807'][random(8)];
          db.exec(`ALTER TABLE t ADD COLUMN ${name} ${TYPES[random(TYPES.length)]} DEFAULT ${constant}`);
          names.push(name);
          types.push('');
        }
        insertSome();
        if (random(3) === 0) db.exec(`DELETE FROM t WHERE abs(rowid % ${2 + random(5)}) = 0`);
        if (random(4) === 0) db.exec('DELETE FROM other');
      }
      if (random(4) === 0) db.exec('VACUUM');
    },
    [`page_size = ${512 << random(8)}`, `auto_vacuum = ${random(3)}`],
  );
}

test('both readers agree on random tables', () => {
  const random = randomOf(20_261_121);
  let count = 0;
  for (let round = 0; round < 20; round++) count += agreedRows(randomDatabase(random), 't', 512 << random(8)).length;
  expect(count).toBeGreaterThan(2000);
}, 120_000);

test('a damaged file gives an error or other data, and never hangs or reads elsewhere', () => {
  const random = randomOf(7);
  const path = join(temporaryFolder(), 'damaged.db');
  const outcomes = { read: 0, refused: 0 };
  for (let round = 0; round < 6; round++) {
    const good = randomDatabase(random);
    const catalog = catalogOf(good);
    const table = catalog.tables.find(({ name }) => name === 't')!;
    const bytes = readFileSync(good);
    for (let attempt = 0; attempt < 60; attempt++) {
      const damaged = Buffer.from(bytes);
      damage(damaged, catalog.pageSize, random);
      writeFileSync(path, damaged);
      outcomes[readWhatGoes(path, table) ? 'read' : 'refused'] += 1;
    }
  }
  expect(outcomes.read).toBeGreaterThan(50);
  expect(outcomes.refused).toBeGreaterThan(50);
}, 120_000);

/** Bytes, header fields, whole pages: but not the schema, of which the test reads nothing again. */
function damage(bytes: Buffer, pageSize: number, random: Random): void {
  const pages = bytes.length / pageSize;
  const page = () => 1 + random(pages - 1);
  switch (random(4)) {
    case 0:
      for (let i = 0; i < 20; i++) bytes[pageSize + random(bytes.length - pageSize)] = random(256);
      break;
    case 1:
      for (let i = 0; i < 3; i++) bytes[page() * pageSize + random(16)] = random(256);
      break;
    case 2: {
      const from = page();
      bytes.copy(bytes, page() * pageSize, from * pageSize, (from + 1) * pageSize);
      break;
    }
    default:
      for (let i = 0; i < 5; i++)
        bytes.writeUInt32BE(
          [0, 1, 2, pages, 0xffffffff, page() + 1][random(6)]!,
          page() * pageSize + random(pageSize - 4),
        );
  }
}

function readWhatGoes(path: string, table: ConstructorParameters<typeof PageReader>[1]): boolean {
  const reader = new PageReader(path, table);
  const ways = [
    () => reader.scan((row) => void line(row)),
    () => {
      for (const chunk of reader.chunks(8192))
        for (const _ of reader.batches((row) => void line(row), chunk.range, 4096));
    },
  ];
  let whole = true;
  for (const way of ways) {
    try {
      way();
    } catch (error) {
      if (!(error instanceof SqliftError) || error.code !== 'SourceCorrupt') throw error;
      expect(error.place).toMatchObject({ file: path });
      whole = false;
    }
  }
  reader.close();
  return whole;
}

test('an interior page that points to itself or to its parent ends the scan with an error', () => {
  const path = database(
    (db) => {
      db.exec('CREATE TABLE t (a)');
      for (let i = 0; i < 3000; i++) db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100));
    },
    ['page_size = 512'],
  );
  const catalog = catalogOf(path);
  const table = catalog.tables[0]!;
  const bytes = readFileSync(path);
  const rootAt = (table.rootPage - 1) * 512;
  expect(bytes[rootAt]).toBe(5);
  const child = bytes.readUInt32BE(rootAt + bytes.readUInt16BE(rootAt + 12));
  for (const at of [rootAt, (child - 1) * 512]) {
    const looped = Buffer.from(bytes);
    const cells = looped.readUInt16BE(at + 3);
    for (let i = 0; i < cells; i++) looped.writeUInt32BE(table.rootPage, at + looped.readUInt16BE(at + 12 + 2 * i));
    looped.writeUInt32BE(child, at + 8);
    writeFileSync(path, looped);
    expect(readWhatGoes(path, table)).toBe(false);
    expect(new Database(path).prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(1);
  }
});
