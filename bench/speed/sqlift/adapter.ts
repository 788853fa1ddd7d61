import { addTogether, foreignKeysOf, inGroups } from '../../../activities/import/foreign-keys';
import { chunkWriter, loadChunk } from '../../../activities/import/load-chunk';
import { stagingOf } from '../../../activities/location';
import { verifyTable } from '../../../activities/verify/verify-table';
import { stagingSchema } from '../../../core/ids';
import type { SourceMapping, TableMapping } from '../../../core/mapping';
import type { SourceCatalog } from '../../../core/source';
import { enterTable, readChunks, readChunksOf, takeFence, takeFences } from '../../../stores/ledger/chunks';
import type { ChunkRecord } from '../../../stores/ledger/chunks';
import { beginRun } from '../../../stores/ledger/runs';
import { installLedger } from '../../../stores/ledger/schema';
import { analyze, createStaging, finishTable } from '../../../stores/postgres/staging';
import { inTransaction, openTarget } from '../../../stores/postgres/target';
import { openReader } from '../../../stores/sqlite/open-reader';
import { SOURCE } from './draft';
import { inLanes } from './lanes';

/**
 * The one place that knows how sqlift's own code is called: what activities do, without Temporal between them. The phases of a run, each
 * by itself, in the workflows' order and with as much at once.
 */

const RUN = 'bench';
export const STAGING = stagingSchema(RUN, SOURCE);
/** As the transform activity cuts tables unless a plan says otherwise. */
const CHUNK_BYTES = 8 << 20;
/** As the workflows have it: large tables or groups of small ones at once, tables of a group, chunks of a batch, batches of one table at once, tables verified at once. */
const TABLES_IN_FLIGHT = 4;
const GROUP = 25;
const BATCH = 8;
const BATCHES_IN_FLIGHT = 2;
const VERIFIED_IN_FLIGHT = 2;

/** What is to be done, as JSON. `file` is what a run takes for its snapshot: nothing writes to it. */
export interface Source {
  file: string;
  url: string;
  catalog: SourceCatalog;
  mapping: SourceMapping;
}

/** What is there when the import phase begins: ledger, staging tables, chunks. */
export async function prepare({ file, url, catalog, mapping }: Source): Promise<void> {
  await withTarget(url, async (pool) => {
    await installLedger(pool);
    await beginRun(pool, {
      run: RUN,
      planName: RUN,
      planSha256: '',
      workflowId: RUN,
      touched: { sources: [SOURCE], schemas: [], tables: [] },
      digestBefore: '',
    });
    await inTransaction(pool, async (client) => {
      await createStaging(client, STAGING, mapping.tables);
      for (const [position, table] of mapping.tables.entries()) {
        const reader = openReader({ path: file, catalog, table: table.origin });
        try {
          await enterTable(client, RUN, position, table, { rows: 0 }, reader.chunks(CHUNK_BYTES));
        } finally {
          reader.close();
        }
      }
    });
  });
}

/** Every row out of the snapshot into staging, and then, if asked, keys, indexes and foreign keys. */
export async function load(source: Source, { keys }: { keys: boolean }): Promise<void> {
  const { url, mapping } = source;
  await withTarget(url, async (pool) => {
    const tables = mapping.tables.map(({ table }) => table);
    const chunks = await readChunksOf(pool, { run: RUN, source: SOURCE, tables });
    const chunksOf = ({ table }: TableMapping) => chunks.get(table) ?? [];
    const isLarge = (table: TableMapping) => chunksOf(table).length > BATCH;
    const large = mapping.tables.filter(isLarge);
    const small = mapping.tables.filter((table) => !isLarge(table));
    const groups = Array.from({ length: Math.ceil(small.length / GROUP) }, (_, i) =>
      small.slice(i * GROUP, (i + 1) * GROUP),
    );
    await inLanes([...large.map((table) => [table]), ...groups], TABLES_IN_FLIGHT, async (group) => {
      if (isLarge(group[0]!)) await loadLarge(pool, source, group[0]!, chunksOf(group[0]!));
      else await loadSmall(pool, source, group, chunksOf, keys);
      if (keys && isLarge(group[0]!)) expectNone(await finishTable(pool, group[0]!, stagingOf(RUN, group[0]!)));
    });
    if (keys) await addForeignKeys(pool, mapping, (table) => chunksOf(table).length <= 1);
  });
}

