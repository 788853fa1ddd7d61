import type Database from 'better-sqlite3';
import { quoteName } from '../sqlite/names';
import { FILES_APPLICATION_ID } from './catalog';

/**
 * On this connection to a snapshot of files, the names of its collections mean those documents that could be read: the others are rows without values, which the
 * quarantine of their table names, and which a plan's SELECT would take for data. Does nothing with other snapshots.
 */
export function readableOnly(db: Database.Database): void {
  if (Number(db.pragma('application_id', { simple: true })) !== FILES_APPLICATION_ID) return;
  const collections = db
    .prepare<[], string>(
      `SELECT t.name FROM main.sqlite_schema AS t WHERE t.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = '_refused')`,
    )
    .pluck()
    .all();
  const isQueryOnly = Number(db.pragma('query_only', { simple: true })) === 1;
  // A view of the connection's own is no change of the file.
  db.pragma('query_only = off');
  for (const name of collections.map(quoteName))
    db.exec(`CREATE TEMP VIEW IF NOT EXISTS ${name} AS SELECT * FROM main.${name} WHERE _refused IS NULL`);
  if (isQueryOnly) db.pragma('query_only = on');
}
