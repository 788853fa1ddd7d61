import { main } from '../sources';

/** What must arrive byte for byte, by the reasons that the source itself gives in `why`. */
async function bytesByWhy(): Promise<{ there: Map<string, string>; source: Map<string, string> }> {
  const there = await main().sql(
    `SELECT why, encode(convert_to(v, 'UTF8'), 'hex') AS bytes FROM ${main().name('c_text')}`,
  );
  const source = main().source.prepare('SELECT why, CAST(v AS BLOB) AS bytes FROM c_text').all();
  return {
    there: new Map(there.map(({ why, bytes }) => [why!, bytes!])),
    source: new Map((source as { why: string; bytes: Buffer }[]).map(({ why, bytes }) => [why, bytes.toString('hex')])),
  };
}

export function texts(): void {
  test('C01 an empty string stays one, and NULL stays NULL', async () => {
    expect((await main().values('c_text', 'v'))[1]).toBe('');
    const values = await main().values('c_badtext', 'v');
    expect(values[100]).toBeNull();
    expect(['', '""']).toContain(values[101]);
  });

  test('C02 what means something to COPY, SQL, CSV or format strings arrives byte for byte', async () => {
    const { there, source } = await bytesByWhy();
    for (const why of [
      'literal NULL',
      'backslash N',
      'COPY end marker',
      'tab newline cr',
      'backslashes',
      'quotes',
      'sql',
      'pg array literal',
      'format codes',
      'csv formula',
    ])
      expect([why, there.get(why)]).toEqual([why, source.get(why)]);
  });

  test('C03 every character arrives as it is: four bytes, decomposed, BOM, controls, noncharacters', async () => {
    const { there, source } = await bytesByWhy();
    expect(source.size).toBe(24);
    expect(there).toEqual(source);
  });

  // Pinecone's limit of 40 KB: with issue 6.
  test('C04 a text of 1 MB arrives whole', async () => {
    const rows = await main().sql(`SELECT length(v) AS length FROM ${main().name('c_text')} WHERE id = 24`);
    expect(rows).toEqual([{ length: '1048584' }]);
  });

  test('C05 a text with a NUL is kept whole, nothing is cut at it', async () => {
    expect(await main().unaccounted('c_badtext')).toEqual([]);
    const bytes = { 1: '6162006364', 2: '00616263', 3: '61626300', 4: '00' };
    for (const [id, hex] of Object.entries(bytes)) expect([id, await keptBytes(id)]).toEqual([id, hex]);
  });

  test('C06 invalid UTF-8 keeps its bytes, and no U+FFFD is put in its place', async () => {
    const bytes = {
      5: '61ff62',
      6: '636166e9',
      7: 'c0af',
      8: 'eda080',
      9: '616263e282',
      10: 'f4908080',
      12: '93686994',
    };
    for (const [id, hex] of Object.entries(bytes)) expect([id, await keptBytes(id)]).toEqual([id, hex]);
    expect(main().entry('c_badtext').sourceRows).toBe(14);
  });

  test('C07 UTF-16 stored as text keeps its NULs', async () => {
    expect(await keptBytes('11')).toBe('68006900');
  });

  test('C08 a primary key of 12,801 bytes is not cut, and its uniqueness is kept another way or named', async () => {
    expect(await main().unaccounted('c_longkey')).toEqual([]);
    const [{ length }] = (await main().sql(`SELECT max(length(k)) AS length FROM ${main().name('c_longkey')}`)) as [
      { length: string },
    ];
    expect(length).toBe('12801');
    const unique = Object.values(await main().indexes('c_longkey')).some((sql) => sql.startsWith('UNIQUE'));
    expect([unique, main().notCarried('primary key', 'c_longkey')]).toEqual(
      unique ? [true, expect.anything()] : [false, [expect.stringMatching(/SQLSTATE 54000|too long|hash/)]],
    );
  });
}

/** The bytes of a text of c_badtext, from the table's tagged column or from quarantine. */
async function keptBytes(id: string): Promise<string | undefined> {
  const text = (await main().values('c_badtext', 'v'))[id];
  if (typeof text === 'string') return (JSON.parse(text) as { $text: string }).$text;
  const kept = await main().quarantined('c_badtext');
  return kept.find(({ locator }) => locator === id)?.raw ?? undefined;
}
