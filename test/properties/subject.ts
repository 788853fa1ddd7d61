import type Database from 'better-sqlite3';
import type { PoolClient } from 'pg';
import type { ColumnMapping, TableMapping } from '../../core/mapping';
import type { NotCarried } from '../../core/plan';
import type { PreparedRun, TableRefusal } from '../support/loaded-run';
import type { RandomTable } from './databases';

/** A table of a random database that was loaded, with its keys. */
export interface Subject {
  table: RandomTable;
  mapping: TableMapping;
  run: PreparedRun;
  /** A copy of the source that may be written to. */
  db: Database.Database;
  client: PoolClient;
  notCarried: readonly NotCarried[];
  /** Of all tables of the run. */
  refused: readonly TableRefusal[];
  /** Tables of the run with quarantined rows. */
  incomplete: ReadonlySet<string>;
}

/** Types under which values may be equal that SQLite tells apart: `{"a":1}` and `{ "a":1 }`, 1.0 and 1.00, upper and lower case of UUIDs. */
const COARSE = ['jsonb', 'uuid', 'timestamp', 'timestamptz', 'boolean', 'numeric'];

export function isCoarse({ type, format }: ColumnMapping): boolean {
  return format !== 'tagged' && COARSE.includes(type.name);
}

export function columnOf(mapping: TableMapping, name: string): ColumnMapping {
  return mapping.columns.find(({ source }) => source === name)!;
}

/** Rows without a parent by parent and columns; undefined where SQLite cannot tell. */
export function orphansOf(db: Database.Database, table: string): Map<string, number> | undefined {
  const keys = db
    .prepare('SELECT id, "table" AS parent, "from" AS column FROM pragma_foreign_key_list(?) ORDER BY id, seq')
    .all(table) as {
    id: number;
    parent: string;
    column: string;
  }[];
  try {
    const found = db.prepare('SELECT fkid FROM pragma_foreign_key_check(?)').pluck().all(table) as number[];
    const of = (id: number) => keys.filter((key) => key.id === id);
    return new Map(
      [...new Set(keys.map(({ id }) => id))].map((id) => [
        `${of(id)[0]!.parent} (${of(id)
          .map(({ column }) => column)
          .join()})`.toLowerCase(),
        found.filter((fkid) => fkid === id).length,
      ]),
    );
  } catch {
    return undefined;
  }
}
