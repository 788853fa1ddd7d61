import Database from 'better-sqlite3';
import { decodeText, InvalidText } from '../../core/meaning/meaning';
import type { SourceValue } from '../../core/meaning/meaning';
import { quoteName } from './names';

/** What stands in better-sqlite3's strings for bytes that are not UTF-8 – and for itself. */
const REPLACEMENT = '\uFFFD';

/**
 * Calls `visit` for each row of a view of the snapshot, in whatever order. Blocks until the last one, or until
 * `visit` gives false: for a process of its own. Gives the number of columns. `restart` is called when rows were read in vain, because a text was doubtful, and are all coming again.
 *
 * @throws the driver's error where SQLite cannot compute the view
 */
export function readView(
  path: string,
  view: string,
  visit: (cells: readonly SourceValue[]) => boolean,
  restart: () => void,
): number {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    db.pragma('trusted_schema = off');
    const encoding = db.pragma('encoding', { simple: true }) as 'UTF-8' | 'UTF-16le' | 'UTF-16be';
    const columns = db.prepare(`SELECT * FROM ${quoteName(view)}`).columns().length;
    if (encoding === 'UTF-8' && readPlain(db, view, visit)) return columns;
    restart();
    readExactly(db, view, encoding, visit);
    return columns;
  } finally {
    db.close();
  }
}

/** False when a text may not have been text at all. */
function readPlain(db: Database.Database, view: string, visit: (cells: readonly SourceValue[]) => boolean): boolean {
  const rows = db
    .prepare(`SELECT * FROM ${quoteName(view)}`)
    .safeIntegers()
    .raw()
    .iterate() as IterableIterator<SourceValue[]>;
  for (const cells of rows) {
    if (cells.some((cell) => typeof cell === 'string' && cell.includes(REPLACEMENT))) return false;
    if (!visit(cells)) break;
  }
  return true;
}

/** Every text as its bytes. */
function readExactly(
  db: Database.Database,
  view: string,
  encoding: 'UTF-8' | 'UTF-16le' | 'UTF-16be',
  visit: (cells: readonly SourceValue[]) => boolean,
): void {
  const name = quoteName(view);
  const columns = db
    .prepare(`SELECT * FROM ${name}`)
    .columns()
    .map((column) => `${name}.${quoteName(column.name)}`);
  const bytes = columns.map((column) => `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) END`);
  const rows = db
    .prepare(`SELECT ${[...columns, ...bytes].join(', ')} FROM ${name}`)
    .safeIntegers()
    .raw()
    .iterate() as IterableIterator<SourceValue[]>;
  for (const cells of rows) {
    for (let i = 0; i < columns.length; i++) {
      if (typeof cells[i] !== 'string') continue;
      const text = cells[columns.length + i] as Buffer;
      cells[i] = decodeText(text, encoding) ?? new InvalidText(text);
    }
    cells.length = columns.length;
    if (!visit(cells)) break;
  }
}
