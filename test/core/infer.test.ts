import { TableCensus } from '../../core/census';
import { inferColumn } from '../../core/infer';
import type { Inference } from '../../core/infer';
import { makeRow, makeTable } from '../support/rows';
import type { Cell } from '../support/rows';

function infer(declared: string, cells: readonly Cell[]): Inference {
  const table = makeTable('t', { c: declared });
  const census = new TableCensus(table);
  cells.forEach((cell, i) => census.add(makeRow([cell], BigInt(i + 1))));
  return inferColumn(table.columns[0]!, census.result().columns[0]!);
}

const NUL = 'a\0b';
const NOT_UTF8 = { rawText: Buffer.from([0xff]) };
const BLOB = Buffer.from([1, 2]);
const UUID = '12345678-9abc-DEF0-1234-56789abcdef0';
const DAY = '2024-02-29';
const TIME = '2024-02-29 12:30:00';
const INSTANT = '2024-02-29T12:30:00.5+02:00';

test.each<[declared: string, cells: Cell[], type: string]>([
  ['INTEGER', [1n, null, -5n], 'bigint'],
  ['TINYINT(1)', [0n, 1n], 'bigint'],
  ['TEXT', ['a', ''], 'text'],
  ['TEXT(3)', ['abcdef'], 'text'],
  ['BLOB', [BLOB], 'bytea'],
  ['REAL', [1.5], 'double precision'],
  ['DOUBLE PRECISION', [Infinity], 'double precision'],
  ['VARCHAR(3)', ['äöü'], 'varchar(3)'],
  ['NVARCHAR ( 3 )', ['abc'], 'varchar(3)'],
  ['NCHAR(55)', ['abc'], 'varchar(55)'],
  ['VARCHAR(99999999)', ['abc'], 'text'],
  ['DECIMAL(5,2)', [1n, 999.99, 0.01], 'numeric(5,2)'],
  ['NUMERIC(4)', [1234n], 'numeric(4,0)'],
  ['NUMERIC', [1n, 0.1], 'numeric'],
  ['BOOLEAN', [0n, 1n], 'boolean'],
  ['bool', ['true', 'No'], 'boolean'],
  ['DATE', [DAY], 'date'],
  ['DATETIME', [TIME, DAY], 'timestamp'],
  ['TIMESTAMP', ['2024-02-29T12:30'], 'timestamp'],
  ['TIMESTAMP WITH TIME ZONE', [INSTANT], 'timestamptz'],
  ['JSON', ['{"a": 1}', '[]'], 'jsonb'],
  ['UUID', [UUID, Buffer.alloc(16)], 'uuid'],
])('%s of fitting values is taken as declared (%#)', (declared, cells, type) => {
  expect(infer(declared, cells)).toEqual({ type, conversion: 'as declared', review: false, quarantines: 0 });
});

test.each<[declared: string, type: string]>([
  ['INTEGER', 'bigint'],
  ['DATETIME', 'timestamp'],
  ['DECIMAL(10,2)', 'numeric(10,2)'],
  ['VARCHAR(20)', 'varchar(20)'],
  ['JSON', 'jsonb'],
  ['BLOB', 'bytea'],
])('%s of NULLs alone, and in an empty table, is taken as declared', (declared, type) => {
  expect(infer(declared, [null, null]).type).toBe(type);
  expect(infer(declared, []).type).toBe(type);
});

