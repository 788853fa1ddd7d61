import { quoteName } from '../../stores/sqlite/names';
import fc from '../support/property';

/** What tables declare besides columns and rows: keys, indexes, checks, computed columns and foreign keys. Columns by their number. */

export interface Declarations {
  uniques: { columns: number[]; way: 'constraint' | 'index' | 'partial'; collation: string }[];
  checks: { template: string; columns: [number, number]; name: string | undefined }[];
  /** Whether rows were put in that the checks would have refused. */
  unchecked: boolean;
  computed: { template: string; columns: [number, number]; stored: boolean } | undefined;
  foreignKeys: RandomForeignKey[];
}

export interface RandomForeignKey {
  columns: number[];
  /** Number of the table; there may be none of it. */
  parent: number;
  /** Columns of the parent; its primary key when left out. */
  parentColumns: number[] | undefined;
  action: string;
  /** Every so many rows have no parent. */
  dangling: number;
}

/** a and b stand for columns. */
const CHECKS = [
  'length(a) < 50',
  'a IS NOT NULL',
  'a <> b',
  `typeof(a) <> 'blob'`,
  'a > 0',
  'a >= b OR a < b OR 1',
  `a NOT IN (0, 'x', 1.5)`,
  'a BETWEEN -1000 AND 1000 OR b IS NULL',
  `a LIKE '%a%' OR a NOT LIKE '%b%'`,
  `a GLOB '*[a-z]*' OR b IS NOT NULL`,
  'coalesce(a, b) IS NOT NULL',
  'CASE WHEN a > 5 THEN b > 5 ELSE 1 END',
  'a = b OR a IS NOT b',
  `a COLLATE NOCASE <> 'null'`,
  'upper(a) = a OR lower(a) = a',
  `substr(a, 1, 1) <> 'q'`,
  `instr(a, 'z') = 0`,
  `a || b <> 'xy'`,
  'a',
  'NOT a OR b',
  'length(trim(a)) >= 0 AND abs(length(b)) < 1e3',
];
const COMPUTED = [
  'a || b',
  'length(a)',
  'upper(a)',
  'lower(b)',
  'coalesce(a, b)',
  'a + 1',
  'a * 0.5',
  'a IS NULL',
  'CASE WHEN a > b THEN a ELSE b END',
  'ifnull(a, 0)',
  'trim(a)',
  'substr(a, 1, 3)',
  'typeof(a)',
  'a = b',
  `replace(a, 'a', b)`,
  `a LIKE '%a%'`,
  'hex(a)',
  'nullif(a, b)',
];

const position = fc.nat(7);
const pair = fc.tuple(position, position);

export const declarations: fc.Arbitrary<Declarations> = fc.record({
  uniques: fc.array(
    fc.record({
      columns: fc.uniqueArray(position, { minLength: 1, maxLength: 3 }),
      way: fc.constantFrom('constraint' as const, 'index' as const, 'partial' as const),
      collation: fc.constantFrom('', '', '', 'NOCASE', 'RTRIM'),
    }),
    { maxLength: 2 },
  ),
  checks: fc.array(
    fc.record({
      template: fc.constantFrom(...CHECKS),
      columns: pair,
      name: fc.option(fc.constantFrom('sane', 'select', 'a b'), { nil: undefined }),
    }),
    { maxLength: 2 },
  ),
  unchecked: fc.boolean(),
  computed: fc.option(fc.record({ template: fc.constantFrom(...COMPUTED), columns: pair, stored: fc.boolean() }), {
    nil: undefined,
  }),
  foreignKeys: fc.array(
    fc.record({
      columns: fc.uniqueArray(position, { minLength: 1, maxLength: 2 }),
      parent: fc.nat(3),
      parentColumns: fc.option(fc.uniqueArray(position, { minLength: 1, maxLength: 2 }), { nil: undefined }),
      action: fc.constantFrom('', '', 'ON DELETE CASCADE', 'ON UPDATE SET NULL', 'DEFERRABLE INITIALLY DEFERRED'),
      dangling: fc.constantFrom(0, 0, 0, 2, 7),
    }),
    { maxLength: 2 },
  ),
});

/** Name of the column that SQLite computes. */
export const COMPUTED_NAME = 'computed #1';

/** The names of columns; numbers beyond their count begin again. */
export function namesAt(names: readonly string[], numbers: readonly number[]): string[] {
  return [...new Set(numbers.map((number) => names[number % names.length]!))];
}

/** A template with names for a and b, which stand alone in it. */
export function fill(template: string, names: readonly string[], [a, b]: readonly [number, number]): string {
  const [first, second] = [a, b].map((number) => quoteName(names[number % names.length]!));
  return template.replaceAll(/'[^']*'|\b[ab]\b/g, (part) => (part === 'a' ? first! : part === 'b' ? second! : part));
}

/** The clauses of CREATE TABLE, and the statements after it. */
export function clausesOf(
  table: { name: string; declared: Declarations; strict: boolean },
  names: readonly string[],
  tables: readonly { name: string; columns: readonly { name: string }[] }[],
): { clauses: string[]; after: string[] } {
  const { uniques, checks, computed, foreignKeys } = table.declared;
  const list = (of: readonly string[], collation = '') =>
    of.map((name) => `${quoteName(name)}${collation === '' ? '' : ` COLLATE ${collation}`}`).join(', ');
  const clauses: string[] = [];
  const after: string[] = [];
  if (computed !== undefined)
    clauses.push(
      `${quoteName(COMPUTED_NAME)} ${table.strict ? 'ANY' : ''} AS (${fill(computed.template, names, computed.columns)}) ${computed.stored ? 'STORED' : 'VIRTUAL'}`,
    );
  for (const { template, columns, name } of checks)
    clauses.push(
      `${name === undefined ? '' : `CONSTRAINT ${quoteName(name)} `}CHECK (${fill(template, names, columns)})`,
    );
  for (const [i, { columns, way, collation }] of uniques.entries()) {
    const key = list(namesAt(names, columns), collation);
    if (way === 'constraint') clauses.push(`UNIQUE (${key})`);
    else
      after.push(
        `CREATE UNIQUE INDEX ${quoteName(`${table.name} unique ${i}`)} ON ${quoteName(table.name)} (${key})${way === 'index' ? '' : ` WHERE ${quoteName(names[0]!)} > 0`}`,
      );
  }
  for (const foreignKey of foreignKeys) {
    const other = tables[foreignKey.parent];
    const { own, theirs } = sidesOf(foreignKey, names, other?.columns.map(({ name }) => name) ?? []);
    clauses.push(
      `FOREIGN KEY (${list(own)}) REFERENCES ${quoteName(other?.name ?? 'no such parent')}${theirs === undefined ? '' : ` (${list(theirs)})`} ${foreignKey.action}`,
    );
  }
  return { clauses, after };
}

/** Columns of both sides of a foreign key; those of the parent are undefined where they are its primary key. */
export function sidesOf(
  { columns, parentColumns }: RandomForeignKey,
  names: readonly string[],
  parentNames: readonly string[],
): { own: string[]; theirs: string[] | undefined } {
  const own = namesAt(names, columns);
  if (parentColumns === undefined || parentNames.length === 0) return { own, theirs: undefined };
  const theirs = namesAt(parentNames, parentColumns);
  const length = Math.min(own.length, theirs.length);
  return { own: own.slice(0, length), theirs: theirs.slice(0, length) };
}
