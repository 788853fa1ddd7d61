import { DateTime } from 'luxon';
import fc, { runs } from '../../support/property';
import type { ColumnMapping } from '../../../core/mapping';
import { InvalidText } from '../../../core/meaning/meaning';
import type { SourceValue } from '../../../core/meaning/meaning';
import { meaningOfSource } from '../../../core/meaning/source';
import { meaningOfTarget } from '../../../core/meaning/target';
import { CodecBench, columnOf, throughCopy } from './through-copy';

let bench: CodecBench;
beforeAll(async () => void (bench = await CodecBench.open()));
afterAll(() => bench.close());

const pad = (value: number, width: number) => String(value).padStart(width, '0');

const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // Around the ends of every size in which a record holds integers.
  fc
    .tuple(
      fc.constantFrom(0, 7, 8, 15, 16, 23, 31, 32, 47, 53, 62),
      fc.constantFrom(1n, -1n),
      fc.bigInt({ min: -2n, max: 2n }),
    )
    .map(([bits, sign, by]) => sign * 2n ** BigInt(bits) + by),
  // Seconds, milliseconds, microseconds and whole nanoseconds since 1970.
  fc.bigInt({ min: -62_135_596_900_000_000n, max: 253_402_300_900_000_000n }),
  fc.bigInt({ min: -9_200_000_000_000_000n, max: 9_200_000_000_000_000n }).map((micros) => micros * 1000n),
  fc.bigInt({ min: -62_135_596_900n, max: 253_402_300_900n }),
  fc.bigInt({ min: -62_135_596_900_000n, max: 253_402_300_900_000n }),
);
const real = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ noNaN: true, min: 1_721_425, max: 5_373_485 }),
  fc.integer({ min: -99_999, max: 99_999 }).map((cents) => cents / 100),
  fc.constantFrom(-0, 5e-324, 1e21, 1e300, 2 ** 53, 2 ** 63, Infinity, -Infinity),
);
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '\0', 'a\0b', '\\N', '\u0001', '\uFEFF'),
);
const decimal = fc
  .tuple(fc.constantFrom('', '-'), fc.stringMatching(/^\d{1,40}$/), fc.option(fc.stringMatching(/^\d{1,40}$/)))
  .map(([sign, whole, fraction]) => sign + whole + (fraction === null ? '' : `.${fraction}`));
const word = fc
  .tuple(
    fc.constantFrom('true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', 'on', 'off', '1', '0', 'of', 'tr'),
    fc.boolean(),
  )
  .map(([name, upper]) => (upper ? name.toUpperCase() : name));
// Fields go one past their ends, so that days and times that do not exist are among them.
const date = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(1900, 2000, 2023, 2024)), fc.nat(13), fc.nat(32))
  .map(([y, m, d]) => `${pad(y, 4)}-${pad(m, 2)}-${pad(d, 2)}`);
const time = fc
  .tuple(
    fc.constantFrom('T', ' ', 't'),
    fc.nat(24),
    fc.nat(60),
    fc.option(fc.tuple(fc.nat(60), fc.option(fc.stringMatching(/^\d{1,7}$/)))),
  )
  .map(
    ([separator, h, m, rest]) =>
      `${separator}${pad(h, 2)}:${pad(m, 2)}${rest === null ? '' : `:${pad(rest[0], 2)}${rest[1] === null ? '' : `.${rest[1]}`}`}`,
  );
const zone = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.constantFrom('Z', 'z', '+00:00', '-15:59'),
  fc.tuple(fc.constantFrom('+', '-'), fc.nat(16), fc.nat(60)).map(([sign, h, m]) => `${sign}${pad(h, 2)}:${pad(m, 2)}`),
);
const moment = fc
  .tuple(date, fc.oneof({ weight: 3, arbitrary: time }, { weight: 1, arbitrary: fc.constant('') }), zone)
  .map((parts) => parts.join(''));
// On and around the days on which clocks change somewhere.
const aroundChange = fc
  .tuple(
    fc.constantFrom(
      '2024-03-31',
      '2024-10-27',
      '2011-12-29',
      '2011-12-30',
      '2024-04-07',
      '2024-10-06',
      '2024-11-03',
      '2024-03-10',
      '1893-04-01',
    ),
    fc.nat(3),
    fc.nat(59),
    fc.nat(59),
  )
  .map(([day, h, m, s]) => `${day} ${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}`);