test.each<[declared: string, cells: Cell[], expected: Partial<Inference>]>([
  ['VARCHAR(3)', ['abcd'], { type: 'text', conversion: 'widened: texts of up to 4 characters', review: false }],
  ['DECIMAL(5,2)', [0.125], { type: 'numeric', conversion: 'widened: up to 3 decimals' }],
  ['DECIMAL(5,2)', [1000n], { type: 'numeric', conversion: 'widened: more digits than declared' }],
  ['DATE', [DAY, TIME], { type: 'timestamp', conversion: 'widened: with time of day' }],
  ['DATETIME', [INSTANT], { type: 'timestamptz', conversion: 'all values have a time zone' }],
  ['JSON', ['"\\u0000"'], { type: 'json', conversion: 'json: some values are not allowed in jsonb' }],
  ['INTEGER', [1n, 0.5], { type: 'double precision', conversion: 'widened: 1 real among 1 integer', review: true }],
  ['INTEGER', [2n ** 53n + 1n, 0.5], { type: 'numeric' }],
  ['INTEGER', [2n ** 53n + 1n, Infinity], { type: 'jsonb', format: 'tagged' }],
  ['', [1n, 1], { type: 'numeric' }],
  ['', [1n, 1.5], { type: 'double precision' }],
  [
    'INTEGER',
    [1n, 2n, 3n, 'x'],
    {
      type: 'text',
      conversion: 'widened: 1 text among 3 integers',
      review: true,
      suggestion: 'bigint would send 1 row to the quarantine',
    },
  ],
  ['INTEGER', [1n, BLOB], { type: 'jsonb', format: 'tagged', conversion: 'mixed: 1 integer, 1 blob', review: true }],
  ['REAL', [0.5, 'n/a', 1.5], { type: 'text' }],
  ['BOOLEAN', [0n, 2n], { type: 'bigint', conversion: 'not as declared: all values are integers', review: true }],
  ['DATE', [DAY, '0000-00-00', DAY], { type: 'text', suggestion: 'date would send 1 row to the quarantine' }],
  ['DATETIME', [TIME, INSTANT], { type: 'text' }],
  ['UUID', [UUID, 'x', UUID], { type: 'text', suggestion: 'uuid would send 1 row to the quarantine' }],
  ['BLOB', ['a', 'b'], { type: 'text', conversion: 'not as declared: all values are texts' }],
  ['', ['a', 1n], { type: 'jsonb', format: 'tagged' }],
  ['', ['a'], { type: 'text', conversion: 'no declared type: all values are texts', review: false }],
  ['', [BLOB], { type: 'bytea' }],
  ['', [], { type: 'text', review: true }],
  ['BINARY(2)', [BLOB], { type: 'bytea', conversion: 'as declared' }],
])('%s is widened to what holds its values (%#)', (declared, cells, expected) => {
  expect(infer(declared, cells)).toMatchObject({ quarantines: 0, ...expected });
});

test('a few texts that PostgreSQL cannot hold are left to the quarantine', () => {
  expect(infer('TEXT', ['a', 'b', 'c', 'd', NUL, NOT_UTF8, BLOB])).toMatchObject({
    type: 'text',
    quarantines: 3,
    review: true,
  });
  expect(infer('VARCHAR(9)', ['a', 'b', NUL])).toMatchObject({ type: 'varchar(9)', quarantines: 1 });
  expect(infer('', ['a', 'b', NUL])).toMatchObject({ type: 'text', quarantines: 1 });
});

test('a text column of blobs becomes bytea, and a mixed one keeps both apart', () => {
  expect(infer('TEXT', [BLOB, BLOB])).toMatchObject({ type: 'bytea', quarantines: 0 });
  expect(infer('TEXT', [BLOB, BLOB, NUL])).toMatchObject({ type: 'bytea', quarantines: 1 });
  expect(infer('TEXT', [BLOB, BLOB, 'a'])).toMatchObject({ type: 'jsonb', format: 'tagged', quarantines: 0 });
});

test('seconds, milliseconds and Julian days are suggested and never assumed', () => {
  expect(infer('DATETIME', [1_700_000_000n])).toMatchObject({
    type: 'bigint',
    suggestion: 'timestamptz with format: unix-seconds would fit all 1 value',
  });
  expect(infer('TIMESTAMP', [1_700_000_000_000n])).toMatchObject({
    type: 'bigint',
    suggestion: 'timestamptz with format: unix-milliseconds would fit all 1 value',
  });
  expect(infer('DATE', [2_460_000.5])).toMatchObject({
    type: 'double precision',
    suggestion: 'timestamp with format: julian-day would fit all 1 value',
  });
  expect(infer('DATETIME', [20_240_229n]).suggestion).toBeUndefined();
  expect(infer('INTEGER', [1_700_000_000n]).suggestion).toBeUndefined();
});

test('a meaning that all texts share is suggested', () => {
  expect(infer('TEXT', [DAY, DAY, DAY])).toMatchObject({
    type: 'text',
    suggestion: 'date would fit all 3 values',
    review: false,
  });
  expect(infer('VARCHAR(40)', [UUID, UUID, UUID])).toMatchObject({
    type: 'varchar(40)',
    suggestion: 'uuid would fit all 3 values',
  });
  expect(infer('TEXT', ['{}', '[1]', '{}']).suggestion).toBe('jsonb would fit all 3 values');
});
