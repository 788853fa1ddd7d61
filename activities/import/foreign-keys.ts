import type { Pool } from 'pg';
import type { SourceMapping, TableMapping } from '../../core/mapping';
import { foreignKeyStep } from '../../stores/postgres/ddl';
import type { KeyStep } from '../../stores/postgres/ddl';
import type { TargetPlace } from '../../stores/postgres/names';
import { applyStep, areTaken, NOT_VALID, publishedAt } from '../../stores/postgres/staging';
import type { RefusedStep } from '../../stores/postgres/staging';
import { stagingOf } from '../location';

/** A foreign key that is to be made: in staging, leniently where rows violate it, and as a person would make it by hand. */
interface ForeignKey {
  table: TableMapping;
  at: TargetPlace;
  /** Whether its parent is in staging, too, where nobody else waits for a lock. */
  inStaging: boolean;
  step: KeyStep;
  lenient: KeyStep;
  published: string;
}

/** Keys that are made in one transaction. */
const TOGETHER = 25;

export function foreignKeysOf(run: string, { tables }: SourceMapping, table: TableMapping): ForeignKey[] {
  if (table.ifExists === 'append') return [];
  const at = stagingOf(run, table);
  return table.foreignKeys.map((key) => {
    const parent = tables.find((candidate) => candidate.table === key.references.table)!;
    const inStaging = parent.ifExists !== 'append';
    // The parent of an appended table stands in its final place already.
    const parentAt = inStaging ? stagingOf(run, parent) : publishedAt(parent);
    return {
      table,
      at,
      inStaging,
      step: foreignKeyStep(table, at, key, parent, parentAt),
      lenient: foreignKeyStep(table, at, { ...key, validate: false }, parent, parentAt),
      published: foreignKeyStep(table, publishedAt(table), key, parent, publishedAt(parent)).sql,
    };
  });
}

/** Those of small tables in groups, in their order; the others one by one. */
export function inGroups(keys: readonly ForeignKey[], isSmall: (key: ForeignKey) => boolean): ForeignKey[][] {
  const groups: ForeignKey[][] = [];
  let open: ForeignKey[] | undefined;
  for (const key of keys) {
    const fits = key.inStaging && isSmall(key);
    if (fits && open !== undefined && open.length < TOGETHER) open.push(key);
    else groups.push((open = [key]));
    if (!fits) open = undefined;
  }
  return groups;
}

/** Makes them all at once, or, when there is something in the way, one after the other. Gives what could not be made, or only for new rows. */
export async function addTogether(pool: Pool, keys: readonly ForeignKey[]): Promise<RefusedStep[]> {
  const statements = keys.map(({ step }) => step.sql);
  if (keys.length > 1 && (await areTaken(pool, statements))) return [];
  const refused: RefusedStep[] = [];
  for (const { at, step, lenient, published } of keys) {
    const problem = await applyStep(pool, at, step);
    if (problem === undefined) continue;
    const stillRefused = await applyStep(pool, at, lenient);
    refused.push({
      ...(stillRefused ?? {
        ...problem,
        reason: NOT_VALID,
      }),
      sql: published,
    });
  }
  return refused;
}
