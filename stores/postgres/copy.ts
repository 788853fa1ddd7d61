import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { CopyStreamQuery } from 'pg-copy-streams';
import { qualified, quoteIdent } from './names';
import type { TargetPlace } from './names';

const HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
/** PostgreSQL takes no message of 1 GB; where one ends within a tuple does not matter to it. */
const MESSAGE_BYTES = 16 << 20;
const TRAILER = Buffer.from([0xff, 0xff]);

/**
 * One `COPY … FROM STDIN (FORMAT binary)` under way on a client that is in a transaction. Write tuples as
 * `compileRow` makes them, then `end`; or `abort`, after which the transaction can only be rolled back.
 */
export class CopyIn {
  readonly #stream: CopyStreamQuery;
  readonly #finished: Promise<void>;
  #failed = false;

  constructor(client: PoolClient, at: TargetPlace, columns: readonly string[]) {
    const list = columns.map(quoteIdent).join(', ');
    // A table may have no columns left after a plan dropped them all; PostgreSQL then wants no list.
    const target = `${qualified(at.schema, at.table)}${columns.length === 0 ? '' : ` (${list})`}`;
    this.#stream = client.query(copyFrom(`COPY ${target} FROM STDIN (FORMAT binary)`));
    this.#finished = finished(this.#stream);
    this.#finished.catch(() => {
      this.#failed = true;
    });
    this.#stream.write(HEADER);
  }

  /** Sends these tuples and waits while the connection is full. Throws what the server answered, if it refused something. */
  async write(tuples: Buffer): Promise<void> {
    for (let at = 0; at < tuples.length; at += MESSAGE_BYTES) {
      if (this.#failed) await this.#finished;
      const message = tuples.subarray(at, at + MESSAGE_BYTES);
      if (!this.#stream.write(message)) await Promise.race([once(this.#stream, 'drain'), this.#finished]);
    }
  }

  /** Ends the COPY and waits for the server's word. Gives the number of rows it has taken. */
  async end(): Promise<number> {
    this.#stream.end(TRAILER);
    await this.#finished;
    return this.#stream.rowCount;
  }

  async abort(reason: Error): Promise<void> {
    this.#stream.destroy(reason);
    await this.#finished.catch(() => {});
  }
}
