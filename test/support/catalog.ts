import type { Pool } from 'pg';

/** What PostgreSQL's catalog says of schemas, one line an object: two databases with the same lines have the same schema. */
export async function catalogLines(pool: Pool, schemas: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (const query of QUERIES) {
    const { rows } = await pool.query<{ line: string }>(query, [schemas]);
    lines.push(...rows.map(({ line }) => line).sort());
  }
  return lines;
}

const QUERIES = [
  `SELECT format('%s %I.%I', relkind, nspname, relname) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ANY($1)`,
  `SELECT format('column of %s %I.%I: %s %I %s collate %s null %s default %s identity %s generated %s', relkind, nspname, relname, attnum, attname,
     format_type(atttypid, atttypmod), collname, NOT attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated) AS line
   FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
   LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum LEFT JOIN pg_collation l ON l.oid = attcollation
   WHERE nspname = ANY($1) AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped`,
  `SELECT format('constraint of %s: %I %s validated %s', conrelid::regclass, conname, pg_get_constraintdef(k.oid), convalidated) AS line
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = connamespace WHERE nspname = ANY($1)`,
  `SELECT pg_get_indexdef(indexrelid) AS line FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace
   WHERE nspname = ANY($1)`,
  `SELECT format('view %I.%I: %s', nspname, relname, pg_get_viewdef(c.oid)) AS line FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE nspname = ANY($1) AND relkind = 'v'`,
  `SELECT format('sequence %s %s from %s to %s by %s', seqrelid::regclass, seqtypid::regtype, seqmin, seqmax, seqincrement) AS line
   FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ANY($1)`,
];
