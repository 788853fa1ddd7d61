import type { CopyWriter } from '../../core/codecs/writer';
import type { TableMapping } from '../../core/mapping';
import {
  makeDurable,
  readChunks,
  readChunksOf,
  readTotals,
  recordImported,
  recordTableState,
  refuseLost,
  takeFence,
  takeFences,
} from '../../stores/ledger/chunks';
import type { ChunkRecord, TableKey, TableTotals } from '../../stores/ledger/chunks';
import { addNotCarried } from '../../stores/ledger/not-carried';
import { finishTable } from '../../stores/postgres/staging';
import type { RefusedStep } from '../../stores/postgres/staging';
import { withClient } from '../../stores/postgres/target';
import { openReader } from '../../stores/sqlite/open-reader';
import { beat, beating, snapshotPath, storedMapping, tableMapping, targetOf } from '../context';
import type { ActivityDeps, StoredMapping } from '../context';
import { stagingOf } from '../location';
import { countChunk } from '../metrics';
import { addTogether, foreignKeysOf, inGroups } from './foreign-keys';
import { chunkWriter, loadChunk } from './load-chunk';

export interface ImportInput {
  run: string;
  source: string;
  table: string;
  /** Chunks `from` to `to − 1`. */
  from: number;
  to: number;
}

export interface ImportTablesInput {
  run: string;
  source: string;
  tables: { table: string; chunks: number }[];
}

export interface ImportResult {
  rows: number;
  quarantined: number;
  bytes: number;
}

export function importActivities(deps: ActivityDeps) {
  return {
    /** Loads a batch of chunks into staging. Those that the ledger says are there already are counted, not loaded again. */
    async importChunks(input: ImportInput): Promise<ImportResult> {
      const { run, source, table, from, to } = input;
      const stored = await storedMapping(deps, run, source);
      const pool = await targetOf(deps, run);
      const chunks = await readChunks(pool, input, from, to);
      const fenced = (chunk: number) => takeFence(pool, input, chunk);
      const means = { stored, fenced, writer: chunkWriter() };
      const total = await importBatch(deps, { run, source, table }, chunks, means);
      await makeDurable(pool, input);
      refuseLost(table, await readChunks(pool, input, from, to));
      return total;
    },

    /** Loads small tables whole, one after the other, each with its keys and indexes. Gives a result for each, in their order. */
    async importTables({ run, source, tables }: ImportTablesInput): Promise<ImportResult[]> {
      const stored = await storedMapping(deps, run, source);
      const pool = await targetOf(deps, run);
      const key = { run, source, tables: tables.map(({ table }) => table) };
      // What takes no rows takes as long for one table as for all of them.
      const fences = await takeFences(pool, key);
      const chunks = await readChunksOf(pool, key);
      const writer = chunkWriter();
      const results: ImportResult[] = [];
      for (const { table } of tables) {
        const fenced = async (chunk: number) => fences.get(table)?.get(chunk);
        const found = chunks.get(table) ?? [];
        results.push(await importBatch(deps, { run, source, table }, found, { stored, fenced, writer }));
        await finish(deps, { run, source, table }, tableMapping(stored, table), { small: true });
      }
      await recordImported(pool, key);
      for (const { table } of tables.slice(-1)) await makeDurable(pool, { run, source, table });
      for (const [table, found] of await readChunksOf(pool, key)) refuseLost(table, found);
      return results;
    },

    /** Keys, indexes and sequences of a table whose chunks are all there. What cannot be made is reported, not fatal. */
    async finishTable(key: TableKey): Promise<void> {
      await finish(deps, key, tableMapping(await storedMapping(deps, key.run, key.source), key.table));
      await recordTableState(await targetOf(deps, key.run), key, 'imported');
    },

    /** Foreign keys of all tables of a source, once every one of them has its keys. One that the rows violate is left NOT VALID. */
    async addForeignKeys({ run, source }: { run: string; source: string }): Promise<void> {
      const { mapping } = await storedMapping(deps, run, source);
      const pool = await targetOf(deps, run);
      const isSmall = (total: TableTotals) => total.source === source && total.chunks <= 1;
      const small = new Set((await readTotals(pool, run)).filter(isSmall).map(({ table }) => table));
      const keys = mapping.tables.flatMap((table) => foreignKeysOf(run, mapping, table));
      for (const together of inGroups(keys, ({ table }) => small.has(table.table)))
        await reportRefused(deps, run, source, await beating(addTogether(pool, together)));
      for (const { table } of mapping.tables.slice(-1)) await makeDurable(pool, { run, source, table });
    },
  };
}

interface Means {
  stored: StoredMapping;
  /** An attempt's fencing number of a chunk, or undefined when it is there after all. */
  fenced: (chunk: number) => Promise<number | undefined>;
  writer: CopyWriter;
}

/** Loads those chunks that are not there yet. */
async function importBatch(
  deps: ActivityDeps,
  key: TableKey,
  chunks: readonly ChunkRecord[],
  { stored, fenced, writer }: Means,
): Promise<ImportResult> {
  const { run, source, table } = key;
  const pool = await targetOf(deps, run);
  const mapping = tableMapping(stored, table);
  const at = stagingOf(run, mapping);
  const path = snapshotPath(deps, run, source);
  const total: ImportResult = { rows: 0, quarantined: 0, bytes: 0 };
  const texts = { checked: false };
  const onPiece = (read: number, seen: number) => beat({ table, rows: total.rows + seen, bytes: total.bytes + read });
  const reader = openReader({ path, catalog: stored.catalog, table: mapping.origin });
  try {
    for (const { chunk, range, bytes, loaded, ...counts } of chunks) {
      const fence = loaded ? undefined : await fenced(chunk);
      let result = counts;
      if (fence !== undefined) {
        result = {
          ...counts,
          ...(await loadChunk({ pool, key, chunk, range, fence, reader, mapping, at, writer, texts, onPiece })),
        };
        countChunk(source, { ...result, bytes });
      } else if (!loaded) {
        // Another attempt has committed it since the list was read.
        result = (await readChunks(pool, key, chunk, chunk + 1))[0]!;
      }
      total.rows += result.rows;
      total.quarantined += result.quarantined;
      total.bytes += bytes;
      beat({ table, rows: total.rows, bytes: total.bytes });
    }
  } finally {
    reader.close();
  }
  return total;
}

/** What can be made of keys and indexes; the rest is reported. */
async function finish(
  deps: ActivityDeps,
  { run, source, table }: TableKey,
  mapping: TableMapping,
  size: { small?: boolean } = {},
): Promise<void> {
  // The rows of an appended table go to one that has its own keys and indexes.
  if (mapping.ifExists === 'append') return;
  const made = finishTable(await targetOf(deps, run), mapping, stagingOf(run, mapping), size);
  await reportRefused(deps, run, source, await beating(made, { table }));
}

async function reportRefused(
  deps: ActivityDeps,
  run: string,
  source: string,
  refused: readonly RefusedStep[],
): Promise<void> {
  if (refused.length === 0) return;
  await withClient(await targetOf(deps, run), (client) => addNotCarried(client, run, source, refused));
}
