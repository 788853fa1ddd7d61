import Database from 'better-sqlite3';
import { readCreateTrigger, triggerText } from '../../../core/sql/create-trigger';

/** The trigger as SQLite keeps it. */
function stored(sql: string): string {
  const db = new Database(':memory:');
  db.exec(`CREATE TABLE t (a, "b c", "begin"); CREATE TABLE "on" (x); CREATE VIEW v AS SELECT a FROM t; ${sql}`);
  return db.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'trigger'`).pluck().get() as string;
}

const END = 'BEGIN SELECT 1; END';

test.each([
  [`CREATE TRIGGER x AFTER INSERT ON t ${END}`, 'AFTER INSERT on t'],
  [`CREATE TRIGGER x INSERT ON t ${END}`, 'BEFORE INSERT on t'],
  [
    `create trigger if not exists main."a b" before delete on 't' for each row when old.a > 1 ${END}`,
    'BEFORE DELETE on t',
  ],
  [`CREATE TRIGGER after INSERT ON t ${END}`, 'BEFORE INSERT on t'],
  [`CREATE TRIGGER 'before' AFTER UPDATE ON [on] ${END}`, 'AFTER UPDATE on on'],
  [`CREATE TRIGGER x UPDATE OF a, "b c", missing, "begin" ON t ${END}`, 'BEFORE UPDATE OF a, b c, missing, begin on t'],
  [`CREATE TRIGGER x INSTEAD OF UPDATE OF a ON v ${END}`, 'INSTEAD OF UPDATE OF a on v'],
  [
    `CREATE TRIGGER x /* AFTER */ AFTER -- DELETE\n INSERT ON main.t WHEN new."begin" = 'x' ${END}`,
    'AFTER INSERT on t',
  ],
])('%s', (sql, text) => {
  expect(triggerText(readCreateTrigger(stored(sql))!)).toBe(text);
});

test.each([
  '',
  'CREATE TRIGGER',
  'CREATE TRIGGER x AFTER',
  'CREATE TRIGGER x AFTER INSERT ON',
  'CREATE TRIGGER x UPDATE OF',
  '\u0001',
])('what is no trigger has nothing to say: %j', (sql) => {
  expect(readCreateTrigger(sql)).toBeUndefined();
});
