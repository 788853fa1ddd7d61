import type { ChunkRange } from '../../core/chunk';
import { parseBound } from './ranges';

/** How far a scan of the page reader is. Several may be under way at once on one reader. */
export interface Position {
  after: bigint | null;
  upTo: bigint | null;
  ordinal: boolean;
  /** Rows of an ordinal range still to pass over, and then to visit. */
  skip: number;
  left: number;
  /** Whether the visitor may end the scan. */
  stoppable: boolean;
  /** The last rowid seen: upper half, signed, and lower half, unsigned. */
  high: number;
  low: number;
  /** Source bytes read. */
  bytes: number;
  ended: boolean;
}

export function startOf(range: ChunkRange | undefined, stoppable: boolean): Position {
  const rowids = range?.kind === 'rowid' ? range : { after: null, upTo: null };
  const ordinals = range?.kind === 'ordinal' ? range : { offset: 0, count: 0 };
  return {
    after: parseBound(rowids.after),
    upTo: parseBound(rowids.upTo),
    ordinal: range?.kind === 'ordinal',
    skip: ordinals.offset,
    left: ordinals.count,
    stoppable,
    // Below the smallest rowid.
    high: -(2 ** 31),
    low: -1,
    bytes: 0,
    ended: false,
  };
}
