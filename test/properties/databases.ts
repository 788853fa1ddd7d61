import fc from '../support/property';
import * as cells from './cells';
import { declarations } from './declarations';
import type { Declarations } from './declarations';
import type { Cell } from './judge';

/** Databases as one would rather not meet them: odd names, any declared type, and rows that keep to it or do not. */

export interface RandomDatabase {
  tables: RandomTable[];
}

export interface RandomTable {
  name: string;
  columns: { name: string; declared: string; notNull: boolean; default: string | undefined }[];
  key: 'none' | 'rowid' | 'one' | 'two' | 'without rowid' | 'descending';
  strict: boolean;
  /** Whether there is a plain index. */
  indexed: boolean;
  declared: Declarations;
  /** Rowids, or their absence, in tables without one of their own. */
  rowids: (bigint | undefined)[];
  rows: Cell[][];
}

const NAMES = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z][a-z_]{0,12}$/) },
  fc.constantFrom(
    'order',
    'select',
    'User',
    'USER',
    'With Space',
    'quo"te',
    "sing'le",
    'semi;colon',
    'a.b',
    '1st',
    'tab\there',
    'new\nline',
    'emoji😀',
    '%s',
    '$1',
    'back\\slash',
    'ctid',
    'xmin',
    'tableoid',
    'rowid',
    'oid',
    'Straße',
    'id',
    'ID2',
    'constructor',
    'toString',
    '*',
    'a*',
    '?',
    'ü'.repeat(40),
    `${'n'.repeat(62)}1`,
    `${'n'.repeat(63)}1`,
    `${'n'.repeat(63)}2`,
  ),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((name) => !name.includes('\0') && !/\p{Surrogate}/u.test(name)),
);

/** Declared types, each with the cells that its author had in mind. */
const TYPES: [string, fc.Arbitrary<Cell>][] = [
  ['INTEGER', cells.integers],
  ['INT', cells.integers],
  ['BIGINT', cells.integers],
  ['UNSIGNED BIG INT', cells.integers],
  ['REAL', cells.reals],
  ['DOUBLE PRECISION', cells.reals],
  ['FLOATING POINT', cells.reals],
  ['NUMERIC', fc.oneof(cells.integers, cells.reals)],
  ['DECIMAL(10,2)', fc.oneof(cells.integers, cells.reals, cells.decimals)],
  ['NUMERIC(40)', cells.decimals],
  ['TEXT', cells.strings],
  ['VARCHAR(10)', cells.strings],
  ['CHAR(3)', cells.strings],
  ['CLOB', cells.strings],
  ['BLOB', cells.blobs],
  ['BOOLEAN', fc.oneof(cells.words, fc.bigInt({ min: 0n, max: 1n }))],
  ['DATE', cells.days],
  ['DATETIME', fc.oneof(cells.moments, cells.instants)],
  ['TIMESTAMP', cells.moments],
  ['TIMESTAMP WITH TIME ZONE', cells.instants],
  ['JSON', cells.json],
  ['UUID', cells.uuids],
  ['GUID', fc.oneof(cells.uuids, cells.blobs)],
  ['', cells.anything],
  ['', cells.integers],
  ['', cells.strings],
  ['ANY', cells.anything],
  ['STRING', cells.strings],
  ['MONEY', fc.oneof(cells.reals, cells.decimals)],
];
const STRICT_TYPES: [string, fc.Arbitrary<Cell>][] = [
  ['INTEGER', cells.integers],
  ['INT', cells.integers],
  ['REAL', cells.reals],
  ['TEXT', cells.strings],
  ['BLOB', cells.blobs],
  ['ANY', cells.anything],
];
const DEFAULTS = ['0', "'x'", 'NULL', '-1', '1.5', "X'00ff'", 'CURRENT_TIMESTAMP', 'TRUE', "''"];

/** How faithful the rows of a column are to its type: most columns are, some are not at all. */
const FAITH = fc.constantFrom(1, 1, 1, 0.95, 0.5);

const column = (strict: boolean) =>
  fc.record({
    name: NAMES,
    type: fc.constantFrom(...(strict ? STRICT_TYPES : TYPES)),
    faith: FAITH,
    nulls: fc.constantFrom(0, 0, 0.2),
    notNull: fc.boolean(),
    default: fc.option(fc.constantFrom(...DEFAULTS), { nil: undefined, freq: 5 }),
  });

const table = (maxRows: number): fc.Arbitrary<RandomTable> =>
  fc.boolean().chain((strict) =>
    fc
      .record({
        name: NAMES,
        columns: fc.uniqueArray(column(strict), {
          minLength: 2,
          maxLength: 8,
          selector: ({ name }) => name.toLowerCase().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
        }),
        key: fc.constantFrom(
          'none' as const,
          'rowid' as const,
          'rowid' as const,
          'one' as const,
          'two' as const,
          'without rowid' as const,
          'descending' as const,
        ),
        indexed: fc.boolean(),
        declared: declarations,
        size: fc.integer({ min: 0, max: maxRows }),
      })
      .chain(({ name, columns, key, indexed, declared, size }) =>
        fc
          .record({
            rows: fc.array(
              fc.tuple(
                ...columns.map(({ type: [, likely], faith, nulls }) =>
                  fc.oneof(
                    { weight: Math.round(faith * 100), arbitrary: likely },
                    { weight: Math.round((1 - faith) * 100), arbitrary: cells.anything },
                    { weight: Math.round(nulls * 100), arbitrary: fc.constant(null) },
                  ),
                ),
              ),
              { minLength: size, maxLength: size },
            ),
            rowids: fc.array(fc.option(cells.integers, { nil: undefined, freq: 3 }), {
              minLength: size,
              maxLength: size,
            }),
          })
          .map(({ rows, rowids }): RandomTable => ({
            name: name.startsWith('sqlite_') ? `x${name}` : name,
            columns: columns.map(({ name: column, type: [declared], notNull, default: given }) => ({
              name: column,
              declared,
              notNull: notNull && !strict,
              default: strict ? undefined : given,
            })),
            key,
            strict,
            indexed,
            declared,
            rowids,
            rows: rows as Cell[][],
          })),
      ),
  );

export const databases = (maxRows: number): fc.Arbitrary<RandomDatabase> =>
  fc
    .uniqueArray(table(maxRows), { minLength: 1, maxLength: 3, selector: ({ name }) => name.toLowerCase() })
    .map((tables) => ({ tables }));