const compactDate = fc
  .tuple(fc.integer({ min: 0, max: 10_001 }), fc.nat(13), fc.nat(32))
  .map(([y, m, d]) => BigInt(y * 10_000 + m * 100 + d));
const seconds = fc
  .tuple(
    fc.integer({ min: -63_000_000_000, max: 253_000_000_000 }),
    fc.nat(9_999_999),
    fc.constantFrom(1, 10, 1000, 1e6, 1e7),
  )
  .map(([whole, part, scale]) => Number(`${whole}.${String(part % scale).padStart(7, '0')}`));
const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map((value) => value.toUpperCase()),
  fc.uuid().map((value) => value.replaceAll('-', '')),
);
const escapes = fc
  .array(fc.constantFrom('\\u0000', '\\ud83d', '\\uDE00', '\\\\', 'u0000', '\\n', '\\u00e9', 'x', '\\"'), {
    maxLength: 5,
  })
  .map((parts) => `"${parts.join('')}"`);
const json = fc.oneof(
  fc.json(),
  escapes,
  escapes.map((string) => `{${string}: [${string}, 1.50, 1e2]}`),
  decimal,
  fc.constantFrom('nul', '{"a":1,"a":2}', ' [ ] ', '1e-400', '12345678901234567890.5e3'),
);
const blob = fc
  .oneof(fc.uint8Array(), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((bytes) => Buffer.from(bytes));
const invalid = fc.uint8Array({ maxLength: 8 }).map((bytes) => new InvalidText(Buffer.from([...bytes, 0xff])));
const anything: fc.Arbitrary<SourceValue> = fc.oneof(
  integer,
  real,
  text,
  decimal,
  date,
  moment,
  uuid,
  json,
  word,
  blob,
  invalid,
  fc.constant(null),
);

interface Subject {
  type: string;
  declared: string;
  format?: NonNullable<ColumnMapping['format']>;
  cells: fc.Arbitrary<SourceValue>;
  more?: Partial<ColumnMapping>;
  /** What the type cannot hold, where its meaning is the text itself and does not tell. */
  cannotHold?: (value: string) => boolean;
}

const hasNul = (value: string) => value.includes('\0');
const noJson = (value: string) => {
  try {
    JSON.parse(value);
    return hasNul(value);
  } catch {
    return true;
  }
};

/** Of the north and of the south, with half an hour, across the date line, and without any change. */
const ZONES = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];

/** Whether clocks of the zone never showed this time. */
const skippedIn = (timeZone: string) => (value: string) => {
  const local = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d))?(:\d\d)?(\.\d+)?$/.exec(value);
  if (local === null) return false;
  const iso = `${local[1]}T${local[2] ?? '00:00'}${local[3] ?? ':00'}`;
  return DateTime.fromISO(iso, { zone: timeZone }).toFormat("yyyy-MM-dd'T'HH:mm:ss") !== iso;
};

