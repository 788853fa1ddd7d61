import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const PIECE = 1 << 20;

/** What the thread of `digestInThread` runs: the SHA-256 of one file. */
function digest(path: string): string {
  const file = openSync(path, 'r');
  try {
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(PIECE);
    for (let read = -1; read !== 0;) hash.update(piece.subarray(0, (read = readSync(file, piece))));
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}

parentPort!.postMessage(digest(workerData as string));
