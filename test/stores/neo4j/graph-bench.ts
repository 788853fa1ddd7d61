import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Driver } from 'neo4j-driver';
import type { Pool } from 'pg';
import { prepareEntries } from '../../../activities/feeds/prepare';
import { readRowsAgain } from '../../../activities/feeds/rows';
import { draftPlan } from '../../../core/draft';
import type { Entry } from '../../../core/feeds/entry';
import { queriesOf } from '../../../core/feeds/planned';
import { resolveFeeds } from '../../../core/feeds/resolve';
import { runId } from '../../../core/ids';
import type { WrittenPlan } from '../../../core/plan';
import { resolvePlan } from '../../../core/resolve';
import type { DiscardWork, FeedDifference, RunWork, Verified } from '../../../stores/feed-store';
import { EntryFile } from '../../../stores/feeds/entry-file';
import { beforeImages } from '../../../stores/ledger/before-images';
import { beginRun, discardRun, holdLiveRun, whileLive } from '../../../stores/ledger/runs';
import { installLedger } from '../../../stores/ledger/schema';
import { Neo4jStore } from '../../../stores/neo4j/store';
import { openTarget, withClient } from '../../../stores/postgres/target';
import { openSqlite } from '../../../stores/sqlite/open';
import { profileSource } from '../../../stores/sqlite/profile';
import { queryColumns } from '../../../stores/sqlite/query-reader';
import { refusedRows } from '../../support/feeds';
import { breakingOff } from '../../support/feeds';
import { everythingIn } from '../../support/neo4j-state';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';

