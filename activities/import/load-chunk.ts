import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { ChunkRange } from '../../core/chunk';
import { CopyWriter } from '../../core/codecs/writer';
import { loadedColumns } from '../../core/mapping';
import type { TableMapping } from '../../core/mapping';
import type { RowView } from '../../core/row';
import { markLoaded } from '../../stores/ledger/chunks';
import type { TableKey } from '../../stores/ledger/chunks';
import { insertQuarantined, quarantineRow } from '../../stores/ledger/quarantine';
import type { QuarantinedRow } from '../../stores/ledger/quarantine';
import { holdLiveRun } from '../../stores/ledger/runs';
import { CopyIn } from '../../stores/postgres/copy';
import type { TargetPlace } from '../../stores/postgres/names';
import { isDataState, sqlstate } from '../../stores/postgres/errors';
import { inQuickTransaction } from '../../stores/postgres/target';
import type { TableReader } from '../../stores/sqlite/reader';
import { rowVisitor } from './encode-rows';
import type { Refusals } from './encode-rows';
import { findRefusedRows } from './refused-rows';

export interface ChunkLoad {
  pool: Pool;
  key: TableKey;
  chunk: number;
  range: ChunkRange;
  /** The attempt's fencing number. */
  fence: number;
  reader: TableReader;
  mapping: TableMapping;
  /** The staging table. */
  at: TargetPlace;
  /** What chunks after one another are written with: a buffer of its own for each would be memory that comes and goes. */
  writer?: CopyWriter;
  /** Whether texts are looked at before they are sent. Becomes true with the first that PostgreSQL refuses. */
  texts: { checked: boolean };
  /** Called between pieces with the source bytes read; throws to stop. */
  onPiece?: (bytes: number, rows: number) => void;
}

export interface LoadedChunk {
  rows: number;
  quarantined: number;
}

/** Tuples are sent when this much has come together: large enough for few writes, small enough to overlap reading and sending. */
const SEND_BYTES = 512 << 10;
/** Source bytes between two looks at how much there is: tuples of short cells are several times as long. */
const PIECE_BYTES = 256 << 10;
/** Room for both, so that the writer's buffers need not grow. */
const BUFFER_BYTES = 2 << 20;

/** For `ChunkLoad.writer`. One load at a time may use it: when that ends, well or not, nothing of it is on its way any more. */
export function chunkWriter(): CopyWriter {
  return new CopyWriter(BUFFER_BYTES);
}

/** Quarantined rows are entered in batches of this many. */
const QUARANTINE_BATCH = 200;

/** SQLSTATE of a text that is not UTF-8, or holds a NUL. */
const INVALID_TEXT = '22021';

/**
 * Moves one chunk: its rows, its quarantined rows and its ledger row commit together or not at all, so that a retry neither
 * doubles nor loses any. Cells that a codec refuses are found on the way; rows that only PostgreSQL refuses (a row that is too
 * big, say) are found by halving, and the chunk is loaded again without them. Whether texts are valid is PostgreSQL's to say, which
 * looks at each of them anyway; after the first that is not they are looked at here, too, to tell which row it was.
 */
export async function loadChunk(load: ChunkLoad): Promise<LoadedChunk> {
  const refusedByServer: Refusals = new Map();
  for (;;) {
    try {
      return await inQuickTransaction(load.pool, (client) => loadOnce(client, load, refusedByServer));
    } catch (error) {
      const state = (error as { place?: { sqlstate?: string } }).place?.sqlstate ?? sqlstate(error);
      if (state === undefined || !isDataState(state)) throw error;
      if (state === INVALID_TEXT && !load.texts.checked) {
        load.texts.checked = true;
        continue;
      }
      const found = await findRefusedRows(load, refusedByServer);
      // The server refused the whole but none of the parts: not a matter of rows.
      if (found.size === 0) throw error;
      for (const [number, refusal] of found) refusedByServer.set(number, refusal);
    }
  }
}

async function loadOnce(client: PoolClient, load: ChunkLoad, refusedByServer: Refusals): Promise<LoadedChunk> {
  const { key, mapping, range, reader, chunk } = load;
  const refusals: Refusals = new Map(refusedByServer);
  const out = load.writer ?? chunkWriter();
  out.length = 0;
  const visit = rowVisitor(mapping, out, refusals, load.texts.checked);

  const copy = new CopyIn(client, load.at, loadedColumns(mapping));
  let rows: number;
  try {
    for (const bytes of reader.batches(visit.visit, range, PIECE_BYTES)) {
      if (out.length >= SEND_BYTES) await copy.write(out.take());
      load.onPiece?.(bytes, visit.count());
      // Heartbeats and cancellation get their turn here: everything else is synchronous.
      await nextTurn();
    }
    if (out.length > 0) await copy.write(out.take());
    rows = await copy.end();
  } catch (error) {
    await copy.abort(error as Error);
    throw error;
  }

  if (refusals.size > 0) await enterQuarantine(client, load, refusals);
  await holdLiveRun(client, key.run);
  await markLoaded(client, key, chunk, load.fence, rows, refusals.size);
  return { rows, quarantined: refusals.size };
}

/** Reads the chunk again for its refused rows only, so that they need not be kept in memory while the others are sent. */
async function enterQuarantine(client: PoolClient, load: ChunkLoad, refusals: Refusals): Promise<void> {
  const { mapping, range, reader, chunk, key } = load;
  const base = range.kind === 'ordinal' ? BigInt(range.offset) : 0n;
  let pending: QuarantinedRow[] = [];
  let number = 0;
  const visit = (row: RowView) => {
    const refusal = refusals.get(number);
    if (refusal !== undefined)
      pending.push(
        quarantineRow(mapping, row, row.rowid ?? base + BigInt(number), chunk, refusal.reason, refusal.column),
      );
    number += 1;
  };
  for (const bytes of reader.batches(visit, range)) {
    load.onPiece?.(bytes, number);
    while (pending.length > 0) {
      const batch = pending.slice(0, QUARANTINE_BATCH);
      pending = pending.slice(QUARANTINE_BATCH);
      await insertQuarantined(client, key, batch);
    }
    await nextTurn();
  }
  await insertQuarantined(client, key, pending);
}
