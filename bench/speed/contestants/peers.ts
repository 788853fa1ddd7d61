import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadedColumns, typeSql } from '../../../core/mapping';
import type { TableMapping } from '../../../core/mapping';
import { quoteIdent } from '../../../core/sql/quote';
import { createTableSql } from '../../../stores/postgres/ddl';
import { publishedAt } from '../../../stores/postgres/staging';
import type { Command } from '../../command';
import * as programs from '../../peers/programs';
import type { Arena, Contestant } from '../contestant';
import { measured } from '../measure';
import { runSql } from '../psql';

/** The other tools, from the start of their program to its end. */

const NOT_CHECKED = ['a consistent snapshot', 'verification'];

function peer(
  contestant: Omit<Contestant, 'run' | 'against' | 'kind'>,
  command: (arena: Arena) => Command,
): Contestant {
  const run = async (arena: Arena) => (await measured(command(arena))).figures;
  return { ...contestant, kind: 'peer', against: contestant.keys ? 'limit-keys' : 'limit', run };
}

/**
 * `include drop`: without it this version makes no keys. `prefetch rows`: with its default of 100,000 it was once seen to sleep for ever
 * on `wide`, for a reason not known.
 */
const PGLOADER =
  'WITH include drop, create tables, create indexes, reset sequences, foreign keys, prefetch rows = 10000';

export const pgloader = peer(
  {
    name: 'pgloader',
    quick: true,
    title: 'pgloader with keys, its own types, 10,000 rows prefetched',
    keys: true,
    without: NOT_CHECKED,
    version: programs.pgloaderVersion,
  },
  ({ set, url, scratch }) => programs.pgloader(set.file, url, scratch, PGLOADER),
);

export const duckdb = peer(
  {
    name: 'duckdb',
    quick: true,
    title: 'DuckDB’s sqlite and postgres extensions, CREATE TABLE AS for each table',
    keys: false,
    without: NOT_CHECKED,
    version: () => programs.packageVersion('duckdb'),
  },
  ({ set, url, scratch }) => programs.duckdb(set.file, url, scratch),
);

const dltWith = (backend: 'pyarrow' | 'connectorx') =>
  peer(
    {
      name: `dlt-${backend}`,
      quick: false,
      title: `dlt, read by ${backend}, as Parquet through ADBC`,
      keys: false,
      without: NOT_CHECKED,
      version: () => programs.packageVersion(backend) && programs.packageVersion('dlt'),
    },
    ({ set, url, scratch }) => programs.dlt(set.file, url, scratch, backend),
  );

export const dltPyarrow = dltWith('pyarrow');
export const dltConnectorx = dltWith('connectorx');

export const sling = peer(
  {
    name: 'sling',
    quick: false,
    title: 'sling, full refresh, blobs as hexadecimal text (as they are, it fails)',
    keys: false,
    without: NOT_CHECKED,
    version: () => programs.packageVersion('sling-linux-amd64'),
  },
  ({ set, url, scratch }) =>
    programs.sling(
      set.file,
      url,
      scratch,
      set.mapping.tables.map((table) => {
        const columns = table.columns.map((column) => {
          const name = quoteIdent(column.source);
          return column.type.name === 'bytea' ? `hex(${name}) AS ${name}` : name;
        });
        const sql = `SELECT ${columns.join(', ')} FROM ${quoteIdent(table.origin.name)}`;
        return `${table.table}: {object: ${JSON.stringify(`public.${table.target}`)}, sql: ${JSON.stringify(sql)}}`;
      }),
    ),
);

export const pipe: Contestant = {
  ...peer(
    {
      name: 'pipe',
      quick: false,
      title: 'sqlite3 -csv | psql \\copy, a pipe for each table, typed by hand',
      keys: false,
      without: [...NOT_CHECKED, 'making the tables (done before, with sqlift’s types)'],
      version: () => programs.programVersion('psql') && programs.programVersion('sqlite3'),
    },
    ({ set, url, scratch }) => {
      const script = path.join(scratch, 'pipe.sh');
      const lines = set.mapping.tables.map((table) => pipeOf(table, set.file, url));
      writeFileSync(script, `set -e\n${lines.join('\n')}\n`, { mode: 0o600 });
      return { command: 'sh', args: [script] };
    },
  ),
  prepare: async ({ set, url, scratch }) => {
    const tables = set.mapping.tables.map((table) => `${createTableSql(table, publishedAt(table))};`);
    await runSql(url, scratch, tables);
  },
};

function pipeOf(table: TableMapping, file: string, url: string): string {
  const columns = table.columns.map(({ source, type }) => {
    const name = quoteIdent(source);
    if (type.name === 'bytea') return `CASE WHEN ${name} IS NULL THEN NULL ELSE '\\x' || hex(${name}) END`;
    // The shell program shows a real with 15 digits.
    if (typeSql(type) === 'double precision')
      return `CASE WHEN ${name} IS NULL THEN NULL ELSE printf('%!.17g', ${name}) END`;
    return name;
  });
  const { schema, table: name } = publishedAt(table);
  const select = `SELECT ${columns.join(', ')} FROM ${quoteIdent(table.origin.name)}`;
  const targets = loadedColumns(table).map(quoteIdent).join(', ');
  const copy = `\\copy ${quoteIdent(schema)}.${quoteIdent(name)} (${targets}) FROM STDIN (FORMAT csv)`;
  return `sqlite3 -readonly -csv ${quoted(file)} ${quoted(select)} | psql -X -q -v ON_ERROR_STOP=1 -c ${quoted(copy)} ${quoted(url)}`;
}

/** For a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
