import Database from 'better-sqlite3';
import { main } from '../sources';

/** The row that PostgreSQL makes of nothing but an id, and what SQLite makes of it. */
async function bothRows(): Promise<{ postgres: Record<string, string | null>; sqlite: Record<string, unknown> }> {
  const inserted = await main().attempt(`INSERT INTO ${main().name('o_def')} (id) VALUES (1000) RETURNING *`);
  if (typeof inserted === 'string') throw new Error(`SQLSTATE ${inserted}`);
  const copy = new Database(main().source.serialize());
  const sqlite = copy.prepare('INSERT INTO o_def (id) VALUES (1000) RETURNING *').get() as Record<string, unknown>;
  copy.close();
  return { postgres: inserted[0]!, sqlite };
}

/** A default of a column is carried, or in the report. */
async function carried(column: string): Promise<boolean> {
  const there = (await main().defaults('o_def'))[column] !== null;
  expect([column, there || main().notCarried('default', `o_def.${column}`).length === 1]).toEqual([column, true]);
  return there;
}

export function defaultsAndChecks(): void {
  test('O01 literal defaults give the same values in PostgreSQL', async () => {
    const { postgres, sqlite } = await bothRows();
    const expected = {
      c: '2',
      d: 'double quoted',
      e: "it's",
      f: '\\x00ff',
      g: 't',
      h: '-1',
      i: null,
      j: '1000',
      o: '',
      p: 'null',
      r: '5',
      s: '16',
    };
    expect(postgres).toMatchObject(expected);
    expect(sqlite).toMatchObject({
      c: 2,
      d: 'double quoted',
      e: "it's",
      f: Buffer.from('00ff', 'hex'),
      g: 1,
      h: -1,
      i: null,
      j: 1000,
      o: '',
      p: 'null',
      r: 5,
      s: 16,
    });
  });

  test('O02 CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME are UTC in the form that SQLite writes', async () => {
    const { postgres, sqlite } = await bothRows();
    for (const column of ['a', 'b', 'k', 'l']) {
      const shape = (value: unknown) => String(value).replaceAll(/\d/g, '9');
      expect([column, shape(postgres[column])]).toEqual([column, shape(sqlite[column])]);
    }
    const now = await main().sql(`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24') AS hour`);
    for (const column of ['a', 'b']) expect([column, postgres[column]!.slice(0, 13)]).toEqual([column, now[0]!.hour]);
    expect(main().notCarried('default', 'o_def')).toHaveLength(3);
  });

  test('O03 defaults of functions are translated or named, and an impossible date stops nothing', async () => {
    const { postgres } = await bothRows();
    if (await carried('m')) expect(postgres.m).toMatch(/^[0-9a-f]{32}$/);
    if (await carried('n')) expect(Math.abs(Number(postgres.n) - Date.now() / 1000)).toBeLessThan(600);
    if (await carried('t')) expect(postgres.t).toBe('[]');
    if (await carried('u')) expect(postgres.u).toBe('0000-00-00 00:00:00');
  });

  test('O04 portable CHECKs hold in PostgreSQL under their names', async () => {
    const checks = Object.entries(await main().constraints('o_chk')).filter(([, sql]) => sql.startsWith('CHECK'));
    expect(checks.map(([check]) => check).sort()).toEqual([
      'named chk',
      ...['a', 'b', 'c', 'd', 'e', 'h', 'i'].map((column) => `o_chk_${column}_check`),
    ]);
    const name = main().name('o_chk');
    const row = (columns: string, values: string) => `INSERT INTO ${name} (id, ${columns}) VALUES (9, ${values})`;
    for (const refused of [row('a', `'-1'`), row('h', '11'), row('h', '0'), row('e', '2')])
      expect([refused, await main().attempt(refused)]).toEqual([refused, '23514']);
    const only = `ALTER TABLE ${name} DROP CONSTRAINT o_chk_a_check`;
    expect(await main().attempt(only, row('a', `'0'`))).toBe('23514');
    expect(await main().attempt(row('a, b, c, d, e, h, i', `'1', 'ü', 'Q', 'xy', 0, 10, 'Y'`))).toEqual([]);
  });

  test('O05 CHECKs in SQLite’s own words are translated to the same or named, and no valid row is refused', async () => {
    expect(await main().unaccounted('o_chk')).toEqual([]);
    const name = main().name('o_chk');
    const copy = `INSERT INTO ${name} SELECT 1000 + id AS id, a, b, c, d, e, f, h, i FROM ${name}`;
    expect(await main().attempt(copy)).toEqual([]);
    expect(main().notCarried('check constraint', 'o_chk')).toEqual([expect.stringContaining('json_valid(f)')]);
  });

  test('O06 the text that satisfied CHECK (a > 0), and no PostgreSQL number would, is kept', async () => {
    const kept = await main().quarantined('o_chk');
    if (kept.length === 0) expect((await main().values('o_chk', 'a'))[2]?.replaceAll('"', '')).toBe('text>0');
    else expect(kept).toMatchObject([{ locator: '2', column: 'a', storage: 'text' }]);
  });

  test('O07 constraints with ON CONFLICT refuse rows in PostgreSQL, and the report says so', async () => {
    expect(
      main()
        .notCarried('conflict clause', 'o_conf')
        .map((reason) => reason.replace(' in SQLite; PostgreSQL refuses the row', '')),
    ).toEqual([
      'o_conf.a: UNIQUE ON CONFLICT IGNORE',
      'o_conf.b: NOT NULL ON CONFLICT REPLACE',
      'o_conf.c: UNIQUE ON CONFLICT ROLLBACK',
      'o_conf.id: PRIMARY KEY ON CONFLICT REPLACE',
    ]);
    expect(await main().unaccounted('o_conf')).toEqual([]);
    const name = main().name('o_conf');
    expect(await main().attempt(`INSERT INTO ${name} VALUES (9, 'x', 1, 9)`)).toBe('23505');
    expect(await main().attempt(`INSERT INTO ${name} VALUES (9, 'z', NULL, 9)`)).toBe('23502');
    expect(await main().attempt(`INSERT INTO ${name} VALUES (9, 'z', 1, 1)`)).toBe('23505');
  });
}