type Fenced = (chunk: number) => Promise<number | undefined>;

async function loadLarge(
  pool: Pool,
  source: Source,
  table: TableMapping,
  chunks: readonly ChunkRecord[],
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(chunks.length / BATCH) }, (_, i) =>
    chunks.slice(i * BATCH, (i + 1) * BATCH),
  );
  const fenced: Fenced = (chunk) => takeFence(pool, { run: RUN, source: SOURCE, table: table.table }, chunk);
  await inLanes(batches, BATCHES_IN_FLIGHT, (batch) => loadChunks(pool, source, table, batch, fenced));
}

async function loadSmall(
  pool: Pool,
  source: Source,
  group: readonly TableMapping[],
  chunksOf: (table: TableMapping) => readonly ChunkRecord[],
  keys: boolean,
): Promise<void> {
  const fences = await takeFences(pool, { run: RUN, source: SOURCE, tables: group.map(({ table }) => table) });
  for (const table of group) {
    await loadChunks(pool, source, table, chunksOf(table), async (chunk) => fences.get(table.table)!.get(chunk));
    if (keys) expectNone(await finishTable(pool, table, stagingOf(RUN, table), { small: true }));
  }
}

async function loadChunks(
  pool: Pool,
  { file, catalog }: Source,
  mapping: TableMapping,
  chunks: readonly ChunkRecord[],
  fenced: Fenced,
): Promise<void> {
  const key = { run: RUN, source: SOURCE, table: mapping.table };
  const reader = openReader({ path: file, catalog, table: mapping.origin });
  const texts = { checked: false };
  const writer = chunkWriter();
  const at = stagingOf(RUN, mapping);
  try {
    for (const { chunk, range } of chunks) {
      const fence = (await fenced(chunk))!;
      const { quarantined } = await loadChunk({ pool, key, chunk, range, fence, reader, mapping, at, writer, texts });
      if (quarantined > 0) throw new Error(`${mapping.table}: ${quarantined} rows went to the quarantine`);
    }
  } finally {
    reader.close();
  }
}

async function addForeignKeys(
  pool: Pool,
  mapping: SourceMapping,
  isSmall: (table: TableMapping) => boolean,
): Promise<void> {
  const keys = mapping.tables.flatMap((table) => foreignKeysOf(RUN, mapping, table));
  for (const group of inGroups(keys, ({ table }) => isSmall(table))) expectNone(await addTogether(pool, group));
}

/**
 * Compares every cell of every table in staging with the file, and makes statistics of it beside that, as a run does; `independent` does it a second time by code that shares nothing with the
 * load. Throws when one differs.
 */
export async function verify(
  { file, url, catalog, mapping }: Source,
  { independent }: { independent: boolean },
): Promise<void> {
  await withTarget(url, async (pool) => {
    const statistics = analyze(
      pool,
      mapping.tables.map((table) => stagingOf(RUN, table)),
    );
    await inLanes(mapping.tables, VERIFIED_IN_FLIGHT, async (table) => {
      const chunks = await readChunks(pool, { run: RUN, source: SOURCE, table: table.table }, 0, 2 ** 31 - 1);
      const { differenceCount } = await verifyTable({
        snapshotPath: file,
        catalog,
        target: pool,
        location: stagingOf(RUN, table),
        mapping: table,
        ranges: chunks.map(({ range }) => range),
        quarantined: new Set(),
        again: new Set(independent ? chunks.keys() : []),
      });
      if (differenceCount > 0) throw new Error(`${table.table}: ${differenceCount} differences`);
    });
    await statistics;
  });
}

type Pool = ReturnType<typeof openTarget>;

async function withTarget(url: string, work: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = openTarget(url);
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

function expectNone(refused: readonly { object: string; reason: string }[]): void {
  if (refused.length > 0)
    throw new Error(refused.map(({ object, reason }) => `${object} was not made: ${reason}`).join('; '));
}
