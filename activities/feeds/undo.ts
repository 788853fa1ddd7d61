import type { Pool } from 'pg';
import type { FeedStoreName } from '../../core/feeds/feed';
import { Conflicts } from '../../stores/conflicts';
import type { DiscardWork } from '../../stores/feed-store';
import { beforeImages, readTouchedStores } from '../../stores/ledger/before-images';
import { recordConflicts } from '../../stores/ledger/conflicts';
import { readRun } from '../../stores/ledger/runs';
import { beating, targetOf } from '../context';
import type { ActivityDeps } from '../context';
import { beatOf, feedStoreOf } from './stores';

/** The way back of every store. */
export function feedUndoActivities(deps: ActivityDeps) {
  return {
    /**
     * Throws RollbackConflict when taking the run out of a store would destroy what others have done since; the ledger has the names. Changes nothing
     * in the store.
     */
    async refuseConflicts({ run, store }: { run: string; store: FeedStoreName }): Promise<void> {
      const pool = await targetOf(deps, run);
      const work = discardWork(pool, run, store, false);
      const conflicts = new Conflicts(store);
      // What an earlier look found is of no account, should this one not get through.
      await recordConflicts(pool, run, store, []);
      const look = (await feedStoreOf(deps, run, store)).findConflicts(work, (found) => conflicts.add(found));
      await beating(look, { table: store });
      await recordConflicts(pool, run, store, conflicts.named);
      conflicts.refuse();
    },

    /** Takes everything of the run back out of a store, and forgets what was there before. Succeeds when there is nothing. */
    async discardStore({ run, store, force }: { run: string; store: FeedStoreName; force: boolean }): Promise<void> {
      const pool = await targetOf(deps, run);
      if ((await readRun(pool, run)) === undefined) return;
      const work = discardWork(pool, run, store, force);
      // A run that never came to the store has kept nothing of it, and need not reach it.
      if ((await work.images.scopes()).length === 0) return;
      await beating((await feedStoreOf(deps, run, store)).discard(work), { table: store });
      await forget(pool, work, store);
    },
  };
}

/** The rollback window has ended: what only a rollback needed goes, from the stores and from the ledger. Repeatable. */
export async function finalizeStores(deps: ActivityDeps, run: string): Promise<void> {
  const pool = await targetOf(deps, run);
  for (const store of await readTouchedStores(pool, run)) {
    const work = discardWork(pool, run, store, false);
    await beating((await feedStoreOf(deps, run, store)).finalize(work));
    await forget(pool, work, store);
  }
}

/** Nobody needs what was there before any more, nor the names of what others have changed since. */
async function forget(pool: Pool, { run, images }: DiscardWork, store: FeedStoreName): Promise<void> {
  await recordConflicts(pool, run, store, []);
  await images.forget();
}

function discardWork(pool: Pool, run: string, store: FeedStoreName, force: boolean): DiscardWork {
  return { run, force, images: beforeImages(pool, run, store), beat: beatOf(store) };
}
