import { quoteIdent } from '../../core/sql/quote';

export { quoteIdent } from '../../core/sql/quote';

/** `"schema"."name"`. */
export function qualified(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

/** Where a table stands: its final place, or the run's staging schema. */
export interface TargetPlace {
  schema: string;
  table: string;
}
