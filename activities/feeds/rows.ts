import type { Feed } from '../../core/feeds/feed';
import type { ColumnMapping } from '../../core/mapping';
import type { SourceValue } from '../../core/meaning/meaning';
import type { RowView } from '../../core/row';
import type { SourceCatalog } from '../../core/source';
import { checkChroma } from '../../stores/chroma/copy';
import { readChromaAgain, readChromaRows } from '../../stores/chroma/rows';
import { openReader } from '../../stores/sqlite/open-reader';
import { queryRows, queryRowsAgain } from '../../stores/sqlite/query-client';
import { ReadAgain } from '../../stores/sqlite/read-again';
import { runFiles } from '../../stores/artifacts/run-files';
import { snapshotPath } from '../context';
import type { ActivityDeps } from '../context';

/** Where the rows of a feed are read: the snapshot of its source, or the copy of a Chroma folder, which is checked. */
export async function rowsPath(deps: ActivityDeps, run: string, { source, rows }: Feed): Promise<string> {
  if (rows.from !== 'chroma') return snapshotPath(deps, run, source);
  const copy = deps.artifacts.path(runFiles.chroma(run, rows.folder));
  await checkChroma(copy);
  return copy;
}

/** Rows read between two turns of the event loop. */
const SLICE = 500;

/** Calls `visit` for each row of a feed, in the order in which they are numbered, and gives its turn to others between slices. */
export async function* readRows(
  snapshot: string,
  catalog: SourceCatalog,
  { feed, rows }: Feed,
  visit: (row: RowView) => void,
  signal?: AbortSignal,
): AsyncGenerator<void, void> {
  switch (rows.from) {
    case 'query':
      for await (const slice of queryRows({ path: snapshot, feed, sql: rows.sql }, signal)) {
        for (const row of slice) visit(row);
        yield;
      }
      return;
    case 'table': {
      const reader = openReader({ path: snapshot, catalog, table: rows.origin });
      try {
        for (const _ of reader.batches(visit)) yield;
      } finally {
        reader.close();
      }
      return;
    }
    case 'chroma': {
      let count = 0;
      for (const row of readChromaRows(snapshot, rows.collection)) {
        visit(row);
        if (++count % SLICE === 0) yield;
      }
    }
  }
}

/**
 * The same rows, as verification reads them, but for those whose numbers are in `without`: slice by slice. Gives at its end how many there were in all.
 */
export async function* readRowsAgain(
  snapshot: string,
  feed: Feed,
  without: ReadonlySet<number>,
  signal?: AbortSignal,
): AsyncGenerator<readonly (readonly SourceValue[])[], number> {
  let number = 0;
  for await (const slice of slicesAgain(snapshot, feed, signal)) yield slice.filter(() => !without.has(number++));
  return number;
}

async function* slicesAgain(
  snapshot: string,
  { feed, rows, columns }: Feed,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly (readonly SourceValue[])[], void> {
  switch (rows.from) {
    case 'query':
      return yield* queryRowsAgain({ path: snapshot, feed, sql: rows.sql }, signal);
    case 'table': {
      const { origin } = rows;
      const addressed = origin.kind === 'rowid' ? 'rowid' : 'ordinal';
      const reader = new ReadAgain(snapshot, origin, columns as ColumnMapping[], addressed);
      const slice: SourceValue[][] = [];
      try {
        for (const _ of reader.slices((cells) => void slice.push([...cells]), undefined)) yield slice.splice(0);
        yield slice;
      } finally {
        reader.close();
      }
      return;
    }
    case 'chroma': {
      const slice: (readonly SourceValue[])[] = [];
      for (const cells of readChromaAgain(snapshot, rows.collection))
        if (slice.push(cells) >= SLICE) yield slice.splice(0);
      yield slice;
    }
  }
}
