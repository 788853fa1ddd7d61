import type Database from 'better-sqlite3';
import { quoteName } from '../../stores/sqlite/names';
import fc from '../support/property';
import * as cells from './cells';
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
  unique: boolean;
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
        unique: fc.boolean(),
        size: fc.integer({ min: 0, max: maxRows }),
      })
      .chain(({ name, columns, key, unique, size }) =>
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
            unique,
            rowids,
            rows: rows as Cell[][],
          })),
      ),
  );

export const databases = (maxRows: number): fc.Arbitrary<RandomDatabase> =>
  fc
    .uniqueArray(table(maxRows), { minLength: 1, maxLength: 3, selector: ({ name }) => name.toLowerCase() })
    .map((tables) => ({ tables }));

/** Makes the tables and puts in the rows that SQLite takes: a NOT NULL, a key or STRICT may refuse some. */
export function build(db: Database.Database, { tables }: RandomDatabase): void {
  for (const { name, columns, key, strict, unique, rowids, rows } of tables) {
    const parts = columns.map(({ name: column, declared, notNull, default: given }, i) => {
      const alias = key === 'rowid' && i === 0;
      const only =
        (key === 'one' || key === 'without rowid') && i === 0
          ? ' PRIMARY KEY'
          : key === 'descending' && i === 0
            ? ' PRIMARY KEY DESC'
            : '';
      if (alias) return `${quoteName(column)} INTEGER PRIMARY KEY`;
      return `${quoteName(column)} ${declared}${only}${notNull ? ' NOT NULL' : ''}${given === undefined ? '' : ` DEFAULT ${given}`}`;
    });
    const [first, second] = columns;
    if (key === 'two') parts.push(`PRIMARY KEY (${quoteName(second!.name)}, ${quoteName(first!.name)})`);
    const options = [...(key === 'without rowid' ? ['WITHOUT ROWID'] : []), ...(strict ? ['STRICT'] : [])];
    db.exec(`CREATE TABLE ${quoteName(name)} (${parts.join(', ')}) ${options.join(', ')}`);
    if (unique)
      db.exec(
        `CREATE INDEX ${quoteName(`${name} ${second!.name}`)} ON ${quoteName(name)} (${quoteName(second!.name)} DESC)`,
      );
    const hidesRowid = columns.some((one) => one.name.toLowerCase() === 'rowid');
    const ownRowid = !hidesRowid && key !== 'rowid' && key !== 'without rowid';
    for (const [number, row] of rows.entries()) {
      const rowid = ownRowid ? rowids[number] : undefined;
      const names = [...(rowid === undefined ? [] : ['rowid']), ...columns.map((one) => quoteName(one.name))];
      // An alias of the rowid takes integers only.
      const given = key === 'rowid' ? [rowids[number] ?? null, ...row.slice(1)] : row;
      const values = [...(rowid === undefined ? [] : [rowid]), ...given];
      const places = values.map((cell) => (isText(cell) ? 'CAST(? AS TEXT)' : '?'));
      const insert = db.prepare(`INSERT INTO ${quoteName(name)} (${names.join(', ')}) VALUES (${places.join(', ')})`);
      try {
        insert.run(...values.map((cell) => (isText(cell) ? cell.text : cell)));
      } catch (error) {
        if (!/^SQLITE_(CONSTRAINT|MISMATCH)/.test((error as { code: string }).code)) throw error;
      }
    }
  }
}

function isText(cell: Cell): cell is { text: Buffer } {
  return cell !== null && typeof cell === 'object' && !Buffer.isBuffer(cell);
}

/** The rows that are really there: SQLite converts what is inserted. In the order of the rowids, which are given; else of the key. */
export function readRows(
  db: Database.Database,
  table: string,
  columns: readonly string[],
  rowid: string | undefined,
  key: readonly string[],
): { rowid: bigint | undefined; cells: Cell[] }[] {
  const parts = columns.flatMap((name) => {
    const column = quoteName(name);
    return [`typeof(${column})`, column, `CAST(${column} AS BLOB)`];
  });
  // SQLite would follow an index that has all columns.
  const order = rowid === undefined ? key : [rowid];
  const inOrder = order.length === 0 ? ' NOT INDEXED' : ` ORDER BY ${order.map(quoteName).join(', ')}`;
  const all = db
    .prepare(
      `SELECT ${rowid === undefined ? 'NULL' : quoteName(rowid)}, ${parts.join(', ')} FROM ${quoteName(table)}${inOrder}`,
    )
    .safeIntegers(true)
    .raw()
    .all() as unknown[][];
  return all.map(([id, ...values]) => ({
    rowid: id === null ? undefined : (id as bigint),
    cells: columns.map((_, i): Cell => {
      const [kind, value, bytes] = values.slice(3 * i, 3 * i + 3) as [string, Cell, Buffer | null];
      return kind === 'text' ? { text: bytes ?? Buffer.alloc(0) } : value;
    }),
  }));
}
