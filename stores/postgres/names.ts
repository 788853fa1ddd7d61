/** Quotes one identifier for PostgreSQL. The only way in which names enter SQL text. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`. */
export function qualified(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

/** Where a table stands: its final place, or the run's staging schema. */
export interface TargetPlace {
  schema: string;
  table: string;
}
