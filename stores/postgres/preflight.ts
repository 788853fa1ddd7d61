import type { Pool, PoolClient } from 'pg';
import { SqliftError } from '../../core/errors';
import type { PlanSource, WrittenPlan } from '../../core/plan';
import { idMapsOf } from '../../core/resolve/keys';
import { dependentsOf, relationId } from './relations';
import { withClient } from './target';

/** What the plan will put into one schema, as far as it can be known before the source has been read. */
export interface WantedTable {
  /** A view has neither columns nor indexes here. Default: table. */
  kind?: 'view';
  schema: string;
  name: string;
  ifExists: 'error' | 'replace' | 'append';
  /** Without a type where the rows will decide it. */
  columns: { name: string; type?: string; generated?: boolean }[];
  /** Names of its indexes and constraints with an index: they share the schema's namespace with tables. */
  indexes: string[];
}

export interface TargetFacts {
  /** For example "15.18". */
  version: string;
  database: string;
  user: string;
  /** Schemas of the plan that the run will have to make. */
  missingSchemas: string[];
  /** Tables that are there already and will be replaced or appended to. */
  existing: { schema: string; name: string }[];
}

/** What a plan will put into the target. Its names must be exact (see `expandPlan`); types may be missing. */
export function wantedTables(plan: WrittenPlan): WantedTable[] {
  return Object.values(plan.sources).flatMap((source): WantedTable[] => [
    ...Object.entries(source.tables).map(([name, table]) => ({
      schema: source.schema,
      name: table.to ?? name,
      ifExists: table.ifExists ?? 'error',
      columns: Object.entries(table.columns ?? {}).map(([column, { to, type, generated }]) => ({
        name: to ?? column,
        ...(type !== undefined && { type }),
        ...(generated !== undefined && { generated: true }),
      })),
      indexes: [table.primaryKey, ...(table.unique ?? []), ...(table.indexes ?? [])].flatMap((index) =>
        index === undefined ? [] : [index.name],
      ),
    })),
    // The types of their columns are those of the source.
    ...idMapsOf(source as PlanSource).map(({ table, target }) => ({
      schema: source.schema,
      name: target,
      ifExists: source.tables[table]!.ifExists ?? ('error' as const),
      columns: [],
      indexes: [],
    })),
    ...Object.entries(source.views ?? {}).map(([name, view]) => ({
      kind: 'view' as const,
      schema: source.schema,
      name: view.to ?? name,
      ifExists: view.ifExists ?? 'error',
      columns: [],
      indexes: [],
    })),
  ]);
}

/**
 * Proves, before anything is written, that the target can take the plan: version, rights, nothing in the way. Every problem of
 * a kind is named at once. Throws TargetTooOld, TargetReadOnly, TargetRightsMissing, TargetExists, TargetDependents or TargetMismatch.
 */
export async function checkTarget(pool: Pool, wanted: readonly WantedTable[]): Promise<TargetFacts> {
  return withClient(pool, async (client) => {
    const { rows } = await client.query<{
      number: number;
      version: string;
      database: string;
      user: string;
      readOnly: boolean;
      mayCreate: boolean;
    }>(
      `SELECT current_setting('server_version_num')::int AS number, split_part(current_setting('server_version'), ' ', 1) AS version,
              current_database() AS database, current_user AS user,
              pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS "readOnly",
              has_database_privilege(current_database(), 'CREATE') AS "mayCreate"`,
    );
    const server = rows[0]!;
    if (server.number < 140_000)
      throw new SqliftError('TargetTooOld', `PostgreSQL ${server.version} is older than 14`, {
        server: server.database,
      });
    if (server.readOnly)
      throw new SqliftError('TargetReadOnly', `database ${server.database} accepts no writes`, {
        server: server.database,
      });
    if (!server.mayCreate) {
      throw new SqliftError(
        'TargetRightsMissing',
        `user ${server.user} may not create schemas: GRANT CREATE ON DATABASE ${server.database} TO ${server.user}`,
        { server: server.database },
      );
    }
    const schemas = [...new Set(wanted.map((table) => table.schema))].sort();
    const missingSchemas = await checkSchemas(client, schemas, server.user);
    const existing = await checkExisting(client, wanted);
    await checkDependents(client, wanted, existing);
    await checkAppend(client, wanted, existing);
    return {
      version: server.version,
      database: server.database,
      user: server.user,
      missingSchemas,
      existing: existing.filter(({ kind }) => kind !== 'v').map(({ schema, name }) => ({ schema, name })),
    };
  });
}

async function checkSchemas(client: PoolClient, schemas: readonly string[], user: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string; may: boolean }>(
    `SELECT nspname AS name, has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE') AS may FROM pg_namespace WHERE nspname = ANY($1) ORDER BY 1`,
    [schemas],
  );
  const barred = rows.filter((row) => !row.may).map((row) => row.name);
  if (barred.length > 0)
    throw new SqliftError(
      'TargetRightsMissing',
      `user ${user} may not create tables in ${barred.join(', ')}: GRANT USAGE, CREATE ON SCHEMA ${barred.join(', ')} TO ${user}`,
    );
  return schemas.filter((schema) => !rows.some((row) => row.name === schema));
}

interface Relation {
  oid: string;
  schema: string;
  name: string;
  kind: string;
  mine: boolean;
  /** The table that an index belongs to. */
  owner: string | null;
}

async function tablesToAppendTo(client: PoolClient, wanted: readonly WantedTable[]): Promise<Set<WantedTable>> {
  const found = new Set<WantedTable>();
  for (const table of wanted.filter((candidate) => candidate.ifExists === 'append')) {
    if ((await relationId(client, table.schema, table.name)) !== undefined) found.add(table);
  }
  return found;
}

