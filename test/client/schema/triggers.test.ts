import path from 'node:path';
import Database from 'better-sqlite3';
import { Pool } from 'pg';
import { sqlArtefact } from '../../../client/schema/sql';
import { triggerFrames } from '../../../client/schema/triggers';
import type { Target } from '../../../client/schema/target';
import { resolvePlan } from '../../../core/resolve';
import { readCatalog } from '../../../stores/sqlite/catalog';
import { temporaryFolder } from '../../stores/sqlite/fixtures';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { draftOf } from '../../support/plans';
import { PROVENANCE, targetOfFile } from './sources';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = new Pool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const LONG = 'l'.repeat(70);
const DO = 'BEGIN INSERT INTO log VALUES (1); END';

/** Every kind of trigger, and names and bodies that want to be something else. */
const TRIGGERS = [
  `CREATE TRIGGER audit AFTER INSERT ON orders WHEN new.amount > 5 BEGIN
     INSERT INTO log (msg) VALUES ('big ' || new.id);\r\n     UPDATE orders SET amount = amount + 1 WHERE id = new.id;\r     DELETE FROM log;

     SELECT CASE WHEN 1 THEN 2 END;
   END`,
  `CREATE TRIGGER guard BEFORE UPDATE OF amount, "AMOUNT", missing, "a ""b""" ON orders BEGIN SELECT raise(abort, 'negative') WHERE new.amount < 0; END`,
  `CREATE TRIGGER only_gone UPDATE OF missing ON orders ${DO}`,
  `CREATE TRIGGER gone DELETE ON ORDERS ${DO}`,
  `CREATE TRIGGER of_view INSTEAD OF UPDATE OF id ON big ${DO}`,
  `CREATE TRIGGER of_view_delete INSTEAD OF DELETE ON big ${DO}`,
  `CREATE TRIGGER of_lost INSTEAD OF INSERT ON lost ${DO}`,
  `CREATE TRIGGER "*/ $frame$; DROP TABLE orders; --\n'; DROP TABLE log; \r""x""" AFTER DELETE ON "a ""b""\n; --" BEGIN
     SELECT '$frame$ $frame1$ */ /* -- ', '
$frame$ LANGUAGE sql; DROP TABLE orders; -- '; END`,
  `CREATE TRIGGER "" AFTER UPDATE ON log ${DO}`,
  `CREATE TRIGGER "${LONG}1" AFTER UPDATE ON log ${DO}`,
  `CREATE TRIGGER "${LONG}2" AFTER UPDATE ON log ${DO}`,
  `CREATE TRIGGER "\u{1f600}" AFTER INSERT ON log BEGIN SELECT '\u{1f600}\u2028'; END`,
];

function source(): string {
  const file = path.join(temporaryFolder(), 'triggers.sqlite');
  const db = new Database(file);
  db.exec(`
    CREATE TABLE orders (id INTEGER PRIMARY KEY, amount INTEGER, "a ""b""" TEXT); CREATE TABLE log (msg TEXT);
    CREATE VIRTUAL TABLE words USING fts5(msg, content='log');
    CREATE TABLE "a ""b""\n; --" (x INTEGER);
    CREATE VIEW big AS SELECT id FROM orders WHERE amount > 10; CREATE VIEW lost AS SELECT printf('%d', id) AS id FROM orders`);
  for (const trigger of TRIGGERS) db.exec(trigger);
  db.close();
  return file;
}

const hostile = (): Promise<Target> => targetOfFile(source(), 'triggers');

/** What a person does who wants the triggers. */
const uncommented = (frame: string): string => frame.replaceAll(/^-- /gm, '');

