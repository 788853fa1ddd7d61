import { stagingSchema } from '../core/ids';
import type { TableMapping } from '../core/mapping';
import type { TargetPlace } from '../stores/postgres/names';

/** The run's staging table. */
export function stagingOf(run: string, mapping: TableMapping): TargetPlace {
  return { schema: stagingSchema(run, mapping.source), table: mapping.target };
}

/** Where the table's rows stand: staging before publishing, the table's own place after it. */
export function locationOf(run: string, mapping: TableMapping, published: boolean): TargetPlace {
  return published ? { schema: mapping.schema, table: mapping.target } : stagingOf(run, mapping);
}
