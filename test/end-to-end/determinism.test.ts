import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { tableDdl } from '../../stores/postgres/ddl';
import { draftPlan } from '../../core/draft';
import { writePlan } from '../../core/plan-file';
import { resolvePlan } from '../../core/resolve';
import { profileSource } from '../../stores/sqlite/profile';
import { makeTorture } from '../stores/sqlite/fixtures';
import { Migrations } from '../support/migration';
import { draftOf } from '../support/plans';

const shared = path.resolve(__dirname, '../../../shared/data');

(existsSync(shared) ? describe : describe.skip)('the same source gives the same (needs ../shared)', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-same-'));
  let torture: string;
  const chinook = path.join(shared, 'public/sqlite/chinook.sqlite');
  beforeAll(() => void (torture = path.join(makeTorture(folder), 'torture.db')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Plan and DDL, byte for byte, as they are made in this process. */
  async function planAndDdl(file: string): Promise<{ plan: string; ddl: string[] }> {
    const profile = await profileSource(file);
    const { plan, comments } = draftPlan({
      name: 'same',
      sources: [{ name: 'main', path: file, schema: 'same', ...profile }],
    });
    const { tables } = resolvePlan(plan, '/', { main: profile.catalog })[0]!;
    return { plan: writePlan(plan, comments), ddl: tables.flatMap((table) => tableDdl(table, tables)) };
  }

  test.each([
    ['torture.db', () => torture],
    ['a public file', () => chinook],
  ])(
    '%s, in two fresh databases: the same plan, DDL, digests and quarantine',
    async (_name, file) => {
      const found = [];
      for (let time = 0; time < 2; time++) {
        const { plan, ddl } = await planAndDdl(file());
        const migrations = await Migrations.open();
        try {
          await migrations.startWorker();
          const started = await migrations.start(await draftOf(file(), 'same'), { acceptQuarantine: true });
          expect((await started.result()).state).toBe('published');
          const report = await migrations.report(started.run);
          const quarantine = await migrations.pool.query(
            `SELECT table_name, chunk, locator, row_key, column_name, storage_class, reason, raw FROM sqlift.quarantine ORDER BY table_name, locator`,
          );
          const columns = await migrations.pool.query(
            `SELECT table_name, column_name, data_type, column_default, is_nullable FROM information_schema.columns WHERE table_schema = 'same' ORDER BY 1, ordinal_position`,
          );
          const constraints = await migrations.pool.query(
            `SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS sql FROM pg_constraint WHERE connamespace = 'same'::regnamespace ORDER BY 1, 2`,
          );
          const indexes = await migrations.pool.query(
            `SELECT indexdef FROM pg_indexes WHERE schemaname = 'same' ORDER BY 1`,
          );
          const { tables, notCarried, verification } = report;
          found.push({
            plan,
            ddl,
            tables: tables.map(({ table, target, loaded, quarantined, digest }) => ({
              table,
              target,
              loaded,
              quarantined,
              digest,
            })),
            notCarried,
            verification,
            quarantine: quarantine.rows,
            columns: columns.rows,
            constraints: constraints.rows,
            indexes: indexes.rows,
          });
        } finally {
          await migrations.close();
        }
      }
      // In parts first, which shows what differs; then as bytes.
      expect(found[1]).toEqual(found[0]);
      expect(JSON.stringify(found[1])).toBe(JSON.stringify(found[0]));
      expect(found[0]!.tables.every(({ digest }) => digest !== null)).toBe(true);
      expect(found[0]!.ddl.length).toBeGreaterThan(10);
    },
    600_000,
  );

  test('time zone, language and the folder one stands in make no difference to the plan, the DDL and the profile', async () => {
    const cli = path.resolve(__dirname, '../../dist/client/main.js');
    const places: NodeJS.ProcessEnv[] = [
      { TZ: 'UTC', LANG: 'C', LC_ALL: 'C' },
      { TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      { TZ: 'America/St_Johns', LANG: 'de_DE.UTF-8', LC_ALL: 'ar_EG.UTF-8' },
    ];
    const outputs = [];
    for (const [i, place] of places.entries()) {
      const env = {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        SQLIFT_HOME: path.join(folder, `home-${i}`),
        ...place,
      };
      const say = async (...args: string[]) =>
        (
          await promisify(execFile)(process.execPath, [cli, ...args], {
            env,
            cwd: path.dirname(torture),
            maxBuffer: 1 << 28,
          })
        ).stdout;
      outputs.push({
        inspect: await say('inspect', torture, '--json'),
        text: await say('inspect', torture, '--all'),
        plan: await say('plan', torture, chinook),
        ddl: await say('plan', 'check', torture),
      });
    }
    expect(outputs[1]).toEqual(outputs[0]);
    expect(outputs[2]).toEqual(outputs[0]);
    expect(outputs[0]!.plan.length).toBeGreaterThan(10_000);
  });

  test('each file gets the plan that it gets alone, in whatever order files are named', async () => {
    const [a, b] = [await profileSource(torture), await profileSource(chinook)];
    const drafted = (...names: ('a' | 'b')[]) =>
      draftPlan({
        name: 'same',
        sources: names.map((name) => ({ name, path: name, schema: name, ...(name === 'a' ? a : b) })),
      }).plan.sources;
    const alone = { ...drafted('a'), ...drafted('b') };
    const forth = drafted('a', 'b');
    const back = drafted('b', 'a');
    for (const name of ['a', 'b'] as const) {
      expect(JSON.stringify(forth[name])).toBe(JSON.stringify(alone[name]));
      expect(JSON.stringify(back[name])).toBe(JSON.stringify(alone[name]));
    }
  });
});
