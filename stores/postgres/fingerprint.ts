import { createHash } from 'node:crypto';
import type { Touched } from '../ledger/runs';
import { relationId } from './relations';
import type { Queryable } from './target';
import { qualified } from './names';

/**
 * A digest of everything in some schemas that a run could have changed: their existence, every relation, column, default,
 * constraint, index, sequence value, view, rule, trigger, policy, routine, type, owner, comment and privilege, and the rows of
 * `tables`. Two fingerprints are equal exactly when a run and its rollback have left the target as it was. OIDs do not count,
 * names do.
 */
export async function fingerprint(
  client: Queryable,
  { schemas, tables }: Pick<Touched, 'schemas' | 'tables'>,
): Promise<string> {
  const hash = createHash('sha256');
  for (const query of CATALOG_QUERIES) {
    const { rows } = await client.query<{ line: string }>(
      `SELECT line FROM (${query}) AS lines ORDER BY line COLLATE "C"`,
      [schemas],
    );
    for (const { line } of rows) hash.update(`${line}\n`);
    hash.update('\0');
  }
  for (const table of tables) {
    if ((await relationId(client, table.schema, table.name)) === undefined) {
      hash.update(`${table.schema}.${table.name} is gone\n`);
      continue;
    }
    const { rows } = await client.query<{ line: string }>(
      `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) AS line FROM ${qualified(table.schema, table.name)} AS t`,
    );
    hash.update(`${table.schema}.${table.name} ${rows[0]!.line}\n`);
  }
  const { rows } = await client.query<{ schema: string; name: string }>(SEQUENCES, [schemas]);
  for (const sequence of rows) {
    const state = await client.query<{ line: string }>(
      `SELECT last_value || ' ' || is_called AS line FROM ${qualified(sequence.schema, sequence.name)}`,
    );
    hash.update(`${sequence.schema}.${sequence.name} ${state.rows[0]!.line}\n`);
  }
  return hash.digest('hex');
}

/**
 * A sequence that we may not read is one that we cannot have moved either. The CASE keeps the planner from asking for that
 * privilege on relations that are no sequences, which is an error.
 */
const SEQUENCES = `
  SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = ANY($1) AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'SELECT') END ORDER BY 1, 2`;

/** Each gives one line an object. JSON arrays, so that a NULL or a space in one field never looks like the next field. */
const CATALOG_QUERIES = [
  // Schemas, and what new objects in them are granted.
  `SELECT jsonb_build_array(n.nspname, pg_get_userbyid(n.nspowner), n.nspacl::text, obj_description(n.oid, 'pg_namespace'),
     (SELECT jsonb_agg(jsonb_build_array(pg_get_userbyid(a.defaclrole), a.defaclobjtype, a.defaclacl::text) ORDER BY a.defaclrole, a.defaclobjtype)
      FROM pg_default_acl a WHERE a.defaclnamespace = n.oid))::text AS line
   FROM pg_namespace n WHERE n.nspname = ANY($1)`,
  // Relations of every kind.
  `SELECT jsonb_build_array(n.nspname, c.relname, c.relkind, c.relpersistence, c.reloptions::text, pg_get_userbyid(c.relowner), c.relacl::text,
     CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, obj_description(c.oid, 'pg_class'), am.amname, s.spcname,
     c.relreplident, c.relrowsecurity, c.relforcerowsecurity, pg_get_expr(c.relpartbound, c.oid),
     (SELECT jsonb_agg(h.inhparent::regclass::text ORDER BY h.inhseqno) FROM pg_inherits h WHERE h.inhrelid = c.oid))::text AS line
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
   LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE n.nspname = ANY($1) AND c.relkind <> 't'`,
  // Columns, in their order.
  `SELECT jsonb_build_array(n.nspname, c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname, format_type(a.atttypid, a.atttypmod),
     a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), co.collname, a.attacl::text, a.attoptions::text,
     a.attstorage, a.attcompression, a.attstattarget, col_description(c.oid, a.attnum))::text AS line
   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum LEFT JOIN pg_collation co ON co.oid = a.attcollation
   WHERE n.nspname = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 't'`,
  `SELECT jsonb_build_array(n.nspname, k.conrelid::regclass::text, k.contypid::regtype::text, k.conname, pg_get_constraintdef(k.oid), k.convalidated,
     obj_description(k.oid, 'pg_constraint'))::text AS line
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = ANY($1)`,
  `SELECT jsonb_build_array(n.nspname, c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident)::text AS line
   FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1)`,
  `SELECT jsonb_build_array(n.nspname, c.relname, s.seqtypid::regtype::text, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
     (SELECT d.refobjid::regclass::text || '.' || d.refobjsubid FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0))::text AS line
   FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1)`,
  `SELECT jsonb_build_array(n.nspname, pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger'))::text AS line
   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ANY($1) AND NOT t.tgisinternal`,
  `SELECT jsonb_build_array(pg_get_ruledef(r.oid), r.ev_enabled)::text AS line FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
   JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) AND r.rulename <> '_RETURN'`,
  `SELECT jsonb_build_array(n.nspname, c.relname, p.polname, p.polcmd, p.polpermissive,
     (SELECT jsonb_agg(CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role) END ORDER BY role) FROM unnest(p.polroles) AS role),
     pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))::text AS line
   FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1)`,
  `SELECT jsonb_build_array(pg_get_statisticsobjdef(s.oid), pg_get_userbyid(s.stxowner))::text AS line
   FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE n.nspname = ANY($1)`,
  `SELECT jsonb_build_array(n.nspname, p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.proacl::text, p.prokind, p.prosecdef, p.provolatile, p.proisstrict,
     p.proleakproof, p.proparallel, p.proconfig::text, pg_get_function_result(p.oid), pg_get_function_arguments(p.oid), l.lanname, p.prosrc, p.probin,
     pg_get_function_sqlbody(p.oid), obj_description(p.oid, 'pg_proc'))::text AS line
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = ANY($1)`,
  `SELECT jsonb_build_array(n.nspname, t.typname, t.typtype, pg_get_userbyid(t.typowner), t.typacl::text, format_type(t.typbasetype, t.typtypmod),
     t.typnotnull, t.typdefault, obj_description(t.oid, 'pg_type'),
     (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))::text AS line
   FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = ANY($1)`,
];
