import fc from '../support/property';
import type { Cell } from './judge';

/** Cells of every storage class, with those that are near some border more often than chance would have them. */

const pad = (value: number, width: number) => String(value).padStart(width, '0');
const text = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<Cell> =>
  arbitrary.map((value) => ({ text: Buffer.from(value) }));

export const integers: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -200n, max: 200n }),
  fc
    .tuple(fc.constantFrom(0, 7, 15, 23, 31, 47, 53, 62), fc.constantFrom(1n, -1n), fc.bigInt({ min: -2n, max: 2n }))
    .map(([bits, sign, by]) => sign * 2n ** BigInt(bits) + by),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)),
);
export const seconds = fc.bigInt({ min: -62_135_596_900n, max: 253_402_300_900n });
export const reals: fc.Arbitrary<number> = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -999_999, max: 999_999 }).map((cents) => cents / 100),
  fc.float({ noNaN: true }),
  fc.constantFrom(
    -0,
    0,
    5e-324,
    -5e-324,
    1.5,
    1e21,
    1e-7,
    123456789012345680000,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    Infinity,
    -Infinity,
    Number.MAX_VALUE,
  ),
);
export const strings = text(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ maxLength: 30 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constantFrom(
      '',
      ' ',
      '\0',
      'a\0b',
      '\\N',
      '\\.',
      '\t',
      '\r\n',
      '\uFEFF',
      '"',
      "'",
      '\u0001\u007f',
      '\\x00',
      'NULL',
      '😀',
    ),
  ),
);
export const decimals = text(
  fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.stringMatching(/^\d{1,25}$/),
      fc.option(fc.stringMatching(/^\d{0,25}$/)),
      fc.constantFrom('', '', '', 'e5', ' '),
    )
    .map(([sign, whole, fraction, end]) => sign + whole + (fraction === null ? '' : `.${fraction}`) + end),
);
export const fractions = text(fc.stringMatching(/^-?0\.\d{1,6}$/));
export const words = text(
  fc
    .tuple(
      fc.constantFrom(
        'true',
        'false',
        't',
        'f',
        'yes',
        'no',
        'y',
        'n',
        'on',
        'off',
        '1',
        '0',
        'of',
        'tr',
        '01',
        'ｔrue',
      ),
      fc.boolean(),
    )
    .map(([word, upper]) => (upper ? word.toUpperCase() : word)),
);
const dayText = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 9999 }), fc.constantFrom(1, 1900, 2000, 2023, 2024, 9999)),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 31 }),
  )
  .map(([y, m, d]) => `${pad(y, 4)}-${pad(m, 2)}-${pad(d, 2)}`);
export const days = text(
  fc.oneof(
    { weight: 5, arbitrary: dayText },
    dayText.map((day) => `${day} `),
    dayText.map((day) => day.replace('-0', '-')),
  ),
);
const clock = fc
  .tuple(
    fc.constantFrom('T', ' ', ' ', 't', '  '),
    fc.nat(24),
    fc.nat(60),
    fc.option(fc.tuple(fc.nat(60), fc.option(fc.stringMatching(/^\d{1,7}$/)))),
  )
  .map(
    ([separator, h, m, rest]) =>
      `${separator}${pad(h, 2)}:${pad(m, 2)}${rest === null ? '' : `:${pad(rest[0], 2)}${rest[1] === null ? '' : `.${rest[1]}`}`}`,
  );
const goodClock = fc
  .tuple(
    fc.constantFrom('T', ' '),
    fc.nat(23),
    fc.nat(59),
    fc.nat(59),
    fc.constantFrom('', '.5', '.123', '.000001', '.999999'),
  )
  .map(([separator, h, m, s, fraction]) => `${separator}${pad(h, 2)}:${pad(m, 2)}:${pad(s, 2)}${fraction}`);
const zone = fc.oneof(
  fc.constantFrom('Z', '+00:00', '-00:00', '+15:59', '-15:59', 'z', '+0100', '+01', ' +01:00', '+16:00'),
  fc.tuple(fc.constantFrom('+', '-'), fc.nat(15), fc.nat(59)).map(([sign, h, m]) => `${sign}${pad(h, 2)}:${pad(m, 2)}`),
);
const joined = (...parts: fc.Arbitrary<string>[]) => text(fc.tuple(...parts).map((all) => all.join('')));
export const moments = fc.oneof(joined(dayText, goodClock), joined(dayText, clock), joined(dayText));
export const instants = fc.oneof(joined(dayText, goodClock, zone), joined(dayText, clock, zone), joined(dayText, zone));
export const uuids = fc.oneof(
  text(fc.uuid()),
  text(fc.uuid().map((value) => value.toUpperCase())),
  text(fc.uuid().map((value) => value.replaceAll('-', ''))),
  text(fc.stringMatching(/^[0-9]{8}-[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{12}$/)),
  text(fc.stringMatching(/^[0-9a-f-]{36}$/)),
);
const escapes = fc
  .array(
    fc.constantFrom(
      '\\u0000',
      '\\ud83d',
      '\\uDE00',
      '\\ud83d\\ude00',
      '\\\\',
      'u0000',
      '\\n',
      '\\u00e9',
      'x',
      '\\"',
      '\u2028',
    ),
    { maxLength: 5 },
  )
  .map((parts) => `"${parts.join('')}"`);
const jsonNumber = fc.oneof(
  fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
  fc.constantFrom('-0', '-0.0', '1.50', '1e2', '9007199254740993', '0.1e-400', '01', '1.', '.5', '+1'),
);
export const json = text(
  fc.oneof(
    fc.json(),
    fc.json({ depthSize: 'large' }),
    escapes,
    jsonNumber,
    fc
      .tuple(escapes, jsonNumber, fc.json())
      .map(([name, one, other]) => ` {${name} : [${one}, ${other}],\n"a":${one} , "a":${other}} `),
    fc.constantFrom(
      'nul',
      '{"a":1,"a":2}',
      ' [ ] ',
      '[1,]',
      '{a:1}',
      "{'a':1}",
      '"\t"',
      'NaN',
      '{"__proto__":1}',
      '{"":0}',
      '',
    ),
  ),
);
export const blobs: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.constant(new Uint8Array()),
  )
  .map((bytes) => Buffer.from(bytes));
export const invalid: fc.Arbitrary<Cell> = fc
  .oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from([...bytes, 0xff])),
    fc
      .constantFrom([0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x61, 0xe2, 0x82])
      .map((bytes) => Buffer.from(bytes)),
  )
  .map((bytes) => ({ text: bytes }));

export const anything: fc.Arbitrary<Cell> = fc.oneof(
  integers,
  reals,
  strings,
  decimals,
  words,
  days,
  moments,
  instants,
  uuids,
  json,
  blobs,
  invalid,
  fc.constant(null),
);
