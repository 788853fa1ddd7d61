import Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import { decodeText, InvalidText } from '../../core/meaning/meaning';
import type { SourceValue } from '../../core/meaning/meaning';
import { readableOnly } from '../files/readable-only';
import { wrapQuery } from './wrap-query';

/**
 * Reads the rows of a plan's SELECT for verification, in its own order, on a connection of its own, sharing nothing with the reader that entries are
 * made from. @throws SqliftError ArtifactMissing, Internal
 */
export function* readQueryAgain(path: string, sql: string): Generator<SourceValue[], void> {
  const db = openAgain(path);
  try {
    const encoding = db.pragma('encoding', { simple: true }) as 'UTF-8' | 'UTF-16le' | 'UTF-16be';
    readableOnly(db);
    const count = db.prepare(sql).columns().length;
    const names = Array.from({ length: count }, (_, i) => `column${i}`);
    // The bytes of texts stand behind the cells: the driver's strings hide what is not text.
    const bytes = names.map((name) => `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) END`);
    const again = wrapQuery(sql, names, [...names, ...bytes]);
    for (const cells of db.prepare(again).safeIntegers().raw().iterate() as IterableIterator<SourceValue[]>) {
      for (let i = 0; i < count; i++) {
        const text = cells[count + i];
        if (Buffer.isBuffer(text)) cells[i] = decodeText(text, encoding) ?? new InvalidText(text);
      }
      cells.length = count;
      yield cells;
    }
  } catch (error) {
    if (error instanceof SqliftError) throw error;
    throw new SqliftError('Internal', 'the query of a feed could not be read again', {}, { cause: error });
  } finally {
    db.close();
  }
}

function openAgain(path: string): Database.Database {
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    db.pragma('trusted_schema = off');
    return db;
  } catch (error) {
    throw new SqliftError('ArtifactMissing', 'The snapshot cannot be opened', { file: path }, { cause: error });
  }
}
