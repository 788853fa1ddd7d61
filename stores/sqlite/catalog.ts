import type Database from 'better-sqlite3';
import { affinityOf } from '../../core/source';
import type {
  ReferentialAction,
  SourceCatalog,
  SourceColumn,
  SourceForeignKey,
  SourceIndex,
  SourceObject,
  SourceTable,
} from '../../core/source';
import { withFileNotes } from '../files/catalog';
import { readFullText } from './full-text';
import { nameKey, quoteName } from './names';
import { readTableSql } from './schema-sql';
import { shadowTable, whyUnreadable } from './virtual-tables';

/** A row of sqlite_schema. */
interface SchemaRow {
  type: 'table' | 'index' | 'view' | 'trigger';
  name: string;
  table: string;
  rootPage: number;
  sql: string | null;
}

interface ListedTable {
  type: 'table' | 'view' | 'shadow' | 'virtual';
  withoutRowid: boolean;
  strict: boolean;
}

const ROWID_NAMES = ['rowid', '_rowid_', 'oid'];

/**
 * Reads the schema of a database, in name order (by code unit), so that the same schema always gives the same catalog.
 * Reads no rows but one of each virtual table, to see whether it can be read. One object that cannot be understood never
 * hides the others: it is in `others` with the reason.
 *
 * @throws the driver's error (SQLITE_CORRUPT …) when the schema as a whole cannot be read
 */
export function readCatalog(db: Database.Database): SourceCatalog {
  const schema = rows<SchemaRow>(
    db,
    'SELECT type, name, tbl_name AS "table", rootpage AS "rootPage", sql FROM sqlite_schema',
  );
  const listed = listedTables(db);
  const indexSql = new Map(schema.filter((row) => row.type === 'index').map((row) => [row.name, row.sql]));
  const sequences = readSequences(db, schema);
  const virtualNames = schema.filter((row) => listed.get(row.name)?.type === 'virtual').map((row) => row.name);

  const tables: SourceTable[] = [];
  const others: SourceObject[] = [];
  for (const row of schema) {
    if (row.type === 'index') continue;
    const sql = row.sql ?? '';
    const entry = listed.get(row.name);
    if (row.type === 'view') others.push({ name: row.name, kind: 'view', sql, ...viewColumns(db, row.name) });
    else if (row.type === 'trigger') others.push({ name: row.name, kind: 'trigger', table: row.table, sql });
    else if (nameKey(row.name).startsWith('sqlite_')) others.push({ name: row.name, kind: 'internal table', sql });
    else if (entry?.type === 'shadow') others.push(shadowTable(row.name, sql, virtualNames));
    else if (entry?.type === 'virtual') {
      const table = virtualTable(db, row.name, sql);
      const unreadable = whyUnreadable(db, table);
      if (unreadable === undefined) tables.push(table);
      else {
        const { fullText } = table;
        others.push({ name: row.name, kind: 'virtual table', sql, unreadable, ...(fullText && { fullText }) });
      }
    } else tables.push(ordinaryTable(db, row, sql, entry, indexSql, sequences));
  }
  resolveParents(tables);
  const catalog: SourceCatalog = {
    encoding: single(db, 'PRAGMA encoding') as SourceCatalog['encoding'],
    pageSize: Number(single(db, 'PRAGMA page_size')),
    pageCount: Number(single(db, 'PRAGMA page_count')),
    applicationId: Number(single(db, 'PRAGMA application_id')),
    userVersion: Number(single(db, 'PRAGMA user_version')),
    tables: tables.sort(byName),
    others: others.sort((a, b) => byName(a, b) || (a.kind < b.kind ? -1 : 1)),
  };
  return withFileNotes(catalog, db);
}

function listedTables(db: Database.Database): Map<string, ListedTable> {
  const list = rows<{ name: string; type: ListedTable['type']; wr: number; strict: number }>(
    db,
    `SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'`,
  );
  return new Map(
    list.map(({ name, type, wr, strict }) => [name, { type, withoutRowid: wr === 1, strict: strict === 1 }]),
  );
}

function ordinaryTable(
  db: Database.Database,
  row: SchemaRow,
  sql: string,
  entry: ListedTable | undefined,
  indexSql: Map<string, string | null>,
  sequences: Map<string, string>,
): SourceTable {
  const declared = readTableSql(sql);
  const { columns, primaryKey } = readColumns(db, row.name, declared.collations);
  const indexes = readIndexes(db, row.name, indexSql);
  const withoutRowid = entry?.withoutRowid ?? false;
  // SQLite makes an index for every PRIMARY KEY that is not the rowid itself: `INT PRIMARY KEY`, `INTEGER PRIMARY KEY DESC`.
  const isAlias = !withoutRowid && primaryKey.length === 1 && !indexes.some((index) => index.origin === 'pk');
  const rowidName = withoutRowid
    ? undefined
    : ROWID_NAMES.find((name) => !columns.some((column) => nameKey(column.name) === name));
  const sequence = sequences.get(row.name);
  return {
    name: row.name,
    kind: withoutRowid ? 'without rowid' : 'rowid',
    strict: entry?.strict ?? false,
    sql,
    rootPage: row.rootPage,
    columns,
    primaryKey,
    ...(isAlias && { rowidAlias: primaryKey[0]! }),
    ...(rowidName !== undefined && { rowidName }),
    autoincrement: declared.autoincrement,
    ...(declared.autoincrement && sequence !== undefined && { sequence }),
    foreignKeys: readForeignKeys(db, row.name, declared.deferred),
    indexes,
  };
}

