import type Database from 'better-sqlite3';
import { v5 as uuidv5 } from 'uuid';
import type { Plan } from '../../core/plan';
import { Migrations } from '../support/migration';
import { targetState } from '../support/target-state';

/** Everything that a plan can do to rows on their way, in one run. */

let migrations: Migrations;
beforeAll(async () => {
  migrations = await Migrations.open();
  await migrations.startWorker();
});
afterAll(() => migrations.close());

function clinic(db: Database.Database): void {
  // The application never turned SQLite's foreign keys on.
  db.exec('COMMIT; PRAGMA foreign_keys = off; BEGIN');
  db.exec(`
    CREATE TABLE people (
      id INTEGER PRIMARY KEY AUTOINCREMENT, first TEXT, last TEXT, settings TEXT, joined DATETIME, seen INTEGER, nick TEXT, deleted_at TEXT,
      boss INTEGER REFERENCES people(id));
    CREATE TABLE visits (no INTEGER PRIMARY KEY, person INTEGER REFERENCES people(id), note TEXT);
    CREATE TABLE cards (person INTEGER PRIMARY KEY REFERENCES people(id), code TEXT);
    CREATE TABLE swipes (at INTEGER, card INTEGER REFERENCES cards(person));
    CREATE TABLE tags (name TEXT PRIMARY KEY, weight REAL) WITHOUT ROWID;
    CREATE TABLE wide (id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT);
    INSERT INTO people VALUES
      (1, 'Ada', 'Lovelace', '{"theme":"dark","size":12}', '2024-07-15 12:00', 13353724799000000, NULL, NULL, NULL),
      (2, 'Alan', 'Turing', '{"theme":null}', '2024-01-15T12:00:00Z', 0, 'Al', NULL, 1),
      (3, 'Gone', 'Away', '{}', '2024-10-27 02:30', 1, NULL, '2024-01-01', 1),
      (4, 'Skipped', 'Hour', '{}', '2024-03-31 02:30', 2, NULL, NULL, 2),
      (5, 'Broken', 'Json', '{"theme', '2024-03-31 03:30', 2, NULL, NULL, 2);
    INSERT INTO visits VALUES (10, 1, ' a '), (11, 2, 'b'), (12, NULL, ''), (13, 99, 'nobody');
    INSERT INTO cards VALUES (1, 'x'), (2, 'y');
    INSERT INTO swipes VALUES (20240229, 1), (20240301, 2), (20240301, NULL);
    INSERT INTO tags VALUES ('blue', 1.5), ('Ärger', 2), ('red', 0.25);
    INSERT INTO wide VALUES (1, 'a1', 'b1', 'c1'), (2, 'a2', 'b2', 'c2')`);
}

function shape(plan: Plan): void {
  plan.quarantine = 'any';
  const source = plan.sources.main!;
  source.timeZone = 'Europe/Berlin';
  const { people, visits, swipes, tags, wide } = source.tables as Record<
    string,
    NonNullable<(typeof source.tables)[string]>
  >;
  people!.where = `deleted_at IS NULL -- those who left`;
  Object.assign(people!.columns, {
    id: { type: 'uuid', format: 'key' },
    joined: { type: 'timestamptz' },
    seen: { type: 'timestamptz', format: 'chrome-microseconds' },
    nick: { type: 'text', ifNull: 'none', notNull: true },
    full_name: { type: 'text', value: `first || ' ' || last` },
    theme: { type: 'text', value: `settings ->> '$.theme'` },
    size: { type: 'integer', value: `settings ->> '$.size'` },
  });
  visits!.columns.note!.value = `nullif(trim(note), '')`;
  swipes!.columns.at = { type: 'date', format: 'yyyymmdd' };
  tags!.columns.name = { type: 'uuid', format: 'key', idMap: 'tag_keys' };
  tags!.where = 'weight > 1';
  // A table that is too wide is split by its key.
  const { id, a, b, c } = wide!.columns;
  source.tables.wide = { ...wide!, columns: { id: id!, a: a! } };
  source.tables.wide_rest = {
    from: 'wide',
    columns: { id: { type: 'bigint' }, b: b!, c: c! },
    primaryKey: { name: 'wide_rest_pkey', columns: ['id'] },
    foreignKeys: [
      {
        name: 'wide_rest_id_fkey',
        columns: ['id'],
        references: { table: 'wide', columns: ['id'] },
        onDelete: 'CASCADE',
      },
    ],
  };
}

const idOf = (plan: string, table: string, key: string) =>
  uuidv5(
    key,
    [plan, 'main', table].reduce((namespace, name) => uuidv5(name, namespace), uuidv5('sqlift:key', uuidv5.URL)),
  );

