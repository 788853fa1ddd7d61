import type { TableProgress } from '../core/run';

/** Small tables are taken together: about so many source bytes at most, and so many tables, so that no activity grows too long. */
const BATCH_BYTES = 64 << 20;
const BATCH_TABLES = 25;

/** Tables of one source that follow one another, in groups for an activity each. A table that is larger than a group is one by itself. */
export function batchesOf(tables: readonly TableProgress[]): TableProgress[][] {
  const batches: TableProgress[][] = [];
  let bytes = 0;
  for (const table of tables) {
    const batch = batches.at(-1);
    if (
      batch === undefined ||
      batch[0]!.source !== table.source ||
      batch.length >= BATCH_TABLES ||
      bytes + table.bytesTotal > BATCH_BYTES
    ) {
      batches.push([table]);
      bytes = 0;
    } else {
      batch.push(table);
    }
    bytes += table.bytesTotal;
  }
  return batches;
}
