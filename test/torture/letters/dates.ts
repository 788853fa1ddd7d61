import { main } from '../sources';

const dates = () => main().values('f_dates', 'd');
/** Rows of f_dates that are in quarantine, with the text that was refused. */
const refused = async () =>
  new Map(
    (await main().quarantined('f_dates')).map(({ locator, raw }) => [
      locator,
      Buffer.from(raw ?? '', 'hex').toString(),
    ]),
  );

/** Each of these rows has its text in the target or in quarantine, unchanged. */
async function expectTexts(texts: Record<number, string>): Promise<void> {
  const [there, kept] = [await dates(), await refused()];
  for (const [id, text] of Object.entries(texts)) expect([id, kept.get(id) ?? there[id]]).toEqual([id, text]);
}

export function datesAndTimes(): void {
  test('F01 in a column that is not all dates, ISO texts stay texts, nanoseconds with all their digits', () =>
    expectTexts({
      1: '2024-02-29',
      2: '2024-02-29 23:59:59',
      6: '2024-02-29 23:59:59.123',
      8: '2024-02-29 23:59:59.123456789',
    }));

  test('F02 no zone is guessed, and the offset stays to be seen', () =>
    expectTexts({ 3: '2024-02-29T23:59:59', 4: '2024-02-29T23:59:59Z', 5: '2024-02-29T23:59:59+05:30' }));

  test('F03 julian days, seconds, milliseconds, microseconds and other epochs stay the numbers that they are', () =>
    expectTexts({
      9: '2460370.4999884',
      10: '1709251199',
      11: '1709251199123',
      12: '1709251199123456',
      13: '13353724799000000',
      14: '730943999.5',
      15: '20240229',
      36: '-86400',
    }));

  test('F04 dates that could be read in two ways are not read', () =>
    expectTexts({ 16: '02/29/2024', 17: '29.02.2024', 18: 'Thu, 29 Feb 2024 23:59:59 +0000' }));

  test('F05 dates that are none are neither NULL nor rolled over', () =>
    expectTexts({
      19: '0000-00-00',
      20: '0000-00-00 00:00:00',
      21: '2023-02-30',
      22: '2023-02-29',
      23: '2023-13-01',
    }));

  test('F06 24:00:00, leap seconds, years past 9999 and before 1, times alone and the empty string stay what they are', () =>
    expectTexts({
      24: '2024-01-01 24:00:00',
      25: '2016-12-31 23:59:60',
      26: '10000-01-01',
      27: '-0044-03-15',
      28: '24-02-29',
      29: '23:59:59',
      30: '',
    }));

  test('F07 words that PostgreSQL would read as a time stay words', () =>
    expectTexts({ 31: 'now', 32: 'tomorrow', 33: 'infinity', 34: 'epoch' }));

  test('F10 names of zones, trailing spaces and hours that a zone leaves out stay as they are', () =>
    expectTexts({ 37: '2024-02-29 23:59:59 Europe/Berlin', 38: '2024-02-29 ', 39: '2024-03-31 02:30:00' }));

  test('F08 of a column of every shape, each of the 39 rows is in the target or in quarantine', async () => {
    expect(await main().unaccounted('f_dates')).toEqual([]);
    const { sourceRows, loaded, quarantined } = main().entry('f_dates');
    expect([sourceRows, loaded + quarantined]).toEqual([39, 39]);
  });

  test('F09 clean DATE and DATETIME columns become dates and timestamps of the same instants; epochs stay bigint', async () => {
    const types = main()
      .entry('f_clean')
      .columns.map(({ type }) => type);
    expect(types).toEqual(['bigint', 'date', 'timestamp', 'bigint', 'bigint']);
    expect(await main().unaccounted('f_clean')).toEqual([]);
    expect((await main().values('f_clean', 'd'))[20]).toBe('2024-01-21');
    expect((await main().values('f_clean', 'ts'))[20]).toBe('2024-01-01 20:00:00');
  });
}
