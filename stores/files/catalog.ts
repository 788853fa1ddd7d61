import type Database from 'better-sqlite3';
import type { SourceCatalog, SourceColumn, SourceTable } from '../../core/source';

/** `PRAGMA application_id` of the snapshots that sqlift writes of files: `sqlf`. */
export const FILES_APPLICATION_ID = 0x73716c66;
/** What a snapshot of files says besides its rows: files that are not read, columns that are mixed. */
export const NOTES_TABLE = 'sqlift_notes';

interface Note {
  kind: 'file' | 'encoding' | 'column';
  object: string;
  reason: string;
}

/** The catalog of a snapshot of files, with what its writer knew and SQLite's own schema has no place for; of any other, as it is. */
export function withFileNotes(catalog: SourceCatalog, db: Database.Database): SourceCatalog {
  if (catalog.applicationId !== FILES_APPLICATION_ID) return catalog;
  const notes = db.prepare<[], Note>(`SELECT kind, object, reason FROM ${NOTES_TABLE} ORDER BY rowid`).all();
  const mixed = new Map(notes.filter(({ kind }) => kind === 'column').map(({ object, reason }) => [object, reason]));
  const others = notes.flatMap(({ kind, object, reason }) =>
    kind === 'column' ? [] : [{ name: object, kind, sql: '', unreadable: reason }],
  );
  return {
    ...catalog,
    // It is sqlift's own, and says nothing of the files.
    applicationId: 0,
    tables: catalog.tables.filter(({ name }) => name !== NOTES_TABLE).map((table) => annotated(table, mixed)),
    others: [...catalog.others, ...others],
  };
}

function annotated(table: SourceTable, mixed: ReadonlyMap<string, string>): SourceTable {
  const isCollection = table.columns.some(({ name }) => name === '_refused');
  const columns = table.columns.map((column): SourceColumn => {
    const note = mixed.get(JSON.stringify([table.name, column.name]));
    return {
      ...column,
      // Behind the intent stands BLOB, so that SQLite converts nothing.
      declared: column.declared.replace(/ BLOB$/, ''),
      ...(note !== undefined && { note }),
    };
  });
  return { ...table, columns, ...(isCollection && { refusals: { reason: '_refused', raw: '_raw' } }) };
}
