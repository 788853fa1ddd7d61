import { Client } from 'pg';
import type { PreparedSet } from './contestant';

/** What is in the database after a run. */
export interface Arrived {
  /** Tables whose rows are not as many as the source's, in words. */
  wrong: string[];
  primaryKeys: number;
  /** Besides those that belong to keys. */
  indexes: number;
  foreignKeys: number;
}

/** Counts the rows of every table, and what was built besides. */
export async function check({ mapping, rows }: PreparedSet, url: string, schema: string): Promise<Arrived> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string; place: string }>(
      `SELECT relname AS name, format('%I.%I', nspname, relname) AS place FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE nspname = $1 AND relkind = 'r'`,
      [schema],
    );
    const wrong: string[] = [];
    for (const { target, origin } of mapping.tables) {
      const expected = rows.get(origin.name)!;
      const place = tables.find(({ name }) => name === target)?.place;
      const found = place === undefined ? undefined : await count(client, place);
      if (found !== expected) wrong.push(`${target}: ${found ?? 'no table instead of'} of ${expected} rows`);
    }
    const { rows: built } = await client.query<Omit<Arrived, 'wrong'>>(
      `SELECT count(*) FILTER (WHERE contype = 'p')::int AS "primaryKeys", count(*) FILTER (WHERE contype = 'f')::int AS "foreignKeys",
         (SELECT count(*)::int FROM pg_indexes WHERE schemaname = $1 AND indexname NOT IN (SELECT conname FROM pg_constraint)) AS indexes
       FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = $1`,
      [schema],
    );
    return { wrong, ...built[0]! };
  } finally {
    await client.end();
  }
}

async function count(client: Client, place: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM ${place}`);
  return rows[0]!.count;
}

/** The same of a plan: what sqlift builds, and who claims to build keys has to. */
export function wanted({ mapping: { tables } }: PreparedSet): Omit<Arrived, 'wrong'> {
  return {
    primaryKeys: tables.filter(({ primaryKey }) => primaryKey !== undefined).length,
    indexes: tables.reduce((sum, { indexes }) => sum + indexes.length, 0),
    foreignKeys: tables.reduce((sum, { foreignKeys }) => sum + foreignKeys.length, 0),
  };
}
