import path from 'node:path';
import { chromaFoldersOf } from '../core/feeds/planned';
import { placeOf } from '../core/field-storage';
import { runFiles } from '../stores/artifacts/run-files';
import { copyChroma } from '../stores/chroma/copy';
import { readRun, sourcesOf } from '../stores/ledger/runs';
import { copySnapshot, judgeSnapshot, verifySnapshot } from '../stores/sqlite/snapshot';
import type { Snapshot, SnapshotCheck, SnapshotCopy } from '../stores/sqlite/snapshot';
import { cancellationSignal } from '@temporalio/activity';
import { beat, beating, planOf, snapshotPath, sourcePath, targetOf } from './context';
import type { ActivityDeps } from './context';

export function backupActivities(deps: ActivityDeps) {
  return {
    /** Takes the consistent, immutable copy that the run reads from. A copy that an earlier attempt finished is kept. */
    async takeBackup({ run, source }: { run: string; source: string }): Promise<{ bytes: number }> {
      const recordKey = runFiles.snapshotRecord(run, source);
      if (await deps.artifacts.has(recordKey)) return { bytes: (await storedCopy(deps, run, source)).bytes };
      const { path: place, files } = placeOf((await planOf(deps, run)).sources[source]!);
      const copy = await beating(
        copySnapshot({
          source: sourcePath(deps, run, place),
          files,
          destination: await deps.artifacts.prepare(runFiles.snapshot(run, source)),
          onProgress: ({ bytesDone }) => beat({ bytes: bytesDone }),
          signal: cancellationSignal(),
        }),
      );
      await copyChromaFolders(deps, run, source);
      await deps.artifacts.put(recordKey, JSON.stringify(copy));
      return { bytes: copy.bytes };
    },

    /** Checks the integrity of the copy, and notes its digest. While that takes its time, the rows can be read. Repeatable. */
    async checkBackup({ run, source }: { run: string; source: string }): Promise<{ problems: number }> {
      let record = await storedCopy(deps, run, source);
      if (record.sha256 === undefined) {
        const { path: place } = placeOf((await planOf(deps, run)).sources[source]!);
        const onProgress = ({ bytesDone }: { bytesDone: number }) => beat({ bytes: bytesDone });
        const signal = cancellationSignal();
        const judged = judgeSnapshot(snapshotPath(deps, run, source), sourcePath(deps, run, place), {
          onProgress,
          signal,
        });
        record = { ...record, ...(await beating(judged)) };
        await deps.artifacts.put(runFiles.snapshotRecord(run, source), JSON.stringify(record));
      }
      return { problems: problemsOf(record as Snapshot).length };
    },

    /** Throws SnapshotDamaged when a snapshot is not what was taken. */
    async checkSnapshot({ run, source }: { run: string; source: string }): Promise<void> {
      const { sha256 } = await storedSnapshot(deps, run, source);
      await beating(verifySnapshot({ path: snapshotPath(deps, run, source), sha256 }));
    },

    /** Undo of every `takeBackup` of a run. Succeeds when there is nothing. */
    async discardAllBackups({ run }: { run: string }): Promise<void> {
      for (const source of await sourcesOf(await targetOf(deps, run), run)) await removeSnapshot(deps, run, source);
    },

    /** Undo of `takeBackup`. Succeeds when there is nothing; keeps what a published run is verified against. */
    async discardBackup({ run, source }: { run: string; source: string }): Promise<void> {
      if ((await readRun(await targetOf(deps, run), run))?.publishedAt != null) return;
      await removeSnapshot(deps, run, source);
    },
  };
}

/** Removes a snapshot, what was noted of it and its census, which holds samples of cells. Succeeds when there is nothing. */
export async function removeSnapshot(deps: ActivityDeps, run: string, source: string): Promise<void> {
  await deps.artifacts.remove(runFiles.snapshot(run, source));
  await deps.artifacts.remove(runFiles.snapshotRecord(run, source));
  await deps.artifacts.remove(runFiles.census(run, source));
  await deps.artifacts.remove(runFiles.allEntries(run));
  await deps.artifacts.remove(runFiles.chroma(run));
}

/** Takes copies of the Chroma folders that feeds of this source read. */
async function copyChromaFolders(deps: ActivityDeps, run: string, source: string): Promise<void> {
  for (const folder of chromaFoldersOf(await planOf(deps, run), source)) {
    const destination = deps.artifacts.path(runFiles.chroma(run, folder));
    const onProgress = () => beat({ table: path.basename(folder) });
    await beating(copyChroma(sourcePath(deps, run, folder), destination, { signal: cancellationSignal(), onProgress }));
  }
}

/** What was noted of a snapshot: all of it once `checkBackup` is done. */
async function storedCopy(
  deps: ActivityDeps,
  run: string,
  source: string,
): Promise<SnapshotCopy & Partial<SnapshotCheck>> {
  const record = await deps.artifacts.get(runFiles.snapshotRecord(run, source));
  return JSON.parse(record.toString('utf8')) as SnapshotCopy & Partial<SnapshotCheck>;
}

/** The same of one that has been checked. */
export async function storedSnapshot(deps: ActivityDeps, run: string, source: string): Promise<Snapshot> {
  return (await storedCopy(deps, run, source)) as Snapshot;
}

export function problemsOf(snapshot: Snapshot): string[] {
  return snapshot.integrity === 'ok' ? [] : snapshot.integrity.problems;
}
