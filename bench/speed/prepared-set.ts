import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { quoteIdent } from '../../core/sql/quote';
import { loadedColumns } from '../../core/mapping';
import { createTableSql } from '../../stores/postgres/ddl';
import { dataset } from '../datasets';
import type { Dataset } from '../datasets';
import type { BenchServers } from '../servers';
import type { PreparedSet } from './contestant';
import { runSql } from './psql';
import { STAGING } from './sqlift/adapter';
import { inChild } from './sqlift/child';

/** Makes a data set, looks at it as sqlift does, and counts its rows. */
export async function prepareSet(
  name: Dataset,
  folder: string,
  rows: number,
  servers: BenchServers,
): Promise<PreparedSet> {
  const file = path.resolve(dataset(name, folder, rows));
  const { catalog, mapping } = (await inChild({ kind: 'draft', file })).result!;
  const set = {
    name,
    file,
    catalog,
    mapping,
    rows: countRows(
      file,
      mapping.tables.map(({ origin }) => origin.name),
    ),
  };
  let ready: ReadonlyMap<string, string> | undefined;
  return { ...set, ready: async () => (ready ??= await readyFiles(set, folder, servers)) };
}

function countRows(file: string, tables: readonly string[]): Map<string, number> {
  const db = new Database(file, { readonly: true });
  try {
    return new Map(
      tables.map((table) => [
        table,
        db
          .prepare(`SELECT count(*) FROM ${quoteIdent(table)}`)
          .pluck()
          .get() as number,
      ]),
    );
  } finally {
    db.close();
  }
}

/**
 * The rows as files that PostgreSQL only has to take in, in the order of their keys: what it gave back itself (`COPY … TO`) of tables that
 * sqlift had loaded. Kept beside the data set for as long as file and column types stay the same.
 */
async function readyFiles(
  { name, file, catalog, mapping }: Omit<PreparedSet, 'ready'>,
  folder: string,
  servers: BenchServers,
): Promise<ReadonlyMap<string, string>> {
  const { mtimeMs, size } = statSync(file);
  const tables = mapping.tables.map((table) => createTableSql(table, { schema: 'public', table: table.target }));
  const digest = createHash('sha256')
    .update(JSON.stringify([path.basename(file), mtimeMs, size, tables]))
    .digest('hex');
  const ready = path.resolve(folder, 'copy', `${name}-${digest.slice(0, 12)}`);
  const files = new Map(mapping.tables.map(({ table, target }) => [table, path.join(ready, `${target}.copy`)]));
  if (existsSync(ready)) return files;
  const partial = `${ready}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  await servers.inDatabase(async (url) => {
    const source = { file, url, catalog, mapping };
    await inChild({ kind: 'prepare', source });
    await inChild({ kind: 'load', source });
    const copies = mapping.tables.map((table) => {
      const columns = loadedColumns(table).map(quoteIdent).join(', ');
      const key = table.primaryKey?.columns ?? [];
      const order = table.columns
        .filter(({ source: column }) => key.includes(column))
        .map(({ target }) => quoteIdent(target));
      const orderBy = order.length === 0 ? '' : ` ORDER BY ${order.join(', ')}`;
      const rows = `SELECT ${columns} FROM ${quoteIdent(STAGING)}.${quoteIdent(table.target)}${orderBy}`;
      return `\\copy (${rows}) TO '${path.join(partial, `${table.target}.copy`)}' (FORMAT binary)`;
    });
    await runSql(url, partial, copies);
  });
  renameSync(partial, ready);
  return files;
}
