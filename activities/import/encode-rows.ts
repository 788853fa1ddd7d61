import { compileRow } from '../../core/codecs/row';
import type { RefusedCell } from '../../core/codecs/row';
import type { Refusal } from '../../core/codecs/codec';
import type { CopyWriter } from '../../core/codecs/writer';
import type { TableMapping } from '../../core/mapping';
import { rowRefusal } from '../../core/refused-rows';
import type { RowView } from '../../core/row';

/** Why a row of the chunk, by its number in it, stays out. `column` is a position in the mapping; absent when the row as a whole was refused. */
export type Refusals = Map<number, { column?: number; reason: Refusal }>;

/** Encodes each row that nobody has refused yet, and notes which are refused now. */
export function rowVisitor(
  mapping: TableMapping,
  out: CopyWriter,
  refusals: Refusals,
  checkText = true,
): { visit: (row: RowView) => void; count: () => number } {
  const encode = compileRow(mapping.columns, { checkText });
  const refusal = rowRefusal(mapping.origin);
  let number = 0;
  return {
    visit(row) {
      if (refusals.size === 0 || !refusals.has(number)) {
        const reason = refusal(row);
        const refused: RefusedCell | undefined = reason === undefined ? encode(row, out) : undefined;
        if (reason !== undefined) refusals.set(number, { reason });
        else if (refused !== undefined) refusals.set(number, { column: refused.column, reason: refused.reason });
      }
      number += 1;
    },
    count: () => number,
  };
}
