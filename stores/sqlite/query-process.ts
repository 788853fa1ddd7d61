import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { SqliftError } from '../../core/errors';
import type { ErrorCode, ErrorPlace } from '../../core/errors';
import type { SourceValue } from '../../core/meaning/meaning';
import { readQuery } from './query-reader';
import type { QueryRow } from './query-reader';
import { readQueryAgain } from './read-query-again';

/** The process that runs the SELECT of a feed: nothing else can stop SQLite between two rows. `query-client.ts` starts it. */

export interface QueryRequest {
  path: string;
  feed: string;
  sql: string;
  /** As verification reads: by code that shares nothing with the other reading. */
  again: boolean;
  /** Process id of whoever asks. */
  parent: number;
}

export type QueryReply =
  | { kind: 'rows'; rows: readonly (QueryRow | readonly SourceValue[])[] }
  | { kind: 'end' }
  | { kind: 'failure'; code: ErrorCode; message: string; place: ErrorPlace };

/** Rows, and about as many bytes, of one message. The next is sent when whoever reads asks for it. */
const ROWS = 500;
const BYTES = 1 << 20;

process.once('message', (request: QueryRequest) => {
  endWith(request.parent);
  void answer(request).then((reply) => process.send!(reply, () => process.exit(0)));
});

async function answer({ path, feed, sql, again }: QueryRequest): Promise<QueryReply> {
  try {
    let rows: (QueryRow | readonly SourceValue[])[] = [];
    let bytes = 0;
    for (const row of again ? readQueryAgain(path, sql) : readQuery(path, feed, sql)) {
      rows.push(row);
      for (const value of row) bytes += typeof value === 'object' || typeof value === 'string' ? lengthOf(value) : 8;
      if (rows.length < ROWS && bytes < BYTES) continue;
      process.send!({ kind: 'rows', rows } satisfies QueryReply);
      [rows, bytes] = [[], 0];
      await once(process, 'message');
    }
    if (rows.length > 0) process.send!({ kind: 'rows', rows } satisfies QueryReply);
    return { kind: 'end' };
  } catch (error) {
    if (error instanceof SqliftError)
      return { kind: 'failure', code: error.code, message: error.message, place: error.place };
    // Its words may hold a cell.
    return {
      kind: 'failure',
      code: 'Internal',
      message: `running a query failed: ${(error as Error).name}`,
      place: {},
    };
  }
}

function lengthOf(value: SourceValue & (object | string | null)): number {
  if (value === null) return 1;
  return 'bytes' in Object(value) ? (value as { bytes: Buffer }).bytes.length : (value as string | Buffer).length;
}

/** While SQLite computes, this thread does not hear that its parent is gone; another one does. */
function endWith(parent: number): void {
  process.once('disconnect', () => process.exit(1));
  const watch = `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, 'SIGKILL'), 1000)`;
  new Worker(watch, { eval: true, execArgv: [] }).unref();
}
