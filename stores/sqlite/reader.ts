import type { RowView } from '../../core/row';
import type { Chunk, ChunkRange } from '../../core/chunk';
import type { SourceTable } from '../../core/source';

/**
 * Reads one table of a snapshot. Two of them exist: `PageReader` walks the file's b-tree pages, `StatementReader` asks
 * better-sqlite3. They yield the same rows in the same order with cells of the same meaning (a test compares them);
 * which one a table gets is decided by `openReader`, and a table that the page reader does not know how to read gets the other.
 */
export interface TableReader {
  readonly kind: 'pages' | 'statement';
  readonly table: SourceTable;
  /** Columns of the row view, in order: all of `table.columns`. */
  readonly columns: readonly string[];
  /**
   * Calls `visit` for each row of the range (all rows when it is left out), in key order. The view is reused.
   * `visit` may return true to stop early. Synchronous on purpose: a caller that must yield reads in `batches`.
   */
  scan(visit: (row: RowView) => boolean | void, range?: ChunkRange): void;
  /**
   * The same rows, pausing between pieces: each turn of the generator reads about `bytes` of source (default 1 MiB),
   * calls `visit` for each row in it and yields the source bytes read so far. Lets heartbeats and cancellation through.
   */
  batches(visit: (row: RowView) => void, range?: ChunkRange, bytes?: number): Generator<number, void>;
  /** Cuts the table into chunks of about `targetBytes` source bytes; at least one, even for an empty table. Deterministic. */
  chunks(targetBytes: number): Chunk[];
  close(): void;
}
