import { Worker } from 'node:worker_threads';
import { RowDigest } from '../../core/digest';
import { SqliftError } from '../../core/errors';
import type { ErrorCode, ErrorPlace } from '../../core/errors';
import { ownProgram } from '../../stores/own-program';
import type { Unit } from './sides';
import type { Reading, SourceDigest, SourceInput, SourceReading } from './source-reading';

/** Where the digests of the snapshot's side come from. */
export interface SourceDigests {
  /** Rows read so far. */
  readonly rows: number;
  digest(unit: Unit, index: number): Promise<SourceDigest>;
  close(): Promise<void>;
}

/** Made in this thread, taking turns with the target's side. */
export class OwnDigests implements SourceDigests {
  rows = 0;

  constructor(private readonly reading: SourceReading) {}

  digest(unit: Unit): Promise<SourceDigest> {
    return this.reading.digest(unit, () => void this.rows++);
  }

  async close(): Promise<void> {
    this.reading.close();
  }
}

export interface ThreadInput {
  reading: Reading;
  input: SourceInput;
  units: readonly Unit[];
}

export type ThreadMessage =
  | { kind: 'rows'; rows: number }
  | { kind: 'digest'; unit: number; count: number; hex: string; left: number }
  | { kind: 'failure'; code: ErrorCode; message: string; place: ErrorPlace };

const { entry, execArgv } = ownProgram(__filename, 'source-thread');

/**
 * Made by a thread of its own, which reads on while the target's side is compared: reading a large table takes as long on one side as
 * on the other, so two cores halve the time.
 */
export class ThreadDigests implements SourceDigests {
  rows = 0;
  readonly #worker: Worker;
  readonly #waiting: { resolve: (digest: SourceDigest) => void; reject: (error: unknown) => void }[] = [];
  readonly #digests: Promise<SourceDigest>[];

  constructor(
    input: ThreadInput,
    private readonly signal?: AbortSignal,
  ) {
    this.#digests = input.units.map(() => new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })));
    // Those that nobody has come to ask for yet may fail too.
    for (const digest of this.#digests) digest.catch(() => {});
    this.#worker = new Worker(entry, { workerData: input, execArgv });
    this.#worker.on('message', (message: ThreadMessage) => this.#heard(message));
    this.#worker.on('error', (error) =>
      this.#fail(new SqliftError('Internal', `reading the snapshot failed: ${error.name}`, {}, { cause: error })),
    );
    this.#worker.on('exit', () =>
      this.#fail(new SqliftError('Internal', 'the thread that reads the snapshot has ended')),
    );
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  digest(_unit: Unit, index: number): Promise<SourceDigest> {
    return this.#digests[index]!;
  }

  async close(): Promise<void> {
    this.signal?.removeEventListener('abort', this.#abort);
    await this.#worker.terminate();
  }

  readonly #abort = () => this.#fail(this.signal!.reason);

  #heard(message: ThreadMessage): void {
    if (message.kind === 'rows') this.rows += message.rows;
    else if (message.kind === 'failure') this.#fail(new SqliftError(message.code, message.message, message.place));
    else
      this.#waiting[message.unit]!.resolve({ digest: RowDigest.from(message.count, message.hex), left: message.left });
  }

  /** Digests that are there already stay. */
  #fail(error: unknown): void {
    for (const { reject } of this.#waiting) reject(error);
  }
}
