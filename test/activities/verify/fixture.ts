import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Pool } from 'pg';
import type { ChunkRange } from '../../../core/chunk';
import { parseType } from '../../../core/mapping';
import type { ColumnMapping, TableMapping } from '../../../core/mapping';
import { affinityOf } from '../../../core/source';
import type { SourceTable } from '../../../core/source';
import { verifyTable } from '../../../activities/verify/verify-table';
import type { TableVerdict, VerifyTableInput } from '../../../activities/verify/verify-table';
import { readCatalog } from '../../../stores/sqlite/catalog';

/** Snapshots and mappings made by hand, so that nothing of what import uses has a part in what verification is tested with. */

export interface Column {
  name: string;
  declared: string;
  type: string;
  format?: NonNullable<ColumnMapping['format']>;
  extra?: Partial<ColumnMapping>;
}

export function columnMapping({ name, declared, type, format, extra }: Column, index = 0): ColumnMapping {
  return {
    source: name,
    index,
    target: name,
    type: parseType(type),
    affinity: affinityOf(declared),
    notNull: false,
    identity: false,
    ...(format === undefined ? {} : { format }),
    ...extra,
  };
}

export function tableMapping(
  name: string,
  columns: readonly Column[],
  options: { key?: string[]; origin?: Partial<SourceTable>; mapping?: Partial<TableMapping> } = {},
): TableMapping {
  const alias = columns.find((column) => column.declared === 'INTEGER PRIMARY KEY');
  const key = options.key ?? (alias === undefined ? [] : [alias.name]);
  return {
    source: 'app',
    table: name,
    schema: 'public',
    target: name,
    ifExists: 'error',
    quarantine: 'none',
    columns: columns.map(columnMapping),
    ...(key.length > 0 ? { primaryKey: { name: `${name}_pkey`, columns: key } } : {}),
    unique: [],
    indexes: [],
    checks: [],
    foreignKeys: [],
    origin: {
      name,
      kind: 'rowid',
      strict: false,
      sql: '',
      rootPage: 0,
      columns: columns.map((column) => ({
        name: column.name,
        declared: column.declared,
        affinity: affinityOf(column.declared),
        notNull: false,
      })),
      primaryKey: key,
      ...(alias === undefined ? {} : { rowidAlias: alias.name }),
      rowidName: 'rowid',
      autoincrement: false,
      foreignKeys: [],
      indexes: [],
      ...options.origin,
    },
    ...options.mapping,
  };
}

export class Snapshot {
  readonly #folder = mkdtempSync(join(tmpdir(), 'sqlift-verify-'));
  readonly path = join(this.#folder, 'snapshot.sqlite');
  readonly db = new Database(this.path);

  constructor() {
    this.db.pragma('synchronous = off');
  }

  remove(): void {
    this.db.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const WHOLE: ChunkRange[] = [{ kind: 'rowid', after: null, upTo: null }];

export function verify(
  snapshot: Snapshot,
  target: Pool,
  mapping: TableMapping,
  options: Partial<VerifyTableInput> = {},
): Promise<TableVerdict> {
  const catalog = readCatalog(snapshot.db);
  const found = catalog.tables.find(({ name }) => name === mapping.origin.name) ?? mapping.origin;
  const rootPage = mapping.origin.rootPage === 0 ? found.rootPage : mapping.origin.rootPage;
  return verifyTable({
    snapshotPath: snapshot.path,
    catalog,
    target,
    location: { schema: 'public', table: mapping.target },
    mapping: { ...mapping, origin: { ...mapping.origin, rootPage, indexes: found.indexes } },
    ranges: WHOLE,
    quarantined: new Set(),
    ...options,
  });
}
