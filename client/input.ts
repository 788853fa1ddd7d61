import { statSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';

/** Whether an argument names a plan or a SQLite file: by its ending. Throws SourceMissing or SourceNotAFile. */
export function kindOfInput(file: string): 'plan' | 'sqlite' {
  const isPlanName = /\.(ya?ml)$/i.test(file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) {
    if (isPlanName) throw new SqliftError('PlanInvalid', `There is no plan ${file}`, { file });
    throw new SqliftError('SourceMissing', `${file} does not exist`, { file });
  }
  if (!found.isFile())
    throw new SqliftError('SourceNotAFile', `${file} is ${found.isDirectory() ? 'a folder' : 'not a regular file'}`, {
      file,
    });
  if (isPlanName) return 'plan';
  return 'sqlite';
}

/** A schema named after a source; names that PostgreSQL or sqlift keep for themselves get another beginning. */
export function schemaOfName(name: string): string {
  const schema = name.replaceAll('-', '_');
  return /^(pg_|information_schema$|sqlift)/.test(schema) ? `app_${schema}` : schema;
}

/** A name for a plan or source, made of a file's: lower case, a–z, 0–9, _ and -, at most 40 characters. */
export function nameOfFile(file: string): string {
  const name = path
    .basename(file)
    .replace(/\.(sqlite3?|db3?|sqlitedb)$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 40);
  return name === '' ? 'source' : name;
}
