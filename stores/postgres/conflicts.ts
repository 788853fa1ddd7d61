import type { PoolClient } from 'pg';
import { SqliftError } from '../../core/errors';
import { qualified, quoteIdent } from './names';
import { dependentsOf } from './relations';
import { viewState } from './views';
import type { PublishedTable, PublishRecord } from './publish';

/** Throws RollbackConflict when somebody has changed rows of the tables, or built something on them, since the run. */
export async function refuseConflicts(
  client: PoolClient,
  tables: readonly PublishedTable[],
  record: PublishRecord,
): Promise<void> {
  const changed: string[] = [];
  for (const table of tables) {
    const name = qualified(table.schema, table.name);
    // `age` counts transactions backwards from now: a younger row has a smaller one.
    const { rows } = await client.query<{ kept: number; younger: number }>(
      table.how === 'appended'
        ? `SELECT count(*) FILTER (WHERE xmin::text = ANY($1))::float8 AS kept, 0::float8 AS younger FROM ${name}`
        : `SELECT count(*)::float8 AS kept,
             count(*) FILTER (WHERE (age(xmin) <= age($2::xid) OR xmin::text = ANY($3)) AND xmin::text <> ALL($1))::float8 AS younger FROM ${name}`,
      table.how === 'appended' ? [transactionsOf(record)] : [transactionsOf(record), record.horizon, record.open],
    );
    const { kept, younger } = rows[0]!;
    if (kept !== table.rows || younger > 0) {
      changed.push(`${table.schema}.${table.name} (${table.rows} rows then, ${kept} now, ${younger} written since)`);
    }
  }
  if (changed.length > 0) throw conflict(`rows were changed after the run in ${changed.join(', ')}`);

  const dependents = await dependentsOf(
    client,
    [...tables.filter((table) => table.how !== 'appended'), ...record.views].map(({ oid }) => oid),
  );
  if (dependents.length > 0) throw conflict(`made after the run on its tables: ${dependents.join(', ')}`);

  for (const view of record.views) {
    const state = await viewState(client, view.schema, view.name);
    const what = `view ${view.schema}.${view.name}`;
    if (state === undefined) throw conflict(`${what} was dropped or moved after the run`);
    if (state.oid !== view.oid || state.definition !== view.definition)
      throw conflict(`${what} was changed after the run`);
  }

  const references: string[] = [];
  for (const table of tables.filter((candidate) => candidate.how === 'appended')) {
    references.push(...(await referencesTo(client, table, tables, record)));
  }
  if (references.length > 0)
    throw conflict(`rows that the run did not write refer to its rows by ${references.join(', ')}`);
}

export function conflict(message: string): SqliftError {
  return new SqliftError('RollbackConflict', message);
}

/** The transactions whose rows are the run's. */
export function transactionsOf(record: PublishRecord): string[] {
  return [record.xid, ...record.retries];
}

/** Foreign keys by which rows of others refer to rows that the run appended: deleting those would take the others along, or fail. */
async function referencesTo(
  client: PoolClient,
  table: PublishedTable,
  tables: readonly PublishedTable[],
  record: PublishRecord,
): Promise<string[]> {
  const { rows: keys } = await client.query<{
    name: string;
    child: string;
    schema: string;
    table: string;
    from: string[];
    to: string[];
  }>(
    `SELECT k.conname AS name, k.conrelid::text AS child, n.nspname AS schema, c.relname AS "table",
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(num, n) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.n) AS "from",
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(num, n) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.n) AS "to"
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.contype = 'f' AND k.confrelid = $1::oid ORDER BY 3, 4, 1`,
    [table.oid],
  );
  const found: string[] = [];
  for (const key of keys) {
    const ours = tables.some((candidate) => candidate.how === 'appended' && candidate.oid === key.child);
    const pairs = key.from.map((column, index) => `child.${quoteIdent(column)} = parent.${quoteIdent(key.to[index]!)}`);
    const { rows } = await client.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT FROM ${qualified(key.schema, key.table)} AS child JOIN ${qualified(table.schema, table.name)} AS parent ON ${pairs.join(' AND ')}
         WHERE parent.xmin::text = ANY($1) AND NOT ($2 AND child.xmin::text = ANY($1))) AS used`,
      [transactionsOf(record), ours],
    );
    if (rows[0]!.used) found.push(`foreign key ${key.name} of ${key.schema}.${key.table}`);
  }
  return found;
}
