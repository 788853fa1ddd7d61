import type { Feed } from '../../core/feeds/feed';
import type { ColumnMapping } from '../../core/mapping';
import type { SourceValue } from '../../core/meaning/meaning';
import type { RowView } from '../../core/row';
import type { SourceCatalog } from '../../core/source';
import { checkChroma } from '../../stores/chroma/copy';
import { readChromaAgain, readChromaRows } from '../../stores/chroma/rows';
import { openReader } from '../../stores/sqlite/open-reader';
import { readQuery } from '../../stores/sqlite/query-reader';
import { ReadAgain } from '../../stores/sqlite/read-again';
import { readQueryAgain } from '../../stores/sqlite/read-query-again';
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
export function* readRows(
  snapshot: string,
  catalog: SourceCatalog,
  { feed, rows }: Feed,
  visit: (row: RowView) => void,
): Generator<void, void> {
  switch (rows.from) {
    case 'query': {
      let count = 0;
      for (const row of readQuery(snapshot, feed, rows.sql)) {
        visit(row);
        if (++count % SLICE === 0) yield;
      }
      return;
    }
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

/** The same rows, as verification reads them, but for those whose numbers are in `without`. Gives at its end how many there were in all. */
export function* readRowsAgain(
  snapshot: string,
  { rows, columns }: Feed,
  without: ReadonlySet<number>,
): Generator<readonly SourceValue[], number> {
  let number = 0;
  switch (rows.from) {
    case 'query':
      for (const cells of readQueryAgain(snapshot, rows.sql)) if (!without.has(number++)) yield cells;
      return number;
    case 'table': {
      const { origin } = rows;
      const addressed = origin.kind === 'rowid' ? 'rowid' : 'ordinal';
      const reader = new ReadAgain(snapshot, origin, columns as ColumnMapping[], addressed);
      const slice: SourceValue[][] = [];
      try {
        for (const _ of reader.slices((cells) => void slice.push([...cells]), undefined)) {
          for (const cells of slice.splice(0)) if (!without.has(number++)) yield cells;
        }
        for (const cells of slice) if (!without.has(number++)) yield cells;
      } finally {
        reader.close();
      }
      return number;
    }
    case 'chroma':
      for (const cells of readChromaAgain(snapshot, rows.collection)) if (!without.has(number++)) yield cells;
      return number;
  }
}
