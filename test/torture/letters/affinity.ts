import { main } from '../sources';

export function affinity(): void {
  test('A01 text, blob and real in INTEGER, REAL and NUMERIC columns arrive with their storage class', async () => {
    expect(await main().unaccounted('a_affinity')).toEqual([]);
    expect(main().entry('a_affinity').quarantined).toBeLessThanOrEqual(1);
    expect(await main().values('a_affinity', 'i')).toMatchObject({
      2: '"abc"',
      5: '1.5',
      8: '42',
      11: null,
      12: '""',
    });
    expect(await main().values('a_affinity', 'r')).toMatchObject({
      2: '"abc"',
      5: '1.5',
      6: '2.0',
      9: '"0x1F"',
      11: null,
    });
    expect(await main().values('a_affinity', 'n')).toMatchObject({ 2: '"abc"', 5: '1.5', 6: '2', 12: '""' });
  });

  test('A02 a blob in a TEXT column keeps its bytes and is not passed off as text', async () => {
    const { type, conversion } = main().column('a_affinity', 't');
    const kept = (await main().quarantined('a_affinity')).find(({ locator }) => locator === '3');
    if (kept !== undefined) expect(kept).toMatchObject({ column: 't', storage: 'blob', raw: 'dead' });
    else {
      expect({ type, conversion }).toEqual({ type: 'jsonb', conversion: expect.stringMatching(/^mixed: .*1 blob/) });
      expect((await main().values('a_affinity', 't'))[3]).toBe('{"$blob": "dead"}');
    }
  });

  test('A03 what SQLite had turned into numbers stays numbers, what it kept as text stays text', async () => {
    expect(await main().values('a_affinity', 'i')).toMatchObject({ 4: '42', 6: '2', 7: '7', 10: '1000' });
    const { type } = main().column('a_affinity', 't');
    const text = (value: string) => (type === 'text' ? value : JSON.stringify(value));
    expect(await main().values('a_affinity', 't')).toMatchObject({ 4: text('42'), 7: text('007'), 10: text('1e3') });
    expect(await main().values('a_affinity', 'b')).toMatchObject({ 7: '"007"' });
  });

  test('A04 in a column without a type, the integer 1, text 42 and a blob stay apart', async () => {
    expect(main().column('a_affinity', 'x').type).toBe('jsonb');
    expect(await main().values('a_affinity', 'x')).toMatchObject({ 1: '1', 2: '"abc"', 4: '"42"', 5: '1.5', 6: '2.0' });
  });

  test('A05 no VARCHAR or CHAR is cut, padded or trimmed', async () => {
    expect(await main().unaccounted('a_decl')).toEqual([]);
    expect(await main().values('a_decl', 'vc')).toEqual({
      1: 'exact',
      2: 'far too long for five',
      3: '日本語文字列です',
    });
    expect(await main().values('a_decl', 'ch')).toEqual({ 1: 'abc', 2: 'toolong', 3: 'a  ' });
  });

  test('A06 DECIMAL(10,2) is not imposed on what does not fit it', async () => {
    expect(main().column('a_decl', 'dec').type).toBe('numeric');
    expect(await main().values('a_decl', 'dec')).toEqual({ 1: '12.34', 2: '12.345', 3: '1234567890123456768' });
  });

  test('A07 STRING, FLOATING POINT and CHARINT follow SQLite’s affinity, not their names', async () => {
    expect(await main().values('a_decl', 'str')).toEqual({ 1: 'x', 2: '7', 3: '12' });
    expect(await main().values('a_decl', 'fp')).toEqual({ 1: '3', 2: '1.5', 3: '7.9' });
    expect(await main().values('a_decl', 'ci')).toEqual({ 1: '7', 2: 'abc', 3: '12' });
  });

  test('A08 an UNSIGNED BIG INT past 2^63 arrives as the number that SQLite kept', async () => {
    const values = await main().values('a_decl', 'ubi');
    expect(Number(values[1])).toBe(18446744073709551616);
    expect(values[2]).toBe('9223372036854775807');
    expect(values[3]).toBe('-1');
  });

  test('A09 TINYINT, SMALLINT and INT(11) hold 64 bits', async () => {
    expect(await main().values('a_decl', 'ti')).toEqual({ 1: '300', 2: '-129', 3: '255' });
    expect(await main().values('a_decl', 'si')).toEqual({ 1: '70000', 2: '-40000', 3: '32767' });
    expect(await main().values('a_decl', 'it')).toEqual({ 1: '2147483648', 2: '-2147483649', 3: '2147483647' });
  });

  test('A10 columns of CREATE TABLE AS SELECT get their types from their values', async () => {
    expect(await main().unaccounted('a_ctas')).toEqual([]);
    expect(main().entry('a_ctas').loaded).toBe(3);
    expect(main().column('a_ctas', 'expr').type).toBe('bigint');
  });
}
