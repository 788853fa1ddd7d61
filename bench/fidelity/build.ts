import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Trap } from './trap';

const WORDS = 'amber birch cobalt delta ember fjord garnet harbour indigo juniper kelp lagoon maple nectar ochre'.split(
  ' ',
);

/** Rows of the table that stands beside every trap and must not suffer for it. */
const BYSTANDERS = 200;

/** Makes a trap's database in `folder` and gives its path. The same trap makes the same rows every time. */
export function buildTrap(trap: Trap, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${trap.id}.db`);
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(file + ending, { force: true });
  const db = new Database(file);
  try {
    db.pragma('foreign_keys = off');
    trap.build(db, file);
    addBystander(db);
    trap.whileOpen?.(file);
  } finally {
    db.close();
  }
  trap.afterwards?.(file);
  return file;
}

function addBystander(db: Database.Database): void {
  db.exec('CREATE TABLE bystander (id INTEGER PRIMARY KEY, word TEXT NOT NULL, n INTEGER)');
  const insert = db.prepare('INSERT INTO bystander VALUES (?, ?, ?)');
  let state = 7;
  db.transaction(() => {
    for (let id = 1; id <= BYSTANDERS; id++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      insert.run(id, `${WORDS[state % WORDS.length]!} ${id}`, state >>> 8);
    }
  })();
}
