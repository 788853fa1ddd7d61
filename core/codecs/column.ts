import type { ColumnMapping } from '../mapping';
import type { Encode } from './codec';
import { epochCodec } from './epochs';
import type { EpochFormat } from './epochs';
import { keyCodec } from './keys';
import { INTEGER_CODECS, booleanCodec, doubleCodec, numericCodec } from './numbers';
import { byteaCodec, jsonCodec, taggedCodec, textCodec, uuidCodec } from './texts';
import { dateCodec, isoCodec, yyyymmddCodec } from './times';

/**
 * The codec of one column: how its cells become fields of a binary COPY.
 * @param checkText false leaves it to PostgreSQL to find texts that are not UTF-8
 */
export function compileCodec(column: ColumnMapping, checkText = true): Encode {
  const { type, format } = column;
  switch (type.name) {
    case 'bigint':
    case 'integer':
    case 'smallint':
      return INTEGER_CODECS[type.name];
    case 'double precision':
      return doubleCodec;
    case 'numeric':
      return numericCodec(type);
    case 'boolean':
      return booleanCodec;
    case 'text':
    case 'varchar':
      return textCodec(column.affinity, type.length, checkText);
    case 'bytea':
      return byteaCodec;
    case 'uuid':
      return column.key === undefined ? uuidCodec : keyCodec(column.key);
    case 'date':
      return format === 'yyyymmdd' ? yyyymmddCodec : dateCodec;
    case 'timestamp':
    case 'timestamptz':
      return format === undefined || format === 'iso'
        ? isoCodec(type.name === 'timestamptz', column.timeZone)
        : epochCodec(format as EpochFormat);
    case 'json':
      return jsonCodec(false);
    case 'jsonb':
      return format === 'tagged' ? taggedCodec : jsonCodec(true);
  }
}
