import Database from 'better-sqlite3';
import { typeSql } from '../../core/mapping';
import type { NotCarried } from '../../core/plan';
import { quoteName } from '../../stores/sqlite/names';
import { readRows } from './build';
import { COMPUTED_NAME, fill } from './declarations';
import { meaningInSource, meaningInTarget, UNHOLDABLE } from './judge';
import { judgeInserts } from './judge-inserts';
import { columnOf, isCoarse, orphansOf } from './subject';
import type { Subject } from './subject';

/**
 * Whether what a table declares comes true in PostgreSQL, or is named as not carried: SQLite and PostgreSQL are given the same new rows,
 * and must agree on which of them they take. Nothing of sqlift's translation has a part in it.
 */

/** Gives how many new rows were tried. */
export async function judgeDeclared(subject: Subject): Promise<number> {
  judgeChecks(subject);
  judgeKeys(subject);
  await judgeForeignKeys(subject);
  await judgeComputed(subject);
  await judgeDefaults(subject);
  return await judgeInserts(subject);
}

const named = ({ notCarried }: Subject, kind: string, object: string): NotCarried[] =>
  notCarried.filter((one) => one.kind === kind && one.object.startsWith(object));

/** A check is there, or named; NOT VALID where rows violate it, and only there. */
function judgeChecks(subject: Subject): void {
  const { table, db, mapping, refused } = subject;
  const names = table.columns.map(({ name }) => name);
  const { checks } = table.declared;
  expect({ table: table.name, checks: checks.length }).toEqual({
    table: table.name,
    checks:
      mapping.checks.length +
      subject.notCarried.filter((one) => one.kind === 'check constraint' && one.object === table.name).length,
  });
  const broken = checks.filter(
    ({ template, columns }) =>
      (db
        .prepare(`SELECT count(*) FROM ${quoteName(table.name)} WHERE NOT (${fill(template, names, columns)})`)
        .pluck()
        .get() as number) > 0,
  ).length;
  const lenient = refused.filter((step) => step.kind === 'check constraint' && step.table === table.name);
  for (const step of lenient)
    expect(step).toMatchObject({ sqlstate: '23514', reason: expect.stringContaining('NOT VALID') });
  if (lenient.length > broken)
    throw new Error(`${table.name}: ${lenient.length} checks are NOT VALID, ${broken} are violated`);
}

/** No key or index was refused but those of columns where PostgreSQL finds values equal that SQLite tells apart. */
function judgeKeys({ refused, mapping }: Subject): void {
  const keys = [mapping.primaryKey, ...mapping.unique, ...mapping.indexes].flatMap((key) => key ?? []);
  for (const { table, ...step } of refused) {
    if (table !== mapping.table || !['primary key', 'unique constraint', 'index'].includes(step.kind)) continue;
    const key = keys.find(({ name }) => name === step.object)!;
    const columns = key.columns.map((part) => (typeof part === 'string' ? part : part.column));
    const coarse = columns.some((name) => name !== undefined && isCoarse(columnOf(mapping, name)));
    expect({ step, coarse }).toEqual({ step: expect.objectContaining({ sqlstate: '23505' }), coarse: true });
  }
}

