import type { Database } from 'better-sqlite3';
import type { RowView } from '../../core/row';
import { SqliftError } from '../../core/errors';
import { readableOnly } from '../files/readable-only';
import { codeOf, sourceFailure } from './failures';
import { quoteName } from './names';
import { openSqlite } from './open';
import { ScratchRow } from './scratch';
import type { DriverValue } from './scratch';
import { utf16ToUtf8 } from './utf16';
import { wrapQuery } from './wrap-query';

/** Each column is asked for twice, and SQLite gives no more than 2,000. */
const MOST_COLUMNS = 1_000;

/** Names of the columns that a SELECT gives. Reads no row. Of a snapshot of files, the connection sees readable documents only from here on. @throws SqliftError PlanInvalid where SQLite cannot prepare it, or it is no SELECT */
export function queryColumns(db: Database, feed: string, sql: string): string[] {
  return attempt(feed, () => {
    readableOnly(db);
    const statement = db.prepare(sql);
    if (!statement.reader || !statement.readonly)
      throw new SqliftError('PlanInvalid', `${feed}: its query is no SELECT`);
    const names = statement.columns().map((column) => column.name);
    if (names.length > MOST_COLUMNS)
      throw new SqliftError(
        'PlanInvalid',
        `${feed}: its query has ${names.length} columns, ${MOST_COLUMNS} at most are read`,
      );
    db.prepare(wrapped(sql, names.length));
    return names;
  });
}

/** The query with its texts as bytes, and behind its cells whether each is a text. */
function wrapped(sql: string, columns: number): string {
  const names = Array.from({ length: columns }, (_, i) => quoteName(`c${i}`));
  const cells = names.map((name) => `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`);
  const classes = names.map((name) => `typeof(${name}) = 'text'`);
  return wrapQuery(sql, names, [...cells, ...classes]);
}

/** Cells of a row, texts as UTF-8 bytes, and behind them for each 1n where it is a text. */
export type QueryRow = DriverValue[];

/**
 * Reads the rows of a plan's SELECT, in its own order. Text is asked for as bytes, so nothing is decoded on the way.
 * @throws SqliftError PlanInvalid where SQLite refuses the query, also midway
 */
export function* readQuery(path: string, feed: string, sql: string): Generator<QueryRow, void> {
  const db = openSqlite(path);
  try {
    const encoding = db.pragma('encoding', { simple: true }) as 'UTF-8' | 'UTF-16le' | 'UTF-16be';
    const columns = queryColumns(db, feed, sql).length;
    const rows = attempt(feed, () => db.prepare<[], QueryRow>(wrapped(sql, columns)).raw().iterate());
    for (;;) {
      const next = attempt(feed, () => rows.next(), path);
      if (next.done === true) return;
      const values = next.value;
      if (encoding !== 'UTF-8')
        for (let i = 0; i < columns; i++)
          if (values[columns + i] === 1n) values[i] = utf16ToUtf8(values[i] as Buffer, encoding);
      yield values;
    }
  } finally {
    db.close();
  }
}

/** Shows one row after the other; the view is reused. */
export class QueryView {
  readonly #row: ScratchRow;

  constructor(private readonly columns: number) {
    this.#row = new ScratchRow(columns);
  }

  of(values: QueryRow): RowView {
    this.#row.put(values, (column) => values[this.columns + column] === 1n);
    return this.#row;
  }
}

function attempt<T>(feed: string, action: () => T, path?: string): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SqliftError) throw error;
    if (path !== undefined && codeOf(error) !== 'SQLITE_ERROR') throw sourceFailure(error, path);
    // While rows are read, SQLite's words may hold a cell.
    const why = path === undefined ? `: ${(error as Error).message}` : ' in one of its rows';
    throw new SqliftError('PlanInvalid', `${feed}: SQLite refuses its query${why}`, {}, { cause: error });
  }
}