test('rows are filtered, computed, split, keyed and dated as the plan says, verified, and taken back', async () => {
  const before = await targetState(migrations.pool, migrations.database.url);
  const plan = await migrations.plan('shaped', clinic, shape);
  const started = await migrations.start(plan);
  expect(await started.result()).toMatchObject({ state: 'published' });
  const person = (key: string) => idOf('shaped', 'people', key);

  expect(
    await migrations.sql(
      `SELECT id, full_name, theme, size, nick, boss, joined AT TIME ZONE 'UTC' = '2024-07-15 10:00' AS local, seen FROM shaped.people ORDER BY full_name`,
    ),
  ).toEqual([
    {
      id: person('1'),
      full_name: 'Ada Lovelace',
      theme: 'dark',
      size: 12,
      nick: 'none',
      boss: null,
      local: true,
      seen: new Date('2024-02-29T23:59:59Z'),
    },
    {
      id: person('2'),
      full_name: 'Alan Turing',
      theme: null,
      size: null,
      nick: 'Al',
      boss: person('1'),
      local: false,
      seen: new Date('1601-01-01T00:00:00Z'),
    },
  ]);
  expect(await migrations.sql('SELECT no, person, note FROM shaped.visits ORDER BY no')).toEqual([
    { no: '10', person: person('1'), note: 'a' },
    { no: '11', person: person('2'), note: 'b' },
    { no: '12', person: null, note: null },
    { no: '13', person: person('99'), note: 'nobody' },
  ]);
  // A key that is itself a reference, and a reference to it: the same UUIDs all the way.
  expect(await migrations.sql('SELECT at::text, card FROM shaped.swipes ORDER BY at, card')).toEqual([
    { at: '2024-02-29', card: person('1') },
    { at: '2024-03-01', card: person('2') },
    { at: '2024-03-01', card: null },
  ]);
  expect(await migrations.sql('SELECT old_key, new_key FROM shaped.people_id_map ORDER BY old_key')).toEqual(
    ['1', '2', '4', '5'].map((key) => ({ old_key: key, new_key: person(key) })),
  );
  expect(await migrations.sql('SELECT old_key, new_key FROM shaped.tag_keys ORDER BY old_key COLLATE "C"')).toEqual(
    ['blue', 'Ärger'].map((key) => ({ old_key: key, new_key: idOf('shaped', 'tags', key) })),
  );
  expect(
    await migrations.sql('SELECT id, a, b, c FROM shaped.wide JOIN shaped.wide_rest USING (id) ORDER BY id'),
  ).toEqual([
    { id: '1', a: 'a1', b: 'b1', c: 'c1' },
    { id: '2', a: 'a2', b: 'b2', c: 'c2' },
  ]);
  expect(
    await migrations.sql(
      `SELECT conrelid::regclass::text AS table, contype AS kind FROM pg_constraint WHERE conrelid = 'shaped.people_id_map'::regclass AND contype IN ('p', 'u') ORDER BY 2`,
    ),
  ).toEqual([
    { table: 'shaped.people_id_map', kind: 'p' },
    { table: 'shaped.people_id_map', kind: 'u' },
  ]);

  const report = await migrations.report(started.run);
  const account = Object.fromEntries(
    report.tables.map(({ table, sourceRows, loaded, quarantined, filtered }) => [
      table,
      { sourceRows, loaded, quarantined, filtered },
    ]),
  );
  expect(account.people).toEqual({ sourceRows: 5, loaded: 2, quarantined: 2, filtered: 1 });
  expect(account.people_id_map).toEqual({ sourceRows: 5, loaded: 4, quarantined: 0, filtered: 1 });
  expect(account.tags).toEqual({ sourceRows: 3, loaded: 2, quarantined: 0, filtered: 1 });
  expect(account.visits).toEqual({ sourceRows: 4, loaded: 4, quarantined: 0, filtered: undefined });
  for (const { sourceRows, loaded, quarantined, filtered } of Object.values(account))
    expect(loaded + quarantined + (filtered ?? 0)).toBe(sourceRows);
  expect(report.quarantine).toEqual([
    { source: 'main', table: 'people', reason: 'cannot be computed', rows: 1 },
    { source: 'main', table: 'people', reason: 'skipped by its time zone', rows: 1 },
  ]);
  expect(report.verification).toEqual({ state: 'verified', differences: [] });
  expect(report.tables.find(({ table }) => table === 'people')!.columns).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ source: 'nick', conversion: expect.stringContaining('NULL becomes') as string }),
      expect.objectContaining({
        source: 'full_name',
        conversion: expect.stringContaining(`first || ' ' || last`) as string,
      }),
      expect.objectContaining({ source: 'joined', conversion: expect.stringContaining('Europe/Berlin') as string }),
      expect.objectContaining({ source: 'boss', conversion: expect.stringContaining('people') as string }),
    ]),
  );

  expect(await migrations.workflow('rollbackWorkflow', { run: started.run, force: false })).toMatchObject({
    state: 'rolled_back',
  });
  expect(await targetState(migrations.pool, migrations.database.url)).toEqual(before);

  // The same plan again: the same keys.
  const again = await migrations.start(plan);
  expect(await again.result()).toMatchObject({ state: 'published' });
  expect(await migrations.sql('SELECT id FROM shaped.people ORDER BY full_name')).toEqual([
    { id: person('1') },
    { id: person('2') },
  ]);

  // Verification computes everything anew: what is changed behind its back it finds.
  await migrations.sql(`UPDATE shaped.people SET full_name = 'Ada  Lovelace' WHERE full_name = 'Ada Lovelace'`);
  await migrations.sql(`UPDATE shaped.visits SET person = $1 WHERE no = 10`, [person('2')]);
  await migrations.sql(`UPDATE sqlift.tables SET filtered = 0 WHERE run = $1 AND table_name = 'tags'`, [again.run]);
  await migrations.workflow('verifyWorkflow', { run: again.run });
  const found = (await migrations.report(again.run)).verification.differences;
  expect(found.map(({ table, kind, column }) => ({ table, kind, column }))).toEqual(
    expect.arrayContaining([
      { table: 'people', kind: 'cell', column: 'full_name' },
      { table: 'visits', kind: 'cell', column: 'person' },
      { table: 'tags', kind: 'count', column: undefined },
    ]),
  );
});
