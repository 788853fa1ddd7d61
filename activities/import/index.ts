import type { TableMapping } from '../../core/mapping';
import { checkLoaded, makeDurable, readChunks, recordTableState, takeFence } from '../../stores/ledger/chunks';
import type { TableKey } from '../../stores/ledger/chunks';
import { addNotCarried } from '../../stores/ledger/not-carried';
import { foreignKeyStep } from '../../stores/postgres/ddl';
import { applyStep, finishTable, publishedAt } from '../../stores/postgres/staging';
import type { RefusedStep } from '../../stores/postgres/staging';
import { withClient } from '../../stores/postgres/target';
import { openReader } from '../../stores/sqlite/open-reader';
import { beat, beating, snapshotPath, storedMapping, tableMapping, targetOf } from '../context';
import type { ActivityDeps, StoredMapping } from '../context';
import { stagingOf } from '../location';
import { countChunk } from '../metrics';
import { loadChunk } from './load-chunk';

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
      const total = await importBatch(deps, input, await storedMapping(deps, input.run, input.source));
      const pool = await targetOf(deps, input.run);
      await makeDurable(pool, input);
      await checkLoaded(pool, input, input.from, input.to);
      return total;
    },

    /** Loads small tables whole, one after the other, each with its keys and indexes. Gives a result for each, in their order. */
    async importTables({ run, source, tables }: ImportTablesInput): Promise<ImportResult[]> {
      const stored = await storedMapping(deps, run, source);
      const results: ImportResult[] = [];
      for (const { table, chunks } of tables) {
        results.push(await importBatch(deps, { run, source, table, from: 0, to: chunks }, stored));
        await finish(deps, { run, source, table }, tableMapping(stored, table));
      }
      const pool = await targetOf(deps, run);
      for (const { table } of tables.slice(-1)) await makeDurable(pool, { run, source, table });
      for (const { table, chunks } of tables) await checkLoaded(pool, { run, source, table }, 0, chunks);
      return results;
    },

    /** Keys, indexes, sequences and statistics of a table whose chunks are all there. What cannot be made is reported, not fatal. */
    async finishTable(key: TableKey): Promise<void> {
      await finish(deps, key, tableMapping(await storedMapping(deps, key.run, key.source), key.table));
    },

    /** Foreign keys of all tables of a source, once every one of them has its keys. One that the rows violate is left NOT VALID. */
    async addForeignKeys({ run, source }: { run: string; source: string }): Promise<void> {
      const { mapping } = await storedMapping(deps, run, source);
      const pool = await targetOf(deps, run);
      const refused: RefusedStep[] = [];
      for (const table of mapping.tables) {
        for (const key of table.ifExists === 'append' ? [] : table.foreignKeys) {
          const parent = mapping.tables.find((candidate) => candidate.table === key.references.table)!;
          const at = stagingOf(run, table);
          // The parent of an appended table stands in its final place already.
          const parentAt = parent.ifExists === 'append' ? publishedAt(parent) : stagingOf(run, parent);
          const problem = await beating(applyStep(pool, at, foreignKeyStep(table, at, key, parent, parentAt)), {
            table: table.table,
          });
          if (problem === undefined) continue;
          const lenient = await applyStep(
            pool,
            at,
            foreignKeyStep(table, at, { ...key, validate: false }, parent, parentAt),
          );
          refused.push({
            ...(lenient ?? {
              ...problem,
              reason: 'rows violate it: made NOT VALID, so that it holds for new rows only',
            }),
            sql: foreignKeyStep(table, publishedAt(table), key, parent, publishedAt(parent)).sql,
          });
        }
      }
      await reportRefused(deps, run, source, refused);
      for (const { table } of mapping.tables.slice(-1)) await makeDurable(pool, { run, source, table });
    },
  };
}

async function importBatch(
  deps: ActivityDeps,
  { run, source, table, from, to }: ImportInput,
  stored: StoredMapping,
): Promise<ImportResult> {
  const pool = await targetOf(deps, run);
  const mapping = tableMapping(stored, table);
  const key = { run, source, table };
  const at = stagingOf(run, mapping);
  const path = snapshotPath(deps, run, source);
  const total: ImportResult = { rows: 0, quarantined: 0, bytes: 0 };
  const texts = { checked: false };
  const onPiece = (read: number, seen: number) => beat({ table, rows: total.rows + seen, bytes: total.bytes + read });
  const reader = openReader({ path, catalog: stored.catalog, table: mapping.origin });
  try {
    for (const { chunk, range, bytes, loaded, ...counts } of await readChunks(pool, key, from, to)) {
      const fence = loaded ? undefined : await takeFence(pool, key, chunk);
      let result = counts;
      if (fence !== undefined) {
        result = {
          ...counts,
          ...(await loadChunk({ pool, key, chunk, range, fence, reader, mapping, at, texts, onPiece })),
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

async function finish(deps: ActivityDeps, { run, source, table }: TableKey, mapping: TableMapping): Promise<void> {
  const pool = await targetOf(deps, run);
  // The rows of an appended table go to one that has its own keys and indexes.
  const made = mapping.ifExists === 'append' ? [] : finishTable(pool, mapping, stagingOf(run, mapping));
  await reportRefused(deps, run, source, await beating(Promise.resolve(made), { table }));
  await recordTableState(pool, { run, source, table }, 'imported');
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
