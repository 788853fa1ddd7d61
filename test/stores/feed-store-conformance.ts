import type { FeedDifference, FeedStore } from '../../stores/feed-store';
import { FeedRun, PreparedFeeds } from '../support/feeds';
import type { Sections } from '../support/feeds';
import { expectSqliftError } from '../support/loaded-run';

/** What the suite has to know of a store. */
export interface StoreUnderTest {
  /** Opens it; every call is a connection of its own to the same store, as of another worker. */
  open(): Promise<FeedStore>;
  /** Empties it, and puts other people's data there: some of it under names that the feeds use, too. */
  populate(): Promise<void>;
  /** Everything that is in the store, down to times to live: equal if and only if the store is the same. */
  everything(): Promise<unknown>;
  /** What others see: without what a run hides. Where the store cannot hide anything, `everything`. */
  seen(): Promise<unknown>;
  close(): Promise<void>;
}

export interface Fixture {
  /** A source and feeds with every kind of entry that the store has. */
  sql: string;
  sections: Sections;
  /** The same feeds with other rows: some changed, some gone, some new. */
  laterSql: string;
  /** Changes one property of one written entry, behind the run's back. Gives what is to be found. */
  change(store: StoreUnderTest, run: FeedRun): Promise<Partial<FeedDifference>>;
  /** Takes an entry away. */
  remove(store: StoreUnderTest, run: FeedRun): Promise<Partial<FeedDifference>>;
  /** Adds an entry that no row has. */
  add(store: StoreUnderTest, run: FeedRun): Promise<Partial<FeedDifference>>;
  /** As somebody else, changes an entry that was published. */
  changePublished(store: StoreUnderTest): Promise<void>;
  /** What that entry is called. */
  changedName: string;
}