/** Runs of graphs without Temporal: real SQLite files, a real ledger, a real Neo4j, and the store between. */
export class GraphBench {
  readonly store: Neo4jStore;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'sqlift-graph-'));

  private constructor(
    readonly database: TestDatabase,
    readonly pool: Pool,
    url: string,
    readonly driver: Driver,
  ) {
    this.store = new Neo4jStore({ uri: url });
  }

  static async open(url: string, driver: Driver): Promise<GraphBench> {
    const database = await createDatabase();
    const pool = openTarget(database.url);
    await installLedger(pool);
    return new GraphBench(database, pool, url, driver);
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.pool.end();
    await this.database.drop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A statement of somebody else. */
  async cypher(statement: string, parameters = {}): Promise<Record<string, unknown>[]> {
    const { records } = await this.driver.executeQuery(statement, parameters, { database: 'neo4j' });
    return records.map((record) => record.toObject());
  }

  /** Resolves when a transaction waits for what another one has locked: to write it, or, where relationships are deleted, to commit. */
  async waiting(): Promise<void> {
    let before: unknown[] = [];
    for (let asked = 0; asked < 100; asked++) {
      const waiting = await this.cypher(
        `SHOW TRANSACTIONS YIELD transactionId AS id, status WHERE status STARTS WITH 'Blocked' OR status = 'Closing' RETURN id`,
      );
      const ids = waiting.map(({ id }) => id);
      if (ids.some((id) => before.includes(id))) return;
      before = ids;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('nobody waits for anybody');
  }

  /** A run whose entries are made. Refused rows are its `refused`. */
  async run(schema: string, graph: NonNullable<WrittenPlan['graph']>): Promise<GraphRun> {
    const file = path.join(this.#folder, `${randomBytes(4).toString('hex')}.sqlite`);
    const db = new Database(file);
    db.exec(schema);
    db.close();
    const profile = await profileSource(file);
    const plan = {
      ...draftPlan({ name: 'g', sources: [{ name: 'app', path: file, schema: 'app', ...profile }], narrow: false })
        .plan,
      graph,
    };
    const mappings = resolvePlan(plan, this.#folder, { app: profile.catalog });
    const connection = openSqlite(file);
    const columns = queriesOf(plan).map(({ feed, sql }) => [feed, queryColumns(connection, feed, sql)]);
    connection.close();
    const { feeds, algorithms } = resolveFeeds(plan, mappings, Object.fromEntries(columns) as Record<string, string[]>);
    const run = runId('graph', new Date(), randomBytes(4).toString('hex'));
    await beginRun(this.pool, {
      run,
      planName: 'graph',
      planSha256: '',
      workflowId: run,
      touched: { sources: [], schemas: [], tables: [] },
      digestBefore: '',
    });
    const work: RunWork = {
      run,
      feeds,
      algorithms,
      promoted: false,
      images: beforeImages(this.pool, run, 'neo4j'),
      beat: () => undefined,
      holdLive: () => withClient(this.pool, (client) => holdLiveRun(client, run)),
      whileLive: (work) => whileLive(this.pool, run, work),
    };
    const made = new GraphRun(this, work, file);
    for (const feed of feeds) {
      const entries = path.join(this.#folder, `${run}-${feed.feed}.entries`);
      const { chunks, leftOut } = await prepareEntries(file, profile.catalog, feed, entries);
      const reader = new EntryFile<Entry>(entries);
      made.chunks.set(
        feed.feed,
        chunks.map(({ chunk }) => reader.read(chunk)),
      );
      reader.close();
      made.refused.set(feed.feed, refusedRows(entries));
      made.leftOut.set(feed.feed, leftOut);
    }
    return made;
  }

  everything(): Promise<string[]> {
    return everythingIn(this.driver);
  }
}

export class GraphRun {
  readonly chunks = new Map<string, Entry[][]>();
  readonly refused = new Map<string, { rowNumber: number; reason: string; column?: string | undefined }[]>();
  readonly leftOut = new Map<string, number>();
  /** What finishing said. */
  notes: string[] = [];

  constructor(
    readonly bench: GraphBench,
    readonly work: RunWork,
    readonly file: string,
  ) {}

  /** Writes everything, one feed after the other. */
  async fill(store = this.bench.store): Promise<void> {
    await store.prepare(this.work);
    for (const feed of this.work.feeds)
      for (const entries of this.chunks.get(feed.feed)!) await store.write({ ...this.work, feed }, entries);
    this.notes = await store.finish(this.work);
  }

  /** Differences of all feeds and of the store. */
  async verify(work = this.work): Promise<FeedDifference[]> {
    return (await this.verified(work)).differences;
  }

  async verified(work = this.work): Promise<{ differences: FeedDifference[]; feeds: Verified[] }> {
    const differences: FeedDifference[] = [];
    const feeds: Verified[] = [];
    for (const feed of work.feeds) {
      const without = new Set(this.refused.get(feed.feed)!.map(({ rowNumber }) => rowNumber));
      const rows = flat(readRowsAgain(this.file, feed, without));
      feeds.push(await this.bench.store.verify({ ...work, feed }, rows, (one) => void differences.push(one)));
    }
    await this.bench.store.verifyWhole(work, (one) => void differences.push(one));
    return { differences, feeds };
  }

  async promote(): Promise<void> {
    await this.bench.store.promote(this.work);
    this.work.promoted = true;
  }

  /** `steps`: breaks off once so many of its steps are noted as undone. */
  async discard(force = false, steps = Infinity): Promise<void> {
    await discardRun(this.bench.pool, this.work.run);
    await this.bench.store.discard(this.#undo(force, steps));
  }

  /** Names of what a discard would destroy. */
  async conflicts(): Promise<string[]> {
    const found: string[] = [];
    await this.bench.store.findConflicts(this.#undo(), ({ entry }) => found.push(entry));
    return found;
  }

  #undo(force = false, steps = Infinity): DiscardWork {
    const { run, images } = this.work;
    return { run, images: breakingOff(images, steps), force, beat: () => undefined };
  }
}

async function* flat<T>(slices: AsyncIterable<readonly T[]>): AsyncIterable<T> {
  for await (const slice of slices) yield* slice;
}
