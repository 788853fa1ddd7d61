import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Pool } from 'pg';
import { drizzleArtefact } from '../../../client/schema/drizzle';
import { sqlArtefact } from '../../../client/schema/sql';
import type { Target } from '../../../client/schema/target';
import { writeFiles } from '../../../client/schema/write';
import { catalogLines } from '../../support/catalog';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { everyDatabase, PROVENANCE } from './sources';

const root = path.resolve(__dirname, '../../..');
const run = promisify(execFile);

/** One project for all schemas, as a user's with drizzle-orm, drizzle-kit, pg and TypeScript. */
const project = mkdtempSync(path.join(os.tmpdir(), 'sqlift-drizzle-'));
const targets = new Map<string, Target>();

describe('the Drizzle schema of every database', () => {
  beforeAll(async () => {
    symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
    const strict = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
    const how = { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: ['node'] };
    const compilerOptions = { ...strict, ...how, noEmit: true, skipLibCheck: true };
    writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/*.ts'] }));
    for (const [name, targetOf] of everyDatabase) {
      const target = await targetOf();
      targets.set(name, target);
      writeFiles(path.join(project, name), drizzleArtefact(target, PROVENANCE), false);
    }
  }, 300_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test('type-checks, strictly', async () => {
    const { stdout } = await compiled();
    expect(stdout).toBe('');
  }, 300_000);

  test('asks for every table with all its relations, which no two keys make ambiguous', async () => {
    writeFileSync(path.join(project, 'ask.ts'), ASK_ALL);
    const loader = path.join(root, 'test/support/typescript.js');
    const { stdout } = await run(process.execPath, ['--require', loader, 'ask.ts', ...targets.keys()], {
      cwd: project,
    });
    const tables = [...targets.values()].reduce((sum, target) => sum + target.tables.length, 0);
    const foreignKeys = [...targets.values()].flatMap((target) => target.tables.flatMap((table) => table.foreignKeys));
    expect(JSON.parse(stdout)).toEqual({ tables, relations: 2 * foreignKeys.length });
  });

  test.each(everyDatabase)('%s: drizzle-kit generate finds no change', async (name) => {
    expect(await generated(path.join(project, name))).toContain('No schema changes');
  });

  test('a change of the schema is found', async () => {
    const folder = mkdtempSync(path.join(project, 'changed-'));
    const files = drizzleArtefact(targets.get('everything')!, PROVENANCE);
    const changed = files.map((file) => ({ ...file, text: file.text.replace('.notNull()', '') }));
    writeFiles(folder, changed, false);
    await generated(folder);
    const [second] = readdirSync(path.join(folder, 'drizzle')).filter((file) => file.startsWith('0001'));
    expect(readFileSync(path.join(folder, 'drizzle', second!), 'utf8')).toBe(
      'ALTER TABLE "everything"."match" ALTER COLUMN "home" DROP NOT NULL;',
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
      const [{ text } = { text: '' }] = sqlArtefact(targets.get(name)!, PROVENANCE);
      await pool.query(text);
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

/** Builds, and does not send, a query of each table with everything that it is related to. */
const ASK_ALL = `
import { Pool } from 'pg';
import { database, schema } from './everything';
const asked = { tables: 0, relations: 0 };
for (const folder of process.argv.slice(2)) {
  const made = require('./' + folder) as { database: typeof database; schema: typeof schema };
  const db = made.database(new Pool()) as unknown as {
    query: Record<string, { findMany(config: object): { toSQL(): unknown } }>;
    _: { schema: Record<string, { relations: object }> };
  };
  for (const [table, { relations }] of Object.entries(db._.schema)) {
    const names = Object.keys(relations);
    db.query[table]!.findMany({ with: Object.fromEntries(names.map((name) => [name, true])) }).toSQL();
    asked.tables += 1;
    asked.relations += names.length;
  }
}
console.log(JSON.stringify(asked));
`;
