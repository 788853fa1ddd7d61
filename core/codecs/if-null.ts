import type { ColumnMapping } from '../mapping';
import type { Literal } from '../plan';
import { rowOfOne } from '../row';
import type { RowView } from '../row';
import type { Encode, Refusal } from './codec';
import { CopyWriter } from './writer';

/** The field that stands for NULL in a column with `ifNull`, or why its type cannot hold that. */
export function nullField(encode: Encode, ifNull: Literal, type: ColumnMapping['type']): Buffer | { refusal: Refusal } {
  const out = new CopyWriter(64);
  const refusal = encode(rowOf(ifNull, type), 0, out);
  return refusal === undefined ? out.take() : { refusal };
}

/** A row of one cell. Text stands for an integer or a blob (`\x…`) where the type takes nothing else. */
function rowOf(literal: Literal, { name }: ColumnMapping['type']): RowView {
  const integer = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt.asIntN(64, value));
    return rowOfOne(6, bytes);
  };
  if (typeof literal === 'boolean') return integer(literal ? 1n : 0n);
  if (typeof literal === 'number') {
    if (Number.isInteger(literal)) return integer(BigInt(literal));
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(literal);
    return rowOfOne(7, bytes);
  }
  const isInteger = ['bigint', 'integer', 'smallint'].includes(name) && /^-?\d{1,19}$/.test(literal);
  if (isInteger && BigInt.asIntN(64, BigInt(literal)) === BigInt(literal)) return integer(BigInt(literal));
  if (name === 'bytea' && /^\\x([0-9a-f]{2})*$/i.test(literal)) {
    const bytes = Buffer.from(literal.slice(2), 'hex');
    return rowOfOne(12 + 2 * bytes.length, bytes);
  }
  const bytes = Buffer.from(literal);
  return rowOfOne(13 + 2 * bytes.length, bytes);
}
