import type { Database, Statement } from 'better-sqlite3';
import type { Chunk, ChunkRange } from '../../core/chunk';
import { SqliftError } from '../../core/errors';
import { NOT_COMPUTABLE } from '../../core/row';
import type { RowView } from '../../core/row';
import type { SourceCatalog, SourceTable } from '../../core/source';
import { codeOf, sourceFailure } from './failures';
import { quoteName } from './names';
import { openSqlite } from './open';
import { PageFile } from './pages';
import { parseBound } from './ranges';
import type { TableReader } from './reader';
import { expressionFailure } from './check-shape';
import { ScratchRow } from './scratch';
import type { DriverValue } from './scratch';
import { cellSql, conditionSql } from './shape-sql';
import { SingleRows } from './single-rows';
import { tableChunks } from './table-chunks';
import { utf16ToUtf8 } from './utf16';

/** Letters of `typeof()`: only text and blob must be told apart, but the rest is as cheap. */
const TEXT = 't'.charCodeAt(0);

/** One row as the driver gives it: the cells, the rowid where there is one, the classes. */
type DriverRow = [...DriverValue[], string];

/** A plan's expression fails in some row of a table with rowids: the others can still be read. */
class RowFailed extends Error {}

/**
 * Reads any table through SQLite. Text is asked for as bytes, so nothing is decoded on the way; which Buffers are text is in
 * one more column, a letter for each cell. Has its own connection, so that a paused scan holds up nobody.
 */
export class StatementReader implements TableReader {
  readonly kind = 'statement';
  readonly columns: readonly string[];
  readonly #path: string;
  readonly #encoding: SourceCatalog['encoding'];
  readonly #rowid: string | undefined;
  readonly #open = new Set<IterableIterator<unknown>>();
  #connection: Database | undefined;

  constructor(
    path: string,
    catalog: SourceCatalog,
    readonly table: SourceTable,
  ) {
    this.columns = table.columns.map((column) => column.name);
    this.#path = path;
    this.#encoding = catalog.encoding;
    this.#rowid = table.kind === 'rowid' ? (table.rowidName ?? table.rowidAlias) : undefined;
  }

