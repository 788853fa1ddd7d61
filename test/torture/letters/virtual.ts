import { main } from '../sources';

/** Titles, or whatever the column is, of the rows that SQLite finds by MATCH and PostgreSQL by the index's expression. */
async function search(table: string, column: string, match: string, query: string) {
  const { [`${table}_fts`]: sql = '' } = await main().indexes(table);
  const expression = sql.slice('USING gin ('.length, -1);
  const rows = await main().sql(
    `SELECT ${column} AS found FROM ${main().name(table)} WHERE ${expression} @@ ${query} ORDER BY 1`,
  );
  const expected = main()
    .source.prepare(`SELECT ${column} FROM ${table} WHERE ${table} MATCH ? ORDER BY 1`)
    .pluck()
    .all(match);
  return { found: rows.map(({ found }) => found), expected };
}

/** What the report says of a virtual table, and of none whose name begins like it. */
const said = (table: string): string[] =>
  main()
    .notCarried('virtual table', table)
    .filter((one) => one.startsWith(`${table}: `));

export function virtualTables(): void {
  test('J01 rows of FTS5 and FTS4 become an ordinary table; shadow tables stay behind, by name', async () => {
    expect(await main().unaccounted('j_fts')).toEqual([]);
    expect(await main().unaccounted('j_fts4')).toEqual([]);
    const rows = await main().sql(`SELECT title, body FROM ${main().name('j_fts')} ORDER BY title`);
    expect(rows).toEqual([
      { title: 'Hello', body: 'the quick brown foxes' },
      { title: 'Ünï', body: 'straße café' },
    ]);
    for (const [table, columns] of [
      ['j_fts', /^USING gin \(to_tsvector\('english'::regconfig, .*\btitle\b.*\bbody\b/],
      ['j_fts4', /^USING gin \(to_tsvector\('simple'::regconfig, .*\ba\b.*\bb\b/],
    ] as const) {
      expect((await main().indexes(table))[`${table}_fts`]).toMatch(columns);
      expect(said(table)).toEqual([expect.stringContaining(`the index ${table}_fts`)]);
    }
    for (const { found, expected } of [
      await search('j_fts', 'title', 'fox', `to_tsquery('english', 'fox')`),
      await search('j_fts', 'title', 'café AND ünï', `to_tsquery('english', 'café & ünï')`),
      await search('j_fts4', 'a', 'four', `to_tsquery('simple', 'four')`),
    ]) {
      expect(found).toEqual(expected);
      expect(found).toHaveLength(1);
    }
    const there = await main().sql(
      `SELECT relname FROM pg_class WHERE relname ~ '^j_fts.*_(data|idx|content|docsize|config|segdir|segments|stat)$'`,
    );
    expect(there).toEqual([]);
    expect(main().notCarried('shadow table', 'j_fts_')).toHaveLength(5 + 4 + 4);
  });

  test('J02 an FTS5 index of another table is not copied a second time, but is an index of that table', async () => {
    expect(main().report.tables.some(({ table }) => table === 'j_fts_ext')).toBe(false);
    const { j_fts_ext: sql } = await main().indexes('j_doc');
    expect(sql).toMatch(/USING gin \(to_tsvector\('simple'::regconfig, COALESCE\(body, ''::text\)\)\)/);
    expect(said('j_fts_ext')).toEqual([expect.stringMatching(/index of j_doc.* by the index j_fts_ext of that table/)]);
  });

  test('J03 a contentless FTS5 table is named as lost at its source', () => {
    expect(main().report.tables.some(({ table }) => table === 'j_fts_cless')).toBe(false);
    expect(main().notCarried('virtual table', 'j_fts_cless')).toEqual([expect.stringContaining('contentless')]);
  });

  test('J04 an R-Tree gives the floats that it reads back, its shadow tables stay behind', async () => {
    expect(await main().unaccounted('j_rtree')).toEqual([]);
    expect(await main().values('j_rtree', 'minx')).toEqual({ 1: '0.09999998658895493', 2: '-5' });
    expect(main().notCarried('shadow table', 'j_rtree_')).toHaveLength(3);
    const [note = ''] = said('j_rtree');
    const [, boxes] = /a GiST index on (box\(.*\)) can do it/.exec(note)!;
    const name = main().name('j_rtree');
    const around = await main().attempt(
      `CREATE INDEX ON ${name} USING gist ((${boxes}))`,
      'SET LOCAL enable_seqscan = off',
      `SELECT id FROM ${name} WHERE ${boxes} && box(point(-1, -1), point(0, 0)) ORDER BY id`,
    );
    expect(around).toEqual(
      main()
        .source.prepare('SELECT id FROM j_rtree WHERE maxx >= -1 AND minx <= 0 AND maxy >= -1 AND miny <= 0')
        .all()
        .map((row) => ({ id: String((row as { id: number }).id) })),
    );
  });

  test('J05 ordinary tables whose names look like shadow tables are moved', async () => {
    for (const table of ['notes_content', 'j_doc_data', 'j_doc'])
      expect([table, await main().unaccounted(table)]).toEqual([table, []]);
    expect(await main().values('notes_content', 'v')).toEqual({ 1: 'ordinary table with a shadow-like name' });
  });
}
