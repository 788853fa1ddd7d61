import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { prepareEntries } from '../../activities/feeds/prepare';
import type { PreparedFeed } from '../../activities/feeds/prepare';
import { readRowsAgain } from '../../activities/feeds/rows';
import { draftPlan } from '../../core/draft';
import { SqliftError } from '../../core/errors';
import type { Entry } from '../../core/feeds/entry';
import type { Feed, Feeds } from '../../core/feeds/feed';
import { queriesOf } from '../../core/feeds/planned';
import { resolveFeeds } from '../../core/feeds/resolve';
import { runId } from '../../core/ids';
import type { WrittenPlan } from '../../core/plan';
import { resolvePlan } from '../../core/resolve';
import type {
  BeforeImage,
  BeforeImages,
  DiscardWork,
  FeedDifference,
  FeedStore,
  FeedWork,
  RunWork,
} from '../../stores/feed-store';
import { EntryFile } from '../../stores/feeds/entry-file';
import type { RefusedRow } from '../../stores/ledger/feeds';
import { openSqlite } from '../../stores/sqlite/open';
import { profileSource } from '../../stores/sqlite/profile';
import { queryColumns } from '../../stores/sqlite/query-reader';
import { readQueryAgain } from '../../stores/sqlite/read-query-again';

export type Sections = Pick<WrittenPlan, 'graph' | 'vectors' | 'cache'>;

/** A prepared feed with the rows that are none. */
type Prepared = Omit<PreparedFeed, 'refused'> & { refused: RefusedRow[] };

/** The feeds of a plan over a SQLite file of its own, with their entries made. */
export class PreparedFeeds {
  private constructor(
    readonly folder: string,
    readonly file: string,
    readonly feeds: Feeds,
    readonly prepared: readonly Prepared[],
  ) {}

