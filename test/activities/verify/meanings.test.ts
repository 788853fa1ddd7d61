import Database from 'better-sqlite3';
import fc, { runs } from '../../support/property';
import type { Pool } from 'pg';
import { parseType } from '../../../core/mapping';
import type { ColumnMapping } from '../../../core/mapping';
import type { SourceValue } from '../../../core/meaning/meaning';
import { meaningOfSource } from '../../../core/meaning/source';
import { meaningOfTarget } from '../../../core/meaning/target';
import { ReadBack } from '../../../stores/postgres/read-back';
import { openTarget } from '../../../stores/postgres/target';
import { createDatabase } from '../../support/postgres';
import type { TestDatabase } from '../../support/postgres';
import { columnMapping } from './fixture';

/** A source value, and the same as PostgreSQL itself reads it: text that `literal` (default `$v::type`) makes a value of. */
type Case = [value: SourceValue, literal: string];

interface Subject {
  name: string;
  column: ColumnMapping;
  cases: fc.Arbitrary<Case>;
  /** SQL that makes the value from the text `v`. */
  literal?: string;
}

function subject(
  declared: string,
  type: string,
  cases: fc.Arbitrary<Case>,
  literal?: string,
  format?: ColumnMapping['format'],
): Subject {
  const column = columnMapping({ name: 'v', declared, type, ...(format === undefined ? {} : { format }) });
  return {
    name: `${type}${format === undefined ? '' : ` from ${format}`} in a column declared ${declared || 'without a type'}`,
    column,
    cases,
    ...(literal === undefined ? {} : { literal }),
  };
}

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n),
);
const double = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(-0, 0, 1e300, 5e-324, -2.225073858507201e-308, Infinity, -Infinity, 0.1, 1 / 3, 2 ** 53, 123456789.5),
);
const finite = double.filter(Number.isFinite);
const pad = (value: number, width = 2) => String(value).padStart(width, '0');
const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const clock = fc
  .tuple(
    fc.nat(23),
    fc.nat(59),
    fc.option(fc.tuple(fc.nat(59), fc.option(fc.tuple(fc.nat(999_999), fc.integer({ min: 1, max: 6 }))))),
    fc.constantFrom('T', ' '),
  )
  .map(([hour, minute, rest, separator]) => {
    const seconds =
      rest === null ? '' : `:${pad(rest[0])}${rest[1] === null ? '' : `.${pad(rest[1][0], 6).slice(0, rest[1][1])}`}`;
    return `${separator}${pad(hour)}:${pad(minute)}${seconds}`;
  });
const local = fc.oneof(
  day,
  fc.tuple(day, clock).map(([date, time]) => date + time),
);
const zone = fc.oneof(
  fc.constantFrom('Z', '+00:00', '-00:00', '+15:59', '-15:59'),
  fc.tuple(fc.constantFrom('+', '-'), fc.nat(15), fc.nat(59)).map(([sign, h, m]) => `${sign}${pad(h)}:${pad(m)}`),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0')),
  fc.constantFrom(
    '',
    ' ',
    'é',
    'e\u0301',
    '😀',
    '\\N',
    '\\',
    '\t\n\r\b\f\v',
    '\\.',
    '\uFEFFbom',
    '\uFFFD',
    'a\\tb',
    "'",
    '"',
  ),
);
const number = fc.oneof(
  int64.map(String),
  fc
    .tuple(fc.constantFrom('', '-'), fc.bigInt({ min: 0n, max: 10n ** 40n }), fc.stringMatching(/^\d{1,30}$/))
    .map(([sign, whole, fraction]) => `${sign}${whole}.${fraction}`),
  fc.constantFrom('1.50', '1.5', '-0', '-0.000', '0.0', '100', '100.00', '0.001', '1000000000000000000000000.1000'),
);
const jsonNumber = fc.oneof(
  number,
  fc.tuple(number, fc.integer({ min: -300, max: 300 })).map(([digits, power]) => `${digits}e${power}`),
  fc.constantFrom('1E+2', '1.5e-7', '0e5'),
);
const jsonString = fc
  .string({ unit: 'binary' })
  .filter((value) => !value.includes('\0'))
  .map((value) => JSON.stringify(value));
