import { DatabaseError } from 'pg';
import type { Pool, PoolClient } from 'pg';
import { RowDigest, RowHash } from '../../core/digest';
import { stagingSchema } from '../../core/ids';
import type { SourceMapping, ViewMapping } from '../../core/mapping';
import type { Meaning } from '../../core/meaning/meaning';
import type { Difference } from '../../core/run';
import { replaceViewsNotCarried } from '../../stores/ledger/not-carried';
import { holdLiveRun } from '../../stores/ledger/runs';
import { enterViews, readViewRecords } from '../../stores/ledger/views';
import type { ViewRecord } from '../../stores/ledger/views';
import { inTransaction, withClient } from '../../stores/postgres/target';
import { createView, dropViews, relationsRead, viewColumns, visitView } from '../../stores/postgres/views';
import { combinations, printedType, readTarget } from './readings';
import { readSourceView } from './source-view';

/** A view is compared where each side can be computed in this time; one that takes longer is not carried. */
const VIEW_SECONDS = 60;

export interface ViewsInput {
  target: Pool;
  run: string;
  mapping: SourceMapping;
  snapshotPath: string;
  signal?: AbortSignal;
  /** Called with the name of each view before it is looked at. */
  onView?: (view: string) => void;
  /** Default `VIEW_SECONDS`. */
  seconds?: number;
}

/** Why a view is not carried. `missing`: something that it reads is not there, or not yet. */
interface Refused {
  reason: string;
  missing?: boolean;
}

/** What both sides agreed on. */
interface Equal {
  rows: number;
  digest: string;
}

/**
 * Makes the plan's views in staging and keeps those whose rows are the source's. The others are entered as not carried, with
 * the reason and their SQL; no view fails a run. Begins anew each time.
 */
export async function carryViews(input: ViewsInput): Promise<void> {
  const { target, run, mapping } = input;
  if (mapping.views.length === 0) return;
  const staging = stagingSchema(run, mapping.source);
  await inTransaction(target, async (client) => {
    await holdLiveRun(client, run);
    await dropViews(client, staging);
    await enterViews(client, run, mapping.source, []);
  });
  const carried: ViewRecord[] = [];
  const refused = new Map<ViewMapping, string>();
  // In passes, since a plan may name a view before one that it reads.
  for (let open: readonly ViewMapping[] = mapping.views; open.length > 0;) {
    const missing: ViewMapping[] = [];
    const before = carried.length;
    for (const view of open) {
      input.onView?.(view.view);
      input.signal?.throwIfAborted();
      const outcome = await carryView(input, staging, view);
      if ('reason' in outcome) {
        refused.set(view, outcome.reason);
        if (outcome.missing === true) missing.push(view);
      } else {
        refused.delete(view);
        carried.push({ view: view.view, schema: view.schema, name: view.target, ...outcome });
      }
    }
    open = carried.length > before ? missing : [];
  }
  await inTransaction(target, async (client) => {
    await holdLiveRun(client, run);
    await enterViews(client, run, mapping.source, carried);
    const notes = [...refused].map(([view, reason]) => ({ object: view.view, kind: 'view', reason, sql: view.origin }));
    const names = mapping.views.map(({ view }) => view);
    await replaceViewsNotCarried(client, run, mapping.source, names, notes);
  });
}

/** Makes one view, or leaves nothing of it. */
async function carryView(input: ViewsInput, staging: string, view: ViewMapping): Promise<Equal | Refused> {
  return inTransaction(input.target, async (client) => {
    await holdLiveRun(client, input.run);
    await client.query('SAVEPOINT made');
    const outcome = await asValue(async () => {
      await createView(client, staging, view);
      return (
        (await whyNotHere(client, input.mapping, staging, view)) ?? (await compareView(client, input, staging, view))
      );
    });
    if ('reason' in outcome) await client.query('ROLLBACK TO SAVEPOINT made');
    return outcome;
  });
}

/** What PostgreSQL says against a view's SQL, or while it computes the view, is a value; a broken connection is not. */
async function asValue(work: () => Promise<Equal | Refused>): Promise<Equal | Refused> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DatabaseError) || /^(08|25|40|57P)/.test(error.code ?? '08')) throw error;
    if (error.code === '57014') return { reason: 'not proved: computing it in PostgreSQL takes too long' };
    // Data errors may quote values: what PostgreSQL says of SQL and names is ours, what it says of rows is not.
    const said = /^(42|0A)/.test(error.code!) ? `: ${error.message}` : '';
    return {
      reason: `PostgreSQL refuses it (SQLSTATE ${error.code})${said}`,
      missing: error.code === '42P01',
    };
  }
}

