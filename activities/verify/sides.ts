import { setImmediate as turn } from 'node:timers/promises';
import type { ChunkRange } from '../../core/chunk';
import type { TableMapping } from '../../core/mapping';
import type { Meaning, SourceValue } from '../../core/meaning/meaning';
import { sourceMeaning } from '../../core/meaning/source';
import { targetMeaning } from '../../core/meaning/target';
import type { TargetPlace } from '../../stores/postgres/names';
import type { KeyRange, ReadBack } from '../../stores/postgres/read-back';
import type { Locator, ReadAgain } from '../../stores/sqlite/read-again';

/** A part of a table that is compared by itself: the same rows on both sides, if all is well. */
export interface Unit {
  /** Rows of the snapshot: a range, all of them, or none. */
  source: ChunkRange | 'all' | 'none';
  /** Rows of the target; all when absent. */
  target?: KeyRange;
}

/** The arrays are reused from row to row, and strings may share memory with their neighbours: see `detached`. */
export type SourceVisit = (meanings: readonly Meaning[], values: readonly SourceValue[], locator: Locator) => void;
export type TargetVisit = (meanings: readonly Meaning[], texts: readonly (string | null)[]) => void;

/** The snapshot's side of one table as a stream of meanings, without the rows in quarantine. */
export class SourceSide {
  readonly #readers;

  constructor(
    private readonly again: ReadAgain,
    mapping: TableMapping,
    private readonly quarantined: ReadonlySet<Locator>,
    private readonly signal?: AbortSignal,
  ) {
    this.#readers = mapping.columns.map(sourceMeaning);
  }

  /**
   * Reads the rows of a unit. Gives the number of those that were left out because they are in quarantine.
   * `pause` is awaited every few hundred rows, with no row in the reader's hand.
   */
  async scan(unit: Unit, visit: SourceVisit, pause: () => Promise<unknown> = turn): Promise<number> {
    if (unit.source === 'none') return 0;
    const { quarantined } = this;
    const readers = this.#readers;
    const meanings = new Array<Meaning>(readers.length);
    let left = 0;
    const slices = this.again.slices(
      (values, locator) => {
        if (quarantined.size > 0 && quarantined.has(locator)) {
          left++;
          return;
        }
        for (let i = 0; i < readers.length; i++) meanings[i] = readers[i]!(values[i]!);
        visit(meanings, values, locator);
      },
      unit.source === 'all' ? undefined : unit.source,
    );
    for (const _ of slices) {
      await pause();
      this.signal?.throwIfAborted();
    }
    return left;
  }
}

/** The target's side, likewise. */
export class TargetSide {
  readonly #readers;
  readonly #columns: string[];

  constructor(
    private readonly back: ReadBack,
    private readonly place: TargetPlace,
    mapping: TableMapping,
    private readonly signal?: AbortSignal,
  ) {
    this.#readers = mapping.columns.map(targetMeaning);
    this.#columns = mapping.columns.map((column) => column.target);
  }

  async scan(unit: Unit, visit: TargetVisit): Promise<void> {
    const readers = this.#readers;
    const meanings = new Array<Meaning>(readers.length);
    const onRow = (texts: readonly (string | null)[]) => {
      for (let i = 0; i < readers.length; i++) meanings[i] = readers[i]!(texts[i]!);
      visit(meanings, texts);
    };
    await this.back.rows(this.place, this.#columns, onRow, { range: unit.target, signal: this.signal });
  }
}

/** Both sides of one table. */
export class Sides {
  constructor(
    readonly source: SourceSide,
    readonly target: TargetSide,
  ) {}

  /** Reads a unit on both sides at once. */
  async scan(unit: Unit, onSource: SourceVisit, onTarget: TargetVisit): Promise<void> {
    await both(this.source.scan(unit, onSource), this.target.scan(unit, onTarget));
  }
}

/** Waits for both, even when one fails, so that the target's connection is not left in the middle of an answer. */
export async function both<S, T>(source: Promise<S>, target: Promise<T>): Promise<[S, T]> {
  const [first, second] = await Promise.allSettled([source, target]);
  if (first.status === 'rejected') throw first.reason;
  if (second.status === 'rejected') throw second.reason;
  return [first.value, second.value];
}

/** Copies of cells that may be kept: neither reused nor holding on to the chunk that they were cut from. */
export function detached<T extends SourceValue>(cells: readonly T[]): T[] {
  return cells.map((cell) =>
    typeof cell === 'string' ? (Buffer.from(cell, 'utf16le').toString('utf16le') as T) : cell,
  );
}
