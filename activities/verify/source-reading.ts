import { setImmediate as turn } from 'node:timers/promises';
import type { ChunkRange } from '../../core/chunk';
import { RowDigest, RowHash } from '../../core/digest';
import { FieldHash } from '../../core/field-digest/hash';
import { sourceHasher } from '../../core/field-digest/source';
import type { TableMapping } from '../../core/mapping';
import type { SourceCatalog } from '../../core/source';
import { openReader } from '../../stores/sqlite/open-reader';
import { ReadAgain } from '../../stores/sqlite/read-again';
import type { Locator } from '../../stores/sqlite/read-again';
import { SourceSide } from './sides';
import type { Unit } from './sides';

/** How rows are compared: by the bytes of their fields, or by what better-sqlite3 reads and PostgreSQL prints. */
export type Reading = 'fields' | 'meanings';

/** Digest of a unit's rows in the snapshot, and how many were left out because they are in quarantine. */
export interface SourceDigest {
  digest: RowDigest;
  left: number;
}

export interface SourceInput {
  snapshotPath: string;
  catalog: SourceCatalog;
  mapping: TableMapping;
  quarantined: ReadonlySet<Locator>;
  addressed: ChunkRange['kind'];
}

/** Reads the snapshot's side of a table, unit by unit. */
export interface SourceReading {
  /** @param onRow called with the digest so far, for progress */
  digest(unit: Unit, onRow: (digest: RowDigest) => void): Promise<SourceDigest>;
  close(): void;
}

export function openReading(kind: Reading, input: SourceInput, signal?: AbortSignal): SourceReading {
  return kind === 'fields' ? new FieldReading(input, signal) : new MeaningReading(input, signal);
}

/** The reader of import and the bytes of the fields. */
class FieldReading implements SourceReading {
  readonly #reader;
  readonly #hashRow;

  constructor(
    private readonly input: SourceInput,
    private readonly signal?: AbortSignal,
  ) {
    const { snapshotPath, catalog, mapping } = input;
    this.#reader = openReader({ path: snapshotPath, catalog, table: mapping.origin });
    this.#hashRow = sourceHasher(mapping.columns);
  }

  async digest({ source: rows }: Unit, onRow: (digest: RowDigest) => void): Promise<SourceDigest> {
    const digest = new RowDigest();
    if (rows === 'none') return { digest, left: 0 };
    const range = rows === 'all' ? undefined : rows;
    const { quarantined } = this.input;
    const hash = new FieldHash();
    const hashRow = this.#hashRow;
    let number = range?.kind === 'ordinal' ? BigInt(range.offset) : 0n;
    let left = 0;
    const batches = this.#reader.batches((row) => {
      if (quarantined.size > 0 && quarantined.has(row.rowid ?? number++)) {
        left += 1;
        return;
      }
      hashRow(row, hash);
      digest.add(hash);
      onRow(digest);
    }, range);
    for (const _ of batches) {
      await turn();
      this.signal?.throwIfAborted();
    }
    return { digest, left };
  }

  close(): void {
    this.#reader.close();
  }
}

/** Code that shares nothing with import. */
class MeaningReading implements SourceReading {
  readonly #again: ReadAgain;
  readonly #side: SourceSide;

  constructor({ snapshotPath, mapping, quarantined, addressed }: SourceInput, signal?: AbortSignal) {
    this.#again = new ReadAgain(snapshotPath, mapping.origin, mapping.columns, addressed);
    this.#side = new SourceSide(this.#again, mapping, quarantined, signal);
  }

  async digest(unit: Unit, onRow: (digest: RowDigest) => void): Promise<SourceDigest> {
    const hash = new RowHash();
    const digest = new RowDigest();
    const left = await this.#side.scan(unit, (meanings) => {
      hash.of(meanings);
      digest.add(hash);
      onRow(digest);
    });
    return { digest, left };
  }

  close(): void {
    this.#again.close();
  }
}