  /** `sql` builds the source. */
  static async make(sections: Sections, sql: string): Promise<PreparedFeeds> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-feeds-'));
    const file = path.join(folder, 'app.sqlite');
    const db = new Database(file);
    db.exec(sql);
    db.close();
    const profile = await profileSource(file);
    const source = { name: 'app', path: file, schema: 'app', ...profile };
    const plan = { ...draftPlan({ name: 'feeds', sources: [source], narrow: false }).plan, ...sections };
    const mappings = resolvePlan(plan, folder, { app: profile.catalog });
    const connection = openSqlite(file);
    const columns = queriesOf(plan).map(({ feed, sql: query }) => [feed, queryColumns(connection, feed, query)]);
    connection.close();
    const feeds = resolveFeeds(plan, mappings, Object.fromEntries(columns) as Record<string, string[]>);
    const prepared: Prepared[] = [];
    for (const [i, feed] of feeds.feeds.entries()) {
      const entries = entriesOf(folder, i);
      const made = await prepareEntries(file, profile.catalog, feed, entries);
      prepared.push({ ...made, refused: refusedRows(entries) });
    }
    return new PreparedFeeds(folder, file, feeds, prepared);
  }

  /** Chunks of a feed. */
  *chunks(number: number): Generator<Entry[]> {
    const reader = new EntryFile<Entry>(entriesOf(this.folder, number));
    try {
      for (const { chunk } of this.prepared[number]!.chunks) yield reader.read(chunk);
    } finally {
      reader.close();
    }
  }

  async *rows(number: number) {
    const without = new Set(this.prepared[number]!.refused.map(({ rowNumber }) => rowNumber));
    const feed = this.feeds.feeds[number]!;
    if (feed.rows.from !== 'query') {
      for await (const slice of readRowsAgain(this.file, feed, without)) yield* slice;
      return;
    }
    // Without the process that a run has for it, which takes half a second to start under jest.
    let row = 0;
    for (const cells of readQueryAgain(this.file, feed.rows.sql)) if (!without.has(row++)) yield cells;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Rows that are no entries, of a file of entries. */
export function refusedRows(file: string): RefusedRow[] {
  const entries = new EntryFile(file);
  try {
    return [...entries.refused()].flat();
  } finally {
    entries.close();
  }
}

function entriesOf(folder: string, number: number): string {
  return path.join(folder, `entries-${number}.sqlite`);
}

/** A run's work in a store without Temporal and without PostgreSQL: its ledger is in memory, and outlives the store's process like the real one. */
export class FeedRun {
  readonly run = runId('feeds', new Date(), randomBytes(4).toString('hex'));
  readonly #images = new Map<string, Map<string, Buffer | null>>();
  discarded = false;
  promoted = false;
  /** Pieces of writing that an undo would wait for. */
  writing = 0;

  constructor(
    readonly store: FeedStore,
    readonly source: PreparedFeeds,
  ) {}

  get images(): BeforeImages {
    const images = this.#images;
    return {
      keep: async (scope, kept: readonly BeforeImage[]) => {
        await this.holdLive();
        if (!images.has(scope)) images.set(scope, new Map());
        for (const { id, image } of kept) if (!images.get(scope)!.has(id)) images.get(scope)!.set(id, image);
      },
      async *read(scope) {
        const all = [...(images.get(scope) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
        for (let from = 0; from < all.length; from += 100)
          yield all.slice(from, from + 100).map(([id, image]) => ({ id, image }));
      },
      find(scope, id) {
        const image = images.get(scope)?.get(id);
        return Promise.resolve(image === undefined ? undefined : { id, image });
      },
      findAll: async (scope, ids) =>
        ids.flatMap((id) => {
          const image = images.get(scope)?.get(id);
          return image === undefined ? [] : [{ id, image }];
        }),
      scopes: () => Promise.resolve([...images.keys()]),
      undone: async (scope, ids) => ids.forEach((id) => images.get(scope)?.delete(id)),
      forget: () => Promise.resolve(images.clear()),
    };
  }

  async holdLive(): Promise<void> {
    if (this.discarded) throw new SqliftError('RunDiscarded', `run ${this.run} takes no more writes`);
  }

  get work(): RunWork {
    const { run, images, promoted } = this;
    const { feeds, algorithms } = this.source.feeds;
    return {
      run,
      images,
      promoted,
      feeds,
      algorithms,
      beat: () => undefined,
      holdLive: () => this.holdLive(),
      whileLive: async (work) => {
        await this.holdLive();
        this.writing += 1;
        return work().finally(() => (this.writing -= 1));
      },
    };
  }

  workOf(feed: Feed): FeedWork {
    return { ...this.work, feed };
  }

  async write(): Promise<void> {
    for (const [number, feed] of this.source.feeds.feeds.entries())
      for (const chunk of this.source.chunks(number)) await this.store.write(this.workOf(feed), chunk);
  }

  /** As far as a run gets before it is verified. */
  async fill(): Promise<string[]> {
    await this.store.prepare(this.work);
    await this.write();
    return this.store.finish(this.work);
  }

  async promote(): Promise<void> {
    await this.store.promote(this.work);
    this.promoted = true;
  }

  /** What verification finds, of feeds and of the whole. */
  async differences(): Promise<FeedDifference[]> {
    const found: FeedDifference[] = [];
    const differs = (difference: FeedDifference) => void found.push(difference);
    for (const [number, feed] of this.source.feeds.feeds.entries())
      await this.store.verify(this.workOf(feed), this.source.rows(number), differs);
    await this.store.verifyWhole(this.work, differs);
    return found;
  }

  /** Digests of the feeds, in their order. */
  async digests(): Promise<string[]> {
    const digests: string[] = [];
    for (const [number, feed] of this.source.feeds.feeds.entries())
      digests.push((await this.store.verify(this.workOf(feed), this.source.rows(number), () => undefined)).digest);
    return digests;
  }

  /** `steps`: breaks off once so many of its steps are noted as undone. */
  async discard(force = false, steps = Infinity): Promise<void> {
    this.discarded = true;
    await this.store.discard({ ...this.#undo(force), images: breakingOff(this.images, steps) });
  }

  /** Names of what a discard would destroy. */
  async conflicts(): Promise<string[]> {
    const found: string[] = [];
    await this.store.findConflicts(this.#undo(false), ({ entry }) => found.push(entry));
    return found;
  }

  async finalize(): Promise<void> {
    await this.store.finalize(this.#undo(false));
    await this.images.forget();
  }

  #undo(force: boolean): DiscardWork {
    const { run, images } = this;
    return { run, images, force, beat: () => undefined };
  }
}

/** A ledger that fails once so many steps of an undo are noted in it. */
export function breakingOff(images: BeforeImages, steps: number): BeforeImages {
  let left = steps;
  return {
    ...images,
    async undone(scope, ids) {
      if (left-- <= 0) throw new Error('broken off');
      await images.undone(scope, ids);
    },
  };
}