/** Without columns when its module is not there, or another table that it needs. */
function virtualTable(db: Database.Database, name: string, sql: string): SourceTable {
  let columns: SourceColumn[] = [];
  try {
    columns = readColumns(db, name, []).columns;
  } catch {
    // `whyUnreadable` runs into the same, and gives the reason.
  }
  const fullText = readFullText(
    sql,
    columns.map((column) => column.name),
  );
  return {
    name,
    kind: 'virtual',
    strict: false,
    sql,
    rootPage: 0,
    columns,
    primaryKey: [],
    autoincrement: false,
    foreignKeys: [],
    indexes: [],
    ...(fullText && { fullText }),
  };
}

/** Names of a view's columns, or why SQLite cannot compute it: a table of it may be gone. */
function viewColumns(db: Database.Database, name: string): Pick<SourceObject, 'columns' | 'unreadable'> {
  try {
    const statement = db.prepare(`SELECT * FROM ${quoteName(name)}`);
    return { columns: statement.columns().map((column) => column.name) };
  } catch (error) {
    return { unreadable: (error as Error).message };
  }
}

interface ColumnRow {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  pk: number;
  hidden: number;
}

function readColumns(db: Database.Database, table: string, collations: (string | undefined)[]) {
  const found = rows<ColumnRow>(
    db,
    'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid',
    table,
  );
  const columns = found.flatMap(({ name, type, notnull, dflt_value, hidden }, position): SourceColumn[] => {
    if (hidden === 1) return [];
    const collation = collationName(collations[position] ?? 'BINARY');
    return [
      {
        name,
        declared: type,
        affinity: affinityOf(type),
        notNull: notnull === 1,
        ...(dflt_value !== null && { default: dflt_value }),
        ...(hidden === 2 && { generated: 'virtual' as const }),
        ...(hidden === 3 && { generated: 'stored' as const }),
        ...(collation !== 'BINARY' && { collation }),
      },
    ];
  });
  const primaryKey = found.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  return { columns, primaryKey: primaryKey.map(({ name }) => name) };
}

function readIndexes(db: Database.Database, table: string, sql: Map<string, string | null>): SourceIndex[] {
  const list = rows<{ name: string; unique: number; origin: SourceIndex['origin']; partial: number }>(
    db,
    'SELECT name, "unique", origin, partial FROM pragma_index_list(?)',
    table,
  );
  return list.sort(byName).map(({ name, unique, origin, partial }) => {
    const text = sql.get(name);
    const columns = rows<{ name: string | null; desc: number; coll: string }>(
      db,
      'SELECT name, "desc", coll FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno',
      name,
    );
    return {
      name,
      unique: unique === 1,
      origin,
      partial: partial === 1,
      ...(typeof text === 'string' && { sql: text }),
      columns: columns.map((column) => ({
        ...(column.name !== null && { name: column.name }),
        descending: column.desc === 1,
        collation: collationName(column.coll),
      })),
    };
  });
}

interface ForeignKeyRow {
  id: number;
  from: string;
  table: string;
  to: string | null;
  on_update: ReferentialAction;
  on_delete: ReferentialAction;
}

/** In order of declaration, which is the reverse of SQLite's ids. Parent columns are left empty where the declaration names none. */
function readForeignKeys(db: Database.Database, table: string, deferred: boolean[]): SourceForeignKey[] {
  const found = rows<ForeignKeyRow>(
    db,
    'SELECT id, "from", "table", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq',
    table,
  );
  const keys = new Map<number, SourceForeignKey>();
  for (const row of found) {
    const key = keys.get(row.id) ?? {
      columns: [],
      parent: row.table,
      parentColumns: [],
      onDelete: row.on_delete,
      onUpdate: row.on_update,
      deferred: deferred[keys.size] ?? false,
    };
    key.columns.push(row.from);
    if (row.to !== null) key.parentColumns.push(row.to);
    keys.set(row.id, key);
  }
  return [...keys.values()];
}

/** Gives parents and their columns the spelling of the parent table, and fills in the columns that a declaration leaves out. */
function resolveParents(tables: SourceTable[]): void {
  const byKey = new Map(tables.map((table) => [nameKey(table.name), table]));
  for (const key of tables.flatMap((table) => table.foreignKeys)) {
    const parent = byKey.get(nameKey(key.parent));
    if (parent === undefined) continue;
    key.parent = parent.name;
    const spelling = new Map(parent.columns.map(({ name }) => [nameKey(name), name]));
    if (key.parentColumns.length > 0)
      key.parentColumns = key.parentColumns.map((name) => spelling.get(nameKey(name)) ?? name);
    else if (parent.primaryKey.length === key.columns.length) key.parentColumns = [...parent.primaryKey];
  }
}

/** By table name. What is not an integer (anyone may write to sqlite_sequence) is left out. */
function readSequences(db: Database.Database, schema: SchemaRow[]): Map<string, string> {
  if (!schema.some(({ name }) => name === 'sqlite_sequence')) return new Map();
  const found = rows<{ name: string; seq: string }>(
    db,
    `SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence WHERE typeof(seq) = 'integer' AND typeof(name) = 'text' ORDER BY rowid DESC`,
  );
  return new Map(found.map(({ name, seq }) => [name, seq]));
}

/** SQLite knows these three in any case; other names are the application's own and stay as they are. */
function collationName(name: string): string {
  return /^(?:binary|nocase|rtrim)$/i.test(name) ? name.toUpperCase() : name;
}

/** Schema numbers all fit a double, so this works alike on connections with and without safe integers. */
function rows<Row>(db: Database.Database, sql: string, ...parameters: string[]): Row[] {
  return db
    .prepare(sql)
    .safeIntegers(false)
    .all(...parameters) as Row[];
}

function single(db: Database.Database, sql: string): unknown {
  return db.prepare(sql).safeIntegers(false).pluck().get();
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
