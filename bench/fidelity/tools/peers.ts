import type { Command } from '../../command';
import * as programs from '../../peers/programs';
import { complaints, runProgram, usualNames } from './tool';
import type { Ended, Tool, ToolRun } from './tool';

const SECONDS = 60;

const run = ({ command, args, env, cwd }: Command): Promise<Ended> =>
  runProgram(command, args, { ...process.env, ...env }, SECONDS, cwd);

function ended({ exit, hung, stdout, stderr }: Ended, rejected = new Map<string, number>()): ToolRun {
  const log = `${stdout}\n${stderr}`;
  return { exit, hung, log, declarations: complaints(log), rejected, names: usualNames };
}

/** Debian's package. REAL as double precision and names in quotes are documented options that help every database. */
export const pgloader: Tool = {
  name: 'pgloader',
  settings:
    '`WITH include drop, create tables, create indexes, reset sequences, foreign keys, quote identifiers, on error resume next`, `CAST type real to "double precision"` (also double, float)',
  version: async () => programs.pgloaderVersion(),
  async run(file, url, folder) {
    const float = ['real', 'double', 'float'].map(
      (type) => `type ${type} to "double precision" drop typemod using float-to-string`,
    );
    const settings = `WITH include drop, create tables, create indexes, reset sequences, foreign keys, quote identifiers, on error resume next, prefetch rows = 1000
       CAST ${float.join(', ')}`;
    const output = await run(programs.pgloader(file, url, folder, settings));
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
  version: async () => programs.packageVersion('sling-linux-amd64'),
  async run(file, url, folder) {
    return ended(await run(programs.sling(file, url, folder, ["'main.*':"])));
  },
};

export const dlt: Tool = {
  name: 'dlt',
  settings:
    '`sql_database(reflection_level="full_with_precision", resolve_foreign_keys=True)`, naming `sql_cs_v1`, `create_indexes`, `write_disposition="replace"`; all tables at once, and where that fails each by itself',
  version: async () => programs.packageVersion('dlt'),
  run: async (file, url, folder) => ended(await run(programs.dlt(file, url, folder))),
};

export const duckdb: Tool = {
  name: 'DuckDB',
  settings: 'extensions sqlite and postgres, `CREATE TABLE … AS SELECT` for each table, in a transaction each',
  version: async () => programs.packageVersion('duckdb'),
  run: async (file, url, folder) => ended(await run(programs.duckdb(file, url, folder))),
};