const jsonText = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false', '"\\u00e9\\ud83d\\ude00\\/"', '[ ]', '{ }'),
    jsonNumber,
    jsonString,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' ,')}]`),
    fc
      .array(fc.tuple(fc.oneof(jsonString, fc.constantFrom('"a"', '"b"', '"\\u0061"', '"__proto__"')), tie('value')), {
        maxLength: 5,
      })
      .map((members) => `{ ${members.map(([key, value]) => `${key}\n:\t${value}`).join(',')} }`),
  ),
})).value;
const same = (value: fc.Arbitrary<string>): fc.Arbitrary<Case> => value.map((v) => [v, v]);
const sqlite = new Database(':memory:');
const julianText = sqlite.prepare(`SELECT strftime('%Y-%m-%d %H:%M:%f', ?)`).pluck();

const SUBJECTS: Subject[] = [
  subject(
    'INTEGER',
    'bigint',
    int64.map((v) => [v, String(v)]),
  ),
  subject(
    'INTEGER',
    'integer',
    fc
      .maxSafeInteger()
      .map((v) => v % 2 ** 31)
      .map((v) => [BigInt(v), String(v)]),
  ),
  subject(
    'INTEGER',
    'smallint',
    fc.integer({ min: -32768, max: 32767 }).map((v) => [BigInt(v), String(v)]),
  ),
  subject(
    'REAL',
    'double precision',
    double.map((v) => [v, Object.is(v, -0) ? '-0' : String(v)]),
  ),
  subject(
    '',
    'double precision',
    fc.maxSafeInteger().map((v) => [BigInt(v), String(v)]),
  ),
  subject(
    'NUMERIC',
    'numeric',
    finite.map((v) => [v, String(v)]),
  ),
  subject('TEXT', 'numeric', same(number)),
  subject(
    'INTEGER',
    'numeric',
    int64.map((v) => [v, String(v)]),
  ),
  subject(
    'NUMERIC',
    'numeric(12,2)',
    fc.integer({ min: -(10 ** 11), max: 10 ** 11 }).map((v) => [v / 100, String(v / 100)]),
  ),
  subject(
    'TEXT',
    'boolean',
    fc.constantFrom('true', 'FALSE', 't', 'F', 'yes', 'No', 'y', 'N', 'ON', 'off', '1', '0').map((v) => [v, v]),
  ),
  subject('INTEGER', 'boolean', fc.constantFrom<Case>([0n, 'false'], [1n, 'true'])),
  subject('TEXT', 'text', same(text)),
  subject(
    'INTEGER',
    'text',
    int64.map((v) => [v, String(v)]),
  ),
  subject(
    'NUMERIC',
    'text',
    fc.constantFrom<Case>(
      [2.5, '2.5'],
      [2, '2.0'],
      [1e300, '1e+300'],
      [-Infinity, '-Infinity'],
      [1e21, '1e+21'],
      [-3, '-3.0'],
    ),
  ),
  subject('TEXT', 'varchar(100)', same(text.filter((v) => v.length <= 100))),
  subject(
    'BLOB',
    'bytea',
    fc.uint8Array().map((v) => [Buffer.from(v), Buffer.from(v).toString('base64')]),
    `decode(v, 'base64')`,
  ),
  subject('TEXT', 'date', same(day)),
  subject('TEXT', 'timestamp', same(local)),
  subject(
    'TEXT',
    'timestamptz',
    fc.tuple(day, clock, zone).map(([d, c, z]) => [d + c + z, d + c + z]),
  ),
  subject(
    'INTEGER',
    'timestamptz',
    fc.integer({ min: -62135596800, max: 253402300799 }).map((v) => [BigInt(v), String(v)]),
    `timestamptz 'epoch' + v::bigint * interval '1 second'`,
    'unix-seconds',
  ),
  subject(
    'INTEGER',
    'timestamp',
    fc.integer({ min: -4e12, max: 4e12 }).map((v) => [BigInt(v), String(v)]),
    `timestamp 'epoch' + v::bigint * interval '1 millisecond'`,
    'unix-milliseconds',
  ),
  subject(
    'REAL',
    'timestamp',
    fc.double({ min: 1_721_426, max: 5_373_484, noNaN: true }).map((v) => [v, julianText.get(v) as string]),
    undefined,
    'julian-day',
  ),
  subject(
    'TEXT',
    'uuid',
    fc.tuple(fc.uuid(), fc.boolean()).map(([v, upper]) => [upper ? v.toUpperCase() : v, v]),
  ),
  subject(
    'BLOB',
    'uuid',
    fc.uuid().map((v) => [Buffer.from(v.replaceAll('-', ''), 'hex'), v]),
  ),
  subject('TEXT', 'json', same(jsonText)),
  subject('TEXT', 'jsonb', same(jsonText)),
  subject(
    '',
    'jsonb',
    int64.map((v) => [v, String(v)]),
    undefined,
    'tagged',
  ),
  subject(
    '',
    'jsonb',
    finite
      .filter((v) => !Object.is(v, -0))
      .map((v) => [v, Number.isInteger(v) && Math.abs(v) < 1e21 ? `${v}.0` : String(v)]),
    undefined,
    'tagged',
  ),
  subject(
    '',
    'jsonb',
    text.map((v) => [v, JSON.stringify(v)]),
    undefined,
    'tagged',
  ),
  subject(
    '',
    'jsonb',
    fc.uint8Array().map((v) => [Buffer.from(v), JSON.stringify({ $blob: Buffer.from(v).toString('hex') })]),
    undefined,
    'tagged',
  ),
  subject(
    '',
    'jsonb',
    fc.constantFrom<Case>(
      [Infinity, '{"$real": "Infinity"}'],
      [-Infinity, '{"$real": "-Infinity"}'],
      ['a\0b', '{"$text": "610062"}'],
    ),
    undefined,
    'tagged',
  ),
];

let database: TestDatabase;
let target: Pool;
beforeAll(async () => {
  database = await createDatabase();
  target = openTarget(database.url);
});
afterAll(async () => {
  sqlite.close();
  await target.end();
  await database.drop();
});

let cells = 0;

test.each(SUBJECTS)(
  'what PostgreSQL prints for $name means what the source means',
  async ({ column, cases, literal }) => {
    const type =
      column.type.precision === undefined
        ? column.type.length === undefined
          ? column.type.name
          : `varchar(${column.type.length})`
        : `numeric(${column.type.precision},${column.type.scale})`;
    await target.query(`DROP TABLE IF EXISTS public.v; CREATE TABLE public.v (n int, v ${type})`);
    await fc.assert(
      fc.asyncProperty(fc.array(cases, { minLength: 10, maxLength: 60, size: 'max' }), async (list) => {
        await target.query('TRUNCATE public.v');
        await target.query(
          `INSERT INTO public.v SELECT n, ${literal ?? `v::${type}`} FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n)`,
          [list.map(([, v]) => v)],
        );
        const found: (string | null)[] = [];
        const back = await ReadBack.open(target);
        try {
          await back.rows({ schema: 'public', table: 'v' }, ['n', 'v'], ([n, v]) => {
            found[Number(n) - 1] = meaningOfTarget(v!, column);
          });
        } finally {
          await back.close();
        }
        cells += list.length;
        expect(found).toEqual(list.map(([value]) => meaningOfSource(value, column)));
      }),
      { numRuns: runs(8) },
    );
  },
);

test('at least 2,000 cells went through the server', () => {
  expect(cells).toBeGreaterThan(2000);
});

const of = (value: SourceValue, type: string, declared = 'TEXT', format?: ColumnMapping['format']) =>
  meaningOfSource(value, {
    ...columnMapping({ name: 'v', declared, type: 'text' }),
    type: parseType(type),
    ...(format === undefined ? {} : { format }),
  });

test.each<[SourceValue, string, string, ColumnMapping['format']?]>([
  ['1', 'bigint', 'BLOB'],
  [1.5, 'bigint', ''],
  [2n ** 31n, 'integer', 'INTEGER'],
  [-32769n, 'smallint', 'INTEGER'],
  [2n ** 53n + 1n, 'double precision', 'INTEGER'],
  ['1.5', 'double precision', ''],
  [Infinity, 'numeric', 'NUMERIC'],
  ['1e5', 'numeric', 'TEXT'],
  ['.5', 'numeric', 'TEXT'],
  [1.234, 'numeric(10,2)', 'NUMERIC'],
  [12345n, 'numeric(6,2)', 'NUMERIC'],
  [2n, 'boolean', 'INTEGER'],
  [' true', 'boolean', 'TEXT'],
  [1n, 'text', 'BLOB'],
  ['abcd', 'varchar(3)', 'TEXT'],
  ['x', 'bytea', ''],
  ['2023-02-29', 'date', 'TEXT'],
  ['2023-02-28 00:00', 'date', 'TEXT'],
  ['0000-01-01', 'date', 'TEXT'],
  ['2023-01-01 24:00:00', 'timestamp', 'TEXT'],
  ['2023-01-01 23:59:60', 'timestamp', 'TEXT'],
  ['2023-01-01 00:00:00.1234567', 'timestamp', 'TEXT'],
  ['2023-01-01T00:00Z', 'timestamp', 'TEXT'],
  ['2023-01-01 00:00', 'timestamptz', 'TEXT'],
  ['2023-01-01 00:00+16:00', 'timestamptz', 'TEXT'],
  [253402300800n, 'timestamp', 'INTEGER', 'unix-seconds'],
  [1.5, 'timestamp', '', 'unix-seconds'],
  ['123e4567e89b12d3a456426614174000', 'uuid', 'TEXT'],
  [Buffer.alloc(15), 'uuid', 'BLOB'],
  [Buffer.from('{}'), 'json', 'BLOB'],
  ['{"a":"\\u0000"}', 'jsonb', 'TEXT'],
  ['"\\ud800"', 'jsonb', 'TEXT'],
  ['[1,]', 'jsonb', 'TEXT'],
  ['01', 'jsonb', 'TEXT'],
  ['{"a":1}}', 'jsonb', 'TEXT'],
  ['', 'jsonb', 'TEXT'],
  ["{'a':1}", 'jsonb', 'TEXT'],
  ['"\t"', 'jsonb', 'TEXT'],
])('%p can not be meant as %s in a column declared %p', (...row) => {
  expect(of(...row)).toMatch(/^\0[^]{4,}/);
});

test('NULL means NULL and nothing else does, in every type', () => {
  for (const { column } of SUBJECTS) {
    expect([meaningOfSource(null, column), meaningOfTarget(null, column)]).toEqual([null, null]);
    expect(meaningOfSource('', column)).not.toBeNull();
  }
});

test('JSON nested 5,000 deep has a meaning', () => {
  const deep = `${'[{"a":'.repeat(2500)}1.0${'}]'.repeat(2500)}`;
  expect(of(deep, 'jsonb')).toBe(of(deep.replace('1.0', ' 1.000 '), 'jsonb'));
  expect(of(deep, 'jsonb')).not.toBe(of(deep.replace('1.0', '2'), 'jsonb'));
});

test('numbers in JSON that one double would stand for stay apart', () => {
  expect(of('9007199254740993', 'jsonb')).not.toBe(of('9007199254740992', 'jsonb'));
  expect(of('1e400', 'jsonb')).not.toBe(of('1e401', 'jsonb'));
  expect(of('[100, 1.50]', 'jsonb')).toBe(of('[1e2,15e-1]', 'jsonb'));
});
