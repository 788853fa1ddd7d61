import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { CopyWriter } from '../../core/codecs/writer';
import { loadedColumns } from '../../core/mapping';
import type { RowView } from '../../core/row';
import { CopyIn } from '../../stores/postgres/copy';
import { isDataState, sqlstate } from '../../stores/postgres/errors';
import { inTransaction } from '../../stores/postgres/target';
import { rowVisitor } from './encode-rows';
import type { Refusals } from './encode-rows';
import type { ChunkLoad } from './load-chunk';

/** The tuples of a chunk behind one another. */
interface EncodedChunk {
  bytes: Buffer;
  /** Where each tuple begins, and where the last one ends. */
  bounds: number[];
  /** Each tuple's number in the chunk. */
  numbers: number[];
}

/**
 * Finds the rows of a chunk that PostgreSQL itself refuses, by halving: each half is copied inside a savepoint that is always
 * rolled back. Holds the chunk's tuples in memory meanwhile, so about a chunk's bytes.
 */
export async function findRefusedRows(load: ChunkLoad, known: Refusals): Promise<Refusals> {
  const chunk = await encodeChunk(load, known);
  const refused: Refusals = new Map();
  await inTransaction(load.pool, (client) => halve(client, load, chunk, 0, chunk.numbers.length, refused));
  return refused;
}

async function encodeChunk(load: ChunkLoad, known: Refusals): Promise<EncodedChunk> {
  const out = new CopyWriter();
  const { visit } = rowVisitor(load.mapping, out, new Map(known));
  const bounds = [0];
  const numbers: number[] = [];
  let number = 0;
  const collect = (row: RowView) => {
    visit(row);
    if (out.length > bounds[bounds.length - 1]!) {
      bounds.push(out.length);
      numbers.push(number);
    }
    number += 1;
  };
  for (const bytes of load.reader.batches(collect, load.range)) {
    load.onPiece?.(bytes, number);
    await nextTurn();
  }
  return { bytes: out.take(), bounds, numbers };
}

/** Looks among the tuples `from` to `to − 1`. */
async function halve(
  client: PoolClient,
  load: ChunkLoad,
  chunk: EncodedChunk,
  from: number,
  to: number,
  refused: Refusals,
): Promise<void> {
  const state = await tryCopy(client, load, chunk.bytes.subarray(chunk.bounds[from], chunk.bounds[to]));
  if (state === undefined) return;
  load.onPiece?.(0, 0);
  if (to - from <= 1) {
    if (to > from) refused.set(chunk.numbers[from]!, { reason: `refused by PostgreSQL (SQLSTATE ${state})` });
    return;
  }
  const middle = (from + to) >> 1;
  await halve(client, load, chunk, from, middle, refused);
  await halve(client, load, chunk, middle, to, refused);
}

/** SQLSTATE of the refusal, or undefined when PostgreSQL takes them all. */
async function tryCopy(client: PoolClient, load: ChunkLoad, tuples: Buffer): Promise<string | undefined> {
  await client.query('SAVEPOINT part');
  let refusal: string | undefined;
  const copy = new CopyIn(client, load.at, loadedColumns(load.mapping));
  try {
    await copy.write(tuples);
    await copy.end();
  } catch (error) {
    await copy.abort(error as Error);
    refusal = sqlstate(error);
    if (refusal === undefined || !isDataState(refusal)) throw error;
  }
  await client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
  return refusal;
}
