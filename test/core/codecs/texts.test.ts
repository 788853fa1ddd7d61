import { InvalidText } from '../../../core/meaning/meaning';
import { CodecBench } from './through-copy';
import type { Case } from './through-copy';

let bench: CodecBench;
beforeAll(async () => void (bench = await CodecBench.open()));
afterAll(() => bench.close());

const blob = (...bytes: number[]) => Buffer.from(bytes);
const INT64_MIN = -(2n ** 63n);

describe('text', () => {
  test('goes over byte for byte, unless PostgreSQL has no such text', async () => {
    const long = 'é😀'.repeat(5_000);
    await bench.expectCells('text', 'TEXT', [
      ['', ''],
      [' ', ' '],
      ['\\N', '\\N'],
      ['a\tb\nc\rd\\e', 'a\tb\nc\rd\\e'],
      ['e\u0301é😀\uFEFF\uFFFD\uFFFF', 'e\u0301é😀\uFEFF\uFFFD\uFFFF'],
      [long, long],
      ['a\0b', '!NUL byte'],
      [`${long}\0`, '!NUL byte'],
      [new InvalidText(blob(0x61, 0xff)), '!invalid UTF-8'],
      [new InvalidText(Buffer.concat([Buffer.from(long), blob(0xc3)])), '!invalid UTF-8'],
      [new InvalidText(blob(0xed, 0xa0, 0x80)), '!invalid UTF-8'],
      [new InvalidText(blob(0xc0, 0x80)), '!invalid UTF-8'],
      [new InvalidText(blob(0xf4, 0x90, 0x80, 0x80)), '!invalid UTF-8'],
      [1n, '!wrong storage class'],
      [1.5, '!wrong storage class'],
      [blob(97), '!wrong storage class'],
      [null, null],
    ]);
  });

  test('takes numbers where SQLite keeps numbers and text in one column, and tells reals from integers', async () => {
    for (const declared of ['INTEGER', 'REAL', 'NUMERIC'])
      await bench.expectCells('text', declared, [
        [42n, '42'],
        [42, '42.0'],
        [2.5, '2.5'],
        [1e300, '1e+300'],
        [1e21, '1e+21'],
        [1e20, '100000000000000000000.0'],
        [5e-324, '5e-324'],
        [-0, '-0.0'],
        [0, '0.0'],
        [Infinity, 'Infinity'],
        [-Infinity, '-Infinity'],
        [INT64_MIN, '-9223372036854775808'],
        ['n/a', 'n/a'],
        [blob(1), '!wrong storage class'],
      ]);
  });

  test('varchar(n) counts code points', async () => {
    await bench.expectCells('varchar(3)', 'NUMERIC', [
      ['abc', 'abc'],
      ['abcd', '!too long'],
      ['😀é中', '😀é中'],
      ['😀é中a', '!too long'],
      ['e\u0301e\u0301', '!too long'],
      ['ab  ', '!too long'],
      ['a  ', 'a  '],
      [123n, '123'],
      [1234n, '!too long'],
      [1, '1.0'],
      [12, '!too long'],
      ['ab\0', '!NUL byte'],
    ]);
  });
});

test('bytea takes blobs only', async () => {
  await bench.expectCells('bytea', '', [
    [blob(), '\\x'],
    [blob(0, 255, 92), '\\x00ff5c'],
    [Buffer.alloc(100_000, 7), `\\x${'07'.repeat(100_000)}`],
    ['x', '!wrong storage class'],
    [1n, '!wrong storage class'],
  ]);
});

test('uuid takes the usual text in any case, and blobs of 16 bytes', async () => {
  const uuid = '123e4567-e89b-12d3-a456-42661417ffff';
  await bench.expectCells('uuid', '', [
    [uuid, uuid],
    [uuid.toUpperCase(), uuid],
    [Buffer.from(uuid.replaceAll('-', ''), 'hex'), uuid],
    [Buffer.alloc(16), '00000000-0000-0000-0000-000000000000'],
    [uuid.replaceAll('-', ''), '!not a UUID'],
    [`{${uuid}}`, '!not a UUID'],
    [`${uuid.slice(0, 35)}g`, '!not a UUID'],
    ['123e4567e-89b-12d3-a456-42661417ffff', '!not a UUID'],
    [`${uuid.slice(0, 35)}\n`, '!not a UUID'],
    ['', '!not a UUID'],
    [Buffer.alloc(15), '!not a UUID'],
    [Buffer.alloc(17), '!not a UUID'],
    [Buffer.from(uuid), '!not a UUID'],
    [1n, '!wrong storage class'],
    [1.5, '!wrong storage class'],
  ]);
});

