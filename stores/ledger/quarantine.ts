import type { Pool } from 'pg';
import { bytesAt, integerAt, realAt, storageClassOf, textAt } from '../../core/row';
import type { RowView } from '../../core/row';
import { realText, textRefusal } from '../../core/codecs/texts';
import type { Refusal } from '../../core/codecs/codec';
import type { TableMapping } from '../../core/mapping';
import { isData } from '../../core/source';
import type { SourceTable } from '../../core/source';
import type { Queryable } from '../postgres/target';
import { withClient } from '../postgres/target';
import type { TableKey, TablesKey } from './chunks';

/** One row kept out of the target, whole, with the reason and its place in the source. */
export interface QuarantinedRow {
  chunk: number;
  /** The rowid, or the row's ordinal number in tables without rowids. */
  locator: bigint;
  key: Record<string, string>;
  column?: string;
  storageClass?: string;
  reason: Refusal;
  raw?: Buffer;
  cells: QuarantinedCell[];
}

export interface QuarantinedCell {
  column: string;
  class: string;
  /** Decimal for integers, shortest decimal for reals, the text itself where it is valid, hex of the bytes otherwise. */
  value: string | null;
}

/** Copies the row out of the reader's view. `column` is a position in the mapping's columns, absent when the row as a whole was refused. */
export function quarantineRow(
  mapping: TableMapping,
  row: RowView,
  locator: bigint,
  chunk: number,
  reason: Refusal,
  column?: number,
): QuarantinedRow {
  const { origin } = mapping;
  const cells = origin.columns.flatMap((source, index) =>
    // Beside the source's own cell of that name, where there is one.
    isData(origin, source)
      ? [quarantinedCell(source.value === undefined ? source.name : `${source.name} (computed)`, row, index)]
      : [],
  );
  const place = origin.refusals === undefined ? origin.primaryKey : ['_path', '_line'];
  const key = Object.fromEntries(
    place.map((name) => [name, cells.find((cell) => cell.column === name)?.value ?? 'NULL']),
  );
  const refused = column === undefined ? undefined : mapping.columns[column]!;
  const serial = refused === undefined ? 0 : row.serials[refused.index]!;
  const unread = column === undefined ? unreadBytes(origin, row) : undefined;
  return {
    chunk,
    locator,
    key,
    reason,
    cells: unread === undefined || unread.length > SHOWN_BYTES ? cells : [...cells, unreadCell(unread)],
    ...(unread !== undefined && { raw: unread }),
    ...(refused !== undefined && { column: refused.source, storageClass: storageClassOf(serial) }),
    ...(refused !== undefined && serial >= 12 && { raw: Buffer.from(bytesAt(row, refused.index)) }),
  };
}

/** Of documents that could not be read, those are shown among the cells that are not longer; the raw bytes are always there. */
const SHOWN_BYTES = 64 << 10;

/** The bytes of a document of a file store that could not be read. */
function unreadBytes({ refusals, columns }: SourceTable, row: RowView): Buffer | undefined {
  const index = columns.findIndex(({ name }) => name === refusals?.raw);
  return index < 0 || row.serials[index] === 0 ? undefined : Buffer.from(bytesAt(row, index));
}

function unreadCell(bytes: Buffer): QuarantinedCell {
  return textRefusal(bytes, 0, bytes.length) === undefined
    ? { column: 'unread', class: 'text', value: bytes.toString('utf8') }
    : { column: 'unread', class: 'text (hex)', value: bytes.toString('hex') };
}

/** One cell as the quarantine keeps it. */
export function quarantinedCell(column: string, row: RowView, index: number): QuarantinedCell {
  const kind = storageClassOf(row.serials[index]!);
  switch (kind) {
    case 'null':
      return { column, class: kind, value: null };
    case 'integer':
      return { column, class: kind, value: integerAt(row, index).toString() };
    case 'real':
      return { column, class: kind, value: realText(realAt(row, index)) };
    case 'text': {
      const bytes = bytesAt(row, index);
      const valid = textRefusal(bytes, 0, bytes.length) === undefined;
      return valid
        ? { column, class: kind, value: textAt(row, index) }
        : { column, class: 'text (hex)', value: bytes.toString('hex') };
    }
    case 'blob':
      return { column, class: kind, value: bytesAt(row, index).toString('hex') };
  }
}

