import { main } from '../sources';

/** Rows of a view in SQLite and in PostgreSQL as text, booleans as the 0 and 1 of SQLite; undefined where PostgreSQL has no such view. */
async function rowsOf(view: string): Promise<{ sqlite: unknown[][]; postgres: (string | null)[][] | undefined }> {
  const sqlite = main().source.prepare(`SELECT * FROM "${view}"`).raw().all() as unknown[][];
  const { schema } = main().place('k_order');
  const there = await main().sql(`SELECT FROM pg_views WHERE schemaname = $1 AND viewname = $2`, [schema, view]);
  if (there.length === 0) return { sqlite, postgres: undefined };
  const columns = await main().sql(
    `SELECT quote_ident(attname) || CASE atttypid WHEN 'boolean'::regtype THEN '::int' ELSE '' END AS cell
     FROM pg_attribute WHERE attrelid = format('%I.%I', $1::text, $2::text)::regclass AND attnum > 0 ORDER BY attnum`,
    [schema, view],
  );
  const rows = await main().sql(`SELECT ${columns.map(({ cell }) => cell).join(', ')} FROM "${schema}"."${view}"`);
  return { sqlite, postgres: rows.map((row) => Object.values(row)) };
}

const sortedText = (rows: readonly (readonly unknown[])[]): string[] =>
  rows.map((row) => JSON.stringify(row.map((cell) => (cell === null ? null : `${cell as string | number}`)))).sort();

/** A view is in PostgreSQL with the same rows, or in the report with a reason; which of the two is given. */
async function expectSameOrNamed(view: string): Promise<void> {
  const { sqlite, postgres } = await rowsOf(view);
  if (postgres === undefined) expect([view, main().notCarried('view', view).length]).toEqual([view, 1]);
  else expect([view, sortedText(postgres)]).toEqual([view, sortedText(sqlite)]);
}

export function viewsAndTriggers(): void {
  test.each(['k_v_simple', 'k_v_onview', 'k_v_rec', 'k_v_cols'])(
    'K01 the portable view %s is there with the same rows',
    async (view) => {
      const { sqlite, postgres } = await rowsOf(view);
      expect(sqlite.length).toBeGreaterThan(0);
      expect([view, sortedText(postgres ?? [])]).toEqual([view, sortedText(sqlite)]);
      expect(main().report.views).toContainEqual(expect.objectContaining({ view, rows: sqlite.length }));
    },
  );

  test.each(['k_v_funcs', 'k_v_rowid', 'k_v_bare', 'k_v_json'])(
    'K02 %s, in SQLite’s own words, gives the same rows or is named',
    expectSameOrNamed,
  );

  test('K03 a view on a dropped table is named and stops nothing', () => {
    expect(() => main().source.prepare('SELECT * FROM k_v_broken')).toThrow('k_gone');
    expect(main().notCarried('view', 'k_v_broken')).toHaveLength(1);
  });

  test('K04 every trigger is named, and none has fired', async () => {
    for (const [trigger, fires, words] of [
      ['k_t_audit', 'AFTER INSERT on k_order', 'new.amount>100'],
      ['k_t_upd', 'BEFORE UPDATE OF amount on k_order', 'raise(abort'],
      ['k_t_del', 'AFTER DELETE on k_order', 'delete from k_log'],
      ['k_t_instead', 'INSTEAD OF INSERT on k_v_simple', 'insert into k_order'],
    ] as const) {
      expect(main().notCarried('trigger', trigger)).toEqual([expect.stringContaining(`${trigger}: ${fires}: `)]);
      expect(main().report.notCarried.find(({ object }) => object === trigger)!.sql).toContain(words);
    }
    expect(await main().sql(`SELECT count(*) AS n FROM ${main().name('k_log')}`)).toEqual([{ n: '0' }]);
    expect(await main().unaccounted('k_order')).toEqual([]);
  });
}
