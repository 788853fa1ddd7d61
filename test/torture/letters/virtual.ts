import { main } from '../sources';

export function virtualTables(): void {
  test('J01 rows of FTS5 and FTS4 become an ordinary table; shadow tables stay behind, by name', async () => {
    expect(await main().unaccounted('j_fts')).toEqual([]);
    expect(await main().unaccounted('j_fts4')).toEqual([]);
    const rows = await main().sql(`SELECT title, body FROM ${main().name('j_fts')} ORDER BY title`);
    expect(rows).toEqual([
      { title: 'Hello', body: 'the quick brown foxes' },
      { title: 'Ünï', body: 'straße café' },
    ]);
    for (const table of ['j_fts', 'j_fts4']) {
      const gin = Object.values(await main().indexes(table)).some(
        (sql) => sql.includes('gin') && sql.includes('tsvector'),
      );
      expect([table, gin || main().notCarried('virtual table', table).length > 0]).toEqual([table, true]);
    }
    const there = await main().sql(
      `SELECT relname FROM pg_class WHERE relname ~ '^j_fts.*_(data|idx|content|docsize|config|segdir|segments|stat)$'`,
    );
    expect(there).toEqual([]);
    expect(main().notCarried('shadow table', 'j_fts_')).toHaveLength(5 + 4 + 4);
  });

  test('J02 an FTS5 index of another table is not copied a second time', () => {
    expect(main().report.tables.some(({ table }) => table === 'j_fts_ext')).toBe(false);
    expect(main().notCarried('virtual table', 'j_fts_ext')).toEqual([expect.stringContaining('j_doc')]);
  });

  test('J03 a contentless FTS5 table is named as lost at its source', () => {
    expect(main().report.tables.some(({ table }) => table === 'j_fts_cless')).toBe(false);
    expect(main().notCarried('virtual table', 'j_fts_cless')).toEqual([expect.stringContaining('contentless')]);
  });

  test('J04 an R-Tree gives the floats that it reads back, its shadow tables stay behind', async () => {
    expect(await main().unaccounted('j_rtree')).toEqual([]);
    expect(await main().values('j_rtree', 'minx')).toEqual({ 1: '0.09999998658895493', 2: '-5' });
    expect(main().notCarried('shadow table', 'j_rtree_')).toHaveLength(3);
    const gist = Object.values(await main().indexes('j_rtree')).some((sql) => sql.includes('gist'));
    expect(gist || main().notCarried('virtual table', 'j_rtree').length > 0).toBe(true);
  });

  test('J05 ordinary tables whose names look like shadow tables are moved', async () => {
    for (const table of ['notes_content', 'j_doc_data', 'j_doc'])
      expect([table, await main().unaccounted(table)]).toEqual([table, []]);
    expect(await main().values('notes_content', 'v')).toEqual({ 1: 'ordinary table with a shadow-like name' });
  });
}