const made = async (): Promise<string[]> => {
  const { rows } = await pool.query<{ text: string }>(
    `SELECT action_timing || ' ' || string_agg(event_manipulation, ',') || coalesce(' OF ' || max(c.names), '') || ' on ' || event_object_table || ': ' || trigger_name AS text
     FROM information_schema.triggers t LEFT JOIN LATERAL (
       SELECT string_agg(event_object_column, ', ' ORDER BY event_object_column) AS names
       FROM information_schema.triggered_update_columns u WHERE u.trigger_name = t.trigger_name) AS c ON true
     WHERE action_orientation = 'ROW' GROUP BY action_timing, event_object_table, trigger_name ORDER BY trigger_name COLLATE "C"`,
  );
  return rows.map(({ text }) => text);
};

test('the SQL has a frame for each trigger, which PostgreSQL takes when it is no comment any more', async () => {
  const target = await hostile();
  const frames = triggerFrames(target);
  expect(frames).toHaveLength(TRIGGERS.length);
  const [{ text } = { text: '' }] = sqlArtefact(target, PROVENANCE);
  for (const frame of frames) expect(text).toContain(`\n\n${frame}\n\n`);
  // As it is, the file makes none.
  await pool.query(text);
  expect(await made()).toEqual([]);
  const functions = await pool.query(`SELECT FROM pg_proc WHERE pronamespace = 'triggers'::regnamespace`);
  expect(functions.rowCount).toBe(0);

  for (const frame of frames) await pool.query(uncommented(frame));
  const weird = `*/ $frame$; DROP TABLE orders; --\n'; DROP TABLE log; \r"x"`;
  expect(await made()).toEqual([
    `AFTER DELETE on a "b"\n; --: ${weird}`,
    'AFTER INSERT on orders: audit',
    'BEFORE DELETE on orders: gone',
    'BEFORE UPDATE OF a "b", amount on orders: guard',
    expect.stringMatching(/^AFTER UPDATE on log: l{54}_[0-9a-f]{8}$/),
    expect.stringMatching(/^AFTER UPDATE on log: l{54}_[0-9a-f]{8}$/),
    'INSTEAD OF UPDATE on big: of_view',
    'INSTEAD OF DELETE on big: of_view_delete',
    'BEFORE UPDATE on orders: only_gone',
    'AFTER UPDATE on log: unnamed',
    'AFTER INSERT on log: \u{1f600}',
  ]);
  // The view that is not carried leaves a function without a trigger.
  const lost = await pool.query(`SELECT FROM pg_proc WHERE proname = 'of_lost'`);
  expect(lost.rowCount).toBe(1);
});

test('a frame holds the trigger as SQLite has it, and says so until somebody has written it', async () => {
  const [audit] = triggerFrames(await hostile()).filter((frame) => frame.includes('"audit"'));
  expect(audit).toContain('-- -- Trigger audit of main: AFTER INSERT on orders\n');
  for (const line of TRIGGERS[0]!.split(/\r\n|\r|\n/)) expect(audit).toContain(`--   -- ${line}`);
  await expect(pool.query('INSERT INTO triggers.orders VALUES (1, 2, NULL)')).rejects.toThrow(
    'trigger audit is still to be written',
  );
  await expect(pool.query('DELETE FROM triggers.big')).resolves.toMatchObject({ rowCount: 0 });
});

test('a plan that says nothing of triggers and full-text indexes has them named all the same', async () => {
  const file = source();
  const plan = await draftOf(file, 'triggers');
  const drafted = plan.sources.main!.notCarried!.map(({ object, kind }) => `${kind} ${object}`);
  delete plan.sources.main!.notCarried;
  const db = new Database(file, { readonly: true });
  const [mapping] = resolvePlan(plan, '/', { main: readCatalog(db) });
  db.close();
  const named = mapping!.notCarried.filter(({ kind }) => kind === 'trigger' || kind === 'virtual table');
  expect(named).toHaveLength(TRIGGERS.length + 1);
  expect(named.every(({ sql }) => sql !== undefined)).toBe(true);
  expect(drafted).toEqual(expect.arrayContaining(named.map(({ object, kind }) => `${kind} ${object}`)));
});
