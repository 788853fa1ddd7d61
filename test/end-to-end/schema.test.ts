import { execFile } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Pool } from 'pg';
import { makeTorture, sharedData, temporaryFolder } from '../stores/sqlite/fixtures';
import { catalogLines } from '../support/catalog';
import { createDatabase } from '../support/postgres';
import { publicFolder } from '../support/public-databases';
import { CommandLine } from './command-line';

const root = path.resolve(__dirname, '../..');
const run = promisify(execFile);

/** The artefacts of runs that were really made: they say what is in the target. */
(existsSync(sharedData('torture')) ? describe : describe.skip)('schema, of a run (needs ../shared)', () => {
  let shell: CommandLine;
  const runs: Record<string, string> = {};

  beforeAll(async () => {
    shell = await CommandLine.open();
    symlinkSync(path.join(root, 'node_modules'), shell.file('node_modules'));
    const torture = path.join(makeTorture(temporaryFolder()), 'torture.db');
    for (const [name, file] of Object.entries({ chinook: path.join(publicFolder, 'sqlite/chinook.sqlite'), torture }))
      runs[name] = (await shell.migrate([file, '--name', name, '--accept-quarantine'])).run;
  }, 600_000);
  afterAll(() => shell.close());

  test.each(['chinook', 'torture'])('%s: the SQL makes in an empty database what the run published', async (name) => {
    const { code, stderr } = await shell.sqlift(['schema', 'sql', runs[name]!, '-o', `${name}.sql`]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('Wrote 1 file')]);
    const empty = await createDatabase();
    const pool = new Pool({ connectionString: empty.url });
    try {
      await pool.query(readFileSync(shell.file(`${name}.sql`), 'utf8'));
      expect(await catalogLines(pool, [name])).toEqual(await catalogLines(shell.pool, [name]));
    } finally {
      await pool.end();
      await empty.drop();
    }
  });

  test('a program asks the migrated database through Drizzle, with relations', async () => {
    expect((await shell.sqlift(['schema', 'drizzle', runs.chinook!, '-o', 'app'])).code).toBe(0);
    writeFileSync(shell.file('app/program.ts'), PROGRAM);
    await compile(shell.file('app/program.ts'));
    const { stdout } = await run(
      process.execPath,
      ['--require', path.join(root, 'test/support/typescript.js'), shell.file('app/program.ts')],
      { env: { ...process.env, DATABASE_URL: shell.database.url } },
    );
    expect(JSON.parse(stdout)).toEqual({
      title: 'For Those About To Rock We Salute You',
      artist: 'AC/DC',
      tracks: 10,
      first: { name: 'For Those About To Rock (We Salute You)', genre: 'Rock', unitPrice: '0.99' },
      boss: 'Adams',
      reports: ['Edwards', 'Mitchell'],
    });
  });

  test('the Drizzle schema of the torture run has its views with their columns, type-checks, and needs no migration', async () => {
    expect((await shell.sqlift(['schema', 'drizzle', runs.torture!, '-o', 'torture'])).code).toBe(0);
    const text = readFileSync(shell.file('torture/schema.ts'), 'utf8');
    const views = await shell.pool.query<{ viewname: string }>(
      `SELECT viewname FROM pg_views WHERE schemaname = 'torture'`,
    );
    expect(views.rows.length).toBeGreaterThan(0);
    for (const { viewname } of views.rows) expect(text).toContain(`tortureSchema.view('${viewname}', {\n  `);
    await compile(shell.file('torture/index.ts'));
    const { stdout } = await run(path.join(root, 'node_modules/.bin/drizzle-kit'), ['generate'], {
      cwd: shell.file('torture'),
    });
    expect(stdout).toContain('No schema changes');
  });

  test('drizzle-kit migrate finds the migrated database as the first migration leaves it', async () => {
    const before = await catalogLines(shell.pool, ['chinook']);
    const kit = (...args: string[]) =>
      run(path.join(root, 'node_modules/.bin/drizzle-kit'), args, {
        cwd: shell.file('app'),
        env: { ...process.env, DATABASE_URL: shell.database.url },
      });
    await kit('migrate');
    expect(await catalogLines(shell.pool, ['chinook'])).toEqual(before);
    expect((await kit('generate')).stdout).toContain('No schema changes');
  });
});

/** Throws what the compiler says against the file and what it imports. */
async function compile(file: string): Promise<void> {
  const how = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'preserve', '--types', 'node'];
  await run(path.join(root, 'node_modules/.bin/tsc'), ['--ignoreConfig', ...how, file]);
}

const PROGRAM = `
import { asc, eq } from 'drizzle-orm';
import { Pool } from 'pg';
import { album, database, employee, track } from '.';

async function main(): Promise<void> {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL });
  const db = database(pool);
  const found = await db.query.album.findFirst({
    where: eq(album.albumId, 1n),
    with: { artist: true, track: { orderBy: asc(track.trackId), with: { genre: true } } },
  });
  const boss = await db.query.employee.findFirst({
    where: eq(employee.employeeId, 1n),
    with: { employeeByReportsTo: { orderBy: asc(employee.lastName) } },
  });
  if (found === undefined || boss === undefined) throw new Error('not there');
  const id: bigint = found.albumId;
  const [first] = found.track;
  if (id !== 1n || first === undefined) throw new Error('not there');
  console.log(JSON.stringify({
    title: found.title,
    artist: found.artist.name,
    tracks: found.track.length,
    first: { name: first.name, genre: first.genre?.name, unitPrice: first.unitPrice },
    boss: boss.lastName,
    reports: boss.employeeByReportsTo.map((one) => one.lastName),
  }));
  await pool.end();
}

void main();
`;
