import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { complaints, runProgram, usualNames } from './tool';
import type { Tool, ToolRun } from './tool';

/** Where bench/fidelity/install-peers.sh puts what comes from PyPI. */
const PEERS = path.join(__dirname, '../../.data/peers');
const PYTHON = path.join(PEERS, 'bin/python');
const SECONDS = 60;

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string) =>
  runProgram(program, args, { ...process.env, TZ: 'UTC', ...env }, SECONDS, cwd);

function ended(
  { exit, hung, stdout, stderr }: Awaited<ReturnType<typeof run>>,
  rejected = new Map<string, number>(),
): ToolRun {
  const log = `${stdout}\n${stderr}`;
  return { exit, hung, log, declarations: complaints(log), rejected, names: usualNames };
}

/** `pip show`'s version of a package, or undefined. */
async function packageVersion(name: string): Promise<string | undefined> {
  if (!existsSync(PYTHON)) return undefined;
  const program = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`;
  const { exit, stdout } = await run(PYTHON, ['-c', program], {});
  return exit === 0 ? stdout.trim() : undefined;
}

/** Debian's package. REAL as double precision and names in quotes are documented options that help every database. */
export const pgloader: Tool = {
  name: 'pgloader',
  settings:
    '`WITH include drop, create tables, create indexes, reset sequences, foreign keys, quote identifiers, on error resume next`, `CAST type real to "double precision"` (also double, float)',
  async version() {
    try {
      const { stdout } = await run('pgloader', ['--version'], {});
      return /version "([^"]*)"/.exec(stdout)?.[1];
    } catch {
      return undefined;
    }
  },
  async run(file, url, folder) {
    const script = path.join(folder, 'load');
    const float = ['real', 'double', 'float'].map(
      (type) => `type ${type} to "double precision" drop typemod using float-to-string`,
    );
    writeFileSync(
      script,
      `LOAD DATABASE FROM sqlite://${file} INTO ${url}
       WITH include drop, create tables, create indexes, reset sequences, foreign keys, quote identifiers, on error resume next, prefetch rows = 1000
       CAST ${float.join(', ')};\n`,
      { mode: 0o600 },
    );
    const output = await run('pgloader', ['--root-dir', path.join(folder, 'root'), script], {});
    // Its summary counts the rows that it refused, a line a table; the rows themselves are in files beside it.
    const rejected = new Map<string, number>();
    for (const [, name, errors] of `${output.stdout}\n${output.stderr}`.matchAll(
      /^ *"?(?:[\w]+"?\.)?"?([^"\n]+?)"? +(\d+) +\d+ +[\d.]* ?k?M?G?B? +[\d.]+s$/gm,
    ))
      if (Number(errors) > 0) rejected.set(name!, Number(errors));
    return ended(output, rejected);
  },
};

/** PyPI’s Linux build. Original names, no empty text as NULL: documented options of a replication. */
export const sling: Tool = {
  name: 'sling',
  settings:
    'replication of `main.*`, `mode: full-refresh`, `source_options: {empty_as_null: false}`, `target_options: {column_casing: source, adjust_column_type: true}`',
  version: () => packageVersion('sling-linux-amd64'),
  async run(file, url, folder) {
    const script = path.join(folder, 'replication.yaml');
    writeFileSync(
      script,
      `source: SRC
target: TGT
defaults:
  mode: full-refresh
  object: 'public.{stream_table}'
  source_options: {empty_as_null: false}
  target_options: {column_casing: source, adjust_column_type: true}
streams:
  'main.*':
`,
    );
    const site = readdirSync(path.join(PEERS, 'lib'))[0]!;
    const program = path.join(PEERS, 'lib', site, 'site-packages/sling_linux_amd64/bin/sling-linux-amd64');
    const env = {
      SRC: `sqlite://${file}`,
      TGT: `${url}?sslmode=disable`,
      HOME: folder,
      SLING_DISABLE_TELEMETRY: 'true',
    };
    return ended(await run(program, ['run', '-r', script], env, folder));
  },
};

export const dlt: Tool = {
  name: 'dlt',
  settings:
    '`sql_database(reflection_level="full_with_precision", resolve_foreign_keys=True)`, naming `sql_cs_v1`, `create_indexes`, `write_disposition="replace"`; all tables at once, and where that fails each by itself',
  version: () => packageVersion('dlt'),
  async run(file, url, folder) {
    return ended(
      await run(PYTHON, [path.join(__dirname, 'dlt_run.py'), file, url, path.join(folder, 'dlt')], { HOME: folder }),
    );
  },
};

export const duckdb: Tool = {
  name: 'DuckDB',
  settings: 'extensions sqlite and postgres, `CREATE TABLE … AS SELECT` for each table, in a transaction each',
  version: () => packageVersion('duckdb'),
  async run(file, url, folder) {
    mkdirSync(folder, { recursive: true });
    return ended(await run(PYTHON, [path.join(__dirname, 'duckdb_run.py'), file, url], { HOME: folder }));
  },
};
