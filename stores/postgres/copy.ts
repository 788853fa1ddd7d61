import type { Connection, PoolClient, Submittable } from 'pg';
import { SqliftError } from '../../core/errors';
import { qualified, quoteIdent } from './names';
import type { TargetPlace } from './names';

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** PostgreSQL takes no message of 1 GB; where one ends within a tuple does not matter to it. */
const MESSAGE_BYTES = 16 << 20;
const TRAILER = Buffer.from([0xff, 0xff]);
const [COPY_DATA, COPY_DONE, COPY_FAIL] = [0x64, 0x63, 0x66]; // d, c, f

/**
 * One `COPY … FROM STDIN (FORMAT binary)` under way on a client that is in a transaction. Write tuples as
 * `compileRow` makes them, then `end`; or `abort`, after which the transaction can only be rolled back.
 *
 * Tuples go to the socket as they are, and whoever writes learns when it has taken them: two buffers in turns are enough then, where a
 * stream in between needs a new one for each half megabyte.
 */
export class CopyIn {
  readonly #query: CopyInQuery;
  /** Of the tuples that were written last. */
  #taken: Promise<void>;

  constructor(client: PoolClient, at: TargetPlace, columns: readonly string[]) {
    const list = columns.map(quoteIdent).join(', ');
    // A table may have no columns left after a plan dropped them all; PostgreSQL then wants no list.
    const target = `${qualified(at.schema, at.table)}${columns.length === 0 ? '' : ` (${list})`}`;
    this.#query = new CopyInQuery(`COPY ${target} FROM STDIN (FORMAT binary)`);
    client.query(this.#query);
    this.#taken = this.#query.started.then(() => this.#query.send(HEADER));
    this.#taken.catch(() => {});
  }

  /**
   * Sends these tuples, and waits until those of the call before have been taken: their buffer may be used again, this one's not yet.
   * Throws what the server answered, if it refused something.
   */
  async write(tuples: Buffer): Promise<void> {
    const before = this.#taken;
    this.#taken = before.then(async () => {
      for (let at = 0; at < tuples.length; at += MESSAGE_BYTES)
        await this.#query.send(tuples.subarray(at, at + MESSAGE_BYTES));
    });
    this.#taken.catch(() => {});
    // What has failed comes first: a connection that is refused takes everything at once.
    await Promise.race([this.#query.failed, before]);
  }

  /** Ends the COPY and waits for the server's word. Gives the number of rows it has taken. */
  async end(): Promise<number> {
    await Promise.race([this.#query.failed, this.#taken]);
    await this.#query.send(TRAILER);
    this.#query.say(COPY_DONE);
    return this.#query.done;
  }

  async abort(reason: Error): Promise<void> {
    await this.#query.started.catch(() => {});
    this.#query.say(COPY_FAIL, Buffer.from(`${reason.name}\0`));
    await this.#query.done.catch(() => {});
  }
}

/** What pg's client calls of a query, of which the declared types name `submit` only. */
class CopyInQuery implements Submittable {
  /** When the server waits for tuples. */
  readonly started: Promise<void>;
  /** When it has taken them all, with their number. */
  readonly done: Promise<number>;
  /** Rejects when it has not; never resolves. */
  readonly failed: Promise<never>;
  #start!: () => void;
  #end!: (rows: number) => void;
  #fail!: (error: unknown) => void;
  #connection: Connection | undefined;
  #rows = 0;
  #over = false;

  constructor(private readonly sql: string) {
    this.done = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.failed = this.done.then(() => new Promise<never>(() => {}));
    this.started = Promise.race([new Promise<void>((resolve) => (this.#start = resolve)), this.failed]);
    for (const promise of [this.done, this.failed, this.started]) promise.catch(() => {});
  }

  submit(connection: Connection): void {
    this.#connection = connection;
    connection.query(this.sql);
  }

  /** Sends data, and waits until the socket has taken them. */
  send(data: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.say(COPY_DATA, data, (error) =>
        error
          ? reject(
              new SqliftError(
                'TargetUnreachable',
                `PostgreSQL does not answer (${error.message})`,
                {},
                { cause: error },
              ),
            )
          : resolve(),
      );
    });
  }

  /** Sends a message, unless the server has said its last word: it would not know what to make of it. */
  say(code: number, content: Buffer = EMPTY, taken?: (error?: Error | null) => void): void {
    if (this.#over || this.#connection === undefined) {
      taken?.();
      return;
    }
    const head = Buffer.allocUnsafe(5);
    head[0] = code;
    head.writeInt32BE(4 + content.length, 1);
    const { stream } = this.#connection;
    stream.cork();
    stream.write(head);
    stream.write(content, taken);
    stream.uncork();
  }

  handleCopyInResponse(): void {
    this.#start();
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#rows = Number(/^COPY (\d+)/.exec(text)?.[1] ?? 0);
  }

  handleError(error: unknown): void {
    this.#over = true;
    this.#fail(error);
  }

  handleReadyForQuery(): void {
    this.#over = true;
    this.#end(this.#rows);
  }
}

const EMPTY = Buffer.alloc(0);
