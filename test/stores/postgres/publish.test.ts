import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS } from '../../../core/errors';
import { replacedSchema } from '../../../core/ids';
import { discardRun, readRun, reviveRun } from '../../../stores/ledger/runs';
import { finalize } from '../../../stores/postgres/finalize';
import { publish } from '../../../stores/postgres/publish';
import { unpublish } from '../../../stores/postgres/unpublish';
import { ImportBench, expectSqliftError } from '../../support/loaded-run';
import { ALBUMS, ARTISTS, SCHEMAS, TABLES, music, others, rows } from './music';

let bench: ImportBench;
beforeAll(async () => {
  bench = await ImportBench.open();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.sql('DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other');
});

describe('tables that the run makes', () => {
  test('appear with keys, indexes, foreign keys and sequences in a schema made for them, and go with it', async () => {
    const before = await bench.fingerprint({ schemas: SCHEMAS, tables: [] });
    const run = await music(bench);
    const record = await publish(bench.pool, run.run, [run.source], 7);
    expect(record.createdSchemas).toEqual(['app']);
    expect(record.tables.map(({ name, how, rows: count }) => [name, how, count])).toEqual([
      ['albums', 'created', 3],
      ['artists', 'created', 2],
    ]);
    expect(await rows(bench, 'app.albums')).toEqual(['(1,1,"Pastel Blues")', '(2,2,Blue)', '(3,,?)']);
    expect(await bench.sql(`INSERT INTO app.artists (name) VALUES ('New') RETURNING id::int`)).toEqual([{ id: 3 }]);
    await bench.sql('DELETE FROM app.artists WHERE id = 3');
    await expect(bench.sql('INSERT INTO app.albums (artist) VALUES (77)')).rejects.toThrow(/albums_artist/);
    expect(await bench.sql(`SELECT indexname FROM pg_indexes WHERE schemaname = 'app' ORDER BY 1`)).toEqual([
      { indexname: 'albums_pkey' },
      { indexname: 'artists_name' },
      { indexname: 'artists_pkey' },
    ]);
    expect(await bench.sql(`SELECT FROM pg_namespace WHERE nspname = '${run.staging}'`)).toEqual([]);
    const { publishedAt, rollbackUntil } = (await readRun(bench.pool, run.run))!;
    expect(rollbackUntil!.getTime() - publishedAt!.getTime()).toBe(7 * 86_400_000);

    await unpublish(bench.pool, run.run, false);
    expect(await bench.fingerprint({ schemas: SCHEMAS, tables: [] })).toBe(before);
    expect(await readRun(bench.pool, run.run)).toMatchObject({ publishedAt: null, rollbackUntil: null });
  });

  test('appear among the objects of others and leave them as they were', async () => {
    await bench.sql(
      `CREATE SCHEMA app; CREATE TABLE app.theirs (id serial); CREATE VIEW app.v AS SELECT 1 AS one; COMMENT ON VIEW app.v IS 'theirs'; GRANT USAGE ON SCHEMA app TO PUBLIC; ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC`,
    );
    const touched = { schemas: SCHEMAS, tables: [] };
    const before = await bench.fingerprint(touched);
    const run = await music(bench);
    await publish(bench.pool, run.run, [run.source], 7);
    expect(await bench.fingerprint(touched)).not.toBe(before);
    await unpublish(bench.pool, run.run, false);
    expect(await bench.fingerprint(touched)).toBe(before);
  });

  test('leave the schema behind when others have put objects there', async () => {
    const run = await music(bench);
    await publish(bench.pool, run.run, [run.source], 7);
    await bench.sql(`CREATE FUNCTION app.theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    await unpublish(bench.pool, run.run, false);
    expect(await bench.sql('SELECT app.theirs()')).toEqual([{ theirs: 1 }]);
    expect(await bench.sql(`SELECT FROM pg_class WHERE relnamespace = 'app'::regnamespace`)).toEqual([]);
  });

  test('are refused when one of that name has turned up meanwhile, and nothing is published', async () => {
    const run = await music(bench);
    await bench.sql('CREATE SCHEMA app; CREATE TABLE app.artists (id int)');
    await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'TargetExists', 'app.artists');
    expect(await bench.sql(`SELECT FROM pg_tables WHERE schemaname = 'app'`)).toHaveLength(1);
    await bench.sql('DROP TABLE app.artists; CREATE TABLE app.u (id int); CREATE INDEX artists_name ON app.u (id)');
    await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'TargetExists', 'artists_name');
    await bench.sql('DROP TABLE app.u');
    await publish(bench.pool, run.run, [run.source], 7);
  });
});

describe('tables that the run replaces', () => {
  const touched = { schemas: SCHEMAS, tables: TABLES };

  test('come back with rows, indexes, grants, comments, triggers and the values of their sequences', async () => {
    await others(bench);
    const before = await bench.fingerprint(touched);
    const run = await music(bench, 'replace');
    const record = await publish(bench.pool, run.run, [run.source], 7);
    expect(record.tables.map(({ how }) => how)).toEqual(['replaced', 'replaced']);
    expect(await rows(bench, 'app.artists')).toEqual(['(1,Nina)', '(2,Miles)']);
    expect(await rows(bench, `${replacedSchema(run.run, 'main')}.artists`)).toEqual([
      '(1,Old)',
      '(2,Older)',
      '(3,Oldest)',
    ]);
    expect(await bench.fingerprint(touched)).not.toBe(before);
    await unpublish(bench.pool, run.run, false);
    expect(await bench.fingerprint(touched)).toBe(before);
    expect(await bench.sql(`SELECT FROM pg_namespace WHERE nspname LIKE 'sqlift_%'`)).toEqual([]);
  });

  test('stay when something was built on them since preflight', async () => {
    await others(bench);
    const run = await music(bench, 'replace');
    await bench.sql('CREATE VIEW other.late AS SELECT name FROM app.artists');
    const before = await bench.fingerprint(touched);
    await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'TargetDependents', 'view other.late');
    expect(await bench.fingerprint(touched)).toBe(before);
  });

  test('stay while a rollback is under way, whose window has ended meanwhile', async () => {
    await others(bench);
    const run = await music(bench, 'replace');
    await publish(bench.pool, run.run, [run.source], 7);
    const replaced = replacedSchema(run.run, 'main');
    await discardRun(bench.pool, run.run);
    await expectSqliftError(finalize(bench.pool, run.run, [replaced]), 'RunDiscarded', 'is being rolled back');
    expect(await rows(bench, `${replaced}.artists`)).toHaveLength(3);
    await reviveRun(bench.pool, run.run);
    await finalize(bench.pool, run.run, [replaced]);
  });

  test('are dropped for good when the window ends, unless somebody has built on them meanwhile', async () => {
    await others(bench);
    const run = await music(bench, 'replace');
    await publish(bench.pool, run.run, [run.source], 7);
    const replaced = replacedSchema(run.run, 'main');
    await bench.sql(`CREATE VIEW other.compare AS SELECT name FROM ${replaced}.artists`);
    await expectSqliftError(finalize(bench.pool, run.run, [replaced]), 'TargetDependents', 'view other.compare');
    expect(await rows(bench, `${replaced}.artists`)).toHaveLength(3);
    await bench.sql('DROP VIEW other.compare');
    await finalize(bench.pool, run.run, [replaced]);
    await finalize(bench.pool, run.run, [replaced]);
    expect(await bench.sql(`SELECT FROM pg_namespace WHERE nspname = '${replaced}'`)).toEqual([]);
    expect(await rows(bench, 'app.artists')).toHaveLength(2);
    expect((await readRun(bench.pool, run.run))!.finalizedAt).not.toBeNull();
  });
});

describe('tables that the run appends to', () => {
  const touched = { schemas: SCHEMAS, tables: TABLES };

  test('lose exactly the rows of the run, and their sequences go back', async () => {
    await others(bench);
    const before = await bench.fingerprint(touched);
    const run = await music(bench, 'append', 100);
    const record = await publish(bench.pool, run.run, [run.source], 7);
    // Parents first, whatever the order of their names.
    expect(record.tables.map(({ name, how, rows: count }) => [name, how, count])).toEqual([
      ['artists', 'appended', 2],
      ['albums', 'appended', 3],
    ]);
    expect(await rows(bench, 'app.artists')).toHaveLength(5);
    expect(await bench.sql(`INSERT INTO app.albums (title) VALUES ('next') RETURNING id::int`)).toEqual([{ id: 103 }]);
    await bench.sql('DELETE FROM app.albums WHERE id = 103');
    // Somebody has drawn from the sequence of albums, so that one stays.
    await unpublish(bench.pool, run.run, false);
    expect(await bench.sql(`SELECT last_value::int, is_called FROM app.artists_id_seq`)).toEqual([
      { last_value: 40, is_called: false },
    ]);
    expect(await bench.sql(`SELECT last_value::int FROM app.albums_id_seq`)).toEqual([{ last_value: 103 }]);
    await bench.sql(`SELECT setval('app.albums_id_seq', 2)`);
    expect(await bench.fingerprint(touched)).toBe(before);
  });

  test('are as before when nobody has touched them', async () => {
    await others(bench);
    const before = await bench.fingerprint(touched);
    const run = await music(bench, 'append', 100);
    await publish(bench.pool, run.run, [run.source], 7);
    await unpublish(bench.pool, run.run, false);
    expect(await bench.fingerprint(touched)).toBe(before);
  });

  test('keep what others wrote after the run', async () => {
    await others(bench);
    const run = await music(bench, 'append', 100);
    await publish(bench.pool, run.run, [run.source], 7);
    await bench.sql(
      `INSERT INTO app.artists (name) VALUES ('Later'); UPDATE app.artists SET name = 'Changed' WHERE id = 1`,
    );
    await unpublish(bench.pool, run.run, false);
    expect(await rows(bench, 'app.artists')).toEqual(['(1,Changed)', '(2,Older)', '(3,Oldest)', '(102,Later)']);
  });

  test('are not touched while rows of others refer to rows of the run, which a cascade would take along', async () => {
    await others(bench);
    await bench.sql(
      'CREATE TABLE other.fans (artist bigint CONSTRAINT fan_of REFERENCES app.artists ON DELETE CASCADE)',
    );
    const run = await music(bench, 'append', 100);
    await publish(bench.pool, run.run, [run.source], 7);
    await bench.sql('INSERT INTO other.fans VALUES (100)');
    await expectSqliftError(
      unpublish(bench.pool, run.run, false),
      'RollbackConflict',
      'foreign key fan_of of other.fans',
    );
    expect(await rows(bench, 'app.artists')).toHaveLength(5);
    await unpublish(bench.pool, run.run, true);
    expect(await rows(bench, 'app.artists')).toHaveLength(3);
    expect(await bench.sql('SELECT FROM other.fans')).toEqual([]);
  });

  test('are refused as a conflict, even by force, where a foreign key of others forbids the deletion', async () => {
    await others(bench);
    await bench.sql('CREATE TABLE other.fans (artist bigint CONSTRAINT fan_of REFERENCES app.artists)');
    const run = await music(bench, 'append', 100);
    await publish(bench.pool, run.run, [run.source], 7);
    await bench.sql('INSERT INTO other.fans VALUES (100)');
    await expectSqliftError(unpublish(bench.pool, run.run, true), 'RollbackConflict', 'app.artists');
    expect(await rows(bench, 'app.artists')).toHaveLength(5);
  });

  test('must take every row: a trigger that keeps some out stops the run', async () => {
    await others(bench);
    await bench.sql(`CREATE FUNCTION other.drop_blue() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.title = ''Blue'' THEN RETURN NULL; END IF; RETURN NEW; END';
      CREATE TRIGGER drop_blue BEFORE INSERT ON app.albums FOR EACH ROW EXECUTE FUNCTION other.drop_blue()`);
    const before = await bench.fingerprint(touched);
    const run = await music(bench, 'append', 100);
    await expectSqliftError(
      publish(bench.pool, run.run, [run.source], 7),
      'TargetMismatch',
      'app.albums took 2 of 3 rows',
    );
    expect(await bench.fingerprint(touched)).toBe(before);
  });

  test('and their sequences are as before when publishing fails at its end', async () => {
    await others(bench);
    await bench.sql(
      'ALTER TABLE app.albums DROP CONSTRAINT albums_artist; ALTER TABLE app.albums ADD CONSTRAINT albums_artist FOREIGN KEY (artist) REFERENCES app.artists DEFERRABLE INITIALLY DEFERRED',
    );
    const before = await bench.fingerprint(touched);
    const run = await bench.load(
      (db) =>
        db.exec(
          `CREATE TABLE albums (id INTEGER PRIMARY KEY, artist INTEGER, title TEXT); INSERT INTO albums VALUES (500, 777, 'orphan')`,
        ),
      { albums: { ...ALBUMS, foreignKeys: [], ifExists: 'append' } },
    );
    await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'TargetRefused', '23503');
    expect(await bench.fingerprint(touched)).toBe(before);
  });

  test('are missed when they have gone since the run was prepared: nothing without keys takes their place', async () => {
    const run = await bench.load(
      (db) => db.exec(`CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO artists VALUES (1, 'x')`),
      { artists: { types: ARTISTS.types, ifExists: 'append' } },
    );
    await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'TargetMismatch', 'to be appended to');
  });
});

test('who holds a lock on a table makes publishing give up after 10 seconds with an error that is tried again', async () => {
  await others(bench);
  const run = await music(bench, 'replace');
  const holder = await bench.pool.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE app.artists IN ACCESS SHARE MODE');
  const begun = Date.now();
  await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'TargetUnreachable', '55P03');
  expect(Date.now() - begun).toBeGreaterThan(9_000);
  expect(ERRORS.TargetUnreachable.retry).toBe('auto');
  await holder.query('COMMIT');
  holder.release();
  await sleep(50);
  await publish(bench.pool, run.run, [run.source], 7);
});
