import { parentPort, workerData } from 'node:worker_threads';
import { SqliftError } from '../../core/errors';
import type { ThreadInput, ThreadMessage } from './source-digests';
import { openReading } from './source-reading';

const REPORTED_ROWS = 50_000;

/** What a worker thread of `ThreadDigests` runs: the source's digests, unit after unit, and nothing else. */
async function run({ reading: kind, input, units }: ThreadInput): Promise<void> {
  const reading = openReading(kind, input);
  for (const [unit, range] of units.entries()) {
    const { digest, left } = await reading.digest(range, ({ count }) => {
      if (count % REPORTED_ROWS === 0) say({ kind: 'rows', rows: REPORTED_ROWS });
    });
    say({ kind: 'rows', rows: digest.count % REPORTED_ROWS });
    say({ kind: 'digest', unit, count: digest.count, hex: digest.hex, left });
  }
  reading.close();
}

function say(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

run(workerData as ThreadInput).catch((error: unknown) => {
  if (error instanceof SqliftError)
    say({ kind: 'failure', code: error.code, message: error.message, place: error.place });
  else throw error;
});
