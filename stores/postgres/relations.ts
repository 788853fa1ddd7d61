import type { TargetPlace } from './names';
import type { Queryable } from './target';

/** Oid of a table, index, sequence or view; undefined when there is none of that name. */
export async function relationId(client: Queryable, schema: string, name: string): Promise<string | undefined> {
  const { rows } = await client.query<{ oid: string }>(
    `SELECT c.oid::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  return rows[0]?.oid;
}

/** The same of several, in their order. */
export async function relationIds(client: Queryable, places: readonly TargetPlace[]): Promise<(string | undefined)[]> {
  const { rows } = await client.query<{ number: number; oid: string }>(
    `SELECT number::int, c.oid::text FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(schema, name, number)
     JOIN pg_namespace n ON n.nspname = asked.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name`,
    [places.map(({ schema }) => schema), places.map(({ table }) => table)],
  );
  const found = new Map(rows.map(({ number, oid }) => [number, oid]));
  return places.map((_, i) => found.get(i + 1));
}

/**
 * What is built on some tables, their row types, indexes or own sequences, and does not belong to one of them: views, rules,
 * foreign keys, functions, defaults, policies, inheriting tables. Described as PostgreSQL does, sorted.
 */
export async function dependentsOf(client: Queryable, tables: readonly string[]): Promise<string[]> {
  if (tables.length === 0) return [];
  const { rows } = await client.query<{ dependent: string }>(
    `WITH parts AS (
       SELECT 'pg_class'::regclass AS class, oid FROM unnest($1::oid[]) AS t(oid)
       UNION SELECT 'pg_type'::regclass, t.oid FROM pg_class c JOIN pg_type t ON t.typrelid = c.oid OR t.typelem = c.reltype WHERE c.oid = ANY($1::oid[])
       UNION SELECT 'pg_class'::regclass, d.objid FROM pg_depend d
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY($1::oid[]) AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
       UNION SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = ANY($1::oid[]))
     SELECT DISTINCT CASE
         WHEN r.ev_class IS NOT NULL THEN pg_describe_object('pg_class'::regclass, r.ev_class, 0)
         WHEN k.contype = 'f' THEN format('foreign key %s of %s', k.conname, k.conrelid::regclass)
         ELSE pg_describe_object(d.classid, d.objid, d.objsubid) END AS dependent
     FROM pg_depend d JOIN parts ON parts.class = d.refclassid AND parts.oid = d.refobjid
     LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
     LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
     LEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
     LEFT JOIN pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
     LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
     WHERE d.deptype = 'n' AND coalesce(r.ev_class, nullif(k.conrelid, 0), a.adrelid, t.tgrelid, p.polrelid,
       CASE WHEN d.classid = 'pg_class'::regclass THEN d.objid END, 0) NOT IN (SELECT oid FROM parts WHERE class = 'pg_class'::regclass)
     ORDER BY 1`,
    [tables],
  );
  return rows.map((row) => row.dependent);
}
