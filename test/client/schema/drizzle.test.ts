import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Pool } from 'pg';
import { drizzleArtefact } from '../../../client/schema/drizzle';
import { ddlOf } from '../../../client/schema/sql';
import type { Target } from '../../../client/schema/target';
import { writeFiles } from '../../../client/schema/write';
import { catalogLines } from '../../support/catalog';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { everyDatabase, PROVENANCE, targetOfFile } from './sources';

const root = path.resolve(__dirname, '../../..');
const run = promisify(execFile);

/** One project for all schemas, as a user's with drizzle-orm, drizzle-kit, pg and TypeScript. */
const project = mkdtempSync(path.join(os.tmpdir(), 'sqlift-drizzle-'));
const targets = new Map<string, Target>();

(everyDatabase.length > 0 ? describe : describe.skip)('the Drizzle schema of every database', () => {
  beforeAll(async () => {
    symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
    const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
    const how = { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: ['node'] };
    const compilerOptions = { ...strict, ...how, noEmit: true, skipLibCheck: true };
    writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/*.ts'] }));
    for (const [name, file] of everyDatabase) {
      const target = await targetOfFile(file(), name);
      targets.set(name, target);
      writeFiles(path.join(project, name), drizzleArtefact(target, PROVENANCE), false);
    }
  }, 300_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test('type-checks, strictly', async () => {
    const { stdout } = await compiled();
    expect(stdout).toBe('');
  }, 300_000);

  test.each(everyDatabase)('%s: drizzle-kit generate finds no change', async (name) => {
    expect(await generated(path.join(project, name))).toContain('No schema changes');
  });

  test('a change of the schema is found', async () => {
    const [[name] = ['']] = everyDatabase;
    const folder = mkdtempSync(path.join(project, 'changed-'));
    const files = drizzleArtefact(targets.get(name)!, PROVENANCE);
    const changed = files.map((file) => ({ ...file, text: file.text.replace('.notNull()', '') }));
    writeFiles(folder, changed, false);
    await generated(folder);
    const [second] = readdirSync(path.join(folder, 'drizzle')).filter((file) => file.startsWith('0001'));
    expect(readFileSync(path.join(folder, 'drizzle', second!), 'utf8')).toBe(
      'ALTER TABLE "sqlite_chinook_sqlite"."Album" ALTER COLUMN "Title" DROP NOT NULL;',
    );
  });

  describe('its first migration', () => {
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

    test.each(everyDatabase)('%s: makes what the statements make, and where that is, changes nothing', async (name) => {
      const { schemas } = targets.get(name)!;
      // As on a database where Drizzle has never been before.
      const apply = async () => {
        await pool.query('DROP SCHEMA IF EXISTS drizzle CASCADE');
        await migrate(drizzle(pool), { migrationsFolder: path.join(project, name, 'drizzle') });
      };
      await apply();
      const migrated = await catalogLines(pool, schemas);
      for (const schema of schemas) await pool.query(`DROP SCHEMA "${schema}" CASCADE`);
      for (const statement of ddlOf(targets.get(name)!)) await pool.query(statement);
      expect(migrated).toEqual(await catalogLines(pool, schemas));
      await apply();
      expect(await catalogLines(pool, schemas)).toEqual(migrated);
    });
  });
});

/** What tsc says of the project. */
async function compiled(): Promise<{ stdout: string }> {
  return await run(process.execPath, [bin('tsc'), '-p', project]).catch((error: { stdout: string }) => error);
}

/** What drizzle-kit says. */
async function generated(folder: string): Promise<string> {
  const { stdout, stderr } = await run(process.execPath, [bin('drizzle-kit'), 'generate'], { cwd: folder });
  return stdout + stderr;
}

const bin = (program: string): string => path.join(root, 'node_modules', '.bin', program);
