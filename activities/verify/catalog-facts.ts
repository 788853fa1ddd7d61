import type { TargetPlace } from '../../stores/postgres/names';
import type { ReadBack } from '../../stores/postgres/read-back';

type Row = (string | null)[];

/** What PostgreSQL's catalog says of one table, as it prints it. */
export interface CatalogFacts {
  /** Name, type, NOT NULL, default, identity, generated, sequence of the identity. */
  columns: Row[];
  /** Name, primary, unique, valid, partial, keys as JSON, access method. */
  indexes: Row[];
  /** Name, validated. */
  checks: Row[];
  /** Own columns as JSON, parent's schema and table, its columns as JSON, validated. */
  foreignKeys: Row[];
}

/** Each begins with the number of the table among those asked for: four questions, however many tables there are. */
const QUESTIONS: Record<keyof CatalogFacts, string> = {
  columns: `SELECT attname, format_type(atttypid, atttypmod), attnotnull, atthasdef AND attgenerated = '', attidentity <> '', attgenerated = 's',
              CASE WHEN attidentity <> '' THEN pg_get_serial_sequence(place.name, attname) END
         FROM pg_attribute WHERE attrelid = place.id AND attnum > 0 AND NOT attisdropped`,
  indexes: `SELECT (SELECT c.relname FROM pg_class c WHERE c.oid = i.indexrelid), i.indisprimary, i.indisunique, i.indisvalid, i.indpred IS NOT NULL,
              array_to_json(ARRAY(SELECT CASE WHEN i.indkey[n - 1] = 0 THEN '' ELSE pg_get_indexdef(i.indexrelid, n, false) END || CASE WHEN i.indoption[n - 1] & 1 = 1 THEN ' DESC' ELSE '' END
                      FROM generate_series(1, i.indnkeyatts) AS n)),
              (SELECT a.amname FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.oid = i.indexrelid)
         FROM pg_index i WHERE i.indrelid = place.id`,
  checks: `SELECT conname, convalidated FROM pg_constraint WHERE contype = 'c' AND conrelid = place.id`,
  foreignKeys: `SELECT array_to_json(ARRAY(SELECT attname FROM unnest(k.conkey) WITH ORDINALITY AS u(n, i) JOIN pg_attribute ON attrelid = k.conrelid AND attnum = n ORDER BY i)),
              pn.nspname, p.relname,
              array_to_json(ARRAY(SELECT attname FROM unnest(k.confkey) WITH ORDINALITY AS u(n, i) JOIN pg_attribute ON attrelid = k.confrelid AND attnum = n ORDER BY i)),
              k.convalidated
         FROM pg_constraint k JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE k.contype = 'f' AND k.conrelid = place.id`,
};

/** What the catalog says of these tables, in their order. Throws where one of them is not there. */
export async function readFacts(back: ReadBack, places: readonly TargetPlace[]): Promise<CatalogFacts[]> {
  const facts = places.map((): CatalogFacts => ({ columns: [], indexes: [], checks: [], foreignKeys: [] }));
  const asked = [places.map(({ schema }) => schema), places.map(({ table }) => table)];
  for (const about of Object.keys(QUESTIONS) as (keyof CatalogFacts)[]) {
    const rows = await back.query(
      `SELECT place.number, answer.* FROM (
         SELECT number, format('%I.%I', schema, name) AS name, format('%I.%I', schema, name)::regclass AS id
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(schema, name, number)) AS place
       CROSS JOIN LATERAL (${QUESTIONS[about]}) AS answer`,
      asked,
    );
    for (const [number, ...row] of rows) facts[Number(number) - 1]![about].push(row);
  }
  return facts;
}