/** What every store does for a run, whatever it holds. Each test begins with other people's data in it. */
export function describeFeedStore(name: string, fixture: Fixture, start: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store of feeds`, () => {
    let under: StoreUnderTest;
    let store: FeedStore;
    let source: PreparedFeeds;
    let before: unknown;

    beforeAll(async () => {
      under = await start();
      store = await under.open();
      source = await PreparedFeeds.make(fixture.sections, fixture.sql);
    });
    afterAll(async () => {
      source.remove();
      await store.close();
      await under.close();
    });
    beforeEach(async () => {
      await under.populate();
      before = await under.everything();
    });

    const begun = () => new FeedRun(store, source);
    const filled = async () => {
      const run = begun();
      await run.fill();
      return run;
    };
    const published = async () => {
      const run = await filled();
      await run.promote();
      return run;
    };

    test('says its version, and whether others may see early what a run brings', async () => {
      const { version, seenEarly } = await store.check(source.feeds.feeds);
      expect(version).toMatch(/\d/);
      expect(Array.isArray(seenEarly)).toBe(true);
      expect(await under.everything()).toEqual(before);
    });

    test('holds what the source means, and nobody else sees it before it is published', async () => {
      const seen = await under.seen();
      const run = await filled();
      expect(await run.differences()).toEqual([]);
      expect(await under.seen()).toEqual(seen);
    });

    test('writing, finishing and preparing again changes nothing', async () => {
      const run = await filled();
      const once = { digests: await run.digests(), everything: await under.everything() };
      const other = begun();
      for (let i = 0; i < 2; i++) await store.prepare(other.work);
      for (let i = 0; i < 2; i++) await other.write();
      for (let i = 0; i < 2; i++) await store.finish(other.work);
      expect(await other.differences()).toEqual([]);
      expect(await other.digests()).toEqual(once.digests);
      await other.discard();
      expect(await under.everything()).toEqual(once.everything);
    });

    test.each(['change', 'remove', 'add'] as const)(
      'verification finds it when somebody has done: %s',
      async (what) => {
        const run = await filled();
        const wanted = await fixture[what](under, run);
        expect(await run.differences()).toEqual([expect.objectContaining(wanted)]);
      },
    );

    test('publishing shows it under its own names, and may be repeated', async () => {
      const run = await published();
      const after = await under.everything();
      expect(after).not.toEqual(before);
      expect(await run.differences()).toEqual([]);
      await store.promote(run.work);
      expect(await under.everything()).toEqual(after);
    });

    test('a change after publishing is found', async () => {
      const run = await published();
      await fixture.changePublished(under);
      expect((await run.differences()).length).toBeGreaterThan(0);
    });

    test('discarding a run that has only begun, is half written, written, or published, restores everything', async () => {
      for (const until of ['begun', 'half of the first feed', 'half of the last', 'filled', 'published'] as const) {
        const run = begun();
        if (until === 'begun') await store.prepare(run.work);
        if (until.startsWith('half')) {
          await store.prepare(run.work);
          // What comes before is whole: relationships need their nodes.
          const half = until === 'half of the last' ? source.feeds.feeds.length - 1 : 0;
          for (const [number, feed] of source.feeds.feeds.slice(0, half + 1).entries())
            for (const chunk of source.chunks(number))
              await store.write(
                run.workOf(feed),
                chunk.slice(0, number < half ? undefined : Math.ceil(chunk.length / 2)),
              );
        }
        if (until === 'filled' || until === 'published') await run.fill();
        if (until === 'published') await run.promote();
        await run.discard();
        expect({ until, store: await under.everything() }).toEqual({ until, store: before });
        await run.discard();
        expect({ until, store: await under.everything() }).toEqual({ until, store: before });
      }
    });

    test('another worker can discard it, from the ledger alone', async () => {
      const run = await published();
      const other = await under.open();
      run.discarded = true;
      await other.discard({ run: run.run, images: run.images, force: false, beat: () => undefined });
      await other.close();
      expect(await under.everything()).toEqual(before);
    });

    test('an attempt that comes after the discard writes nothing', async () => {
      const run = await filled();
      await run.discard();
      const [feed] = source.feeds.feeds;
      const [chunk] = source.chunks(0);
      await expectSqliftError(store.write(run.workOf(feed!), chunk!), 'RunDiscarded');
      await expectSqliftError(store.promote(run.work), 'RunDiscarded');
      await expectSqliftError(store.prepare(run.work), 'RunDiscarded');
      expect(await under.everything()).toEqual(before);
    });

    test('what others have changed since is not destroyed, unless it is forced', async () => {
      const run = await published();
      await fixture.changePublished(under);
      const changed = await under.everything();
      await expectSqliftError(run.discard(), 'RollbackConflict');
      expect(await under.everything()).toEqual(changed);
      await run.discard(true);
      expect(await under.everything()).toEqual(before);
    });

    test('what a rollback would destroy is found without touching anything, by name', async () => {
      const run = await published();
      expect(await run.conflicts()).toEqual([]);
      await fixture.changePublished(under);
      const changed = await under.everything();
      expect(await run.conflicts()).toEqual([expect.stringContaining(fixture.changedName)]);
      expect(await under.everything()).toEqual(changed);
    });

    test('a discard that breaks off after any of its steps is taken up again, and is no conflict with itself', async () => {
      for (let steps = 0, ended = false; !ended; steps++) {
        const run = await published();
        ended = await run.discard(false, steps).then(
          () => true,
          () => false,
        );
        if (!ended) await run.discard();
        expect({ steps, store: await under.everything() }).toEqual({ steps, store: before });
        if (steps === 20) throw new Error('no discard comes to its end');
      }
    });

    test('when the window ends, nothing but the entries is left', async () => {
      const run = await published();
      await run.finalize();
      const seen = await under.everything();
      await run.finalize();
      expect(await under.everything()).toEqual(seen);
      expect(JSON.stringify(seen)).not.toContain(run.run);
      expect(await run.differences()).toEqual([]);
    });

    test('a later run over the data of an earlier one goes back to that', async () => {
      await published();
      const between = await under.everything();
      const laterSource = await PreparedFeeds.make(fixture.sections, fixture.laterSql);
      try {
        const later = new FeedRun(store, laterSource);
        await later.fill();
        expect(await later.differences()).toEqual([]);
        await later.promote();
        expect(await later.differences()).toEqual([]);
        await later.discard();
        expect(await under.everything()).toEqual(between);
      } finally {
        laterSource.remove();
      }
    });

    test('feeds without rows are nothing', async () => {
      const empty = await PreparedFeeds.make(fixture.sections, emptied(fixture.sql));
      try {
        const run = new FeedRun(store, empty);
        await run.fill();
        expect(await run.differences()).toEqual([]);
        await run.promote();
        expect(await run.differences()).toEqual([]);
        await run.discard();
        expect(await under.everything()).toEqual(before);
      } finally {
        empty.remove();
      }
    });
  });
}

/** The schema alone: statements that put rows into it are left out. */
function emptied(sql: string): string {
  return sql
    .split(/;\s*\n/)
    .filter((statement) => !/^\s*(INSERT|WITH)/i.test(statement))
    .join(';\n');
}
