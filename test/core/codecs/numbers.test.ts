import { integerCell } from '../../support/rows';
import { CodecBench } from './through-copy';
import type { Case } from './through-copy';

let bench: CodecBench;
beforeAll(async () => void (bench = await CodecBench.open()));
afterAll(() => bench.close());

const blob = (...bytes: number[]) => Buffer.from(bytes);
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** The same integer in each of the sizes that a record may hold it in. */
const sizes = (value: bigint, ...bytes: number[]): Case[] =>
  bytes.map((size) => [integerCell(value, size), String(value)]);

describe('integers', () => {
  test('keep their sign in records of 1, 2, 3, 4, 6 and 8 bytes, and as serial types 8 and 9', async () => {
    const all = [1, 2, 3, 4, 6, 8];
    const cases: Case[] = [
      [0n, '0'],
      [1n, '1'],
      ...sizes(0n, ...all),
      ...sizes(1n, ...all),
      ...sizes(-1n, ...all),
      ...sizes(-128n, ...all),
      ...sizes(127n, ...all),
      ...sizes(128n, 2, 3, 4, 6, 8),
      ...sizes(-129n, 2, 3, 4, 6, 8),
      ...sizes(-32768n, 2, 3, 4, 6, 8),
      ...sizes(32767n, 2, 3, 4, 6, 8),
    ];
    for (const type of ['bigint', 'integer', 'smallint', 'numeric', 'double precision', 'text'])
      await bench.expectCells(type, 'INTEGER', cases);
  });

  test('bigint holds every 64-bit integer', async () => {
    await bench.expectCells('bigint', 'INTEGER', [
      [INT64_MAX, '9223372036854775807'],
      [INT64_MIN, '-9223372036854775808'],
      ...sizes(2n ** 47n - 1n, 6, 8),
      ...sizes(-(2n ** 47n), 6, 8),
      ...sizes(-(2n ** 23n), 3, 4),
      [2n ** 53n + 1n, '9007199254740993'],
      [null, null],
    ]);
  });

  test('integer and smallint refuse what is past their ends', async () => {
    await bench.expectCells('integer', 'INTEGER', [
      [2n ** 31n - 1n, '2147483647'],
      [2n ** 31n, '!out of range'],
      [-(2n ** 31n), '-2147483648'],
      [-(2n ** 31n) - 1n, '!out of range'],
      [integerCell(-(2n ** 31n), 8), '-2147483648'],
      [2n ** 32n, '!out of range'],
      [INT64_MAX, '!out of range'],
      [INT64_MIN, '!out of range'],
    ]);
    await bench.expectCells('smallint', 'INTEGER', [
      [32767n, '32767'],
      [32768n, '!out of range'],
      [-32768n, '-32768'],
      [-32769n, '!out of range'],
      [65536n, '!out of range'],
      [2n ** 40n, '!out of range'],
    ]);
  });

  test.each(['bigint', 'integer', 'smallint'])(
    '%s refuses reals, text and blobs, whatever they look like',
    async (type) => {
      await bench.expectCells(type, '', [
        [1, '!wrong storage class'],
        ['1', '!wrong storage class'],
        [blob(1), '!wrong storage class'],
        [Infinity, '!wrong storage class'],
      ]);
    },
  );
});

