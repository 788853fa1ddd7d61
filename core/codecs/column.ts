import type { ColumnMapping } from '../mapping';
import type { Encode } from './codec';
import { booleanCodec, doubleCodec, integerCodec, numericCodec } from './numbers';
import { byteaCodec, jsonCodec, taggedCodec, textCodec, uuidCodec } from './texts';
import { dateCodec, timestampCodec } from './times';

/** The codec of one column: how its cells become fields of a binary COPY. */
export function compileCodec(column: ColumnMapping): Encode {
  const { type, format } = column;
  switch (type.name) {
    case 'bigint':
    case 'integer':
    case 'smallint':
      return integerCodec(type.name);
    case 'double precision':
      return doubleCodec;
    case 'numeric':
      return numericCodec(type);
    case 'boolean':
      return booleanCodec;
    case 'text':
    case 'varchar':
      return textCodec(column.affinity, type.length);
    case 'bytea':
      return byteaCodec;
    case 'uuid':
      return uuidCodec;
    case 'date':
      return dateCodec;
    case 'timestamp':
    case 'timestamptz':
      return timestampCodec(type.name === 'timestamptz', format);
    case 'json':
      return jsonCodec(false);
    case 'jsonb':
      return format === 'tagged' ? taggedCodec : jsonCodec(true);
  }
}
