import type { Problems } from './problems';

/** Whether the columns that a key, an index or a constraint uses are there and moved. */
export function checkMoved(
  table: string,
  what: string,
  names: readonly string[],
  known: readonly string[],
  moved: ReadonlySet<string>,
  problems: Problems,
): void {
  for (const name of names) {
    if (!known.includes(name))
      problems.stale(`table ${table}: ${what} uses column ${name}, which the source does not have`, name, known);
    else if (!moved.has(name))
      problems.invalid(`table ${table}: ${what} uses column ${name}, which the plan does not move`);
  }
}
