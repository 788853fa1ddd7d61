import { shorten } from './draft-table';
import type { Note, TableDraft } from './draft-table';
import type { Namespace } from './names';
import type { PlanCheck } from './plan';
import { readCreateTable } from './sql/create-table';
import { translateCondition } from './sql/expression';
import type { Scope } from './sql/expression';

/** CHECK constraints that mean the same in PostgreSQL, in the order of declaration; the others are noted with their SQL. */
export function draftChecks({ table, target }: TableDraft, scope: Scope, names: Namespace, note: Note): PlanCheck[] {
  if (table.kind === 'virtual') return [];
  const { checks } = readCreateTable(table.sql);
  const translated = checks.flatMap((check) => {
    const result = translateCondition(check.sql, scope);
    const text = `CHECK (${check.sql.replace(/\s+/g, ' ')})`;
    if ('reason' in result) {
      note(table.name, 'check constraint', `not translated: ${shorten(text)}: ${result.reason}`, text);
      return [];
    }
    for (const caveat of result.caveats) note(table.name, 'calculation', `${shorten(text)}: ${caveat}`);
    return [{ check, sql: result.sql }];
  });
  // Names that somebody gave come before names that we make.
  const named = new Map<object, string>();
  for (const { check } of translated) if (check.name !== undefined) named.set(check, names.take(check.name));
  return translated.map(({ check, sql }) => {
    const made = check.column === undefined ? `${target}_check` : `${target}_${check.column}_check`;
    const name = named.get(check) ?? names.take(made);
    if (check.name !== undefined && name !== check.name)
      note(check.name, 'constraint name', `called ${name} in PostgreSQL, where ${table.name} has another of that name`);
    return { name, sql };
  });
}
