import Database from 'better-sqlite3';
import type { ChunkRange } from '../../core/chunk';
import { SqliftError } from '../../core/errors';
import type { ColumnMapping } from '../../core/mapping';
import { decodeText, InvalidText } from '../../core/meaning/meaning';
import type { SourceValue } from '../../core/meaning/meaning';
import type { SourceTable } from '../../core/source';
import { quoteName } from './names';

/** What stands in better-sqlite3's strings for bytes that are not UTF-8 – and for itself. */
const REPLACEMENT = '\uFFFD';

/** Place of a row in the snapshot: its rowid, or its number in the table's own order, from 0. */
export type Locator = bigint;

/**
 * Reads a table of the snapshot for verification: plain statements through better-sqlite3, on a connection of its own,
 * sharing nothing with the readers that import uses.
 */
export class ReadAgain {
  #opened: Database.Database | undefined;
  #found: 'UTF-8' | 'UTF-16le' | 'UTF-16be' | undefined;

  /** `addressed` says what locators of this table are: the same for every range of it. */
  constructor(
    private readonly path: string,
    private readonly table: SourceTable,
    private readonly columns: readonly ColumnMapping[],
    readonly addressed: ChunkRange['kind'],
  ) {}

  /** Opened when it is needed, which it is of few tables: SQLite reads the whole schema then, ten milliseconds where there are a thousand. */
  get #db(): Database.Database {
    if (this.#opened !== undefined) return this.#opened;
    const { path } = this;
    try {
      const db = new Database(path, { readonly: true, fileMustExist: true });
      // Nothing that the schema of a stranger's file calls may have side effects.
      db.pragma('trusted_schema = off');
      return (this.#opened = db);
    } catch (error) {
      throw new SqliftError('ArtifactMissing', 'The snapshot cannot be opened', { file: path }, { cause: error });
    }
  }

  get #encoding(): 'UTF-8' | 'UTF-16le' | 'UTF-16be' {
    return (this.#found ??= this.#db.pragma('encoding', { simple: true }) as 'UTF-8');
  }

  /**
   * Calls `visit` for each row of the range in the table's own order, `rows` of them in a turn of the generator, so that
   * the caller can let other work through. The array is reused from row to row.
   */
  *slices(
    visit: (cells: readonly SourceValue[], locator: Locator) => void,
    range: ChunkRange | undefined,
    rows = 500,
  ): Generator<void, void> {
    let last: Locator | undefined;
    const noting = (cells: readonly SourceValue[], locator: Locator) => {
      last = locator;
      visit(cells, locator);
    };
    try {
      // A string with U+FFFD may stand for bytes that were not text: from that row on, texts are read as bytes too. In
      // UTF-16 files SQLite itself joins half surrogate pairs with what follows them, so there it is done from the start.
      const exact = this.#encoding !== 'UTF-8';
      const seen = yield* this.#read(noting, range, 0, exact, rows);
      if (seen !== undefined) yield* this.#read(noting, range, seen, true, rows);
    } catch (error) {
      const computes = this.addressed === 'rowid' && this.columns.some(({ value }) => value !== undefined);
      if (computes && (error as { code?: unknown }).code === 'SQLITE_ERROR')
        return yield* this.#readEach(visit, range, last, rows);
      throw damaged(error, this.table.name);
    }
  }

  /** Goes on behind a row cell by cell: where an expression of the plan fails in a row, that cell is not text or anything else. */
  *#readEach(
    visit: (cells: readonly SourceValue[], locator: Locator) => void,
    range: ChunkRange | undefined,
    last: Locator | undefined,
    rows: number,
  ): Generator<void, void> {
    const name = quoteName(this.table.name);
    const rowid = `${name}.${quoteName(this.table.rowidName ?? this.table.rowidAlias ?? 'rowid')}`;
    const ask = (sql: string) =>
      this.#db.prepare(`SELECT ${sql} FROM ${name} WHERE ${rowid} = ?`).safeIntegers().raw() as Database.Statement<
        [bigint],
        [SourceValue, Buffer | null]
      >;
    const kept = ask(this.table.where === undefined ? '1' : `iif((${this.table.where}\n), 1, 0)`);
    const cells = this.columns.map((column) => {
      const sql = expressionOf(column, name);
      return ask(`${sql}, CASE typeof(${sql}) WHEN 'text' THEN CAST(${sql} AS BLOB) END`);
    });
    const { after = null, upTo = null } = range?.kind === 'rowid' ? range : {};
    const ids = this.#db
      .prepare(`SELECT ${rowid} FROM ${name} WHERE ${rowid} > ? AND ${rowid} <= ? ORDER BY ${rowid}`)
      .safeIntegers()
      .pluck();
    // No rowid is below the least, but the least itself may be one: then it has been read, or it is read here.
    const from = last ?? (after === null ? undefined : BigInt(after));
    const to = upTo === null ? 2n ** 63n - 1n : BigInt(upTo);
    const least = from === undefined ? [-(2n ** 63n)] : [];
    let row = 0;
    for (const id of chain(least, ids.iterate(from ?? -(2n ** 63n), to) as Iterable<bigint>)) {
      const [keep] = kept.get(id) ?? [0n];
      if (keep !== 1n) continue;
      const values = cells.map((cell): SourceValue => {
        try {
          const [value, text] = cell.get(id)!;
          return text === null ? value : (decodeText(text, this.#encoding) ?? new InvalidText(text));
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'SQLITE_ERROR') throw error;
          return new InvalidText(Buffer.from('cannot be computed'));
        }
      });
      visit(values, id);
      if (++row % rows === 0) yield;
    }
  }

  /** Rows that the plan's condition leaves out. */
  countFiltered(): number {
    const { name, where } = this.table;
    if (where === undefined) return 0;
    const sql = `SELECT count(*) FROM ${quoteName(name)} WHERE iif((${where}\n), 1, 0) = 0`;
    try {
      return this.#db.prepare(sql).pluck().get() as number;
    } catch (error) {
      throw damaged(error, name);
    }
  }

  close(): void {
    this.#opened?.close();
  }

  /** Reads on from row `skip` of the range. Gives the number of the row at which it stopped because a text was doubtful. */
  *#read(
    visit: (cells: readonly SourceValue[], locator: Locator) => void,
    range: ChunkRange | undefined,
    skip: number,
    exact: boolean,
    rows: number,
  ): Generator<void, number | undefined> {
    const width = this.columns.length;
    const byRowid = this.addressed === 'rowid';
    const first = range?.kind === 'ordinal' ? BigInt(range.offset) : 0n;
    let row = skip;
    for (const cells of this.#statement(range, skip, exact).iterate() as IterableIterator<SourceValue[]>) {
      const locator = byRowid ? (cells[cells.length - 1] as bigint) : first + BigInt(row);
      for (let i = 0; i < width; i++) {
        const cell = cells[i]!;
        if (typeof cell !== 'string') continue;
        if (exact) {
          const bytes = cells[width + i] as Buffer;
          cells[i] = decodeText(bytes, this.#encoding) ?? new InvalidText(bytes);
        } else if (cell.includes(REPLACEMENT)) {
          return row;
        }
      }
      cells.length = width;
      visit(cells, locator);
      if (++row % rows === 0) yield;
    }
    return undefined;
  }

  /** Columns, then their texts as bytes when `exact`, then the rowid when rows are addressed by it. */
  #statement(range: ChunkRange | undefined, skip: number, exact: boolean): Database.Statement {
    const name = quoteName(this.table.name);
    // Always behind the table's name: alone, SQLite takes an unknown name for a string.
    const columns = this.columns.map((column) => expressionOf(column, name));
    const list = [...columns];
    if (exact)
      list.push(...columns.map((column) => `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) END`));
    const rowid = `${name}.${quoteName(this.table.rowidName ?? this.table.rowidAlias ?? 'rowid')}`;
    if (this.addressed === 'rowid') list.push(rowid);
    // A covering index must not change the order of the rows. (Of a WITHOUT ROWID table, NOT INDEXED leaves one in use.)
    let sql = `SELECT ${list.join(', ')} FROM ${name}${this.table.kind === 'rowid' ? ' NOT INDEXED' : ''}`;
    const values: bigint[] = [];
    // Wrapped, so that SQLite does not choose an index by it, and with that another order.
    const bounds = this.table.where === undefined ? [] : [`iif((${this.table.where}\n), 1, 0) = 1`];
    if (range?.kind === 'rowid') {
      const bound = (operator: string, key: string | null) => {
        if (key === null) return;
        bounds.push(`${rowid} ${operator} ?`);
        values.push(BigInt(key));
      };
      bound('>', range.after);
      bound('<=', range.upTo);
    }
    if (bounds.length > 0) sql += ` WHERE ${bounds.join(' AND ')}`;
    if (this.table.kind === 'without rowid') sql += ` ORDER BY ${keyOrder(this.table)}`;
    const offset = skip + (range?.kind === 'ordinal' ? range.offset : 0);
    if (range?.kind === 'ordinal' || offset > 0) {
      sql += ' LIMIT ? OFFSET ?';
      values.push(range?.kind === 'ordinal' ? BigInt(Math.max(0, range.count - skip)) : -1n, BigInt(offset));
    }
    return this.#db.prepare(sql).safeIntegers().raw().bind(values);
  }
}

/** The column, or what a plan computes instead. */
function expressionOf({ source, value }: ColumnMapping, table: string): string {
  return value === undefined ? `${table}.${quoteName(source)}` : `(${value}\n)`;
}

function* chain<T>(...parts: Iterable<T>[]): Generator<T, void> {
  for (const part of parts) yield* part;
}

/** The order in which a WITHOUT ROWID table is stored: that of its primary key, with the key's own collations and directions. */
function keyOrder(table: SourceTable): string {
  const key = table.indexes.find((index) => index.origin === 'pk');
  const parts = key?.columns.filter((part) => part.name !== undefined) ?? [];
  if (parts.length === 0)
    return table.primaryKey.map((column) => `${quoteName(table.name)}.${quoteName(column)}`).join(', ');
  return parts
    .map(({ name, collation, descending }) => {
      const column = `${quoteName(table.name)}.${quoteName(name!)} COLLATE ${quoteName(collation)}`;
      return descending ? `${column} DESC` : column;
    })
    .join(', ');
}

function damaged(error: unknown, table: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const known = /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(error.code);
  return new SqliftError(
    known ? 'SnapshotDamaged' : 'Internal',
    `The snapshot cannot be read: ${error.code}`,
    { table },
    { cause: error },
  );
}
