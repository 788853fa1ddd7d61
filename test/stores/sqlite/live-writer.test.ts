import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openSqlite } from '../../../stores/sqlite/open';
import { takeSnapshot } from '../../../stores/sqlite/snapshot';
import { crash, inOtherProcess, temporaryFolder } from './fixtures';

/** Each transaction writes to both ends of the file, so that a torn copy shows: the account's total is the sum of its entries. */
const WRITER = `
  const db = new Database(path, { timeout: 60000 });
  const add = db.transaction((amount) => {
    db.prepare('INSERT INTO entry(amount, filler) VALUES (?, randomblob(2000))').run(amount);
    db.prepare('UPDATE account SET total = total + ?, entries = entries + 1').run(amount);
    if (amount % 5 === 0) db.prepare('UPDATE entry SET filler = randomblob(1500) WHERE id % 50 = ?').run(amount % 50);
  });
  let amount = 0;
  const loop = () => { for (let i = 0; i < 5; i++) add(amount = (amount + 7) % 1000); say(); setImmediate(loop); };
  loop();
`;

/** Opens, writes and closes again and again: -wal and -shm come and go, and every close checkpoints. */
const SHORT_WRITER = WRITER.replace('const db = new', 'let db = new')
  .replace('const loop = () => {', 'const loop = () => { db = new Database(path, { timeout: 60000 });')
  .replace('say();', 'db.close(); say();')
  .replace('const add = db.transaction((amount) => {', 'db.close(); const add = (amount) => db.transaction(() => {')
  .replace("WHERE id % 50 = ?').run(amount % 50);\n  });", "WHERE id % 50 = ?').run(amount % 50);\n  })();");

test.each([
  ['WAL', 'wal', WRITER],
  ['rollback-journal', 'delete', WRITER],
  ['WAL, with a program that opens and closes all the time', 'wal', SHORT_WRITER],
  ['rollback-journal, with a program that opens and closes all the time', 'delete', SHORT_WRITER],
])(
  'every snapshot of a database under a writer is consistent, and the writer goes on: %s',
  async (_, mode, program) => {
    const folder = temporaryFolder();
    const source = join(folder, 'app.db');
    const setup = new Database(source);
    setup.pragma(`journal_mode = ${mode}`);
    setup.exec(`CREATE TABLE account(total INTEGER, entries INTEGER); INSERT INTO account VALUES (0, 0); CREATE TABLE entry(id INTEGER PRIMARY KEY, amount INTEGER, filler BLOB);
    INSERT INTO entry(amount, filler) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 0, randomblob(2000) FROM n; UPDATE account SET entries = 5000`);
    setup.close();
    const writer = await inOtherProcess(source, program);
    const seen: bigint[] = [];
    try {
      for (let take = 0; take < 6; take++) {
        const snapshot = await takeSnapshot({
          source,
          destination: join(temporaryFolder(), 'app.db'),
          patience: 30_000,
        });
        expect(snapshot.integrity).toBe('ok');
        const db = openSqlite(snapshot.path);
        const { total, entries } = db.prepare('SELECT total, entries FROM account').get() as {
          total: bigint;
          entries: bigint;
        };
        expect(db.prepare('SELECT sum(amount) AS total, count(*) AS entries FROM entry').get()).toEqual({
          total,
          entries,
        });
        db.close();
        seen.push(entries);
      }
      expect(writer.exitCode).toBeNull();
    } finally {
      await crash(writer);
    }
    expect(new Set(seen).size).toBeGreaterThan(3);
    expect([...seen].sort((a, b) => Number(a - b))).toEqual(seen);
    expect(readdirSync(folder).filter((name) => !/^app\.db(-wal|-shm|-journal)?$/.test(name))).toEqual([]);
    const survivor = new Database(source);
    expect(survivor.pragma('integrity_check', { simple: true })).toBe('ok');
    survivor.close();
  },
  120_000,
);
