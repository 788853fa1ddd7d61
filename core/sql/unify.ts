import { booleanAsInteger } from './compare';
import type { Operand } from './operand';
import { refuse } from './untranslatable';

/** Results of which one becomes the value, with a kind in common: SQLite needs none, PostgreSQL does. */
export function unified(given: readonly Operand[]): Omit<Operand, 'sql'> & { values: string[] } {
  const operands = given.map(withoutCollate);
  const kinds = new Set(operands.map(({ kind }) => kind));
  kinds.delete('null');
  const [kind] = kinds;
  if (kind === undefined) return { kind: 'null', values: operands.map(({ sql }) => sql) };
  if (kinds.size === 1) {
    const ranges = operands.flatMap((operand) => (operand.range === undefined ? [] : [operand.range]));
    const storages = new Set(operands.flatMap((operand) => (operand.kind === 'null' ? [] : [operand.storage])));
    const [storage] = storages;
    if (kind === 'opaque' || kind === 'json' || kind === 'date' || kind === 'numbers as text')
      return refuse('a choice between values that have another type in PostgreSQL');
    return {
      kind,
      ...(kind === 'integer' && { range: spanOf(ranges) }),
      ...(storages.size === 1 && storage !== undefined && { storage }),
      values: operands.map(({ sql }) => sql),
    };
  }
  if (kinds.size === 2 && kinds.has('boolean') && kinds.has('integer'))
    return unified(operands.map((operand) => (operand.kind === 'boolean' ? booleanAsInteger(operand) : operand)));
  return refuse('a choice between values of several types');
}

function spanOf(ranges: readonly (readonly [bigint, bigint])[]): readonly [bigint, bigint] {
  return ranges.reduce(([a, b], [c, d]) => [a < c ? a : c, b > d ? b : d]);
}

/** COLLATE inside of an expression decides how the whole is compared, which nobody means. @throws Untranslatable */
export function withoutCollate(operand: Operand): Operand {
  return operand.collation?.explicit ? refuse('COLLATE inside of a calculation') : operand;
}