async function checkExisting(client: PoolClient, wanted: readonly WantedTable[]): Promise<Relation[]> {
  const appended = await tablesToAppendTo(client, wanted);
  // A table that is there already keeps its own indexes: the plan's are not made.
  const names = wanted.flatMap((table) =>
    [table.name, ...(appended.has(table) ? [] : table.indexes)].map((name) => ({ schema: table.schema, name })),
  );
  const { rows } = await client.query<Relation>(
    `SELECT c.oid::text, n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_has_role(c.relowner, 'USAGE') AS mine, t.relname AS owner
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN unnest($1::text[], $2::text[]) AS w(schema, name) ON w.schema = n.nspname AND w.name = c.relname
     LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = i.indrelid
     UNION ALL
     -- A table brings a row type of its name, which a domain, enum or range of that name does not let in.
     SELECT y.oid::text, n.nspname, y.typname, 'type', false, NULL FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace
     JOIN unnest($1::text[], $2::text[]) AS w(schema, name) ON w.schema = n.nspname AND w.name = y.typname
     WHERE y.typtype IN ('d', 'e', 'r', 'm', 'b') AND y.typelem = 0 ORDER BY 2, 3`,
    [names.map((name) => name.schema), names.map((name) => name.name)],
  );
  const plans = new Map(wanted.map((table) => [`${table.schema}.${table.name}`, table]));
  const inTheWay = new Set<string>();
  const existing: Relation[] = [];
  for (const relation of rows) {
    const plan = plans.get(`${relation.schema}.${relation.name}`);
    const isOfKind = plan?.kind === 'view' ? relation.kind === 'v' : relation.kind === 'r' || relation.kind === 'p';
    if (plan !== undefined && plan.ifExists !== 'error' && isOfKind) {
      existing.push(relation);
      continue;
    }
    // An index of a table that is replaced goes away with it; one of an appended table stays and is not made again; of one
    // that is itself in the way, the table is named.
    if (relation.owner !== null && plans.has(`${relation.schema}.${relation.owner}`)) continue;
    inTheWay.add(`${relation.schema}.${relation.name}`);
  }
  if (inTheWay.size > 0) {
    const more = inTheWay.size > 20 ? ` and ${inTheWay.size - 20} more` : '';
    throw new SqliftError('TargetExists', `already in the target: ${[...inTheWay].slice(0, 20).join(', ')}${more}`);
  }
  const foreign = existing.filter(
    (relation) => !relation.mine && plans.get(`${relation.schema}.${relation.name}`)?.ifExists === 'replace',
  );
  if (foreign.length > 0)
    throw new SqliftError(
      'TargetRightsMissing',
      `only the owner may replace ${foreign.map((r) => `${r.schema}.${r.name}`).join(', ')}`,
    );
  return existing;
}

/** Views, rules, foreign keys and the like of others would go on pointing at a table that was replaced. */
async function checkDependents(
  client: PoolClient,
  wanted: readonly WantedTable[],
  existing: readonly Relation[],
): Promise<void> {
  const replaced = existing.filter((relation) =>
    wanted.some((t) => t.schema === relation.schema && t.name === relation.name && t.ifExists === 'replace'),
  );
  if (replaced.length === 0) return;
  const dependents = await dependentsOf(
    client,
    replaced.map((relation) => relation.oid),
  );
  if (dependents.length > 0)
    throw new SqliftError('TargetDependents', `tables that the plan replaces are used by: ${dependents.join(', ')}`);
}

async function checkAppend(
  client: PoolClient,
  wanted: readonly WantedTable[],
  existing: readonly Relation[],
): Promise<void> {
  const problems: string[] = [];
  for (const relation of existing) {
    const plan = wanted.find((table) => table.schema === relation.schema && table.name === relation.name)!;
    if (plan.ifExists !== 'append') continue;
    const { rows } = await client.query<{
      name: string;
      type: string;
      needed: boolean;
      generated: boolean;
      may: boolean;
    }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attgenerated <> '' AS generated,
              attnotnull AND NOT atthasdef AND attidentity = '' AS needed,
              has_table_privilege(attrelid, 'INSERT') AND has_table_privilege(attrelid, 'SELECT') AND has_table_privilege(attrelid, 'DELETE') AS may
       FROM pg_attribute WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      [relation.oid],
    );
    const table = `${relation.schema}.${relation.name}`;
    // SELECT to verify, DELETE to take the rows back.
    if (rows[0]?.may === false) problems.push(`${table}: no right to INSERT, SELECT and DELETE`);
    for (const column of plan.columns) {
      const there = rows.find((row) => row.name === column.name);
      if (there === undefined) problems.push(`${table} has no column ${column.name}`);
      else if (there.generated && column.generated !== true) problems.push(`${table}.${column.name} is generated`);
      else if (column.type !== undefined && there.type !== longTypeName(column.type))
        problems.push(`${table}.${column.name} is ${there.type}, the plan says ${column.type}`);
    }
    for (const row of rows) {
      if (row.needed && !plan.columns.some((column) => column.name === row.name))
        problems.push(`${table}.${row.name} needs a value that the plan does not give`);
    }
  }
  if (problems.length > 0) throw new SqliftError('TargetMismatch', problems.join('; '));
}

/** The plan's spelling of a type as PostgreSQL's `format_type` prints it. */
function longTypeName(type: string): string {
  return type
    .replace(/^varchar/, 'character varying')
    .replace(/^numeric\((\d+)\)$/, 'numeric($1,0)')
    .replace(/^timestamptz$/, 'timestamp with time zone')
    .replace(/^timestamp$/, 'timestamp without time zone');
}
