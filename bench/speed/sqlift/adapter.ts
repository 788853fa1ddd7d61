import { loadChunk } from '../../../activities/import/load-chunk';
import { stagingOf } from '../../../activities/location';
import { verifyTable } from '../../../activities/verify/verify-table';
import { stagingSchema } from '../../../core/ids';
import type { SourceMapping, TableMapping } from '../../../core/mapping';
import type { SourceCatalog } from '../../../core/source';
import { enterTable, readChunks, takeFence } from '../../../stores/ledger/chunks';
import { beginRun } from '../../../stores/ledger/runs';
import { installLedger } from '../../../stores/ledger/schema';
import { foreignKeyStep } from '../../../stores/postgres/ddl';
import { applyStep, createStaging, finishTable } from '../../../stores/postgres/staging';
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
/** As the workflows have it: activities of a worker at once, chunks of a batch, batches of one table at once, tables verified at once. */
const ACTIVITIES = 8;
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

/** Every row out of the snapshot into staging, and then, if asked, keys, indexes, statistics and foreign keys. */
export async function load(source: Source, { keys }: { keys: boolean }): Promise<void> {
  const { url, mapping } = source;
  await withTarget(url, async (pool) => {
    await inLanes(mapping.tables, ACTIVITIES, async (table) => {
      await loadTable(pool, source, table);
      if (keys) expectNone(await finishTable(pool, table, stagingOf(RUN, table)));
    });
    if (keys) await addForeignKeys(pool, mapping);
  });
}

async function loadTable(pool: Pool, { file, catalog }: Source, mapping: TableMapping): Promise<void> {
  const key = { run: RUN, source: SOURCE, table: mapping.table };
  const chunks = await readChunks(pool, key, 0, 2 ** 31 - 1);
  const batches = Array.from({ length: Math.ceil(chunks.length / BATCH) }, (_, i) =>
    chunks.slice(i * BATCH, (i + 1) * BATCH),
  );
  await inLanes(batches, BATCHES_IN_FLIGHT, async (batch) => {
    const reader = openReader({ path: file, catalog, table: mapping.origin });
    const texts = { checked: false };
    try {
      for (const { chunk, range } of batch) {
        const fence = (await takeFence(pool, key, chunk))!;
        const at = stagingOf(RUN, mapping);
        const { quarantined } = await loadChunk({ pool, key, chunk, range, fence, reader, mapping, at, texts });
        if (quarantined > 0) throw new Error(`${mapping.table}: ${quarantined} rows went to the quarantine`);
      }
    } finally {
      reader.close();
    }
  });
}

async function addForeignKeys(pool: Pool, { tables }: SourceMapping): Promise<void> {
  for (const table of tables) {
    const at = stagingOf(RUN, table);
    for (const key of table.foreignKeys) {
      const parent = tables.find((candidate) => candidate.table === key.references.table)!;
      const problem = await applyStep(pool, at, foreignKeyStep(table, at, key, parent, stagingOf(RUN, parent)));
      expectNone(problem === undefined ? [] : [problem]);
    }
  }
}

/**
 * Compares every cell of every table in staging with the file; `independent` does it a second time by code that shares nothing with the
 * load. Throws when one differs.
 */
export async function verify(
  { file, url, catalog, mapping }: Source,
  { independent }: { independent: boolean },
): Promise<void> {
  await withTarget(url, async (pool) => {
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
