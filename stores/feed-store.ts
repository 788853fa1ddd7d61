import type { Entry } from '../core/feeds/entry';
import type { Algorithm, Feed, FeedStoreName } from '../core/feeds/feed';
import type { Difference } from '../core/run';
import type { SourceValue } from '../core/meaning/meaning';

/**
 * What every store but PostgreSQL does for a run. One folder in `stores/` implements it, one line in `stores/feed-stores.ts` names it, and
 * `test/stores/feed-store-conformance.ts` is run for it.
 *
 * A run writes in an order that can be taken back: what is about to be changed goes to the ledger first (`images.keep`), then the
 * change is made. So `discard` needs the ledger alone, whatever the run got to, and may be repeated.
 */
export interface FeedStore {
  readonly name: FeedStoreName;

  /**
   * Proves before anything is written that the store answers, has the rights and can hold what the feeds bring, and says what others may see early.
   * @throws SqliftError TargetUnreachable, TargetAccessDenied, TargetRightsMissing, TargetMismatch, TargetReadOnly
   */
  check(feeds: readonly Feed[]): Promise<StoreFacts>;

  /** Constraints, indexes, whatever entries are written into. Repeatable. */
  prepare(work: RunWork): Promise<void>;

  /** Writes entries of one feed, hidden from others where the store allows. Writing the same again changes nothing. */
  write(work: FeedWork, entries: readonly Entry[]): Promise<void>;

  /** What follows when every feed is there: for a graph, its algorithms. Repeatable. Gives what there is to say of it. */
  finish(work: RunWork): Promise<string[]>;

  /**
   * Reads back everything that the feed wrote and compares it with what the source means, by code that shares nothing with `write`. `rows` are the rows
   * that are not in quarantine, in the order of reading. Reports down to the property.
   */
  verify(
    work: FeedWork,
    rows: AsyncIterable<readonly SourceValue[]>,
    differs: (difference: FeedDifference) => void,
  ): Promise<Verified>;

  /** What is wrong with the store as a whole: orphaned relationships, missing constraints, wrong dimensions. */
  verifyWhole(work: RunWork, differs: (difference: FeedDifference) => void): Promise<void>;

  /** Makes what was written visible under its own names, keeping before-images first. Repeatable. */
  promote(work: RunWork): Promise<void>;

  /**
   * Looks for what `discard` would destroy of what others have done since, and changes nothing. Asked of every store before any of them is
   * taken back, so that a rollback which is refused leaves all of them as they are.
   */
  findConflicts(work: DiscardWork, found: (conflict: Conflict) => void): Promise<void>;

  /**
   * Takes everything back, before or after `promote`: what the run made goes, what it changed is as it was. Needs the ledger alone; succeeds when there is nothing.
   * Images of what is undone leave the ledger (`images.undone`): from then on those entries are their owners' again, and repeating leaves them alone.
   * @throws SqliftError RollbackConflict when it would destroy what others have done since, unless forced
   */
  discard(work: DiscardWork): Promise<void>;

  /** The rollback window has ended: marks that only a rollback needed go. Repeatable. */
  finalize(work: DiscardWork): Promise<void>;

  close(): Promise<void>;
}

/** What stores are opened with besides their addresses. */
export interface StoreContext {
  /** Where keys of services come from. */
  env: NodeJS.ProcessEnv;
  /** A file of the state folder, of no run. */
  file: (name: string) => string;
}

export interface StoreFacts {
  version: string;
  /** What a reader could see before the cut-over, a sentence each. */
  seenEarly: string[];
}

/** The run's work in one store as a whole. */
export interface RunWork {
  run: string;
  feeds: readonly Feed[];
  algorithms: readonly Algorithm[];
  /** Whether the run's entries stand under their own names already. */
  promoted: boolean;
  images: BeforeImages;
  /** Lets heartbeats through, and throws when the activity was cancelled. To be called between two pieces of work. */
  beat: (entries?: number) => void;
  /** Throws RunDiscarded once the run is being undone: to be asked before each piece of writing. */
  holdLive: () => Promise<void>;
  /**
   * Does a piece of writing that the store itself would not refuse when it comes late: an undo that begins meanwhile waits for its end. Throws RunDiscarded
   * once the run is being undone.
   */
  whileLive: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface FeedWork extends RunWork {
  feed: Feed;
}

export interface DiscardWork {
  run: string;
  images: BeforeImages;
  force: boolean;
  beat: (entries?: number) => void;
}

/** What was there before the run, in the ledger. `scope` is a feed's path, or what else the store keeps apart. */
export interface BeforeImages {
  /** Keeps images that are not kept yet: the first word counts. null: there was nothing, so that undoing means removing. */
  keep(scope: string, images: readonly BeforeImage[]): Promise<void>;
  /** Pages of images, in the order of their ids. */
  read(scope: string): AsyncIterable<BeforeImage[]>;
  /** One image, where it is kept. */
  find(scope: string, id: string): Promise<BeforeImage | undefined>;
  /** Those of the ids that are kept. */
  findAll(scope: string, ids: readonly string[]): Promise<BeforeImage[]>;
  scopes(): Promise<string[]>;
  /** These are as they were before the run: they need not be looked at again, whatever others do to them from now on. */
  undone(scope: string, ids: readonly string[]): Promise<void>;
  /** After the rollback window, and when all is undone. */
  forget(): Promise<void>;
}

/** An entry that others have changed, or built upon, since the run. */
export interface Conflict {
  /** What has become of it, of one and of several: `key was changed`, `keys were changed`. Holds no data. */
  what: readonly [one: string, many: string];
  /** Which: its key or id. */
  entry: string;
}

export interface BeforeImage {
  id: string;
  image: Buffer | null;
}

export interface Verified {
  entries: number;
  /** Order-independent digest of what was read back, 16 hex digits. */
  digest: string;
}

/** `key`: which entry, as its id. */
export type FeedDifference = Pick<Difference, 'kind' | 'key' | 'column' | 'expected' | 'found'>;
