import { createHash } from 'node:crypto';
import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { SqliftError } from '../core/errors';
import { placeOf } from '../core/field-storage';
import type { FeedStoreName } from '../core/feeds/feed';
import { chromaFoldersOf, plannedFeeds } from '../core/feeds/planned';
import type { WrittenPlan } from '../core/plan';
import { runFiles } from '../stores/artifacts/run-files';
import { expectChroma } from '../stores/chroma/copy';
import { beginRun } from '../stores/ledger/runs';
import { installLedger } from '../stores/ledger/schema';
import { fingerprint } from '../stores/postgres/fingerprint';
import { checkTarget, wantedTables } from '../stores/postgres/preflight';
import { withClient } from '../stores/postgres/target';
import { FILES_SPACE, findFiles } from '../stores/files/folder';
import { checkSource } from '../stores/sqlite/open';
import { beating, planOf, sourcePath, targetOf } from './context';
import type { ActivityDeps } from './context';
import { checkSqlOf, outlineOf } from './exact-plan';

/** Sources of the plan, in its order, and what the workflow needs of the plan's settings. */
export interface SourcesFound {
  sources: string[];
  approval: boolean;
  rollbackDays: number;
  /** What of the plan fills other stores, in its order. Left out by releases that had none. */
  feeds?: { feed: string; store: FeedStoreName }[];
}

export function preflightActivities(deps: ActivityDeps) {
  return {
    /** Proves that every source can be read, by the plan's SQL too, and that its snapshot will fit. Writes nothing. */
    async checkSources({ run, planSha256 }: { run: string; planSha256: string }): Promise<SourcesFound> {
      await deps.artifacts.get(runFiles.plan(run), planSha256);
      const plan = await planOf(deps, run);
      let bytes = 0;
      for (const [name, source] of Object.entries(plan.sources)) {
        const place = placeOf(source);
        const file = sourcePath(deps, run, place.path);
        await checkSource(file, { files: place.files !== undefined });
        if (place.files === undefined) bytes += (await stat(file)).size + (await sizeOf(`${file}-wal`));
        else bytes += findFiles(file).files.reduce((sum, found) => sum + found.bytes, 0) * FILES_SPACE;
        for (const folder of chromaFoldersOf(plan, name)) await expectChroma(sourcePath(deps, run, folder));
      }
      await checkSqlOf(deps, run);
      await checkRoom(path.dirname(deps.artifacts.path(runFiles.plan(run))), bytes);
      return {
        sources: Object.keys(plan.sources),
        approval: plan.approval ?? false,
        rollbackDays: plan.rollbackDays ?? 7,
        feeds: plannedFeeds(plan),
      };
    },

    /** Proves that the target can take the plan. Writes nothing. */
    async checkTarget({ run }: { run: string }): Promise<void> {
      await checkTarget(await targetOf(deps, run), wantedTables(await outlineOf(deps, run)));
    },

    /** Makes the ledger and enters the run with a digest of everything it is about to touch. Repeatable. */
    async enterRun({ run, workflowId }: { run: string; workflowId: string }): Promise<void> {
      const plan = await outlineOf(deps, run);
      const pool = await targetOf(deps, run);
      const facts = await checkTarget(pool, wantedTables(plan));
      const touched = { sources: Object.keys(plan.sources), schemas: schemasOf(plan), tables: facts.existing };
      const digestBefore = await beating(withClient(pool, (client) => fingerprint(client, touched)));
      await installLedger(pool);
      const text = await deps.artifacts.get(runFiles.plan(run));
      await beginRun(pool, {
        run,
        planName: plan.name,
        planSha256: createHash('sha256').update(text).digest('hex'),
        workflowId,
        touched,
        digestBefore,
      });
    },
  };
}

function schemasOf(plan: WrittenPlan): string[] {
  return [...new Set(Object.values(plan.sources).map((source) => source.schema))].sort();
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

/** A tenth more than the sources need, for the file system's own use. */
async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes * 1.1) {
    throw new SqliftError(
      'DiskFull',
      `the snapshots need ${megabytes(bytes * 1.1)}, ${folder} has ${megabytes(free)} free`,
      { file: folder },
    );
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}
