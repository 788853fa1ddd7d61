import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Under jest the thread runs TypeScript, which it must be taught; a build has JavaScript. */
const ENTRY = join(__dirname, `digest-thread${extname(__filename)}`);
const TYPESCRIPT = ['--require', join(__dirname, '../../test/support/typescript.js')];

/**
 * SHA-256 of a file, in hex, by a thread of its own: hashing half a gigabyte takes a second, which the thread that compares
 * rows meanwhile has not. Throws what reading the file throws.
 */
export async function digestInThread(path: string): Promise<string> {
  const worker = new Worker(ENTRY, { workerData: path, execArgv: extname(ENTRY) === '.ts' ? TYPESCRIPT : [] });
  return await new Promise<string>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that hashes a file has ended with code ${code}`)));
  });
}
