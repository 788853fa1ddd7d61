import type { Refusal } from './codecs/codec';
import type { Sample } from './evidence';

/** What a run would put into quarantine of one table. */
export interface Refusals {
  rows: number;
  /** The most frequent first. */
  reasons: RefusedRows[];
}

/** Rows that are refused because of one column, or as a whole, for one reason. A row counts for its first such column. */
export interface RefusedRows {
  column?: string;
  reason: Refusal;
  rows: number;
  samples: Sample[];
}
