import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { formatOf } from '../stores/files/folder';

/**
 * Whether an argument names a plan, a SQLite file, or a folder or file of documents: by what it is and how its name ends. A YAML
 * file is a plan, unless one of documents is expected too and it has no sources. Throws SourceMissing or SourceNotAFile.
 */
export function kindOfInput(file: string, { documents = false } = {}): 'plan' | 'sqlite' | 'files' {
  const isPlanName = /\.(ya?ml)$/i.test(file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) {
    if (isPlanName) throw new SqliftError('PlanInvalid', `There is no plan ${file}`, { file });
    throw new SqliftError('SourceMissing', `${file} does not exist`, { file });
  }
  if (found.isDirectory()) return 'files';
  if (!found.isFile()) throw new SqliftError('SourceNotAFile', `${file} is not a regular file`, { file });
  if (isPlanName) return documents && !/^["']?sources["']?\s*:/m.test(readFileSync(file, 'utf8')) ? 'files' : 'plan';
  return formatOf(file) === undefined ? 'sqlite' : 'files';
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
    .replace(/\.(sqlite3?|db3?|sqlitedb|jsonl?|ndjson|ya?ml|md|markdown)$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 40);
  return name === '' ? 'source' : name;
}
