import type { FeedStoreName } from '../core/feeds/feed';
import { replacedSchema, stagingSchema } from '../core/ids';
import { runFiles } from '../stores/artifacts/run-files';
import { readTouchedStores } from '../stores/ledger/before-images';
import { discardRun, readRun, recordDigestAfter, sourcesOf } from '../stores/ledger/runs';
import { finalize } from '../stores/postgres/finalize';
import { fingerprint } from '../stores/postgres/fingerprint';
import { publish } from '../stores/postgres/publish';
import { dropStaging } from '../stores/postgres/staging';
import { withClient } from '../stores/postgres/target';
import { unpublish } from '../stores/postgres/unpublish';
import { removeSnapshot } from './backup';
import { allMappings, beating, planOf, targetOf } from './context';
import type { ActivityDeps } from './context';
import { finalizeStores } from './feeds/undo';
import { refuseUnverified } from './unverified';

export function cutoverActivities(deps: ActivityDeps) {
  return {
    /** Makes the run's tables visible, all at once. Repeatable. */
    async publishRun({ run }: { run: string }): Promise<{ rollbackUntil: string }> {
      const plan = await planOf(deps, run);
      const pool = await targetOf(deps, run);
      await refuseUnverified(pool, run);
      const mappings = (await allMappings(deps, run)).map(({ mapping }) => mapping);
      // Appending takes as long as there are rows.
      await beating(publish(pool, run, mappings, plan.rollbackDays ?? 7));
      return { rollbackUntil: (await readRun(pool, run))!.rollbackUntil!.toISOString() };
    },

    /** Undo of `publishRun`. Succeeds when there is nothing to undo; throws RollbackConflict when it would destroy newer work. */
    async unpublishRun({ run, force }: { run: string; force: boolean }): Promise<void> {
      const pool = await targetOf(deps, run);
      if ((await readRun(pool, run)) !== undefined) await beating(unpublish(pool, run, force));
    },

    /**
     * From here on late writes of the run are refused. The first thing that any way back does. Gives the stores that the run has come to: nothing
     * is added to them any more.
     */
    async discardRun({ run }: { run: string }): Promise<{ stores: FeedStoreName[] } | undefined> {
      const pool = await targetOf(deps, run);
      if ((await readRun(pool, run)) === undefined) return undefined;
      await discardRun(pool, run);
      return { stores: await readTouchedStores(pool, run) };
    },

    /** Drops whatever staging the run still has, known from the ledger alone. */
    async discardAllStaging({ run }: { run: string }): Promise<void> {
      const pool = await targetOf(deps, run);
      for (const source of await sourcesOf(pool, run)) await dropStaging(pool, stagingSchema(run, source));
    },

    /** Proof of a rollback: the digests of everything that the run touched, before it and now. */
    async compareWithBefore({ run }: { run: string }): Promise<{ before: string; after: string }> {
      const pool = await targetOf(deps, run);
      const record = await readRun(pool, run);
      if (record?.digestBefore == null) return { before: '', after: '' };
      const after = await beating(withClient(pool, (client) => fingerprint(client, record.touched)));
      await recordDigestAfter(pool, run, after);
      return { before: record.digestBefore, after };
    },

    /** Ends the rollback window: replaced tables and snapshots go; the run's record stays. Repeatable. */
    async finalizeRun({ run }: { run: string }): Promise<void> {
      const pool = await targetOf(deps, run);
      const sources = await sourcesOf(pool, run);
      const schemas = sources.map((source) => replacedSchema(run, source));
      // First, since it alone says whether the window may end: what a rollback needs goes only then.
      await beating(finalize(pool, run, schemas));
      await finalizeStores(deps, run);
      for (const source of sources) await removeSnapshot(deps, run, source);
      await deps.artifacts.remove(runFiles.connections(run));
    },
  };
}
