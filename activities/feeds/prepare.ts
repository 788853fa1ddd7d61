import { setImmediate as turn } from 'node:timers/promises';
import { compileFeed } from '../../core/feeds/compile';
import { LEFT_OUT } from '../../core/feeds/entry';
import type { Entry, Made, RefusedEntry } from '../../core/feeds/entry';
import type { Feed } from '../../core/feeds/feed';
import { rowRefusal } from '../../core/refused-rows';
import type { RowView } from '../../core/row';
import type { SourceCatalog } from '../../core/source';
import { EntryFileWriter } from '../../stores/feeds/entry-file';
import type { EntryChunk } from '../../stores/feeds/entry-file';
import { quarantinedCell } from '../../stores/ledger/quarantine';
import type { QuarantinedCell } from '../../stores/ledger/quarantine';
import { readRows } from './rows';

export interface PreparedFeed {
  sourceRows: number;
  leftOut: number;
  chunks: EntryChunk[];
  /** How many rows became no entry; they are in the file. */
  refused: number;
}

export interface PrepareOptions {
  onRows?: (rows: number) => void;
  /** What keeps an entry out that the row alone does not tell. */
  refusedEntry?: (entry: Entry) => RefusedEntry | undefined;
  /** Ends a query, too, that has not given a row yet. */
  signal?: AbortSignal;
}

/**
 * Reads the rows of a feed once and writes down the entries that they become. Of two rows with the same id the later one is refused.
 * Deterministic; begins anew when it is repeated.
 */
export async function prepareEntries(
  snapshot: string,
  catalog: SourceCatalog,
  feed: Feed,
  file: string,
  { onRows, refusedEntry = () => undefined, signal }: PrepareOptions = {},
): Promise<PreparedFeed> {
  const make = compileFeed(feed);
  const unreadable = feed.rows.from === 'table' ? rowRefusal(feed.rows.origin) : () => undefined;
  const writer = new EntryFileWriter(file, { keepIds: feed.kind === 'node' });
  let [sourceRows, leftOut, refused] = [0, 0, 0];
  const refuse = (row: RowView, reason: string, column?: string) => {
    writer.refuse({ rowNumber: sourceRows, column, reason, cells: cellsOf(feed, row) });
    refused += 1;
  };
  const visit = (row: RowView) => {
    const reason = unreadable(row);
    const made = reason === undefined ? make(row) : { reason };
    if (made === LEFT_OUT) leftOut += 1;
    else if (!Array.isArray(made)) refuse(row, made.reason, made.column);
    else {
      const refusal = firstOf(made, refusedEntry);
      if (refusal !== undefined) refuse(row, refusal.reason, refusal.column);
      else if (!writer.add(made)) refuse(row, 'another row has the same id');
    }
    sourceRows += 1;
  };
  try {
    for await (const _ of readRows(snapshot, catalog, feed, visit, signal)) {
      onRows?.(sourceRows);
      await turn();
    }
    writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return { sourceRows, leftOut, chunks: writer.chunks, refused };
}

function firstOf(made: readonly Made[], refused: (entry: Entry) => RefusedEntry | undefined): RefusedEntry | undefined {
  for (const { entry } of made) {
    const refusal = refused(entry);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The whole row, as the quarantine shows it. */
function cellsOf({ columns, rows }: Feed, row: RowView): QuarantinedCell[] {
  const named =
    rows.from === 'table' ? rows.origin.columns.map(({ name }) => name) : columns.map(({ source }) => source);
  return named.map((name, index) => quarantinedCell(name, row, index));
}
