import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { SqliftError } from '../../core/errors';
import { InvalidText } from '../../core/meaning/meaning';
import type { SourceValue } from '../../core/meaning/meaning';
import type { RowView } from '../../core/row';
import { ownProgram } from '../own-program';
import type { QueryReply, QueryRequest } from './query-process';
import { QueryView } from './query-reader';
import type { QueryRow } from './query-reader';

const { entry, execArgv } = ownProgram(__filename, 'query-process');
const STDERR_LIMIT = 2000;

type Query = Omit<QueryRequest, 'again' | 'parent'>;

/**
 * Slices of the rows of a plan's SELECT, in its own order, read by a process of its own: between two rows SQLite may compute for hours, during which the
 * caller goes on heartbeating, and a cancellation ends it. The view is the same for every row, so each slice has to be used up before the next.
 *
 * @throws SqliftError what `readQuery` throws; the signal's reason when it is aborted
 */
export async function* queryRows(query: Query, signal?: AbortSignal): AsyncGenerator<Iterable<RowView>, void> {
  for await (const rows of ask({ ...query, again: false }, signal)) yield views(rows as QueryRow[]);
}

function* views(rows: readonly QueryRow[]): Generator<RowView, void> {
  if (rows.length === 0) return;
  const view = new QueryView(rows[0]!.length / 2);
  for (const row of rows) yield view.of(row);
}

/** The same for verification, as `readQueryAgain` reads them. */
export async function* queryRowsAgain(query: Query, signal?: AbortSignal): AsyncGenerator<SourceValue[][], void> {
  for await (const rows of ask({ ...query, again: true }, signal)) {
    for (const cells of rows as SourceValue[][])
      for (const [i, cell] of cells.entries())
        // What is no text arrives without its class.
        if (typeof cell === 'object' && cell !== null && !Buffer.isBuffer(cell)) cells[i] = new InvalidText(cell.bytes);
    yield rows as SourceValue[][];
  }
}

async function* ask(
  request: Omit<QueryRequest, 'parent'>,
  signal?: AbortSignal,
): AsyncGenerator<readonly unknown[], void> {
  signal?.throwIfAborted();
  const child = fork(entry, [], { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const replies = repliesOf(child, signal);
    child.send({ ...request, parent: process.pid } satisfies QueryRequest);
    for (;;) {
      const reply = await replies();
      if (reply.kind === 'end') return;
      if (reply.kind === 'failure') throw new SqliftError(reply.code, reply.message, reply.place);
      // While these are used, the next are read.
      if (child.connected) child.send('more', () => undefined);
      yield reply.rows;
    }
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
  }
}

/** Waits for the next of what a process says; throws when it says no more. */
function repliesOf(child: ChildProcess, signal: AbortSignal | undefined): () => Promise<QueryReply> {
  const said: QueryReply[] = [];
  let wake = () => {};
  let ended: Error | undefined;
  let complaint = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-STDERR_LIMIT)));
  child.on('message', (reply: QueryReply) => {
    said.push(reply);
    wake();
  });
  child.on('error', (error) => {
    ended ??= error;
    wake();
  });
  child.on('close', (code, killed) => {
    ended ??= signal?.aborted
      ? (signal.reason as Error)
      : new SqliftError(
          'Internal',
          `the process that runs a feed’s query ended with ${killed ?? code}: ${complaint.trim()}`,
        );
    wake();
  });
  return async () => {
    while (said.length === 0) {
      if (ended !== undefined) throw ended;
      await new Promise<void>((resolve) => (wake = resolve));
    }
    return said.shift()!;
  };
}