test('double precision keeps every bit, and refuses integers that a double cannot hold', async () => {
  await bench.expectCells('double precision', '', [
    [0.1, '0.1'],
    [5e-324, '5e-324'],
    [-2.225073858507201e-308, '-2.225073858507201e-308'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [-0, '-0'],
    [2n ** 53n, '9.007199254740992e+15'],
    [2n ** 53n + 1n, '!not exact'],
    [2n ** 53n + 2n, '9.007199254740994e+15'],
    [INT64_MAX, '!not exact'],
    [INT64_MIN, '-9.223372036854776e+18'],
    ['1.5', '!wrong storage class'],
    [blob(1), '!wrong storage class'],
  ]);
});

describe('numeric', () => {
  test('takes digits as they are, from integers, reals and plain text', async () => {
    await bench.expectCells('numeric', '', [
      [INT64_MAX, '9223372036854775807'],
      [INT64_MIN, '-9223372036854775808'],
      [0n, '0'],
      [-0, '0'],
      [1e300, `1${'0'.repeat(300)}`],
      [5e-324, `0.${'0'.repeat(323)}5`],
      [1e21, `1${'0'.repeat(21)}`],
      [1.5e21, `15${'0'.repeat(20)}`],
      [1e-7, '0.0000001'],
      [0.1, '0.1'],
      [1.7976931348623157e308, `17976931348623157${'0'.repeat(292)}`],
      [-123.456, '-123.456'],
      ['9999', '9999'],
      ['10000', '10000'],
      ['100000000', '100000000'],
      ['0.0001', '0.0001'],
      ['0.00001', '0.00001'],
      ['10000.0001', '10000.0001'],
      ['12345.67891', '12345.67891'],
      ['99990000.00009999', '99990000.00009999'],
      ['00012.5000', '12.5000'],
      ['-0', '0'],
      ['-0.000', '0.000'],
      ['000', '0'],
      [Infinity, '!out of range'],
      [-Infinity, '!out of range'],
      ['NaN', '!not a number'],
      ['1e5', '!not a number'],
      ['+1', '!not a number'],
      ['.5', '!not a number'],
      ['5.', '!not a number'],
      ['', '!not a number'],
      [' 1', '!not a number'],
      ['1\n', '!not a number'],
      ['1\0', '!not a number'],
      ['١', '!not a number'],
      ['1,5', '!not a number'],
      [blob(49), '!wrong storage class'],
    ]);
  });

  test('holds 131,072 digits before the point and 16,383 after it, and not one more', async () => {
    const most = '7'.repeat(131_072);
    const fraction = `0.${'3'.repeat(16_383)}`;
    await bench.expectCells('numeric', 'TEXT', [
      [most, most],
      [`-${most}`, `-${most}`],
      [`${most}7`, '!out of range'],
      [fraction, fraction],
      [`${fraction}3`, '!out of range'],
      [`${most}.${'3'.repeat(16_383)}`, `${most}.${'3'.repeat(16_383)}`],
      [`1${'0'.repeat(131_071)}`, `1${'0'.repeat(131_071)}`],
      [`0${most}`, most],
    ]);
  });

  test('with precision and scale loses no digit', async () => {
    await bench.expectCells('numeric(6,2)', '', [
      [9999n, '9999.00'],
      [10000n, '!out of range'],
      ['9999.99', '9999.99'],
      ['-9999.99', '-9999.99'],
      ['0.001', '!not exact'],
      ['0.010', '0.01'],
      [0.1, '0.10'],
      [0.123, '!not exact'],
      ['00009999.9900', '9999.99'],
      [1e21, '!out of range'],
      [5e-324, '!not exact'],
    ]);
    await bench.expectCells('numeric(3)', '', [
      [999n, '999'],
      [1000n, '!out of range'],
      ['1.0', '1'],
      ['1.5', '!not exact'],
    ]);
    await bench.expectCells('numeric(2,2)', '', [
      ['0.99', '0.99'],
      [1n, '!out of range'],
      [0n, '0.00'],
    ]);
  });
});

test('a scale larger than the precision means zeros after the point', async () => {
  const { rows } = await bench.pool.query<{ number: number }>(
    `SELECT current_setting('server_version_num')::int AS number`,
  );
  // Earlier servers do not know such types.
  if (rows[0]!.number < 150_000) return;
  await bench.expectCells('numeric(3,5)', 'TEXT', [
    ['0.00999', '0.00999'],
    ['0.01', '!out of range'],
    ['0.0000001', '!not exact'],
    ['0', '0.00000'],
    ['-0.00001', '-0.00001'],
  ]);
});

test('boolean takes 0, 1 and the words that PostgreSQL knows, in any letter case', async () => {
  await bench.expectCells('boolean', '', [
    [0n, 'false'],
    [1n, 'true'],
    [integerCell(0n, 1), 'false'],
    [integerCell(1n, 8), 'true'],
    [2n, '!not a boolean'],
    [-1n, '!not a boolean'],
    [256n, '!not a boolean'],
    ...['true', 'TRUE', 't', 'T', 'yes', 'Y', 'oN', '1'].map((word): Case => [word, 'true']),
    ...['false', 'False', 'f', 'F', 'no', 'N', 'OFF', '0'].map((word): Case => [word, 'false']),
    ...['', ' true', 'true ', 'tru', 'wahr', '2', 'fal', 'of', 'null', 'falsee', '1\0'].map((word): Case => [
      word,
      '!not a boolean',
    ]),
    [1, '!wrong storage class'],
    [blob(1), '!wrong storage class'],
    [null, null],
  ]);
});
