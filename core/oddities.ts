import { intentOf } from './declared';
import type { Intent } from './declared';
import { valuesOf } from './evidence';
import type { ColumnEvidence, Sample, TableEvidence } from './evidence';
import { plural } from './evidence-text';
import type { SourceColumn, SourceTable } from './source';

/** Something about a table that its schema does not let one expect. */
export interface Oddity {
  kind: OddityKind;
  /** The column that it is in; absent where it is of the table as a whole. */
  column?: string;
  /** How many cells or rows. */
  count: number;
  /** In words, with numbers: `3 texts among 997 reals`. */
  what: string;
  /** At most three places to look at. */
  samples: Sample[];
}

export type OddityKind =
  | 'mixed storage classes'
  | 'NUL bytes'
  | 'invalid UTF-8'
  | 'past 2^53'
  | 'infinite'
  | 'not as declared'
  | 'NULL'
  | 'no key'
  | 'foreign key violated'
  | 'CHECK violated'
  | 'not computable';

/** What is odd about the columns and keys of a table, by the evidence of one pass: columns in their order, then the table. */
export function odditiesOf(table: SourceTable, evidence: TableEvidence): Oddity[] {
  return [
    ...table.columns.flatMap((column, i) => ofColumn(table, column, evidence.columns[i]!)),
    ...ofTable(table, evidence),
  ];
}

function ofColumn(table: SourceTable, column: SourceColumn, evidence: ColumnEvidence): Oddity[] {
  const { integers, reals, texts, nulls, odd = {} } = evidence;
  const found: Oddity[] = [];
  const add = (kind: OddityKind, count: number, what: string, samples: Sample[] = []) => {
    if (count > 0) found.push({ kind, column: column.name, count, what, samples });
  };
  const mixed = mixture(intentOf(column), evidence);
  if (mixed !== undefined) add('mixed storage classes', mixed.count, mixed.what, mixed.samples);
  add('NUL bytes', texts.withNul, `${plural(texts.withNul, 'text')} with NUL bytes`, odd.withNul);
  add(
    'invalid UTF-8',
    texts.invalidUtf8,
    `${plural(texts.invalidUtf8, 'text')} that ${is(texts.invalidUtf8)} no UTF-8`,
    odd.invalidUtf8,
  );
  const wide = integers.wide ?? 0;
  add('past 2^53', wide, `${plural(wide, 'integer')} beyond ±2^53, which JavaScript and JSON readers round`, odd.wide);
  add(
    'infinite',
    reals.nonFinite,
    `${plural(reals.nonFinite, 'real')} that ${is(reals.nonFinite)} infinite`,
    odd.nonFinite,
  );
  const misfit = misfits(intentOf(column), evidence);
  if (misfit !== undefined) add('not as declared', misfit.count, misfit.what, odd.misfits);
  const inKey = table.primaryKey.includes(column.name) && column.name !== table.rowidAlias;
  if (column.notNull || inKey)
    add('NULL', nulls, `${plural(nulls, 'NULL')} in ${inKey ? 'the primary key' : 'a NOT NULL column'}`, odd.nulls);
  return found;
}

/** Classes apart from the most frequent one. Integers among reals are no surprise where numbers of both kinds are meant. */
function mixture({ kind }: Intent, { integers, reals, texts, blobs, odd = {} }: ColumnEvidence) {
  const classes = [
    { name: 'integer', count: integers.count, samples: odd.integers },
    { name: 'real', count: reals.count, samples: odd.reals },
    { name: 'text', count: texts.count, samples: odd.texts },
    { name: 'blob', count: blobs.count, samples: odd.blobs },
  ].filter(({ count }) => count > 0);
  const numbersOnly = texts.count + blobs.count === 0;
  if (classes.length < 2 || (numbersOnly && (kind === 'numeric' || kind === 'real' || kind === 'any')))
    return undefined;
  const [most, ...others] = classes.toSorted((a, b) => b.count - a.count);
  return {
    count: others.reduce((sum, { count }) => sum + count, 0),
    what: `${others.map(({ name, count }) => plural(count, name)).join(', ')} among ${plural(most!.count, most!.name)}`,
    samples: inTurns(others.map(({ samples = [] }) => samples)).slice(0, 3),
  };
}

/** The first of each list, then the second of each … */
function inTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

/** Texts that are not what the declared type means, where that is a matter of their shape. */
function misfits({ kind }: Intent, evidence: ColumnEvidence): { count: number; what: string } | undefined {
  const { texts } = evidence;
  const others = (fitting: number, one: string) => {
    const count = texts.count - fitting;
    return { count, what: `${plural(count, 'text')} that ${is(count)} no ${one}` };
  };
  switch (kind) {
    case 'date':
      return others(texts.dates, 'date');
    case 'timestamp':
      return others(texts.timestamps + texts.instants, 'date or time');
    case 'json':
      return others(texts.json.valid, 'JSON');
    case 'uuid':
      return others(texts.uuids, 'UUID');
    case 'boolean':
      return others(texts.booleans, 'boolean');
    case 'numeric':
    case 'integer':
    case 'real':
    case 'bytes':
      // Among others they are told as a mixture.
      return texts.count === valuesOf(evidence)
        ? { count: texts.count, what: `nothing but texts in a column of ${kind === 'bytes' ? 'bytes' : 'numbers'}` }
        : undefined;
    default:
      return undefined;
  }
}

function is(count: number): string {
  return count === 1 ? 'is' : 'are';
}

function ofTable(table: SourceTable, { rows }: TableEvidence): Oddity[] {
  const hasKey = table.primaryKey.length > 0 || table.indexes.some(({ unique, partial }) => unique && !partial);
  return [
    ...(table.uncomputable ?? []).map((column): Oddity => ({
      kind: 'not computable',
      column,
      count: rows,
      what: 'its values are computed by a function that only the application has',
      samples: [],
    })),
    ...(hasKey || rows === 0 || table.kind === 'virtual'
      ? []
      : [
          {
            kind: 'no key' as const,
            count: rows,
            what: 'no primary key and no unique index: rows that are equal cannot be told apart',
            samples: [],
          },
        ]),
  ];
}
