import type { PlanField } from '../plan';

/** A name, or several, as a list. */
export function listed(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

export function columnOf(field: PlanField): string {
  return typeof field === 'string' ? field : field.column;
}
