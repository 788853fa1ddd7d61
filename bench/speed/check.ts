import { Client } from 'pg';
import { loadedColumns, typeSql } from '../../core/mapping';
import type { PreparedSet } from './contestant';

export interface Built {
  primaryKeys: number;
  /** Besides those that belong to keys. */
  indexes: number;
  foreignKeys: number;
}

/** What is in the database after a run. */
export interface Arrived {
  /** Tables whose rows are not as many as the source's, in words. */
  wrong: string[];
  built: Built;
  /** Columns whose type is not that of sqlift's plan, in words. */
  types: string[];
}

/** Counts the rows of every table, and looks at what was built and which types the columns have. */
export async function check({ mapping, rows }: Pick<PreparedSet, 'mapping' | 'rows'>, url: string): Promise<Arrived> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const names = mapping.tables.map(({ target }) => target);
    const schema = await schemaWith(client, names);
    const columns = await columnsOf(client, schema);
    const wrong: string[] = [];
    const types: string[] = [];
    for (const table of mapping.tables) {
      const expected = rows.get(table.origin.name)!;
      const found = columns.get(table.target);
      const count = found === undefined ? undefined : await countRows(client, found.place);
      if (count !== expected)
        wrong.push(count === undefined ? `no table ${table.target}` : `${table.target}: ${count} of ${expected} rows`);
      const loaded = loadedColumns(table);
      for (const { target, type } of table.columns.filter((column) => loaded.includes(column.target))) {
        const is = usualName(found?.types[target] ?? 'missing');
        if (is !== typeSql(type)) types.push(`${table.target}.${target} is ${is}, not ${typeSql(type)}`);
      }
    }
    return { wrong, built: await builtIn(client, schema), types };
  } finally {
    await client.end();
  }
}

/** PostgreSQL's long names of types as sqlift's plans have them; `varchar` without a length is text in all but name. */
function usualName(type: string): string {
  return type
    .replace(/^character varying$/, 'text')
    .replace('character varying', 'varchar')
    .replace(' without time zone', '')
    .replace('timestamp with time zone', 'timestamptz');
}

/** Tools choose the schema themselves: it is the one with most of the tables, `public` where several have as many. */
async function schemaWith(client: Client, tables: readonly string[]): Promise<string> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT nspname AS schema FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND relname = ANY($1)
     GROUP BY nspname ORDER BY count(*) DESC, nspname <> 'public' LIMIT 1`,
    [tables],
  );
  return rows[0]?.schema ?? 'public';
}

async function columnsOf(
  client: Client,
  schema: string,
): Promise<Map<string, { place: string; types: Record<string, string> }>> {
  const { rows } = await client.query<{ name: string; place: string; types: Record<string, string> }>(
    `SELECT relname AS name, c.oid::regclass::text AS place, jsonb_object_agg(attname, format_type(atttypid, atttypmod)) AS types
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
     WHERE nspname = $1 AND relkind = 'r' GROUP BY c.oid`,
    [schema],
  );
  return new Map(rows.map(({ name, ...found }) => [name, found]));
}

async function countRows(client: Client, place: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM ${place}`);
  return rows[0]!.count;
}

async function builtIn(client: Client, schema: string): Promise<Built> {
  const { rows } = await client.query<Built>(
    `SELECT count(*) FILTER (WHERE contype = 'p')::int AS "primaryKeys", count(*) FILTER (WHERE contype = 'f')::int AS "foreignKeys",
       (SELECT count(*)::int FROM pg_indexes WHERE schemaname = $1 AND indexname NOT IN (SELECT conname FROM pg_constraint)) AS indexes
     FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = $1`,
    [schema],
  );
  return rows[0]!;
}

/** What sqlift builds, and who claims to build keys has to. */
export function wanted({ mapping: { tables } }: PreparedSet): Built {
  return {
    primaryKeys: tables.filter(({ primaryKey }) => primaryKey !== undefined).length,
    indexes: tables.reduce((sum, { indexes }) => sum + indexes.length, 0),
    foreignKeys: tables.reduce((sum, { foreignKeys }) => sum + foreignKeys.length, 0),
  };
}

/** What was not built of it: `0 of 1 primary keys`. */
export function missing(all: Built, built: Built): string[] {
  const words = { primaryKeys: 'primary keys', indexes: 'indexes', foreignKeys: 'foreign keys' } as const;
  return (['primaryKeys', 'indexes', 'foreignKeys'] as const)
    .filter((kind) => built[kind] < all[kind])
    .map((kind) => `${built[kind]} of ${all[kind]} ${words[kind]}`);
}
