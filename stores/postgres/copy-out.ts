import type { Connection, PoolClient, Submittable } from 'pg';
import { SqliftError } from '../../core/errors';
import { viewOf } from '../../core/row';

/** Called for each tuple: it begins at `start` with the number of its fields, 16 bits. Gives the offset behind its last field. */
export type VisitTuple = (bytes: Buffer, view: DataView, start: number) => number;

/** Signature, flags and length of the header's extension: see `HEADER` in copy.ts. */
const HEADER_BYTES = 19;
const [COPY_OUT_RESPONSE, COPY_DATA, COPY_DONE] = [0x48, 0x64, 0x63]; // H, d, c
/** ParameterStatus, NoticeResponse, NotificationResponse: these may come at any time. */
const BETWEEN = [0x53, 0x4e, 0x41];

/**
 * Runs `COPY … TO STDOUT (FORMAT binary)` and visits its tuples where they lie in what the socket gives, without an object for any of
 * them: five million short rows take a second, which libraries spend on their messages many times over.
 *
 * On failure or abort the connection is in the middle of an answer: destroy it.
 * @throws what the server answers, what `visit` throws, the signal's reason
 */
export function copyOut(client: PoolClient, sql: string, visit: VisitTuple, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyOut(sql, visit, signal, resolve, reject));
  });
}

/** What pg's client calls of a query, of which the declared types name `submit` only. */
class CopyOut implements Submittable {
  #connection: Connection | undefined;
  /** pg's own listener, in whose place this one stands while rows come. */
  #listener: ((chunk: Buffer) => void) | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes that have to come together before the next message is whole. */
  #needed = 5;
  #header = true;

  constructor(
    private readonly sql: string,
    private readonly visit: VisitTuple,
    private readonly signal: AbortSignal | undefined,
    private readonly resolve: () => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  submit(connection: Connection): void {
    this.#connection = connection;
    const { stream } = connection;
    this.#listener = stream.listeners('data')[0] as (chunk: Buffer) => void;
    stream.off('data', this.#listener);
    stream.on('data', this.#onData);
    connection.query(this.sql);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#needed) return;
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    try {
      this.signal?.throwIfAborted();
      const read = this.#read(bytes);
      this.#pending = read < bytes.length ? [bytes.subarray(read)] : [];
      this.#pendingBytes = bytes.length - read;
    } catch (error) {
      this.#abandon();
      this.reject(error);
    }
  };

  /** Takes the whole messages at the beginning of `bytes`, and gives how many bytes they are. */
  #read(bytes: Buffer): number {
    const view = viewOf(bytes);
    let at = 0;
    while (at + 5 <= bytes.length) {
      const code = bytes[at];
      const end = at + 1 + view.getInt32(at + 1);
      const isAnswer = code === COPY_DATA || code === COPY_OUT_RESPONSE || code === COPY_DONE;
      if (!isAnswer && !BETWEEN.includes(code!)) return this.#handOver(bytes, at);
      if (end > bytes.length) {
        this.#needed = end - at;
        return at;
      }
      if (code === COPY_DATA) this.#data(bytes, view, at + 5, end);
      else if (code === COPY_DONE) return this.#handOver(bytes, end);
      else if (code !== COPY_OUT_RESPONSE) this.#listener!(bytes.subarray(at, end));
      at = end;
    }
    this.#needed = 5;
    return at;
  }

  /** A message holds a tuple: the server ends it behind each. The header comes with the first, the trailer is one by itself. */
  #data(bytes: Buffer, view: DataView, start: number, end: number): void {
    const at = this.#header ? start + HEADER_BYTES : start;
    this.#header = false;
    if (view.getInt16(at) === -1) return;
    if (this.visit(bytes, view, at) !== end)
      throw new SqliftError('Internal', 'a tuple of COPY does not end with its message');
  }

  /** The rest is for pg to read. */
  #handOver(bytes: Buffer, at: number): number {
    const listener = this.#listener!;
    this.#detach();
    if (at < bytes.length) listener(bytes.subarray(at));
    return bytes.length;
  }

  #detach(): void {
    const stream = this.#connection?.stream;
    if (this.#listener === undefined || stream === undefined) return;
    stream.off('data', this.#onData);
    stream.on('data', this.#listener);
    this.#listener = undefined;
  }

  /** What still comes is nothing that anybody could read. */
  #abandon(): void {
    const { stream } = this.#connection!;
    stream.off('data', this.#onData);
    stream.on('data', () => {});
    this.#listener = undefined;
  }

  handleError(error: Error): void {
    this.#detach();
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleCommandComplete(): void {}
}
