import { main } from '../sources';

/** A primary key that cannot be: no row is lost, and what stands in its place is named. */
async function expectKeyWithNulls(table: string, rows: number): Promise<void> {
  expect(await main().unaccounted(table)).toEqual([]);
  const { loaded, quarantined } = main().entry(table);
  expect(loaded + quarantined).toBe(rows);
  const keys = Object.values(await main().constraints(table)).filter((sql) => sql.startsWith('PRIMARY KEY'));
  expect([keys, main().notCarried('primary key', table)]).toEqual([[], [expect.stringContaining('NULL')]]);
  const unique = Object.values(await main().indexes(table)).filter((sql) => sql.startsWith('UNIQUE'));
  expect(unique).toHaveLength(1);
}

/** What the identity column would give to the next row. */
async function nextId(table: string): Promise<string> {
  const sequence = `pg_get_serial_sequence('${main().name(table)}', 'id')`;
  const rows = await main().attempt(`SELECT nextval(${sequence}) AS next`);
  return typeof rows === 'string' ? rows : rows[0]!.next!;
}

export function rowsAndKeys(): void {
  test('I01 a WITHOUT ROWID table keeps its composite primary key, by NOCASE where it was', async () => {
    expect(await main().unaccounted('i_norowid')).toEqual([]);
    const name = main().name('i_norowid');
    expect(await main().attempt(`INSERT INTO ${name} (a, b) VALUES ('k', 1)`)).toBe('23505');
    expect(await main().attempt(`INSERT INTO ${name} (a, b) VALUES ('K', 1)`)).toBe('23505');
    expect(await main().attempt(`INSERT INTO ${name} (a, b) VALUES ('K', 3)`)).toEqual([]);
    expect(Object.values(await main().constraints('i_norowid'))).toEqual(['PRIMARY KEY (a, b)']);
  });

  test('I02 the types of a STRICT table arrive as they are, ANY with its storage classes', async () => {
    expect(await main().unaccounted('i_strict')).toEqual([]);
    const types = main()
      .entry('i_strict')
      .columns.map(({ type }) => type);
    expect(types).toEqual(['bigint', 'bigint', 'double precision', 'text', 'bytea', 'jsonb']);
    expect(await main().values('i_strict', 'a')).toEqual({ 1: '"any text"', 2: '42', 3: '{"$blob": "ff"}' });
  });

  test('I03 rows that are equal in everything are all there', async () => {
    expect(await main().unaccounted('i_nopk')).toEqual([]);
    const counts = await main().sql(
      `SELECT a, b, count(*) AS n FROM ${main().name('i_nopk')} GROUP BY a, b ORDER BY a`,
    );
    expect(counts).toEqual([
      { a: '1', b: 'dup', n: '3' },
      { a: null, b: null, n: '2' },
    ]);
  });

  test('I04 rowids from -2^63 to 2^63-1 arrive, and the sequence is not set past its end', async () => {
    expect(await main().values('i_negrowid', 'v')).toEqual({
      '-9223372036854775808': 'min',
      '-1': 'neg',
      0: 'zero',
      '9223372036854775807': 'max',
    });
    expect(await nextId('i_negrowid')).toBe('2200H');
  });

  test('I05 an INT PRIMARY KEY that holds NULLs and text keeps its four rows', async () => {
    await expectKeyWithNulls('i_intpk', 4);
  });

  test('I06 INTEGER PRIMARY KEY DESC is no rowid: its NULL stays NULL', async () => {
    await expectKeyWithNulls('i_pkdesc', 2);
    expect(await main().values('i_pkdesc', 'v')).toEqual({ null: 'null pk', 5: 'five' });
  });

  test('I07 NULLs in text and composite primary keys are no duplicates of each other', async () => {
    await expectKeyWithNulls('i_pknull', 4);
    await expectKeyWithNulls('i_cpknull', 4);
  });

  test('I08 columns that are really named rowid, oid and _rowid_ hold their own values', async () => {
    expect(await main().unaccounted('i_shadowrowid')).toEqual([]);
    const [row] = await main().sql(`SELECT * FROM ${main().name('i_shadowrowid')}`);
    expect(row).toEqual({ rowid: 'not the rowid', oid: '7', _rowid_: '\\x01', v: 'v' });
  });

  test('I09 the next id is what sqlite_sequence says, not the largest one left', async () => {
    expect(await nextId('i_auto')).toBe('5001');
  });

  test('I10 an AUTOINCREMENT at its end is at its end in PostgreSQL', async () => {
    expect(await main().unaccounted('i_automax')).toEqual([]);
    expect(await nextId('i_automax')).toBe('2200H');
  });

  test('I11 INTEGER PRIMARY KEY without AUTOINCREMENT goes on after its largest value', async () => {
    expect(await nextId('i_serial')).toBe('8');
  });

  test('I12 empty tables are there with their constraints, and count from 1', async () => {
    expect([main().entry('i_empty').loaded, main().entry('i_emptyauto').loaded]).toEqual([0, 0]);
    // First: a refused INSERT takes a number, too.
    expect([await nextId('i_empty'), await nextId('i_emptyauto')]).toEqual(['1', '1']);
    const name = main().name('i_empty');
    expect(await main().attempt(`INSERT INTO ${name} (v) VALUES ('a')`, `INSERT INTO ${name} (v) VALUES ('a')`)).toBe(
      '23505',
    );
    expect(await main().attempt(`INSERT INTO ${name} (id) VALUES (1)`)).toBe('23502');
  });

  test('I13 a counter of a table that is gone fails nothing', () => {
    expect(main().notCarried('internal table', 'sqlite_sequence')).toHaveLength(1);
    expect(main().report.state).toBe('published');
  });
}