const SUBJECTS: Subject[] = [
  { type: 'bigint', declared: 'INTEGER', cells: integer },
  { type: 'integer', declared: 'INTEGER', cells: integer },
  { type: 'smallint', declared: 'INTEGER', cells: integer },
  { type: 'double precision', declared: 'REAL', cells: fc.oneof(real, integer) },
  { type: 'numeric', declared: 'NUMERIC', cells: fc.oneof(real, integer, decimal) },
  { type: 'numeric(12,2)', declared: '', cells: fc.oneof(real, integer, decimal) },
  { type: 'numeric(30,30)', declared: '', cells: fc.oneof(real, decimal, fc.stringMatching(/^-?0\.\d{1,31}$/)) },
  { type: 'boolean', declared: '', cells: fc.oneof(word, fc.bigInt({ min: -1n, max: 2n })) },
  { type: 'text', declared: 'TEXT', cells: fc.oneof(text, invalid), cannotHold: hasNul },
  { type: 'text', declared: 'NUMERIC', cells: fc.oneof(text, integer, real), cannotHold: hasNul },
  { type: 'varchar(8)', declared: 'TEXT', cells: text, cannotHold: hasNul },
  { type: 'varchar(6)', declared: 'REAL', cells: fc.oneof(text, real), cannotHold: hasNul },
  { type: 'bytea', declared: 'BLOB', cells: blob },
  { type: 'date', declared: 'DATE', cells: date },
  { type: 'timestamp', declared: 'DATETIME', cells: moment },
  { type: 'timestamp', declared: 'INTEGER', format: 'unix-seconds', cells: integer },
  { type: 'timestamp', declared: 'REAL', format: 'julian-day', cells: real },
  { type: 'timestamptz', declared: 'DATETIME', cells: moment },
  { type: 'timestamptz', declared: 'INTEGER', format: 'unix-milliseconds', cells: integer },
  { type: 'timestamp', declared: 'INTEGER', format: 'unix-microseconds', cells: integer },
  { type: 'timestamptz', declared: 'INTEGER', format: 'unix-nanoseconds', cells: integer },
  { type: 'timestamptz', declared: 'INTEGER', format: 'chrome-microseconds', cells: integer },
  { type: 'timestamp', declared: 'REAL', format: 'mac-seconds', cells: fc.oneof(integer, real, seconds) },
  { type: 'date', declared: 'INTEGER', format: 'yyyymmdd', cells: compactDate },
  ...ZONES.map((timeZone): Subject => ({
    type: 'timestamptz',
    declared: 'DATETIME',
    cells: fc.oneof(moment, aroundChange),
    more: { timeZone },
    cannotHold: skippedIn(timeZone),
  })),
  ...(['bigint', 'text'] as const).map((type): Subject => ({
    type: 'uuid',
    declared: '',
    format: 'key',
    cells: fc.oneof(integer, text, integer.map(String), decimal),
    more: { key: { plan: 'shop', source: 'böoks', table: 'or"der', type } },
  })),
  {
    type: 'bigint',
    declared: 'INTEGER',
    cells: fc.oneof(integer, fc.constant(null)),
    more: { ifNull: '-9223372036854775808' },
  },
  {
    type: 'text',
    declared: 'TEXT',
    cells: fc.oneof(text, fc.constant(null)),
    more: { ifNull: '' },
    cannotHold: hasNul,
  },
  { type: 'bytea', declared: 'BLOB', cells: fc.oneof(blob, fc.constant(null)), more: { ifNull: '\\x00ff' } },
  { type: 'boolean', declared: '', cells: fc.oneof(word, fc.constant(null)), more: { ifNull: false } },
  { type: 'uuid', declared: '', cells: fc.oneof(uuid, blob) },
  { type: 'json', declared: 'TEXT', cells: json, cannotHold: noJson },
  { type: 'jsonb', declared: 'TEXT', cells: json },
  { type: 'jsonb', declared: '', format: 'tagged', cells: anything },
];

test.each(SUBJECTS)(
  '$type $format: PostgreSQL holds what the source means, or neither codec nor meaning can',
  async ({ type, declared, format, cells, more, cannotHold }) => {
    const column = columnOf(type, declared, format, more);
    let held = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 4, arbitrary: cells }, { weight: 1, arbitrary: anything }), {
          minLength: 30,
          maxLength: 60,
          size: 'max',
        }),
        async (values) => {
          const outcomes = await throughCopy(bench.pool, column, values);
          for (const [index, outcome] of outcomes.entries()) {
            const value = values[index]!;
            const meaning = meaningOfSource(value, column);
            if ('printed' in outcome) {
              held += 1;
              expect({ value, meaning: meaningOfTarget(outcome.printed, column) }).toEqual({ value, meaning });
            } else {
              refused += 1;
              const unholdable = meaning !== null && meaning.startsWith('\0') && meaning.length > 4;
              if (!unholdable && !(typeof value === 'string' && cannotHold?.(value) === true))
                expect({ value, meaning }).toEqual({ value, refused: outcome.refused });
            }
          }
        },
      ),
      { numRuns: runs(12) },
    );
    expect(held).toBeGreaterThan(25);
    expect(held + refused).toBeGreaterThan(300);
  },
);