/** Enters rows in the transaction of their chunk. */
export async function insertQuarantined(
  client: Queryable,
  key: TableKey,
  rows: readonly QuarantinedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO sqlift.quarantine (run, source, table_name, chunk, locator, row_key, column_name, storage_class, reason, raw, cells)
     SELECT $1, $2, $3, * FROM unnest($4::int[], $5::bigint[], $6::jsonb[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::jsonb[])`,
    [
      key.run,
      key.source,
      key.table,
      rows.map((row) => row.chunk),
      rows.map((row) => row.locator.toString()),
      rows.map((row) => JSON.stringify(row.key)),
      rows.map((row) => row.column ?? null),
      rows.map((row) => row.storageClass ?? null),
      rows.map((row) => row.reason),
      rows.map((row) => row.raw ?? null),
      rows.map((row) => JSON.stringify(row.cells)),
    ],
  );
}

/** Locators of the rows of a table that are still out of the target. */
export async function readLocators(pool: Pool, key: TableKey): Promise<bigint[]> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ locator: string }>(
      `SELECT locator FROM sqlift.quarantine WHERE run = $1 AND source = $2 AND table_name = $3 AND resolved_at IS NULL ORDER BY locator`,
      [key.run, key.source, key.table],
    );
    return rows.map((row) => BigInt(row.locator));
  });
}

/** The same of some tables of a source, by table; those of tables that have any. */
export async function readLocatorsOf(
  pool: Pool,
  { run, source, tables }: TablesKey,
): Promise<Map<string, Set<bigint>>> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ table: string; locator: string }>(
      `SELECT table_name AS "table", locator FROM sqlift.quarantine
       WHERE run = $1 AND source = $2 AND table_name = ANY($3) AND resolved_at IS NULL`,
      [run, source, tables],
    );
    const found = new Map<string, Set<bigint>>();
    for (const { table, locator } of rows) {
      const locators = found.get(table);
      if (locators === undefined) found.set(table, new Set([BigInt(locator)]));
      else locators.add(BigInt(locator));
    }
    return found;
  });
}

/** By source and table (`source\0table`): rows that are out of the target for this reason. */
export async function countOfReason(pool: Pool, run: string, reason: Refusal): Promise<Map<string, number>> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{ source: string; table: string; rows: number }>(
      `SELECT source, table_name AS "table", count(*)::float8 AS rows FROM sqlift.quarantine
       WHERE run = $1 AND reason = $2 AND resolved_at IS NULL GROUP BY 1, 2`,
      [run, reason],
    );
    return new Map(rows.map((row) => [`${row.source}\0${row.table}`, row.rows]));
  });
}

/** Marks rows as loaded after all, and moves them from one count of their chunks to the other; in the transaction that loads them. */
export async function resolveQuarantined(client: Queryable, key: TableKey, locators: readonly bigint[]): Promise<void> {
  await client.query(
    `WITH resolved AS (
       UPDATE sqlift.quarantine SET resolved_at = now()
       WHERE run = $1 AND source = $2 AND table_name = $3 AND resolved_at IS NULL AND locator = ANY($4::bigint[]) RETURNING chunk),
     counted AS (SELECT chunk, count(*) AS rows FROM resolved GROUP BY chunk)
     UPDATE sqlift.chunks c SET rows = c.rows + counted.rows, quarantined = c.quarantined - counted.rows FROM counted
     WHERE c.run = $1 AND c.source = $2 AND c.table_name = $3 AND c.chunk = counted.chunk`,
    [key.run, key.source, key.table, locators.map(String)],
  );
}
