import { discardRun, readRun } from '../../../stores/ledger/runs';
import { publish } from '../../../stores/postgres/publish';
import { unpublish } from '../../../stores/postgres/unpublish';
import { ImportBench, expectSqliftError } from '../../support/loaded-run';
import { SCHEMAS, TABLES, music, others, rows } from './music';

let bench: ImportBench;
beforeAll(async () => {
  bench = await ImportBench.open();
});
afterAll(() => bench.close());
beforeEach(async () => {
  await bench.sql('DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other');
});

describe('what was changed after the run is not destroyed', () => {
  test.each([
    [
      'a row changed',
      `UPDATE app.artists SET name = 'x' WHERE id = 1`,
      'app.artists (2 rows then, 2 now, 1 written since)',
    ],
    ['a row added', 'INSERT INTO app.albums (id) VALUES (50)', 'app.albums (3 rows then, 4 now, 1 written since)'],
    ['a row deleted', 'DELETE FROM app.albums WHERE id = 3', 'app.albums (3 rows then, 2 now, 0 written since)'],
    [
      'a row deleted and another one added',
      `DELETE FROM app.albums WHERE id = 3; INSERT INTO app.albums (id) VALUES (50)`,
      'app.albums (3 rows then, 3 now, 1 written since)',
    ],
    ['rows truncated', 'TRUNCATE app.albums', 'app.albums (3 rows then, 0 now'],
    ['a view built on it', 'CREATE VIEW other.v AS SELECT name FROM app.artists', 'view other.v'],
    [
      'a foreign key to it',
      'CREATE TABLE other.fans (artist bigint CONSTRAINT fan_of REFERENCES app.artists)',
      'foreign key fan_of of other.fans',
    ],
    [
      'a function on it',
      'CREATE FUNCTION other.f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT max(id) FROM app.artists; END',
      'function other.f()',
    ],
    ['a table dropped', 'DROP TABLE app.albums', 'app.albums was dropped'],
  ])('%s: refused, nothing undone, and force goes through', async (_, sql, named) => {
    for (const ifExists of ['error', 'replace'] as const) {
      await bench.sql('DROP SCHEMA IF EXISTS app CASCADE; DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other');
      if (ifExists === 'replace') await others(bench);
      const old = ifExists === 'replace' ? await rows(bench, 'app.artists') : [];
      const run = await music(bench, ifExists);
      await publish(bench.pool, run.run, [run.source], 7);
      await bench.sql(sql);
      const after = await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES });
      await expectSqliftError(unpublish(bench.pool, run.run, false), 'RollbackConflict', named);
      expect(await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES })).toBe(after);
      expect((await readRun(bench.pool, run.run))!.publishedAt).not.toBeNull();
      await unpublish(bench.pool, run.run, true);
      if (ifExists === 'replace') expect(await rows(bench, 'app.artists')).toEqual(old);
      else expect(await bench.sql(`SELECT FROM pg_class WHERE oid = to_regclass('app.artists')`)).toEqual([]);
    }
  });

  test('a table of the run that was renamed since is kept, and its indexes may keep the old one from coming back', async () => {
    await others(bench);
    const run = await music(bench, 'replace');
    await publish(bench.pool, run.run, [run.source], 7);
    await bench.sql('ALTER TABLE app.albums RENAME TO records');
    await expectSqliftError(
      unpublish(bench.pool, run.run, false),
      'RollbackConflict',
      'app.albums was dropped or moved',
    );
    await expectSqliftError(
      unpublish(bench.pool, run.run, true),
      'RollbackConflict',
      'app.albums cannot come back',
      'albums_pkey',
    );
    expect(await rows(bench, 'app.records')).toHaveLength(3);
    await bench.sql(
      'ALTER INDEX app.albums_pkey RENAME TO records_pkey; ALTER SEQUENCE app.albums_id_seq RENAME TO records_id_seq; ALTER TABLE app.records DROP CONSTRAINT albums_artist',
    );
    await unpublish(bench.pool, run.run, true);
    expect(await rows(bench, 'app.records')).toHaveLength(3);
    expect(await rows(bench, 'app.albums')).toEqual(['(1,1,First)', '(2,3,Third)']);
  });

  test('rows written after the run by a transaction that had begun before it count as changed', async () => {
    const run = await music(bench);
    const early = await bench.pool.connect();
    await early.query('BEGIN');
    await early.query('CREATE TABLE other.log (id int)');
    await publish(bench.pool, run.run, [run.source], 7);
    await early.query(`UPDATE app.artists SET name = 'x' WHERE id = 1`);
    await early.query('COMMIT');
    early.release();
    await expectSqliftError(
      unpublish(bench.pool, run.run, false),
      'RollbackConflict',
      'app.artists (2 rows then, 2 now, 1 written since)',
    );
  });

  test('an appended row that somebody has changed since stops the rollback', async () => {
    await others(bench);
    const run = await music(bench, 'append', 100);
    await publish(bench.pool, run.run, [run.source], 7);
    await bench.sql(`UPDATE app.artists SET name = 'x' WHERE id = 100`);
    await expectSqliftError(
      unpublish(bench.pool, run.run, false),
      'RollbackConflict',
      'app.artists (2 rows then, 1 now',
    );
  });

  test('the table of a later run in its place is never dropped, even by force', async () => {
    const first = await music(bench);
    await publish(bench.pool, first.run, [first.source], 7);
    const second = await music(bench, 'replace');
    await publish(bench.pool, second.run, [second.source], 7);
    for (const force of [false, true])
      await expectSqliftError(unpublish(bench.pool, first.run, force), 'RollbackConflict', 'a later run');
    await unpublish(bench.pool, second.run, false);
    await unpublish(bench.pool, first.run, false);
    expect(await bench.sql(`SELECT FROM pg_namespace WHERE nspname = 'app'`)).toEqual([]);
  });
});

describe('each way may be gone again', () => {
  test('publishing twice changes nothing the second time', async () => {
    await others(bench);
    const run = await music(bench, 'append', 100);
    const record = await publish(bench.pool, run.run, [run.source], 7);
    const after = await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES });
    expect(await publish(bench.pool, run.run, [run.source], 7)).toEqual(record);
    expect(await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES })).toBe(after);
  });

  test('taking back twice, or what was never published, changes nothing', async () => {
    await others(bench);
    const before = await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES });
    const run = await music(bench, 'replace');
    await unpublish(bench.pool, run.run, false);
    await publish(bench.pool, run.run, [run.source], 7);
    await unpublish(bench.pool, run.run, false);
    await unpublish(bench.pool, run.run, false);
    await unpublish(bench.pool, 'never-begun', true);
    expect(await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES })).toBe(before);
  });

  test('a run that was discarded is not published', async () => {
    const run = await music(bench);
    await discardRun(bench.pool, run.run);
    await expectSqliftError(publish(bench.pool, run.run, [run.source], 7), 'RunDiscarded', run.run);
  });

  test('10 rounds of replacing leave no trace', async () => {
    await others(bench);
    const before = await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES });
    for (let round = 0; round < 10; round++) {
      const run = await music(bench, 'replace');
      await publish(bench.pool, run.run, [run.source], 7);
      await unpublish(bench.pool, run.run, false);
    }
    expect(await bench.fingerprint({ schemas: SCHEMAS, tables: TABLES })).toBe(before);
  });
});
