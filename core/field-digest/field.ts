import type { ColumnMapping } from '../mapping';

/**
 * How the fields of a column are compared: by the bytes of PostgreSQL's binary format, where few lines tell from a SQLite cell what
 * they must be, or by their meaning, which takes strings on both sides.
 */
export type FieldKind =
  'bigint' | 'integer' | 'smallint' | 'double' | 'boolean' | 'text' | 'bytes' | 'date' | 'timestamp' | 'meaning';

export function fieldKind(column: ColumnMapping): FieldKind {
  const { type, format, ifNull, value, key, timeZone } = column;
  if (ifNull !== undefined || value !== undefined || key !== undefined || timeZone !== undefined) return 'meaning';
  switch (type.name) {
    case 'bigint':
    case 'integer':
    case 'smallint':
    case 'boolean':
      return type.name;
    case 'double precision':
      return 'double';
    case 'text':
    case 'json':
      return 'text';
    case 'bytea':
      return 'bytes';
    case 'date':
      return format === undefined || format === 'iso' ? 'date' : 'meaning';
    case 'timestamp':
    case 'timestamptz':
      return format === undefined || format === 'iso' ? 'timestamp' : 'meaning';
    default:
      return 'meaning';
  }
}
