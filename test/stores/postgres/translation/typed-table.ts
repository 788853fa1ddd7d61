import Database from 'better-sqlite3';
import type { Pool } from 'pg';
import { noEvidence } from '../../../../core/evidence';
import type { ColumnEvidence } from '../../../../core/evidence';
import { parseType } from '../../../../core/mapping';
import { asciiLower } from '../../../../core/sql/ascii';
import type { Scope } from '../../../../core/sql/expression';
import { columnOperand } from '../../../../core/sql/operand';
import { quoteIdent } from '../../../../core/sql/quote';
import { affinityOf } from '../../../../core/source';

export type SqliteValue = null | bigint | number | string | Buffer;

export interface TypedColumn {
  name: string;
  /** As SQLite declares it. */
  declared: string;
  /** As PostgreSQL has it. */
  type: string;
  collation?: string;
  values: readonly SqliteValue[];
}

const INTS = [0n, 1n, -1n, 2n, 3n, 7n, -7n, 100n];
const LONGS = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 31n, 2n ** 62n];
const REALS = [0, -0, 1, -1, 0.1, 0.5, 2.5, 3, 1e15, 2 ** 53 + 2, 1e300, -1e300, 1e-320, 9.3e18, Infinity, -Infinity];
const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'AB',
  'abc',
  'x',
  'xyz',
  'X%_',
  'Ä',
  'ä',
  'É',
  'a ',
  'a  ',
  ' a',
  '1',
  '-1',
  '1.0',
  '10',
  'ß',
  '😀',
  'a\nb',
  'a\\b',
  '[x]',
  "it's",
  'Z',
  '_',
  'z-z',
  'text',
  'integer',
];

/** Columns of every kind, with values at the edges of each. */
export const COLUMNS: readonly TypedColumn[] = [
  { name: 'i', declared: 'INTEGER', type: 'bigint', values: [...INTS, ...LONGS] },
  { name: 'k', declared: 'INT', type: 'bigint', values: [...INTS, ...LONGS] },
  { name: 's', declared: 'INT', type: 'smallint', values: [...INTS, -32768n, 32767n] },
  { name: 'n', declared: 'INT', type: 'integer', values: [...INTS, 2n ** 31n - 1n, -(2n ** 31n)] },
  { name: 'b', declared: 'BOOLEAN', type: 'boolean', values: [0n, 1n] },
  { name: 'c', declared: 'BOOLEAN', type: 'boolean', values: [0n, 1n] },
  { name: 'r', declared: 'REAL', type: 'double precision', values: REALS },
  { name: 'q', declared: 'DOUBLE', type: 'double precision', values: REALS },
  { name: 'f', declared: 'NUMERIC', type: 'double precision', values: [...INTS, 0.5, 2.5, -0.25, 1e300, Infinity] },
  {
    name: 'd',
    declared: 'DECIMAL(6,2)',
    type: 'numeric(6,2)',
    values: [...INTS, 0.1, 0.2, 0.3, -0.01, 9999.99, 1234n],
  },
  {
    name: 'm',
    declared: 'NUMERIC',
    type: 'numeric',
    values: [...INTS, ...LONGS, 0.1, 1e300, 1e-7, 0.30000000000000004],
  },
  { name: 't', declared: 'TEXT', type: 'text', values: TEXTS },
  { name: 'u', declared: 'VARCHAR(20)', type: 'varchar(20)', values: TEXTS },
  { name: 'v', declared: '', type: 'text', values: TEXTS },
  { name: 'nc', declared: 'TEXT', type: 'text', collation: 'NOCASE', values: TEXTS },
  { name: 'rt', declared: 'TEXT', type: 'text', collation: 'RTRIM', values: TEXTS },
  { name: 'w', declared: 'INTEGER', type: 'text', values: [...INTS, ...LONGS, 2.5, 1e300, 'text', 'a', 'Ä', '1x', ''] },
  {
    name: 'x',
    declared: 'BLOB',
    type: 'bytea',
    values: ['', '00', '0000', '61', 'ff', '78797a'].map((hex) => Buffer.from(hex, 'hex')),
  },
  { name: 'y', declared: 'DATE', type: 'date', values: ['2024-02-29', '2024-03-01', '0001-01-01', '9999-12-31'] },
  { name: 'z', declared: 'DATE', type: 'date', values: ['2024-02-29', '2023-12-31'] },
  { name: 'j', declared: 'JSON', type: 'jsonb', values: ['{}', '[1, 2]', '"a"', 'true'] },
];

