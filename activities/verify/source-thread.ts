import { parentPort, workerData } from 'node:worker_threads';
import { RowDigest, RowHash } from '../../core/digest';
import { SqliftError } from '../../core/errors';
import { ReadAgain } from '../../stores/sqlite/read-again';
import { SourceSide } from './sides';
import type { ThreadInput, ThreadMessage } from './source-digests';

/** What a worker thread of `ThreadDigests` runs: the source's digests, unit after unit, and nothing else. */
async function run({ snapshotPath, mapping, quarantined, addressed, units }: ThreadInput): Promise<void> {
  const again = new ReadAgain(snapshotPath, mapping.origin, mapping.columns, addressed);
  const side = new SourceSide(again, mapping, quarantined);
  const hash = new RowHash();
  for (const [unit, range] of units.entries()) {
    const digest = new RowDigest();
    const visit = (meanings: Parameters<RowHash['of']>[0]) => {
      hash.of(meanings);
      digest.add(hash);
      if (digest.count % 50_000 === 0) say({ kind: 'rows', rows: 50_000 });
    };
    // Nothing else waits for a turn in this thread.
    const left = await side.scan(range, visit, async () => {});
    say({ kind: 'rows', rows: digest.count % 50_000 });
    say({ kind: 'digest', unit, count: digest.count, hex: digest.hex, left });
  }
  again.close();
}

function say(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

run(workerData as ThreadInput).catch((error: unknown) => {
  if (error instanceof SqliftError)
    say({ kind: 'failure', code: error.code, message: error.message, place: error.place });
  else throw error;
});
