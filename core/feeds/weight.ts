import { serialLength } from '../row';
import type { RowView } from '../row';

/** What each value weighs besides its own bytes, about. */
const OF_A_VALUE = 16;

/** About how many bytes the entry of a row has. */
export function weightOf({ serials }: RowView): number {
  let bytes = 0;
  for (const serial of serials) bytes += serialLength(serial) + OF_A_VALUE;
  return bytes;
}
