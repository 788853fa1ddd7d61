import { parseType } from './mapping';
import { isGlob, matchesGlob } from './glob';
import type { WrittenSource, WrittenTable } from './plan';

/** How the values of a field of documents are kept in a snapshot: see `stores/files/cells.ts`. */
export type FieldStorage = 'integer' | 'real' | 'numeric' | 'boolean' | 'text' | 'json';

/**
 * Fields that a plan wants as columns, by name. `any`: the values decide how it is kept; `if there`: so they do, and a field that no
 * document has is no column.
 */
export interface WantedFields {
  fields: Record<string, FieldStorage | 'any' | 'if there'>;
  /** Fields that a draft would make columns of are columns, too. */
  drafted: boolean;
}

/** How a folder of files is read. */
export interface FilesOptions {
  collections?: Record<string, { match: string }>;
  /** By collection: fields that are to be columns. */
  wanted?: Record<string, WantedFields>;
}

/** Where a plan's source is: a SQLite file, or with `files` a folder or file of documents. */
export function placeOf(source: WrittenSource): { path: string; files?: FilesOptions } {
  if (source.files === undefined) return { path: source.sqlite! };
  const { collections } = source;
  return { path: source.files, files: { ...(collections && { collections }), wanted: wantedFields(source) } };
}

/** By collection of a file source: the fields that the plan's tables are made of. Of a collection that the plan does not name, a draft's. */
export function wantedFields({ tables, collections = {} }: WrittenSource): Record<string, WantedFields> {
  const planned = Object.entries(tables);
  const exact = planned.flatMap(([key, { from = key }]) => (isGlob(key) ? [] : from));
  const names = new Set([...Object.keys(collections), ...exact]);
  const wanted = [...names].flatMap((name): [string, WantedFields][] => {
    const about = planned.filter(([key, { from }]) => (from === undefined ? matchesKey(key, name) : from === name));
    return about.length === 0 ? [] : [[name, wantedBy(about.map(([, table]) => table))]];
  });
  return Object.fromEntries(wanted);
}

function matchesKey(key: string, name: string): boolean {
  return isGlob(key) ? matchesGlob(key, name) : key === name;
}

function wantedBy(tables: readonly WrittenTable[]): WantedFields {
  const fields: WantedFields['fields'] = {};
  let drafted = false;
  for (const { columns, where } of tables) {
    const all = Object.entries(columns ?? {});
    const written = all.flatMap(([, { value }]) => value ?? []);
    if (where !== undefined) written.push(where);
    for (const word of written.flatMap(wordsOf)) fields[word] ??= 'if there';
    for (const [field, { type, format, value }] of all) {
      if (isGlob(field)) drafted = true;
      else if (value === undefined) fields[field] = type === undefined ? 'any' : storageFor(type, format);
    }
  }
  return { fields, drafted: drafted || tables.every(({ columns }) => columns === undefined) };
}

/** What may be names of columns in an SQL expression. */
function wordsOf(sql: string): string[] {
  const found = sql.matchAll(/"((?:[^"]|"")*)"|[\p{L}_][\p{L}\p{N}_$]*/gu);
  return [...found].map(([word, quoted]) => quoted?.replaceAll('""', '"') ?? word);
}

function storageFor(type: string, format: string | undefined): FieldStorage {
  switch (parseType(type).name) {
    case 'bigint':
    case 'integer':
    case 'smallint':
      return 'integer';
    case 'double precision':
      return 'real';
    case 'numeric':
      return 'numeric';
    case 'boolean':
      return 'boolean';
    case 'json':
    case 'jsonb':
      return format === 'tagged' ? 'text' : 'json';
    default:
      return 'text';
  }
}
