import type Database from 'better-sqlite3';
import { SqliftError } from '../../core/errors';
import { codeOf } from './failures';
import { quoteName } from './names';

/** What `PRAGMA integrity_check` says of sound pages: at most 100 lines, with names of tables, columns and indexes and no values. */
export type Integrity = 'ok' | { problems: string[] };

/**
 * Checks every page, index and constraint of a database.
 *
 * Not all that the check complains of is damage. A row that breaks NOT NULL, CHECK or UNIQUE, or an index that does not
 * fit its table, is on sound pages: every row can be read, so it is reported. A table with a function or
 * collation of the application's own cannot be checked at all: the others are, and its pages are walked.
 *
 * @param name of the source, for messages
 * @throws SqliftError SourceCorrupt when a page is damaged
 */
export function checkIntegrity(db: Database.Database, name: string): Integrity {
  try {
    return judge(db, 'PRAGMA integrity_check', name);
  } catch (error) {
    if (!isForeign(error)) throw asDamage(error, name);
  }
  const problems: string[] = [];
  const tables = db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all() as string[];
  for (const table of tables) {
    try {
      const found = judge(db, `PRAGMA integrity_check(${quoteName(table)})`, name);
      if (found !== 'ok') problems.push(...found.problems);
    } catch (error) {
      if (!isForeign(error)) throw asDamage(error, name);
      problems.push(`${table} cannot be checked: ${(error as Error).message}`);
    }
  }
  let damaged: string[];
  try {
    damaged = db
      .prepare(`SELECT 'page ' || pageno FROM dbstat WHERE pagetype = 'corrupted' LIMIT 3`)
      .pluck()
      .all() as string[];
  } catch (error) {
    throw asDamage(error, name);
  }
  if (damaged.length > 0) throw corrupt(name, `${damaged.join(', ')} cannot be decoded`);
  return problems.length === 0 ? 'ok' : { problems };
}

function judge(db: Database.Database, pragma: string, name: string): Integrity {
  const found = db.prepare(pragma).pluck().all() as string[];
  if (found.length === 1 && found[0] === 'ok') return 'ok';
  const problems = found.flatMap((text) => {
    if (!text.startsWith('***')) return [text];
    // What the pages say comes in one piece. A page that nothing uses any more is lost space, no lost row.
    const lines = text
      .split('\n')
      .slice(1)
      .filter((line) => line !== '');
    const damage = lines.filter((line) => !/^Page \d+: never used$/.test(line));
    if (damage.length > 0)
      throw corrupt(
        name,
        `${damage.slice(0, 3).join('; ')}${damage.length > 3 ? `; and ${damage.length - 3} more` : ''}`,
      );
    return lines;
  });
  return { problems };
}

/** The check needs something that only the application has. */
function isForeign(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_ERROR');
}

function asDamage(error: unknown, name: string): unknown {
  return /^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(codeOf(error)) ? corrupt(name, (error as Error).message, error) : error;
}

function corrupt(name: string, text: string, cause?: unknown): SqliftError {
  return new SqliftError('SourceCorrupt', `${name} is damaged: ${text}`, { file: name }, { cause });
}