const ROWS = 80;

/** The same value each time: row by row a column's values in another order than its neighbour's, NULL now and then. */
function valueAt(column: TypedColumn, index: number, row: number): SqliteValue {
  const { values } = column;
  const step = Math.imul(row + 1, 2654435761 + index * 40503) >>> 0;
  return step % 9 === 0 ? null : values[(row + Math.floor(step / 9)) % values.length]!;
}

/** The table `v` in SQLite, its values in the storage class that the column's affinity gives them. */
export function openSqlite(): Database.Database {
  const db = new Database(':memory:');
  db.defaultSafeIntegers(true);
  const columns = COLUMNS.map(
    ({ name, declared, collation }) => `${name} ${declared}${collation === undefined ? '' : ` COLLATE ${collation}`}`,
  );
  db.exec(`CREATE TABLE v (id INTEGER PRIMARY KEY, ${columns.join(', ')})`);
  const insert = db.prepare(`INSERT INTO v VALUES (?, ${COLUMNS.map(() => '?').join(', ')})`);
  for (let row = 0; row < ROWS; row++) insert.run(BigInt(row), ...COLUMNS.map((column, i) => valueAt(column, i, row)));
  return db;
}

/** The same table in PostgreSQL. Texts have a collation of a language, as databases mostly do. */
export async function makePostgres(pool: Pool, db: Database.Database): Promise<void> {
  const columns = COLUMNS.map(
    ({ name, type }) => `${quoteIdent(name)} ${type}${/text|varchar/.test(type) ? ' COLLATE "und-x-icu"' : ''}`,
  );
  await pool.query(`CREATE TABLE v (id bigint, ${columns.join(', ')})`);
  for (const row of db.prepare('SELECT * FROM v').raw().all() as SqliteValue[][]) {
    const values = row.map((value, i) => inPostgres(value, COLUMNS[i - 1]));
    await pool.query(`INSERT INTO v VALUES (${values.map((_, i) => `$${i + 1}`).join(', ')})`, values);
  }
}

function inPostgres(value: SqliteValue, column: TypedColumn | undefined): unknown {
  if (column?.type === 'boolean' && value !== null) return value === 1n;
  if (typeof value !== 'number') return typeof value === 'bigint' ? String(value) : value;
  return Object.is(value, -0) ? '-0' : String(value);
}

/** What a census would say of the table. */
function evidenceOf(column: TypedColumn): ColumnEvidence {
  const [evidence] = noEvidence('v', [column.name]).columns;
  for (const value of column.values) {
    if (typeof value === 'bigint') evidence!.integers.count += 1;
    else if (typeof value === 'number') {
      evidence!.reals.count += 1;
      if (!Number.isFinite(value)) evidence!.reals.nonFinite += 1;
    } else if (typeof value === 'string') evidence!.texts.count += 1;
    else evidence!.blobs.count += 1;
  }
  return evidence!;
}

/** The scope in which expressions over the table are translated. */
export const SCOPE: Scope = {
  utf8: true,
  column: ({ table, name }) => {
    const column = COLUMNS.find((candidate) => candidate.name === asciiLower(name));
    if (column === undefined || (table !== undefined && table !== 'v')) return undefined;
    return columnOperand({
      sql: quoteIdent(column.name),
      type: parseType(column.type),
      affinity: affinityOf(column.declared),
      collation: column.collation,
      evidence: evidenceOf(column),
    });
  },
};
