import { RowDigest, RowHash } from '../../core/digest';
import type { Meaning } from '../../core/meaning/meaning';
import { readView } from '../../stores/sqlite/read-view';
import { readSource } from './readings';
import type { Reading } from './readings';

/** The process that computes a view of the snapshot: nothing else can stop SQLite in the middle of a row. */

export interface ViewRequest {
  path: string;
  view: string;
  combinations: Reading[][];
}

export type ViewReply =
  | { kind: 'digests'; columns: number; rows: number; digests: string[] }
  /** The view cannot be computed, in SQLite's words. */
  | { kind: 'refused'; message: string };

process.once('message', (request: ViewRequest) => {
  process.once('disconnect', () => process.exit(1));
  process.send!(answer(request), () => process.exit(0));
});

function answer({ path, view, combinations }: ViewRequest): ViewReply {
  try {
    const readers = combinations.map((readings) => readings.map(readSource));
    let digests = readers.map(() => new RowDigest());
    const hash = new RowHash();
    const meanings = new Array<Meaning>(readers[0]?.length ?? 0);
    const columns = readView(
      path,
      view,
      (cells) => {
        if (cells.length !== meanings.length) return false;
        for (const [which, read] of readers.entries()) {
          for (let i = 0; i < meanings.length; i++) meanings[i] = read[i]!(cells[i]!);
          hash.of(meanings);
          digests[which]!.add(hash);
        }
        return true;
      },
      () => (digests = readers.map(() => new RowDigest())),
    );
    return { kind: 'digests', columns, rows: digests[0]!.count, digests: digests.map(({ hex }) => hex) };
  } catch (error) {
    return { kind: 'refused', message: (error as Error).message };
  }
}