  scan(visit: (row: RowView) => boolean | void, range?: ChunkRange): void {
    for (const row of this.#rows(range)) if (visit(row) === true) return;
  }

  *batches(visit: (row: RowView) => void, range?: ChunkRange, bytes = 1 << 20): Generator<number, void> {
    let done = 0;
    let yielded = 0;
    for (const row of this.#rows(range)) {
      done += row.length;
      visit(row);
      if (done < yielded + bytes) continue;
      yielded = done;
      yield done;
    }
    if (done > yielded || yielded === 0) yield done;
  }

  chunks(targetBytes: number): Chunk[] {
    return this.#rowid === undefined ? this.#ordinalChunks(targetBytes) : this.#rowidChunks(targetBytes);
  }

  close(): void {
    for (const rows of this.#open) rows.return?.();
    this.#connection?.close();
    this.#connection = undefined;
  }

  *#rows(range: ChunkRange | undefined): Generator<ScratchRow, void> {
    const { sql, bounds } = this.#query(range);
    const row = new ScratchRow(this.columns.length);
    let last: bigint | undefined;
    try {
      for (const values of this.#iterate<DriverRow>((db) => db.prepare<unknown[], DriverRow>(sql).raw(), bounds)) {
        this.#put(row, values);
        last = row.rowid;
        yield row;
      }
    } catch (error) {
      if (!(error instanceof RowFailed)) throw error;
      yield* this.#oneByOne(row, range, last);
    }
  }

  #put(row: ScratchRow, values: DriverRow): void {
    const classes = values[values.length - 1] as string;
    const cells = values as DriverValue[];
    const encoding = this.#encoding;
    const isText = (column: number) => classes.charCodeAt(column) === TEXT;
    if (encoding !== 'UTF-8') {
      for (let i = 0; i < this.columns.length; i++) if (isText(i)) cells[i] = utf16ToUtf8(cells[i] as Buffer, encoding);
    }
    row.put(cells, isText);
    if (this.#rowid !== undefined) row.rowid = cells[this.columns.length] as bigint;
  }

  /** Goes on behind a row with a statement for each, so that a row in which an expression fails is told from the others. */
  *#oneByOne(row: ScratchRow, range: ChunkRange | undefined, last: bigint | undefined): Generator<ScratchRow, void> {
    const { upTo = null, after = null } = range?.kind === 'rowid' ? range : {};
    const rowid = quoteName(this.#rowid!);
    const { limits, bounds } = this.#limits({ kind: 'rowid', after: last === undefined ? after : String(last), upTo });
    const ids = `SELECT ${rowid} FROM ${this.#from()}${whereSql(limits)} ORDER BY ${rowid}`;
    const single = new SingleRows<DriverRow>(this.#db(), this.table, (cells, conditions) => {
      const where = whereSql([`${rowid} = ?`, ...(conditions ? this.#conditions() : [])]);
      return `SELECT ${this.#list(cells)} FROM ${this.#from()}${where}`;
    });
    for (const id of this.#iterate<bigint>((db) => db.prepare<unknown[], bigint>(ids).pluck(), bounds)) {
      const { values, failing } = this.#attempt(() => single.read(id));
      if (values === undefined) continue;
      this.#put(row, values);
      for (const column of failing) row.serials[column] = NOT_COMPUTABLE;
      yield row;
    }
  }

  #query(range: ChunkRange | undefined): { sql: string; bounds: bigint[] } {
    const { limits, bounds } = this.#limits(range);
    let tail = this.#rowid === undefined ? '' : ` ORDER BY ${quoteName(this.#rowid)}`;
    if (range?.kind === 'ordinal') {
      tail += ' LIMIT ? OFFSET ?';
      bounds.push(BigInt(range.count), BigInt(range.offset));
    }
    const conditions = [...limits, ...this.#conditions()];
    const list = this.#list(this.table.columns.map(cellSql));
    return { sql: `SELECT ${list} FROM ${this.#from()}${whereSql(conditions)}${tail}`, bounds };
  }

  /** Cells with text as bytes, the rowid where there is one, and the letters of the cells' classes. */
  #list(values: readonly string[]): string {
    const cells = values.map((cell) => `CASE typeof(${cell}) WHEN 'text' THEN CAST(${cell} AS BLOB) ELSE ${cell} END`);
    if (this.#rowid !== undefined) cells.push(quoteName(this.#rowid));
    const classes = balanced(
      values.map((cell) => `substr(typeof(${cell}), 1, 1)`),
      '||',
    );
    return `${cells.join(', ')}, ${classes}`;
  }

  #limits(range: ChunkRange | undefined): { limits: string[]; bounds: bigint[] } {
    const limits: string[] = [];
    const bounds: bigint[] = [];
    if (range?.kind !== 'rowid') return { limits, bounds };
    if (this.#rowid === undefined)
      throw new SqliftError('Internal', `table ${this.table.name} has no rowids to cut it by`, {
        table: this.table.name,
      });
    for (const [bound, sign] of [
      [range.after, '>'],
      [range.upTo, '<='],
    ] as const) {
      if (bound === null) continue;
      limits.push(`${quoteName(this.#rowid)} ${sign} ?`);
      bounds.push(parseBound(bound)!);
    }
    return { limits, bounds };
  }

  #conditions(): string[] {
    return this.table.where === undefined ? [] : [conditionSql(this.table.where)];
  }

  /**
   * An index that holds all columns must not be read instead of the table: the order would be the index's. The tree of a
   * WITHOUT ROWID table counts as an index, and NOT INDEXED does not keep SQLite from taking another.
   */
  #from(): string {
    const { name, kind, indexes } = this.table;
    if (kind === 'virtual') return quoteName(name);
    const tree = kind === 'without rowid' ? indexes.find(({ origin }) => origin === 'pk') : undefined;
    return quoteName(name) + (tree === undefined ? ' NOT INDEXED' : ` INDEXED BY ${quoteName(tree.name)}`);
  }

  #rowidChunks(targetBytes: number): Chunk[] {
    const file = new PageFile(this.#path, this.table.name);
    try {
      return tableChunks(file, this.table.rootPage, targetBytes);
    } finally {
      file.close();
    }
  }

  #ordinalChunks(targetBytes: number): Chunk[] {
    // An estimate of a row: a length for each cell, and the lengths of those that have any.
    const sizes = this.table.columns.map((column) => `ifnull(octet_length(${cellSql(column)}), 0)`);
    const sql = `SELECT ${balanced(sizes, '+')} FROM ${this.#from()}${whereSql(this.#conditions())}`;
    const chunks: Chunk[] = [];
    let offset = 0;
    let count = 0;
    let bytes = 0;
    const cut = () => {
      chunks.push({ number: chunks.length, range: { kind: 'ordinal', offset, count }, bytes });
      offset += count;
      count = 0;
      bytes = 0;
    };
    for (const size of this.#iterate<number>(
      (db) => db.prepare<unknown[], number>(sql).pluck().safeIntegers(false),
      [],
    )) {
      count += 1;
      bytes += size + this.columns.length;
      if (bytes >= targetBytes) cut();
    }
    if (count > 0 || chunks.length === 0) cut();
    return chunks;
  }

  *#iterate<Row>(prepare: (db: Database) => Statement<unknown[], Row>, bounds: bigint[]): Generator<Row, void> {
    let rows: IterableIterator<Row> | undefined;
    try {
      rows = this.#attempt(() => prepare(this.#db()).iterate(...bounds));
      this.#open.add(rows);
      for (;;) {
        const next = this.#attempt(() => rows!.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      if (rows !== undefined) {
        rows.return?.();
        this.#open.delete(rows);
      }
    }
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof SqliftError) throw error;
      if (codeOf(error) !== 'SQLITE_ERROR') throw this.#about(sourceFailure(error, this.#path));
      const canGoOn = this.#rowid !== undefined && this.table.columns.some(({ value }) => value !== undefined);
      throw canGoOn ? new RowFailed() : this.#notComputable(error);
    }
  }

  #about(failure: SqliftError): SqliftError {
    const place = { ...failure.place, table: this.table.name };
    return new SqliftError(failure.code, `table ${this.table.name}: ${failure.message}`, place, {
      cause: failure.cause,
    });
  }

  /** Something that the schema mentions is missing or fails. Which column it is shows when each is read by itself. */
  #notComputable(cause: unknown): SqliftError {
    const { name } = this.table;
    const place = { file: this.#path, table: name };
    // Not even without any column: for example, the tree is sorted by a collation of the application.
    if (this.#fails('1'))
      return new SqliftError('SourceNotComputable', `table ${name} cannot be read by SQLite alone`, place, { cause });
    const column = this.table.columns.find((candidate) => this.#fails(`typeof(${cellSql(candidate)})`));
    if (column?.value !== undefined || (column === undefined && this.table.where !== undefined))
      return expressionFailure(this.table, column?.name, (cause as Error).message);
    const field = column?.name;
    if (field === undefined) return new SqliftError('Internal', `reading table ${name} failed`, place, { cause });
    return new SqliftError(
      'SourceNotComputable',
      `column ${field} of table ${name} cannot be computed`,
      { ...place, field },
      { cause },
    );
  }

  #fails(expression: string): boolean {
    try {
      for (const _ of this.#db().prepare(`SELECT ${expression} FROM ${this.#from()}`).iterate());
      return false;
    } catch (error) {
      return codeOf(error) === 'SQLITE_ERROR';
    }
  }

  #db(): Database {
    return (this.#connection ??= openSqlite(this.#path));
  }
}

function whereSql(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** Joins many terms so that the expression stays flat: SQLite allows no more than a thousand levels. */
function balanced(terms: readonly string[], operator: string): string {
  if (terms.length <= 1) return terms[0] ?? `''`;
  const middle = terms.length >> 1;
  return `(${balanced(terms.slice(0, middle), operator)} ${operator} ${balanced(terms.slice(middle), operator)})`;
}
