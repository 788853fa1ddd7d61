import { CodecBench } from './through-copy';
import type { Case } from './through-copy';

let bench: CodecBench;
beforeAll(async () => void (bench = await CodecBench.open()));
afterAll(() => bench.close());

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

describe('dates and times', () => {
  const DATES: Case[] = [
    ['2024-02-29', '2024-02-29'],
    ['2000-02-29', '2000-02-29'],
    ['0001-01-01', '0001-01-01'],
    ['9999-12-31', '9999-12-31'],
    ['1582-10-10', '1582-10-10'],
    ['0004-02-29', '0004-02-29'],
    ['1999-12-31', '1999-12-31'],
  ];
  const NO_DATES = [
    '2023-02-29',
    '1900-02-29',
    '2100-02-29',
    '0000-01-01',
    '2023-13-01',
    '2023-00-10',
    '2023-04-31',
    '2023-01-00',
    '2023-1-1',
    '20230101',
    '2023/01/01',
    '-001-01-01',
    '10000-01-01',
    '',
    'today',
    '2023-01-0a',
    '２０２３-1',
  ];

  test('date takes real days of the years 1 to 9999', async () => {
    await bench.expectCells('date', 'TEXT', [
      ...DATES,
      ...NO_DATES.map((text): Case => [text, '!not a date']),
      ['2023-01-01 00:00', '!not a date'],
      ['2023-01-01 ', '!not a date'],
      [20230101n, '!wrong storage class'],
      [2459945.5, '!wrong storage class'],
      [null, null],
    ]);
  });

  test('timestamp takes ISO text without a zone, to the microsecond', async () => {
    await bench.expectCells('timestamp', 'TEXT', [
      ...DATES.map(([text, printed]): Case => [text, `${printed} 00:00:00`]),
      ...NO_DATES.map((text): Case => [text, '!not a timestamp']),
      ['2023-01-02T03:04', '2023-01-02 03:04:00'],
      ['2023-01-02 03:04:05', '2023-01-02 03:04:05'],
      ['2023-01-02T03:04:05.1', '2023-01-02 03:04:05.1'],
      ['2023-01-02 03:04:05.000001', '2023-01-02 03:04:05.000001'],
      ['1969-12-31T23:59:59.999999', '1969-12-31 23:59:59.999999'],
      ['0001-01-01 00:00:00.000001', '0001-01-01 00:00:00.000001'],
      ['9999-12-31T23:59:59.999999', '9999-12-31 23:59:59.999999'],
      ['2023-01-02 03:04:05.120000', '2023-01-02 03:04:05.12'],
      ['2023-01-02 03:04:05.1234567', '!not exact'],
      ['2023-01-02 03:04:05.', '!not a timestamp'],
      ['2023-01-02 24:00:00', '!not a timestamp'],
      ['2023-01-02 23:59:60', '!not a timestamp'],
      ['2023-01-02 23:60:00', '!not a timestamp'],
      ['2023-01-02  03:04', '!not a timestamp'],
      ['2023-01-02t03:04', '!not a timestamp'],
      ['2023-01-02 3:04', '!not a timestamp'],
      ['2023-01-02 03', '!not a timestamp'],
      ['2023-01-02 03:04 ', '!not a timestamp'],
      ['2023-01-02 03:04:05,5', '!not a timestamp'],
      ['2023-01-02 03:04:5', '!not a timestamp'],
      ['2023-01-02T', '!not a timestamp'],
      ['2023-01-02T03:04:05Z', '!has a time zone'],
      ['2023-01-02 03:04+00:00', '!has a time zone'],
      ['2023-01-02Z', '!has a time zone'],
      [0n, '!wrong storage class'],
      [0, '!wrong storage class'],
    ]);
  });

  test('timestamptz takes ISO text with a zone, as an instant', async () => {
    await bench.expectCells('timestamptz', 'TEXT', [
      ['2023-01-02T03:04:05Z', '2023-01-02 03:04:05+00'],
      ['2023-01-02 03:04+01:30', '2023-01-02 01:34:00+00'],
      ['2023-01-02 03:04-00:30', '2023-01-02 03:34:00+00'],
      ['2023-01-02T00:00:00.5+15:59', '2023-01-01 08:01:00.5+00'],
      ['2023-01-02T00:00:00-15:59', '2023-01-02 15:59:00+00'],
      ['2023-01-02Z', '2023-01-02 00:00:00+00'],
      ['2023-01-02+02:00', '2023-01-01 22:00:00+00'],
      ['0001-01-01T00:00:00+15:59', '0001-12-31 08:01:00+00 BC'],
      ['9999-12-31T23:59:59.999999-15:59', '10000-01-01 15:58:59.999999+00'],
      ['2023-01-02 03:04+16:00', '!not a timestamp'],
      ['2023-01-02 03:04+0100', '!not a timestamp'],
      ['2023-01-02 03:04+01', '!not a timestamp'],
      ['2023-01-02 03:04+01:60', '!not a timestamp'],
      ['2023-01-02 03:04z', '!not a timestamp'],
      ['2023-01-02 03:04 Z', '!not a timestamp'],
      ['2023-01-02 03:04 UTC', '!not a timestamp'],
      ['2023-01-02 03:04ZZ', '!not a timestamp'],
      ['2023-01-02 03:04:05', '!has no time zone'],
      ['2023-01-02', '!has no time zone'],
    ]);
  });

  test('Unix time is integers, within the years 1 to 9999', async () => {
    await bench.expectCells(
      'timestamptz',
      'INTEGER',
      [
        [0n, '1970-01-01 00:00:00+00'],
        [-1n, '1969-12-31 23:59:59+00'],
        [-62135596800n, '0001-01-01 00:00:00+00'],
        [-62135596801n, '!out of range'],
        [253402300799n, '9999-12-31 23:59:59+00'],
        [253402300800n, '!out of range'],
        [INT64_MAX, '!out of range'],
        [INT64_MIN, '!out of range'],
        [1.5, '!wrong storage class'],
        ['0', '!wrong storage class'],
      ],
      'unix-seconds',
    );
    await bench.expectCells(
      'timestamp',
      'INTEGER',
      [
        [1n, '1970-01-01 00:00:00.001'],
        [-1n, '1969-12-31 23:59:59.999'],
        [253402300799999n, '9999-12-31 23:59:59.999'],
        [253402300800000n, '!out of range'],
        [-62135596800000n, '0001-01-01 00:00:00'],
      ],
      'unix-milliseconds',
    );
  });

  test('Julian days are reals, to the millisecond', async () => {
    await bench.expectCells(
      'timestamp',
      'REAL',
      [
        [2440587.5, '1970-01-01 00:00:00'],
        [2459945.75, '2023-01-01 06:00:00'],
        [1721425.5, '0001-01-01 00:00:00'],
        [1721425.4999, '!out of range'],
        [5373484.49999999, '9999-12-31 23:59:59.999'],
        [5373484.5, '!out of range'],
        [-1, '!out of range'],
        [Infinity, '!out of range'],
        [-Infinity, '!out of range'],
        [2440587n, '!wrong storage class'],
        ['2440587.5', '!wrong storage class'],
      ],
      'julian-day',
    );
  });
});
