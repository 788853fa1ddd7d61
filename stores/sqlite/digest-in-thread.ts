import { Worker } from 'node:worker_threads';
import { ownProgram } from '../own-program';

const { entry, execArgv } = ownProgram(__filename, 'digest-thread');

/**
 * SHA-256 of a file, in hex, by a thread of its own: hashing half a gigabyte takes a second, which the thread that compares
 * rows meanwhile has not. Throws what reading the file throws.
 */
export async function digestInThread(path: string): Promise<string> {
  const worker = new Worker(entry, { workerData: path, execArgv });
  return await new Promise<string>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that hashes a file has ended with code ${code}`)));
  });
}
