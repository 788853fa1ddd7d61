import { main } from '../sources';

const LONG = 'a'.repeat(63);

/** The name that a table has in PostgreSQL, and what the report says of it where it is another one. */
function renamed(table: string): { to: string; named: boolean } {
  const to = main().place(table).relation;
  return { to, named: main().report.notCarried.some(({ kind, object }) => kind === 'table name' && object === table) };
}

export function names(): void {
  test('N01 names that are equal in their first 63 bytes become two names, both in the report', async () => {
    const [one, two] = [renamed(`${LONG}_one`), renamed(`${LONG}_two`)];
    expect([one.named, two.named, one.to === two.to]).toEqual([true, true, false]);
    expect([one.to, two.to].map((name) => Buffer.byteLength(name) <= 63)).toEqual([true, true]);
    expect(await main().unaccounted(`${LONG}_one`)).toEqual([]);
    expect(await main().unaccounted(`${LONG}_two`)).toEqual([]);
    const columns = main()
      .entry(`${LONG}_one`)
      .columns.map(({ target }) => target);
    expect(new Set(columns).size).toBe(3);
    expect(main().notCarried('column name', `${LONG}_one.`)).toHaveLength(2);
  });

  test('N02 a name of 80 bytes is cut between two characters, and in the report', async () => {
    const { to, named } = renamed('ü'.repeat(40));
    expect([named, Buffer.byteLength(to) <= 63, /^ü+_[0-9a-f]{8}$/.test(to)]).toEqual([true, true, true]);
    expect(await main().unaccounted('ü'.repeat(40))).toEqual([]);
  });

  test.each([
    'order',
    'select',
    'user',
    'With Space',
    'dash-ed',
    'quo"te',
    "sing'le",
    'semi;colon',
    "x'); drop table users;--",
    'dot.ted',
    '123start',
    'MixedCase',
    'UPPER',
    'emoji😀',
    '%percent',
    'back\\slash',
    'new\nline',
    '$dollar$',
    ' ',
    'pg_catalog',
    'public',
    'tab\there',
    'näme',
    'a_table[]',
  ])('N03 a table and a column called %j are called so in PostgreSQL', async (name) => {
    expect(renamed(name)).toEqual({ to: name, named: false });
    expect(
      main()
        .entry(name)
        .columns.map(({ target }) => target),
    ).toEqual(['id', name, 'Default', 'GROUP']);
    expect(await main().unaccounted(name)).toEqual([]);
    expect((await main().values(name, name))[1]).toBe(name);
  });

  test('N04 columns that are called as PostgreSQL’s own have other names, in the report; oid keeps its', async () => {
    expect(await main().unaccounted('n_syscols')).toEqual([]);
    const kept = main()
      .entry('n_syscols')
      .columns.filter(({ source, target }) => source === target);
    expect(kept.map(({ source }) => source)).toEqual(['oid', 'id']);
    expect(main().notCarried('column name', 'n_syscols.')).toHaveLength(6);
  });

  test('N05 names that some rule would make one stay apart', async () => {
    for (const table of ['n_unders', 'n_unders ', 'N.unders', 'n_case'])
      expect([table, renamed(table).to]).toEqual([table, table]);
    expect(
      main()
        .entry('n_unders')
        .columns.map(({ target }) => target),
    ).toEqual(['id', 'a b', 'a_b', 'a-b', 'A__B']);
    expect(
      main()
        .entry('n_case')
        .columns.map(({ target }) => target),
    ).toEqual(['id', 'Straße', 'straSSe', 'É', 'é']);
    expect(await main().unaccounted('n_unders')).toEqual([]);
    expect(await main().unaccounted('n_case')).toEqual([]);
  });

  test('N06 an empty name of a table or column becomes another, in the report', async () => {
    expect(renamed('').named).toBe(true);
    expect(main().column('n_emptycol', '').target).not.toBe('');
    expect(main().notCarried('column name', 'n_emptycol.')).toHaveLength(1);
    expect(await main().unaccounted('')).toEqual([]);
    expect(await main().unaccounted('n_emptycol')).toEqual([]);
  });

  test('N07 tables that are called as PostgreSQL would call a key, index or sequence are all there, and so are those', async () => {
    for (const table of ['n_pk', 'n_pk_pkey', 'n_pk_v_key', 'n_pk_id_seq'])
      expect([table, await main().unaccounted(table)]).toEqual([table, []]);
    for (const table of ['n_pk', 'n_pk_pkey', 'n_pk_v_key'])
      expect(renamed(table)).toEqual({ to: table, named: false });
    // PostgreSQL has the name for the sequence of n_pk.id.
    expect(renamed('n_pk_id_seq')).toEqual({ to: expect.stringMatching(/^n_pk_id_seq_[0-9a-f]{8}$/), named: true });
    expect(Object.values(await main().constraints('n_pk')).sort()).toEqual(['PRIMARY KEY (id)', 'UNIQUE (v)']);
    expect(Object.keys(await main().indexes('n_pk'))).toContain('n_pk_v_idx');
    const next = await main().attempt(`INSERT INTO ${main().name('n_pk')} (v) VALUES ('b') RETURNING id`);
    expect(next).toEqual([{ id: '2' }]);
  });
}
