import { createHash } from 'node:crypto';

/** PostgreSQL's limit of an identifier, in bytes of UTF-8 (NAMEDATALEN − 1). */
export const MAX_NAME_BYTES = 63;
/** PostgreSQL's limit of columns in a table (MaxHeapAttributeNumber). */
export const MAX_COLUMNS = 1_600;

/** Columns that every PostgreSQL table has already. */
export const SYSTEM_COLUMNS: readonly string[] = ['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid'];

const HASH_LENGTH = 8;

/** The name, cut to the limit between two characters where it is too long, and told apart by a hash of the whole then. */
export function fitName(name: string): string {
  if (name === '') return 'unnamed';
  const clean = name.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\ufffd');
  if (clean === name && Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  return hashed(clean, name);
}

/** The beginning of `name`, and a hash of `seed`. */
function hashed(name: string, seed: string): string {
  const room = MAX_NAME_BYTES - HASH_LENGTH - 1;
  return `${cutBytes(name, room)}_${createHash('sha256').update(seed, 'utf16le').digest('hex').slice(0, HASH_LENGTH)}`;
}

/** At most so many bytes of the beginning, cut between two characters. */
function cutBytes(name: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    end += character.length;
  }
  return name.slice(0, end);
}

/** Names that exclude each other: tables, indexes and sequences of a schema, or columns of a table. */
export class Namespace {
  readonly #taken: Set<string>;

  constructor(reserved: Iterable<string> = []) {
    this.#taken = new Set(reserved);
  }

  /** Whether the name is taken or reserved. */
  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** Nobody gets this name. */
  reserve(name: string): void {
    this.#taken.add(name);
  }

  /** Takes the name, or where PostgreSQL or an earlier name forbids it, one like it. The same calls give the same names. */
  take(wanted: string): string {
    let name = fitName(wanted);
    for (let attempt = 1; this.#taken.has(name); attempt++) name = hashed(name, `${wanted}\0${attempt}`);
    this.#taken.add(name);
    return name;
  }
}

/** The name that PostgreSQL itself gives to the sequence of an identity column (makeObjectName in its indexcmds.c). */
export function sequenceName(table: string, column: string): string {
  const label = '_seq';
  let first = Buffer.byteLength(table);
  let second = Buffer.byteLength(column);
  const room = MAX_NAME_BYTES - label.length - 1;
  while (first + second > room) {
    if (first > second) first -= 1;
    else second -= 1;
  }
  return `${cutBytes(table, first)}_${cutBytes(column, second)}${label}`;
}