async function judgeForeignKeys(subject: Subject): Promise<void> {
  const { table, mapping, db, client, run, refused, incomplete } = subject;
  const orphans = orphansOf(db, table.name);
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT conname AS name, convalidated AS valid FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass($1)`,
    [`${quoteName(run.staging)}.${quoteName(mapping.target)}`],
  );
  const dropped = named(subject, 'foreign key', `${table.name} (`).filter(
    ({ reason }) => !reason.includes('NOT VALID'),
  );
  expect({ table: table.name, keys: table.declared.foreignKeys.length }).toEqual({
    table: table.name,
    keys: mapping.foreignKeys.length + dropped.length,
  });
  for (const key of mapping.foreignKeys) {
    const there = rows.find(({ name }) => name === key.name);
    const refusal = refused.find(({ object }) => object === key.name);
    const parent = key.references.table;
    const parentKeyRefused = refused.some(
      ({ object, kind }) =>
        kind !== 'foreign key' &&
        [run.table(parent).primaryKey, ...run.table(parent).unique, ...run.table(parent).indexes].some(
          (one) => one?.name === object,
        ),
    );
    if (there === undefined) {
      expect({ key, refusal, parentKeyRefused }).toMatchObject({
        refusal: { sqlstate: '42830' },
        parentKeyRefused: true,
      });
      continue;
    }
    if (orphans === undefined) continue;
    const all = orphans.get(`${parent} (${key.columns.join()})`.toLowerCase()) ?? 0;
    if (incomplete.has(parent) || incomplete.has(table.name)) continue;
    expect({ table: table.name, key, orphans: all, valid: there.valid }).toEqual({
      table: table.name,
      key,
      orphans: all,
      valid: all === 0,
    });
  }
}

/** PostgreSQL computes the column, or that it does not is named. Its values have been compared with all others. */
async function judgeComputed(subject: Subject): Promise<void> {
  const { table, mapping, client, run } = subject;
  if (table.declared.computed === undefined) return;
  const { rows } = await client.query<{ computed: boolean }>(
    `SELECT attgenerated = 's' AS computed FROM pg_attribute WHERE attrelid = $1::regclass AND attname = $2`,
    [`${quoteName(run.staging)}.${quoteName(mapping.target)}`, columnOf(mapping, COMPUTED_NAME).target],
  );
  const notes = named(subject, 'generated column', `${table.name}.${COMPUTED_NAME}`).length;
  expect({ table: table.name, computed: rows[0]?.computed, notes }).toEqual(
    rows[0]?.computed === true
      ? { table: table.name, computed: true, notes: 0 }
      : { table: table.name, computed: false, notes: 1 },
  );
}

/** A default gives the same in both, or is named. */
async function judgeDefaults(subject: Subject): Promise<void> {
  const { table, mapping, client, run } = subject;
  const { rows } = await client.query<{ name: string; sql: string }>(
    `SELECT attname AS name, pg_get_expr(adbin, adrelid) AS sql FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
     WHERE adrelid = $1::regclass AND attgenerated = ''`,
    [`${quoteName(run.staging)}.${quoteName(mapping.target)}`],
  );
  const digits = (text: string) => text.replaceAll(/\d/g, '9');
  for (const { name, declared, default: given } of table.columns) {
    const column = columnOf(mapping, name);
    // The first of a key of that kind is written without its default.
    if (given === undefined || given === 'NULL' || column.identity) continue;
    const there = rows.find((row) => row.name === column.target);
    if (there === undefined) {
      const notes = named(subject, 'default', `${table.name}.${name}`).length;
      expect({ table: table.name, name, given, notes }).toEqual({ table: table.name, name, given, notes: 1 });
      continue;
    }
    const scratch = new Database(':memory:');
    scratch.exec(`CREATE TABLE d (c ${declared} DEFAULT ${given}); INSERT INTO d DEFAULT VALUES`);
    let cell = readRows(scratch, 'd', ['c'], undefined, [])[0]!.cells[0]!;
    // SQLite says the time in UTC, without saying so.
    if (given === 'CURRENT_TIMESTAMP' && column.type.name === 'timestamptz')
      cell = { text: Buffer.concat([(cell as { text: Buffer }).text, Buffer.from('Z')]) };
    const meaning = meaningInSource(cell, column);
    scratch.close();
    const made = await client.query<{ value: string | null }>(
      `SELECT (${there.sql})::${typeSql(column.type)}::text AS value`,
    );
    const found = meaningInTarget(made.rows[0]!.value, column);
    const alike = given.startsWith('CURRENT') ? digits : (text: string) => text;
    expect({ name, given, sql: there.sql, meaning: alike(found) }).toEqual({
      name,
      given,
      sql: there.sql,
      meaning: alike(meaning),
    });
    expect(meaning).not.toBe(UNHOLDABLE);
  }
}
