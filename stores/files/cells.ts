import type { FieldStorage } from '../../core/field-storage';
import { stringValue } from './json-scan';
import type { JsonMember } from './json-scan';
import { classOfNumber, plainNumber } from './numbers';

/** What a cell of a snapshot is given: SQLite keeps each of these as it is in a column without affinity. */
export type Cell = bigint | number | string | Buffer | null;

/** Type that a column is declared with: an intent that the draft reads, and ` BLOB`, so that SQLite converts nothing. */
export const DECLARED: Record<FieldStorage, string> = {
  integer: '',
  text: '',
  real: 'REAL BLOB',
  numeric: 'NUMERIC BLOB',
  boolean: 'BOOLEAN BLOB',
  json: 'JSON BLOB',
};

/**
 * The value of a field, in a column of this storage. In `json` every value is its JSON text. Elsewhere integers, doubles and texts
 * have their storage classes, and numbers that neither holds are decimal texts where the column is one of numbers. What the column
 * has no class for – a list, an object, `true` where no boolean is expected – is the bytes of its JSON text: no type but bytea takes
 * these, so that nothing passes for something else.
 */
export function cellOf({ value, kind }: Pick<JsonMember, 'value' | 'kind'>, storage: FieldStorage): Cell {
  if (storage === 'json') return value;
  switch (kind) {
    case 'string':
      return value.includes('\\') ? stringValue(value)! : value.slice(1, -1);
    case 'boolean':
      return storage === 'boolean' ? (value === 'true' ? 1n : 0n) : Buffer.from(value);
    case 'number':
      return numberCell(value, storage);
    default:
      return Buffer.from(value);
  }
}

function numberCell(literal: string, storage: FieldStorage): Cell {
  const found = classOfNumber(literal);
  if (found === 'integer') return BigInt(literal);
  if (found === 'real' && storage !== 'numeric') return Number(literal);
  return found === 'other' || storage === 'text' ? Buffer.from(literal) : plainNumber(literal);
}