describe('JSON', () => {
  const NO_JSON: Case[] = [
    '',
    ' ',
    '{',
    "{'a':1}",
    '[1,]',
    '01',
    '+1',
    '1.',
    '.5',
    'NaN',
    'Infinity',
    'undefined',
    'TRUE',
    '"\t"',
    '"\\x"',
    '"\\u12"',
    '{"a":1}}',
    '\uFEFF{}',
    '\u00a01',
    'nul',
  ].map((text): Case => [text, '!not JSON']);

  test('json keeps its text, whatever the escapes stand for', async () => {
    const kept = [
      ' { "b" : 1,\n"a":1, "a":2 } ',
      '"\\u0000"',
      '"\\ud800"',
      '"\\\\u0000"',
      '1e400',
      '-0',
      'null',
      '[1.50, 1E5]',
      '"é😀"',
    ];
    await bench.expectCells('json', 'TEXT', [
      ...kept.map((text): Case => [text, text]),
      ...NO_JSON,
      ['"\0"', '!NUL byte'],
      [new InvalidText(blob(34, 0xff, 34)), '!invalid UTF-8'],
      [1n, '!wrong storage class'],
      [blob(123, 125), '!wrong storage class'],
    ]);
  });

  test('jsonb refuses NUL and half a surrogate pair in escapes, and nothing that only looks like them', async () => {
    const refused = [
      '"\\u0000"',
      '{"\\u0000":1}',
      '"\\ud800"',
      '"\\uDC00"',
      '"\\ud83d\\ud83d"',
      '"\\udc00\\ud800"',
      '"\\ud83dx\\ude00"',
      '"\\\\\\u0000"',
      '["\\ud83d\\\\ude00"]',
    ];
    await bench.expectCells('jsonb', 'TEXT', [
      ...refused.map((text): Case => [text, '!JSON not allowed in jsonb']),
      ...NO_JSON,
      ['"\\\\u0000"', '"\\\\u0000"'],
      ['"\\\\\\\\u0000"', '"\\\\\\\\u0000"'],
      ['"\\\\ud800"', '"\\\\ud800"'],
      ['"\\ud83d\\ude00"', '"😀"'],
      ['"\\uD83D\\uDE00\\u0001"', '"😀\\u0001"'],
      ['{"a":1,"a":2}', '{"a": 2}'],
      ['"\\u00e9\\/"', '"é/"'],
      ['1.50', '1.50'],
      ['1e2', '100'],
      ['-0', '0'],
      [' [ ] ', '[]'],
    ]);
  });

  test('jsonb takes 1,000 levels of nesting', async () => {
    const deep = `${'['.repeat(1000)}${']'.repeat(1000)}`;
    await bench.expectCells('jsonb', 'TEXT', [[deep, deep]]);
  });

  test('tagged jsonb takes every cell and keeps storage classes apart', async () => {
    await bench.expectCells(
      'jsonb',
      '',
      [
        [42n, '42'],
        [42, '42.0'],
        [INT64_MIN, '-9223372036854775808'],
        [1e300, `1${'0'.repeat(300)}`],
        [5e-324, `0.${'0'.repeat(323)}5`],
        [-0, '{"$real": "-0.0"}'],
        [Infinity, '{"$real": "Infinity"}'],
        [-Infinity, '{"$real": "-Infinity"}'],
        ['42', '"42"'],
        ['', '""'],
        ['"\\\u0001\u2028😀', '"\\"\\\\\\u0001\u2028😀"'],
        ['a\0b', '{"$text": "610062"}'],
        [new InvalidText(blob(0xff)), '{"$text": "ff"}'],
        [blob(), '{"$blob": ""}'],
        [blob(0, 255), '{"$blob": "00ff"}'],
        ['{"$blob": "00"}', '"{\\"$blob\\": \\"00\\"}"'],
        [null, null],
      ],
      'tagged',
    );
  });
});
