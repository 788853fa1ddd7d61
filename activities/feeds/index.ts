import { cancellationSignal } from '@temporalio/activity';
import type { Feed, FeedStoreName } from '../../core/feeds/feed';
import { FEED_STORES } from '../../core/feeds/feed';
import type { Entry } from '../../core/feeds/entry';
import type { FeedProgress } from '../../core/run';
import { runFiles } from '../../stores/artifacts/run-files';
import type { FeedWork, RunWork, StoreFacts } from '../../stores/feed-store';
import { EntryFile } from '../../stores/feeds/entry-file';
import { beforeImages } from '../../stores/ledger/before-images';
import {
  addStoreNotes,
  enterFeed,
  enterStore,
  markWritten,
  readFeeds,
  readOpenChunks,
} from '../../stores/ledger/feeds';
import { holdLiveRun, readRun, whileLive } from '../../stores/ledger/runs';
import { withClient } from '../../stores/postgres/target';
import { beat, beating, storedMapping, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { outlineFeeds } from '../exact-plan';
import { refuseUnverified } from '../unverified';
import { nodesOfEnds } from './ends';
import { prepareEntries } from './prepare';
import { feedOf, feedsOf } from './resolve';
import { rowsPath } from './rows';
import { beatOf, feedStoreOf } from './stores';

export interface FillInput {
  run: string;
  feed: string;
  /** Chunks `from` to `to − 1`. */
  from: number;
  to: number;
}

/** A store that the plan fills, and what was found there. */
export interface FoundStore extends StoreFacts {
  store: FeedStoreName;
}

/** What feeds of every store have in common. */
export function feedActivities(deps: ActivityDeps) {
  return {
    /** Proves that the stores which the plan fills can take it. Writes nothing. */
    async checkStores({ run }: { run: string }): Promise<FoundStore[]> {
      const { feeds } = await outlineFeeds(deps, run);
      const found: FoundStore[] = [];
      for (const store of FEED_STORES) {
        const own = feeds.filter((feed) => feed.store === store);
        if (own.length > 0) found.push({ store, ...(await (await feedStoreOf(deps, run, store)).check(own)) });
      }
      return found;
    },

    /** Keeps in the ledger what the report says of the stores. Repeatable. */
    async enterStores({ run, stores }: { run: string; stores: FoundStore[] }): Promise<void> {
      const pool = await targetOf(deps, run);
      for (const { store, version, seenEarly } of stores) await enterStore(pool, run, store, version, seenEarly);
    },

    /** Makes the entries of a feed out of the snapshot's rows, and enters it in the ledger. Repeatable. */
    async prepareFeed({ run, feed: path }: { run: string; feed: string }): Promise<void> {
      const feed = await feedOf(deps, run, path);
      const { catalog } = await storedMapping(deps, run, feed.source);
      const file = deps.artifacts.path(runFiles.entries(run, path));
      const ends = feed.kind === 'relationship' ? await nodesOfEnds(deps, run, feed) : undefined;
      const { sourceRows, leftOut, chunks } = await beating(
        prepareEntries(await beating(rowsPath(deps, run, feed)), catalog, feed, file, {
          onRows: (rows) => beat({ table: path, rows }),
          refusedEntry: (entry) => ends?.refused(entry),
          signal: cancellationSignal(),
        }).finally(() => ends?.close()),
        { table: path },
      );
      const position = (await feedsOf(deps, run)).feeds.findIndex((candidate) => candidate.feed === path);
      const { store, source } = feed;
      const entries = new EntryFile<Entry>(file);
      try {
        const entered = { run, feed: path, position, store, source, sourceRows, leftOut };
        await enterFeed(await targetOf(deps, run), entered, chunks, entries.refused(), () =>
          beat({ table: path, rows: sourceRows }),
        );
      } finally {
        entries.close();
      }
    },

    /** Every feed, as the ledger has it. */
    async listFeeds({ run }: { run: string }): Promise<FeedProgress[]> {
      return readFeeds(await targetOf(deps, run), run);
    },

    /** Constraints and indexes of a store, and whatever its entries are written into. */
    async prepareStore({ run, store }: { run: string; store: FeedStoreName }): Promise<void> {
      const work = await runWork(deps, run, store);
      await beating((await feedStoreOf(deps, run, store)).prepare(work));
    },

    /** Nodes and relationships of a batch of chunks. */
    buildGraph: (input: FillInput) => fill(deps, input),
    /** Vectors of a batch of chunks. */
    embed: (input: FillInput) => fill(deps, input),
    /** Redis keys of a batch of chunks. */
    fillCache: (input: FillInput) => fill(deps, input),

    /** What follows when all of a store's feeds are there, such as the algorithms of a graph. */
    async finishStore({ run, store }: { run: string; store: FeedStoreName }): Promise<void> {
      const work = await runWork(deps, run, store);
      const notes = await beating((await feedStoreOf(deps, run, store)).finish(work));
      if (notes.length > 0) await addStoreNotes(await targetOf(deps, run), run, store, notes);
    },

    /** Makes a store's entries visible under their own names. Repeatable. */
    async promoteStore({ run, store }: { run: string; store: FeedStoreName }): Promise<void> {
      const work = await runWork(deps, run, store);
      await refuseUnverified(await targetOf(deps, run), run);
      await beating((await feedStoreOf(deps, run, store)).promote(work));
    },
  };
}

/** Writes a batch of chunks; those that the ledger says are in the store already are not written again. Gives how many entries were. */
async function fill(deps: ActivityDeps, { run, feed: path, from, to }: FillInput): Promise<{ written: number }> {
  const pool = await targetOf(deps, run);
  const work = await feedWork(deps, run, path);
  const store = await feedStoreOf(deps, run, work.feed.store);
  const file = new EntryFile<Entry>(deps.artifacts.path(runFiles.entries(run, path)));
  let written = 0;
  try {
    for (const { chunk } of await readOpenChunks(pool, run, path, from, to)) {
      const entries = file.read(chunk);
      await work.holdLive();
      await beating(store.write(work, entries), { table: path, rows: written });
      await markWritten(pool, run, path, chunk);
      written += entries.length;
      beat({ table: path, rows: written });
    }
  } finally {
    file.close();
  }
  return { written };
}

/** The run's work on one feed. */
export async function feedWork(deps: ActivityDeps, run: string, path: string): Promise<FeedWork> {
  const feed = await feedOf(deps, run, path);
  return { ...(await runWork(deps, run, feed.store)), feed };
}

/** The run's work in one store. */
export async function runWork(deps: ActivityDeps, run: string, store: FeedStoreName): Promise<RunWork> {
  const pool = await targetOf(deps, run);
  const { feeds, algorithms } = await feedsOf(deps, run);
  return {
    run,
    feeds: feeds.filter((feed: Feed) => feed.store === store),
    algorithms: store === 'neo4j' ? algorithms : [],
    promoted: (await readRun(pool, run))?.publishedAt != null,
    images: beforeImages(pool, run, store),
    beat: beatOf(store),
    holdLive: () => withClient(pool, (client) => holdLiveRun(client, run)),
    whileLive: (work) => whileLive(pool, run, work),
  };
}
