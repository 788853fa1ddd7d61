import { SqliftError } from '../errors';
import type { ColumnMapping } from '../mapping';
import { NOT_COMPUTABLE } from '../row';
import type { RowView } from '../row';
import { compileCodec } from './column';
import type { Encode, Refusal } from './codec';
import { nullField } from './if-null';
import type { CopyWriter } from './writer';

/** Which cell keeps a row out of the target, and why. `column` is a position in the mapping's columns. */
export interface RefusedCell {
  column: number;
  reason: Refusal;
}

/**
 * Compiles the codec of a whole row: it appends one tuple of a binary COPY to the writer, or leaves the writer as it was
 * and tells which cell is refused. Generated columns are not in the tuple. The answer object is reused: copy what you keep.
 */
export function compileRow(
  columns: readonly ColumnMapping[],
): (row: RowView, out: CopyWriter) => RefusedCell | undefined {
  const codecs = columns.map((column) => codecOf(column));
  const positions = Int32Array.from(columns, (column) => column.index);
  const fields = columns.map((column, i) => fieldOfNull(column, codecs[i]!));
  const notNull = Uint8Array.from(columns, (column) => (column.notNull || column.identity ? 1 : 0));
  const generated = Uint8Array.from(columns, (column) => (column.generated === undefined ? 0 : 1));
  const count = codecs.length;
  const loaded = generated.reduce((sum, is) => sum - is, count);
  const refused: RefusedCell = { column: 0, reason: 'wrong storage class' };

  return (row, out) => {
    const begin = out.length;
    out.int16(loaded);
    for (let i = 0; i < count; i++) {
      if (generated[i] === 1) continue;
      const position = positions[i]!;
      let reason: Refusal | undefined;
      if (row.serials[position] === 0) {
        const field = fields[i];
        if (field !== undefined) out.copy(field);
        else if (notNull[i] === 1) reason = 'NULL not allowed';
        else out.null();
      } else {
        reason = codecs[i]!(row, position, out);
      }
      if (reason !== undefined) {
        out.length = begin;
        refused.column = i;
        refused.reason = reason;
        return refused;
      }
    }
    return undefined;
  };
}

/** Only computed cells can fail to be there. */
function codecOf(column: ColumnMapping): Encode {
  const codec = compileCodec(column);
  if (column.value === undefined) return codec;
  return (row, position, out) =>
    row.serials[position] === NOT_COMPUTABLE ? 'cannot be computed' : codec(row, position, out);
}

function fieldOfNull(column: ColumnMapping, codec: Encode): Buffer | undefined {
  if (column.ifNull === undefined) return undefined;
  const field = nullField(codec, column.ifNull, column.type);
  // Resolving the plan has tried it.
  if (!Buffer.isBuffer(field)) throw new SqliftError('Internal', `ifNull of ${column.source}: ${field.refusal}`);
  return field;
}
