import { main } from '../sources';

export function blobs(): void {
  test('D01 blobs arrive byte for byte, and an empty one is not NULL', async () => {
    expect(await main().unaccounted('d_blob')).toEqual([]);
    const empty = (await main().values('d_blob', 'b'))[1];
    expect(['\\x', '{"$blob": ""}']).toContain(empty);
  });

  test('D02 text, integer and real in a BLOB column do not become bytes', async () => {
    const { type, conversion } = main().column('d_blob', 'b');
    const kept = await main().quarantined('d_blob');
    if (kept.length > 0)
      expect(kept.map(({ locator, storage }) => [locator, storage])).toEqual([
        ['8', 'text'],
        ['9', 'integer'],
        ['10', 'real'],
      ]);
    else {
      expect({ type, conversion }).toEqual({ type: 'jsonb', conversion: expect.stringContaining('mixed') });
      expect(await main().values('d_blob', 'b')).toMatchObject({ 8: '"plain text"', 9: '12345', 10: '1.25' });
    }
  });
}

export function booleans(): void {
  test('E01 a BOOLEAN column of nothing but 0 and 1 is a boolean, its default with it', async () => {
    expect(main().column('e_bool', 'strict01').type).toBe('boolean');
    const values = await main().values('e_bool', 'strict01');
    expect([values[1], values[2]]).toEqual(['t', 'f']);
    const inserted = await main().attempt(`INSERT INTO ${main().name('e_bool')} (id) VALUES (1000) RETURNING strict01`);
    expect(inserted).toEqual([{ strict01: 'f' }]);
  });

  test('E02 a BOOLEAN column that holds anything else keeps each value as it was', async () => {
    expect(await main().unaccounted('e_bool')).toEqual([]);
    expect(main().column('e_bool', 'b').type).toBe('jsonb');
    expect(await main().values('e_bool', 'b')).toMatchObject({
      1: '0',
      3: '"true"',
      9: '"Y"',
      15: '1',
      17: '2',
      18: '-1',
      21: '""',
      22: null,
      23: '"maybe"',
      24: '{"$blob": "01"}',
    });
  });
}
