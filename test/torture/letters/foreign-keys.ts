import { main } from '../sources';

/** Foreign keys of a table as PostgreSQL spells them, without the schema. */
async function keys(table: string): Promise<string[]> {
  const { schema } = main().place(table);
  return Object.values(await main().constraints(table))
    .filter((sql) => sql.startsWith('FOREIGN KEY'))
    .map((sql) => sql.replaceAll(`${schema}.`, ''))
    .sort();
}

export function foreignKeys(): void {
  test('M01 a key to its own table, with a cycle and a row that is its own parent', async () => {
    expect(await main().unaccounted('m_emp')).toEqual([]);
    expect(await keys('m_emp')).toEqual(['FOREIGN KEY (boss) REFERENCES m_emp(id)']);
  });

  test('M02 two tables that refer to each other keep both keys, one of them deferred', async () => {
    expect([...(await keys('m_a')), ...(await keys('m_b'))]).toEqual([
      'FOREIGN KEY (b_id) REFERENCES m_b(id) DEFERRABLE INITIALLY DEFERRED',
      'FOREIGN KEY (a_id) REFERENCES m_a(id)',
    ]);
  });

  test('M03 a composite key with NULLs keeps its actions', async () => {
    expect(await main().unaccounted('m_compchild')).toEqual([]);
    expect(await keys('m_compchild')).toEqual([
      'FOREIGN KEY (x, y) REFERENCES m_comp(x, y) ON UPDATE SET NULL ON DELETE CASCADE',
    ]);
  });

  test('M04 a key to a table that does not exist is named, its rows are there', async () => {
    expect(await main().unaccounted('m_missing')).toEqual([]);
    expect(await keys('m_missing')).toEqual([]);
    expect(main().notCarried('foreign key', 'm_missing')).toEqual([expect.stringContaining('no_such_table')]);
  });

  test('M05 a key that rows violate keeps all four rows and is named; new rows must obey it', async () => {
    expect(await main().unaccounted('m_viol')).toEqual([]);
    const { loaded, quarantined } = main().entry('m_viol');
    expect(loaded + quarantined).toBe(4);
    expect(main().notCarried('foreign key', 'm_viol')).toEqual([expect.stringContaining('2 rows')]);
    expect(await keys('m_viol')).toEqual(['FOREIGN KEY (emp) REFERENCES m_emp(id) NOT VALID']);
    expect(await main().attempt(`INSERT INTO ${main().name('m_viol')} VALUES (9, 999, '')`)).toBe('23503');
  });

  test('M06 a key to a column that is not unique is named, its rows are there', async () => {
    expect(await main().unaccounted('m_nonuniq')).toEqual([]);
    expect(await keys('m_nonuniq')).toEqual([]);
    expect(main().notCarried('foreign key', 'm_nonuniq')).toHaveLength(1);
  });

  test('M07 a key without a column goes to the primary key; one that matched by NOCASE holds or is named', async () => {
    expect(await main().unaccounted('m_implicit')).toEqual([]);
    const there = await keys('m_implicit');
    expect(there).toContain('FOREIGN KEY (e) REFERENCES m_emp(id)');
    const named = main().notCarried('foreign key', 'm_implicit');
    const holds = there.some((sql) => /\(c\) REFERENCES l_nocase\(name\)$/i.test(sql));
    expect([holds, named.length]).toEqual(holds ? [true, 0] : [false, 1]);
  });

  test('M08 a TEXT key to an INTEGER column: types are aligned, or the key is named', async () => {
    expect(await main().unaccounted('m_typemix')).toEqual([]);
    const aligned = (await keys('m_typemix')).length === 1;
    expect([aligned, main().notCarried('foreign key', 'm_typemix').length]).toEqual(aligned ? [true, 0] : [false, 1]);
  });

  test('M09 SET DEFAULT and RESTRICT are kept', async () => {
    expect(await keys('m_actions')).toEqual([
      'FOREIGN KEY (a) REFERENCES m_emp(id) ON DELETE SET DEFAULT',
      'FOREIGN KEY (b) REFERENCES m_emp(id) ON DELETE RESTRICT',
    ]);
    const name = main().name('m_actions');
    expect(await main().attempt(`INSERT INTO ${name} (id, b) VALUES (9, NULL) RETURNING a`)).toEqual([{ a: '1' }]);
  });

  test('M10 a key with a wrong number of columns is named, its row is there', async () => {
    expect(await main().unaccounted('m_mism')).toEqual([]);
    expect(await keys('m_mism')).toEqual([]);
    expect(main().notCarried('foreign key', 'm_mism')).toHaveLength(1);
  });
}