/** A view must read what this run publishes, and nothing else: other tables come and go without it. */
async function whyNotHere(
  client: PoolClient,
  mapping: SourceMapping,
  staging: string,
  view: ViewMapping,
): Promise<Refused | undefined> {
  for (const { schema, name } of await relationsRead(client, staging, view.target)) {
    if (schema !== staging) {
      return {
        reason: `it reads ${schema}.${name}: names of the source’s own tables have no schema in a view of a plan`,
      };
    }
    const table = mapping.tables.find(({ target }) => target === name);
    if (table?.ifExists === 'append') {
      return { reason: `it reads ${name}, which is appended to: its rows will be other people’s, too` };
    }
  }
  return undefined;
}

/** Both sides' rows as multisets, by meaning. */
async function compareView(
  client: PoolClient,
  { mapping, snapshotPath, signal, seconds = VIEW_SECONDS }: ViewsInput,
  schema: string,
  view: ViewMapping,
): Promise<Equal | Refused> {
  const columns = await viewColumns(client, schema, view.target);
  const types = columns.map(({ name, type }) => ({ name, type, parsed: printedType(type) }));
  const unknown = types.find(({ parsed }) => parsed === undefined);
  if (unknown !== undefined) return { reason: `not proved: ${unknown.name} is ${unknown.type}, which is not compared` };
  const readings = combinations(
    types.map(({ parsed }) => parsed!),
    mapping.tables.flatMap((table) => table.columns),
  );
  if (readings === undefined) return { reason: 'not proved: its columns of times can be read in too many ways' };

  const digests = readings.map(() => new RowDigest());
  const readers = readings.map((each) => each.map(readTarget));
  const meanings = new Array<Meaning>(columns.length);
  const hash = new RowHash();
  await visitView(
    client,
    schema,
    view.target,
    columns.map(({ name }) => name),
    seconds,
    (texts) => {
      for (const [which, read] of readers.entries()) {
        for (let i = 0; i < meanings.length; i++) meanings[i] = read[i]!(texts[i]!);
        hash.of(meanings);
        digests[which]!.add(hash);
      }
    },
  );
  const source = await readSourceView(
    { path: snapshotPath, view: view.view, combinations: readings },
    { seconds, signal },
  );
  if (source === 'late') return { reason: 'not proved: computing it in SQLite takes too long' };
  if (source.kind === 'refused') return { reason: `SQLite cannot compute it: ${source.message}` };
  if (source.columns !== columns.length)
    return { reason: `it has ${columns.length} columns, in SQLite ${source.columns}` };
  const rows = digests[0]!.count;
  const equal = digests.find((digest, which) => digest.count === source.rows && digest.hex === source.digests[which]);
  if (equal !== undefined) return { rows, digest: equal.hex };
  const counts = rows === source.rows ? `${rows} on both sides` : `${source.rows} in SQLite, ${rows} in PostgreSQL`;
  return { reason: `its rows differ from SQLite’s (${counts})` };
}

/** Compares the published views of a run again. */
export async function checkViews(input: ViewsInput): Promise<Map<string, Difference[]>> {
  const { target, run, mapping } = input;
  const differences = new Map<string, Difference[]>();
  const records = await withClient(target, (client) => readViewRecords(client, run, mapping.source));
  for (const record of records) {
    input.onView?.(record.view);
    input.signal?.throwIfAborted();
    const view = mapping.views.find((candidate) => candidate.view === record.view)!;
    const outcome = await inTransaction(target, async (client) => {
      // Once PostgreSQL has refused something, nothing more can be done in the transaction.
      await client.query('SAVEPOINT looked');
      const found = await asValue(() => compareView(client, input, record.schema, view));
      await client.query('ROLLBACK TO SAVEPOINT looked');
      return found;
    });
    differences.set(
      record.view,
      'reason' in outcome
        ? [
            {
              source: mapping.source,
              table: record.view,
              kind: 'view',
              expected: `${record.rows} rows, as in SQLite`,
              found: outcome.reason,
            },
          ]
        : [],
    );
  }
  return differences;
}
