import type Database from 'better-sqlite3';

/**
 * What a SQLite table really holds, read through SQLite itself and by no code of sqlift: storage class and value of every cell,
 * text as its bytes.
 */
export type Cell =
  | { storage: 'null' }
  | { storage: 'integer'; value: bigint }
  | { storage: 'real'; value: number }
  /** `bytes` are UTF-8 unless SQLite itself held something else; `broken` says that no UTF-8 can hold them. */
  | { storage: 'text'; bytes: Buffer; broken: boolean }
  | { storage: 'blob'; bytes: Buffer };

export interface SourceRows {
  columns: string[];
  rows: Cell[][];
}

/** SQLite gives at most 2,000 columns of a query; each cell takes two. */
const SLICE = 500;

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** All rows of a table, or of these columns of it, in the table's own order. Generated columns are columns like others. */
export function readSource(db: Database.Database, table: string, only?: readonly string[]): SourceRows {
  const utf16 = String(db.pragma('encoding', { simple: true })).startsWith('UTF-16');
  const columns =
    only ??
    (db.pragma(`table_xinfo(${quote(table)})`) as { name: string; hidden: number }[])
      .filter(({ hidden }) => hidden !== 1)
      .map(({ name }) => name);
  const rows: Cell[][] = [];
  for (let from = 0; from < columns.length; from += SLICE) {
    const slice = columns.slice(from, from + SLICE);
    const parts = slice
      .map(quote)
      .flatMap((column) => [
        `typeof(${column})`,
        `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`,
      ]);
    // Slices of a row are put together by its place: without an order, each slice could come from another index.
    const order = columns.length > SLICE ? ' ORDER BY rowid' : '';
    const found = db
      .prepare(`SELECT ${parts.join(', ')} FROM ${quote(table)}${order}`)
      .raw()
      .safeIntegers()
      .all();
    for (const [at, values] of (found as unknown[][]).entries()) {
      const cells = slice.map((_, i) => cellOf(values[2 * i] as Cell['storage'], values[2 * i + 1], utf16));
      rows[at] = [...(rows[at] ?? []), ...cells];
    }
  }
  return { columns: [...columns], rows };
}

function cellOf(storage: Cell['storage'], value: unknown, utf16: boolean): Cell {
  switch (storage) {
    case 'null':
      return { storage };
    case 'integer':
      return { storage, value: value as bigint };
    case 'real':
      return { storage, value: value as number };
    case 'blob':
      return { storage, bytes: value as Buffer };
    case 'text':
      return textCell(value as Buffer, utf16);
  }
}

function textCell(raw: Buffer, utf16: boolean): Cell {
  if (!utf16) return { storage: 'text', bytes: raw, broken: !Buffer.from(raw.toString('utf8')).equals(raw) };
  const text = raw.toString('utf16le');
  return { storage: 'text', bytes: Buffer.from(text), broken: /\p{Surrogate}/u.test(text) };
}

/** A short form of a cell for a person: never more than 40 characters. */
export function show(cell: Cell): string {
  switch (cell.storage) {
    case 'null':
      return 'NULL';
    case 'integer':
    case 'real':
      return `${cell.storage} ${cell.value}`;
    case 'text':
      return `text ${JSON.stringify(cell.bytes.toString('utf8').slice(0, 32))}`;
    case 'blob':
      return `blob x'${cell.bytes.toString('hex').slice(0, 32)}'`;
  }
}

/** Two cells with the same identity are the same for SQLite: 1 and 1.0 are, 1 and '1' are not. */
export function identity(cell: Cell): string {
  switch (cell.storage) {
    case 'null':
      return 'null';
    case 'integer':
      return `number ${cell.value}`;
    case 'real':
      return Number.isInteger(cell.value) ? `number ${BigInt(cell.value)}` : `number ${cell.value}`;
    case 'text':
    case 'blob':
      return `${cell.storage} ${cell.bytes.toString('hex')}`;
  }
}
