import type { PoolClient, QueryConfig } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { ViewMapping } from '../../core/mapping';
import { CopyTextParser } from './copy-text';
import { qualified, quoteIdent } from './names';
import type { Queryable } from './target';

/** Names in a view's SQL are those of the run's tables, which stand in this schema; types and functions are PostgreSQL's own. */
export async function seeOnly(client: Queryable, schema: string): Promise<void> {
  await client.query(`SET LOCAL search_path = pg_catalog, ${quoteIdent(schema)}`);
}

/** Makes a view. As one statement whatever the SQL is, by the extended protocol. */
export async function createView(
  client: Queryable,
  schema: string,
  { target, sql }: Pick<ViewMapping, 'target' | 'sql'>,
): Promise<void> {
  await seeOnly(client, schema);
  const statement: QueryConfig & { queryMode: 'extended' } = {
    text: viewSql(schema, target, sql),
    queryMode: 'extended',
  };
  await client.query(statement);
  await client.query('SET LOCAL search_path = pg_catalog');
}

export function viewSql(schema: string, name: string, sql: string): string {
  return `CREATE VIEW ${qualified(schema, name)} AS\n${sql.replace(/[\s;]+$/, '')}`;
}

/** Drops the views of a schema, whatever order they are in. */
export async function dropViews(client: Queryable, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'v' ORDER BY 1`,
    [schema],
  );
  if (rows.length > 0)
    await client.query(`DROP VIEW ${rows.map(({ name }) => qualified(schema, name)).join(', ')} CASCADE`);
}

/** Names and types of a view's columns, as PostgreSQL prints them. */
export async function viewColumns(
  client: Queryable,
  schema: string,
  name: string,
): Promise<{ name: string; type: string }[]> {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
     JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 ORDER BY a.attnum`,
    [schema, name],
  );
  return rows;
}

/** Relations that a view reads: in other schemas than PostgreSQL's own. */
export async function relationsRead(
  client: Queryable,
  schema: string,
  name: string,
): Promise<{ schema: string; name: string }[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `SELECT DISTINCT rn.nspname AS schema, r.relname AS name FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace
     JOIN pg_rewrite w ON w.ev_class = v.oid JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
     JOIN pg_class r ON d.refclassid = 'pg_class'::regclass AND r.oid = d.refobjid JOIN pg_namespace rn ON rn.oid = r.relnamespace
     WHERE n.nspname = $1 AND v.relname = $2 AND r.oid <> v.oid AND rn.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`,
    [schema, name],
  );
  return rows;
}

/** Oid and definition of a view; undefined when there is none of that name. The definition is a digest of PostgreSQL's own print of it. */
export async function viewState(
  client: Queryable,
  schema: string,
  name: string,
): Promise<{ oid: string; definition: string } | undefined> {
  const { rows } = await client.query<{ oid: string; definition: string }>(
    `SELECT c.oid::text, md5(pg_get_viewdef(c.oid)) AS definition FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'v'`,
    [schema, name],
  );
  return rows[0];
}

/**
 * Calls `visit` for each row of a view. The texts are those of the settings that `openTarget` makes.
 * @throws the driver's error, also when it takes longer than so many seconds
 */
export async function visitView(
  client: PoolClient,
  schema: string,
  name: string,
  columns: readonly string[],
  seconds: number,
  visit: (cells: readonly (string | null)[]) => void,
): Promise<void> {
  await client.query(`SET LOCAL statement_timeout = ${Math.ceil(seconds * 1000)}`);
  const parser = new CopyTextParser(columns.length, visit);
  const list = columns.map(quoteIdent).join(', ');
  for await (const chunk of client.query(copyTo(`COPY (SELECT ${list} FROM ${qualified(schema, name)}) TO STDOUT`)))
    parser.push(chunk as Buffer);
  await client.query('SET LOCAL statement_timeout = 0');
}
