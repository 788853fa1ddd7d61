/** A range of one table, the unit of work, retry and progress. Bounds live in the ledger; payloads carry chunk numbers only. */
export type ChunkRange =
  /** Rows whose rowid is in (`after`, `upTo`], decimal strings (rowids are 64-bit); null is open. */
  | { kind: 'rowid'; after: string | null; upTo: string | null }
  /** Rows number `offset` to `offset + count − 1` in the snapshot's own scan order, for tables without usable rowids. */
  | { kind: 'ordinal'; offset: number; count: number };

export interface Chunk {
  /** 0, 1, 2 … in key order. */
  number: number;
  range: ChunkRange;
  /** Estimated source bytes, for progress; 0 when unknown. */
  bytes: number;
}
