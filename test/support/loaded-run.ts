import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Pool } from 'pg';
import { loadChunk } from '../../activities/import/load-chunk';
import type { ChunkLoad, LoadedChunk } from '../../activities/import/load-chunk';
import { SqliftError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';
import { runId, stagingSchema } from '../../core/ids';
import { parseType } from '../../core/mapping';
import type { ColumnMapping, SourceMapping, TableMapping } from '../../core/mapping';
import type { SourceCatalog } from '../../core/source';
import { enterTable, readChunks, takeFence } from '../../stores/ledger/chunks';
import type { TableKey } from '../../stores/ledger/chunks';
import { beginRun } from '../../stores/ledger/runs';
import type { Touched } from '../../stores/ledger/runs';
import { installLedger } from '../../stores/ledger/schema';
import { foreignKeyStep } from '../../stores/postgres/ddl';
import { fingerprint } from '../../stores/postgres/fingerprint';
import type { TargetPlace } from '../../stores/postgres/names';
import { applyStep, createStaging, finishTable } from '../../stores/postgres/staging';
import type { RefusedStep } from '../../stores/postgres/staging';
import { inTransaction, openTarget, withClient } from '../../stores/postgres/target';
import { readCatalog } from '../../stores/sqlite/catalog';
import { openSqlite } from '../../stores/sqlite/open';
import { openReader } from '../../stores/sqlite/open-reader';
import type { TableReader } from '../../stores/sqlite/reader';
import { createDatabase } from './postgres';
import type { TestDatabase } from './postgres';

/** How a table is mapped: a type for each of its columns, and what differs from the usual. */
export interface TableWish extends Partial<Omit<TableMapping, 'columns'>> {
  types: Record<string, string>;
  columns?: Record<string, Partial<ColumnMapping>>;
}

/** Runs of import without Temporal: real SQLite files, a real PostgreSQL, the ledger, and the functions between. */
export class ImportBench {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'sqlift-import-'));

  private constructor(
    readonly database: TestDatabase,
    readonly pool: Pool,
  ) {}

  static async open(): Promise<ImportBench> {
    const database = await createDatabase();
    const pool = openTarget(database.url);
    await installLedger(pool);
    return new ImportBench(database, pool);
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.database.drop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async sql(text: string): Promise<Record<string, unknown>[]> {
    return (await this.pool.query<Record<string, unknown>>(text)).rows;
  }

  async fingerprint(touched: Pick<Touched, 'schemas' | 'tables'>): Promise<string> {
    return withClient(this.pool, (client) => fingerprint(client, touched));
  }

  /** A run that has got as far as transform: file, mapping, ledger rows and empty staging. */
  async prepare(
    build: (db: Database.Database) => void,
    wishes: Record<string, TableWish>,
    chunkBytes = 1 << 30,
  ): Promise<PreparedRun> {
    const file = this.makeFile(build);
    const opened = openSqlite(file);
    const catalog = readCatalog(opened);
    opened.close();
    const tables = Object.entries(wishes).map(([name, wish]) => mappingOf(catalog, name, wish));
    const source: SourceMapping = {
      source: 'main',
      path: file,
      schema: tables[0]!.schema,
      tables,
      views: [],
      notCarried: [],
    };
    return this.begin(file, catalog, source, chunkBytes);
  }

  makeFile(build: (db: Database.Database) => void): string {
    const file = path.join(this.#folder, `${randomBytes(4).toString('hex')}.db`);
    const db = new Database(file);
    db.pragma('synchronous = off');
    build(db);
    db.close();
    return file;
  }

  /** Enters the tables of a mapping into the ledger, and makes their staging. `source.source` has to be `main`. */
  async begin(file: string, catalog: SourceCatalog, source: SourceMapping, chunkBytes = 1 << 30): Promise<PreparedRun> {
    const { tables } = source;
    const run = runId('bench', new Date(), randomBytes(4).toString('hex'));
    const prepared = new PreparedRun(this.pool, run, file, catalog, source);
    await beginRun(this.pool, {
      run,
      planName: 'bench',
      planSha256: '',
      workflowId: run,
      touched: { sources: [], schemas: [], tables: [] },
      digestBefore: '',
    });
    await inTransaction(this.pool, async (client) => {
      await createStaging(client, stagingSchema(run, 'main'), tables);
      for (const [position, table] of tables.entries()) {
        const reader = prepared.reader(table);
        await enterTable(client, run, position, table, { rows: 0 }, reader.chunks(chunkBytes));
        reader.close();
      }
    });
    return prepared;
  }

  /** A run whose tables are all in staging, with their keys. */
  async load(build: (db: Database.Database) => void, wishes: Record<string, TableWish>): Promise<PreparedRun> {
    const prepared = await this.prepare(build, wishes);
    for (const table of prepared.source.tables) await prepared.load(table.table);
    await prepared.finish();
    return prepared;
  }
}

/** Names of constraints are the table's own. */
export type TableRefusal = RefusedStep & { table: string };

export class PreparedRun {
  constructor(
    readonly pool: Pool,
    readonly run: string,
    readonly file: string,
    readonly catalog: SourceCatalog,
    readonly source: SourceMapping,
  ) {}

  get staging(): string {
    return stagingSchema(this.run, 'main');
  }

  key(table: string): TableKey {
    return { run: this.run, source: 'main', table };
  }

  table(name: string): TableMapping {
    return this.source.tables.find((table) => table.table === name)!;
  }

  place(table: TableMapping): TargetPlace {
    return { schema: this.staging, table: table.target };
  }

  reader(table: TableMapping): TableReader {
    return openReader({ path: this.file, catalog: this.catalog, table: table.origin });
  }

  /** What an attempt at a chunk works with; takes a fencing number unless one is given. */
  async attempt(name: string, chunk = 0, more: Partial<ChunkLoad> = {}): Promise<ChunkLoad> {
    const mapping = this.table(name);
    const key = this.key(name);
    const range = (await readChunks(this.pool, key, chunk, chunk + 1))[0]!.range;
    const fence = more.fence ?? (await takeFence(this.pool, key, chunk))!;
    return {
      pool: this.pool,
      key,
      chunk,
      range,
      fence,
      reader: this.reader(mapping),
      mapping,
      at: this.place(mapping),
      texts: { checked: false },
      ...more,
    };
  }

  /** Loads every chunk of a table. */
  async load(name: string): Promise<LoadedChunk> {
    const total = { rows: 0, quarantined: 0 };
    for (const { chunk } of await readChunks(this.pool, this.key(name), 0, 1_000_000)) {
      const attempt = await this.attempt(name, chunk);
      try {
        const { rows, quarantined } = await loadChunk(attempt);
        total.rows += rows;
        total.quarantined += quarantined;
      } finally {
        attempt.reader.close();
      }
    }
    return total;
  }

  async finish(): Promise<void> {
    expect(await this.refusals()).toEqual([]);
  }

  /** Makes keys, indexes, checks and foreign keys; gives what PostgreSQL refused, or took for new rows only. */
  async refusals(): Promise<TableRefusal[]> {
    const refused: TableRefusal[] = [];
    const made = this.source.tables.filter((table) => table.ifExists !== 'append');
    for (const table of made)
      for (const step of await finishTable(this.pool, table, this.place(table)))
        refused.push({ ...step, table: table.table });
    for (const table of made) {
      for (const key of table.foreignKeys) {
        const parent = this.table(key.references.table);
        const add = (validate: boolean) =>
          applyStep(
            this.pool,
            this.place(table),
            foreignKeyStep(table, this.place(table), { ...key, validate }, parent, this.place(parent)),
          );
        const problem = await add(key.validate !== false);
        if (problem === undefined) continue;
        const lenient = await add(false);
        refused.push({ ...(lenient ?? { ...problem, reason: 'made NOT VALID' }), table: table.table });
      }
    }
    return refused;
  }
}

function mappingOf(catalog: SourceCatalog, name: string, { types, columns, ...more }: TableWish): TableMapping {
  const origin = catalog.tables.find((table) => table.name === name)!;
  return {
    source: 'main',
    table: name,
    schema: 'app',
    target: name,
    ifExists: 'error',
    quarantine: 'any',
    columns: Object.entries(types).map(([column, type]): ColumnMapping => {
      const index = origin.columns.findIndex((candidate) => candidate.name === column);
      const { affinity } = origin.columns[index]!;
      return {
        source: column,
        index,
        target: column,
        type: parseType(type),
        affinity,
        notNull: false,
        identity: false,
        ...columns?.[column],
      };
    }),
    unique: [],
    indexes: [],
    checks: [],
    foreignKeys: [],
    origin,
    ...more,
  };
}

/** What the work threw; undefined when it did not. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Expects a SqliftError of this code whose message contains each of the words. */
export async function expectSqliftError(work: Promise<unknown>, code: ErrorCode, ...words: string[]): Promise<void> {
  const error = await failure(work);
  if (!(error instanceof SqliftError)) throw new Error(`expected ${code}`, { cause: error });
  expect({ code: error.code, message: error.message }).toEqual({
    code,
    message: expect.stringContaining(words[0] ?? ''),
  });
  for (const word of words) expect(error.message).toContain(word);
}
