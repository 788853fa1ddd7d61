import { SqliftError } from '../errors';
import type { ColumnMapping } from '../mapping';
import { NOT_COMPUTABLE } from '../row';
import type { RowView } from '../row';
import { named, unrolled } from '../unrolled';
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
 * @param options.checkText false leaves it to PostgreSQL to find texts that are not UTF-8: it refuses the COPY then, with SQLSTATE 22021
 */
export function compileRow(
  columns: readonly ColumnMapping[],
  { checkText = true }: { checkText?: boolean } = {},
): (row: RowView, out: CopyWriter) => RefusedCell | undefined {
  const loaded = columns.filter((column) => column.generated === undefined);
  const refused: RefusedCell = { column: 0, reason: 'wrong storage class' };
  const refuse = (column: number, reason: Refusal) => {
    refused.column = columns.indexOf(loaded[column]!);
    refused.reason = reason;
    return refused;
  };
  const encoders = loaded.map((column) => codecOf(column, checkText));
  const nulls = loaded.map((column, i) => nullCodec(column, encoders[i]!));
  const cell = ({ index }: ColumnMapping, i: number) => `
    reason = row.serials[${index}] === 0 ? null${i}(row, ${index}, out) : encode${i}(row, ${index}, out);
    if (reason !== undefined) { out.length = begin; return refuse(${i}, reason); }`;
  return unrolled(
    ['row', 'out'],
    [`const begin = out.length; let reason; out.int16(${loaded.length});`, ...loaded.map(cell)],
    { refuse, ...named('encode', encoders), ...named('null', nulls) },
  );
}

const writeNull: Encode = (_row, _column, out) => {
  out.null();
  return undefined;
};

/** Only computed cells can fail to be there. */
function codecOf(column: ColumnMapping, checkText: boolean): Encode {
  const codec = compileCodec(column, checkText);
  if (column.value === undefined) return codec;
  return (row, position, out) =>
    row.serials[position] === NOT_COMPUTABLE ? 'cannot be computed' : codec(row, position, out);
}

/** What becomes of NULL. */
function nullCodec(column: ColumnMapping, codec: Encode): Encode {
  if (column.ifNull !== undefined) {
    const field = nullField(codec, column.ifNull, column.type);
    // Resolving the plan has tried it.
    if (!Buffer.isBuffer(field)) throw new SqliftError('Internal', `ifNull of ${column.source}: ${field.refusal}`);
    return (_row, _column, out) => {
      out.copy(field);
      return undefined;
    };
  }
  return column.notNull || column.identity ? () => 'NULL not allowed' : writeNull;
}
