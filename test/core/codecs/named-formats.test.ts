import { CodecBench } from './through-copy';

/** Formats that a plan names: epochs, dates as integers, time zones, keys as UUIDs, and what NULL becomes. */

let bench: CodecBench;
beforeAll(async () => void (bench = await CodecBench.open()));
afterAll(() => bench.close());

// 2024-02-29 23:59:59 UTC, as in lines F03 of the torture database.
test('each named epoch gives the same instant', async () => {
  await bench.expectCells(
    'timestamptz',
    'INTEGER',
    [
      [1709251199123456n, '2024-02-29 23:59:59.123456+00'],
      [-1n, '1969-12-31 23:59:59.999999+00'],
      [1.5, '!wrong storage class'],
    ],
    'unix-microseconds',
  );
  await bench.expectCells(
    'timestamp',
    'INTEGER',
    [
      [1709251199123456000n, '2024-02-29 23:59:59.123456'],
      [1709251199123456001n, '!not exact'],
      [-1_000n, '1969-12-31 23:59:59.999999'],
    ],
    'unix-nanoseconds',
  );
  await bench.expectCells(
    'timestamptz',
    'INTEGER',
    [
      [13353724799000000n, '2024-02-29 23:59:59+00'],
      [0n, '1601-01-01 00:00:00+00'],
      ['13353724799000000', '!wrong storage class'],
    ],
    'chrome-microseconds',
  );
  await bench.expectCells(
    'timestamp',
    'REAL',
    [
      [730943999.5, '2024-02-29 23:59:59.5'],
      [730943999n, '2024-02-29 23:59:59'],
      [-0.000001, '2000-12-31 23:59:59.999999'],
      [-0.5, '2000-12-31 23:59:59.5'],
      [0.1234567, '!not exact'],
      [Infinity, '!out of range'],
      [1e15, '!out of range'],
    ],
    'mac-seconds',
  );
  await bench.expectCells(
    'date',
    'INTEGER',
    [
      [20240229n, '2024-02-29'],
      [20230229n, '!not a date'],
      [10101n, '0001-01-01'],
      [99991231n, '9999-12-31'],
      [100000101n, '!not a date'],
      [-20240229n, '!not a date'],
      ['20240229', '!wrong storage class'],
    ],
    'yyyymmdd',
  );
});

test('texts without a zone are local times of the column’s zone, others keep their own', async () => {
  const berlin = { timeZone: 'Europe/Berlin' };
  await bench.expectCells(
    'timestamptz',
    'DATETIME',
    [
      ['2024-01-15 12:00', '2024-01-15 11:00:00+00'],
      ['2024-07-15T12:00:00.000001', '2024-07-15 10:00:00.000001+00'],
      ['2024-07-15', '2024-07-14 22:00:00+00'],
      ['2024-07-15 12:00Z', '2024-07-15 12:00:00+00'],
      ['2024-07-15 12:00+05:30', '2024-07-15 06:30:00+00'],
      // In spring clocks went from 02:00 to 03:00.
      ['2024-03-31 01:59:59.999999', '2024-03-31 00:59:59.999999+00'],
      ['2024-03-31 02:00', '!skipped by its time zone'],
      ['2024-03-31 02:59:59.999999', '!skipped by its time zone'],
      ['2024-03-31 03:00', '2024-03-31 01:00:00+00'],
      // In autumn 02:00 to 03:00 came twice; the first is meant.
      ['2024-10-27 01:59', '2024-10-26 23:59:00+00'],
      ['2024-10-27 02:00', '2024-10-27 00:00:00+00'],
      ['2024-10-27 02:59:59', '2024-10-27 00:59:59+00'],
      ['2024-10-27 03:00', '2024-10-27 02:00:00+00'],
      // Before zones, local mean time: 53 minutes and 28 seconds ahead.
      ['1890-01-01 00:00', '1889-12-31 23:06:32+00'],
      ['2024-02-30', '!not a timestamp'],
    ],
    'iso',
    berlin,
  );
  await bench.expectCells(
    'timestamptz',
    'DATETIME',
    [
      // Samoa left a day out.
      ['2011-12-30 12:00', '!skipped by its time zone'],
      ['2011-12-29 23:59', '2011-12-30 09:59:00+00'],
      ['2011-12-31 00:00', '2011-12-30 10:00:00+00'],
    ],
    'iso',
    { timeZone: 'Pacific/Apia' },
  );
});

test('keys become the UUIDs that anybody can compute, and text that refers to an integer the same', async () => {
  // Python: ns = uuid5(uuid5(uuid5(uuid5(NAMESPACE_URL, 'sqlift:key'), 'shop'), 'shop'), 'users'); uuid5(ns, '42')
  await bench.expectCells(
    'uuid',
    'INTEGER',
    [
      [42n, '9f844fd0-c7e8-57ed-930b-9c9df900cd45'],
      ['42', '9f844fd0-c7e8-57ed-930b-9c9df900cd45'],
      [-(2n ** 63n), 'a4e9f8b6-86e0-52a2-ad12-110cb450f9c8'],
      ['042', '!not a key'],
      ['forty-two', '!not a key'],
      [42.0, '!wrong storage class'],
      [Buffer.from('42'), '!wrong storage class'],
      [null, null],
    ],
    'key',
    { key: { plan: 'shop', source: 'shop', table: 'users', type: 'bigint' } },
  );
  await bench.expectCells(
    'uuid',
    'TEXT',
    [
      ['é 7', 'feb3710a-42e8-5d52-a0a5-6bc540c47a79'],
      ['a\0b', '!NUL byte'],
    ],
    'key',
    { key: { plan: 'shop', source: 'shop', table: 'böoks', type: 'text' } },
  );
});

test('NULL becomes what the plan says, and nothing else does', async () => {
  await bench.expectCells(
    'text',
    'TEXT',
    [
      [null, 'none'],
      ['', ''],
    ],
    undefined,
    { ifNull: 'none', notNull: true },
  );
  await bench.expectCells('bigint', 'INTEGER', [[null, '9223372036854775807']], undefined, {
    ifNull: '9223372036854775807',
  });
  await bench.expectCells('boolean', 'BOOLEAN', [[null, 'false']], undefined, { ifNull: false });
  await bench.expectCells('bytea', 'BLOB', [[null, '\\x00ff']], undefined, { ifNull: '\\x00FF' });
  await bench.expectCells('numeric(10,2)', 'NUMERIC', [[null, '-1.50']], undefined, { ifNull: '-1.50' });
  await bench.expectCells('timestamptz', 'DATETIME', [[null, '2023-12-31 23:00:00+00']], 'iso', {
    ifNull: '2024-01-01',
    timeZone: 'Europe/Berlin',
  });
});
