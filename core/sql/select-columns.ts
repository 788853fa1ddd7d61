import { INT64 } from './operand';
import { quoteIdent, unwrapped } from './quote';
import type { RelationColumn, SelectOperand } from './relations';
import type { Part } from './select-part';
import { unified } from './unify';
import { refuse } from './untranslatable';

/** Types for columns of a kind, where PostgreSQL would take a narrower or an unknown one. */
const CASTS: Readonly<Record<string, string>> = {
  integer: 'bigint',
  real: 'double precision',
  double: 'double precision',
  number: 'numeric',
  text: 'text',
  boolean: 'boolean',
  blob: 'bytea',
  date: 'date',
};

/** Results of all parts with a type in common, as SQL of each part. */
export function commonColumns(
  parts: readonly Part[],
  names: readonly { name: string; target: string }[] | undefined,
  casts: boolean,
): { sql: string[]; columns: RelationColumn[] } {
  const width = parts[0]!.results.length;
  if (parts.some(({ results }) => results.length !== width)) return refuse('parts with different numbers of columns');
  if (names !== undefined && names.length !== width)
    return refuse(`it has ${width} columns, and names for ${names.length}`);
  const columns: RelationColumn[] = [];
  const texts = parts.map(() => [] as string[]);
  const values = parts.map((part) => part.values?.map(() => [] as string[]));
  for (let i = 0; i < width; i++) {
    const found = parts.flatMap((part) => (part.values === undefined ? [part.results[i]!.operand] : part.values[i]!));
    const { operand, sql } = inCommon(found, casts);
    const { name, target } = names?.[i] ?? { name: parts[0]!.results[i]!.name, target: parts[0]!.results[i]!.name };
    columns.push({ name, target, operand });
    let at = 0;
    for (const [p, part] of parts.entries()) {
      if (part.values === undefined) texts[p]!.push(`${unwrapped(sql[at++]!)} AS ${quoteIdent(target)}`);
      else for (const _ of part.values[i]!) values[p]![i]!.push(unwrapped(sql[at++]!));
    }
  }
  const targets = columns.map(({ target }) => target);
  if (new Set(targets).size < targets.length) return refuse('two columns of one name');
  return {
    columns,
    sql: parts.map((part, p) => {
      if (values[p] === undefined) return `SELECT ${part.head}${texts[p]!.join(', ')}${part.tail}`;
      const rows = part.values![0]!.map((_, row) => `(${values[p]!.map((column) => column[row]!).join(', ')})`);
      const list = targets.map(quoteIdent).join(', ');
      return `SELECT ${list} FROM (VALUES ${rows.join(', ')}) AS "values" (${list})`;
    }),
  };
}

/** What operands of one column have in common, and the SQL of each. */
function inCommon(operands: readonly SelectOperand[], casts: boolean): { operand: SelectOperand; sql: string[] } {
  const cast = (sql: string, kind: string) => (CASTS[kind] === undefined ? sql : `${sql}::${CASTS[kind]}`);
  if (operands.length === 1) {
    const [operand] = operands;
    const { kind } = operand!;
    const collation =
      operand!.collation?.explicit === true ? { name: operand!.collation.name, explicit: false } : operand!.collation;
    if (casts && kind === 'boolean')
      return {
        operand: { sql: '', kind: 'integer', range: INT64, storage: 'integer' },
        sql: [`${operand!.sql}::integer::bigint`],
      };
    return {
      operand: {
        ...operand!,
        ...(collation && { collation }),
        ...(casts && kind === 'integer' && { range: INT64 }),
      },
      sql: [casts ? cast(operand!.sql, kind) : kind === 'null' ? 'NULL' : operand!.sql],
    };
  }
  const [first] = operands;
  const same = operands.every(({ kind, keptAs }) => kind === first!.kind && keptAs === first!.keptAs);
  if (same && ['opaque', 'json', 'date', 'numbers as text'].includes(first!.kind)) {
    if (first!.kind === 'opaque' && first!.keptAs === undefined) return refuse('parts with values of several types');
    return { operand: first!, sql: operands.map(({ sql }) => sql) };
  }
  const { values, ...operand } = unified(operands.map(withoutCollation));
  return { operand: { ...operand, sql: '' }, sql: values.map((sql) => cast(sql, operand.kind)) };
}

/** A compound SELECT is no calculation: COLLATE in a part of it is of no matter. */
function withoutCollation(operand: SelectOperand): SelectOperand {
  const { collation: _, ...plain } = operand;
  return plain;
}
