import { main } from '../sources';

/** Each of these indexes is in PostgreSQL, or in the report; gives those that are there. */
async function thereOrNamed(table: string, names: readonly string[]): Promise<Record<string, string>> {
  const indexes = await main().indexes(table);
  const named = main().report.notCarried.filter(({ kind }) => kind === 'index');
  for (const name of names)
    if (!(name in indexes)) expect([name, named.filter(({ object }) => object === name).length]).toEqual([name, 1]);
  return Object.fromEntries(names.filter((name) => name in indexes).map((name) => [name, indexes[name]!]));
}

const insert = (columns: string, values: string) =>
  `INSERT INTO ${main().name('l_idx')} (id, ${columns}) VALUES (${values})`;

export function indexes(): void {
  test('L01 partial, expression and DESC indexes are the same in PostgreSQL', async () => {
    expect(await main().indexes('l_idx')).toMatchObject({
      l_desc: 'USING btree (a DESC, b)',
      l_expr: 'USING btree (lower((email COLLATE "C")), abs(b))',
      l_partial: 'UNIQUE USING btree (email) WHERE (deleted = 0)',
    });
    // 'A@x.org' is there with deleted = 0; deleted ones may be there twice.
    expect(await main().attempt(insert('email, deleted', `100, 'A@x.org', 0`))).toBe('23505');
    const deleted = ['100', '101'].map((id) => insert('email, deleted', `${id}, 'A@x.org', 1`));
    expect(await main().attempt(...deleted)).toEqual([]);
  });

  test('L02 NULLs in a UNIQUE index are distinct', async () => {
    expect((await thereOrNamed('l_idx', ['l_unull'])).l_unull).toMatch(/^UNIQUE USING btree \(a/);
    expect(await main().attempt(insert('a, b', `100, 'a', NULL`))).toEqual([]);
    expect(await main().attempt(insert('a, b', `100, 'a', 1`))).toBe('23505');
  });

  test('L03 a UNIQUE column without a type keeps 1, text 1, 1.5, text 1.5 and a blob apart', async () => {
    expect(await main().unaccounted('l_idx')).toEqual([]);
    expect(await main().values('l_idx', 'x')).toEqual({ 1: '1', 2: '"1"', 3: '1.5', 4: '"1.5"', 5: '{"$blob": "31"}' });
    const { l_x } = await thereOrNamed('l_idx', ['l_x']);
    if (l_x !== undefined) expect(await main().attempt(insert('x', `100, '"1"'`))).toBe('23505');
  });

  test('L04 a UNIQUE NOCASE column with Ä and ä keeps both; its index folds ASCII only, or is named', async () => {
    expect(await main().values('l_idx', 'nc')).toMatchObject({ 1: 'Ä', 2: 'ä' });
    const { l_nc } = await thereOrNamed('l_idx', ['l_nc']);
    if (l_nc !== undefined) expect(await main().attempt(insert('nc', `100, 'SS'`))).toBe('23505');
  });

  test('L05 a UNIQUE RTRIM index is named, or ignores spaces at the end', async () => {
    const { l_rt } = await thereOrNamed('l_idx', ['l_rt']);
    if (l_rt !== undefined) expect(await main().attempt(insert('rt', `100, 't   '`))).toBe('23505');
  });

  test('L06 a UNIQUE index on blobs tells x’’, x’00’ and x’0000’ apart', async () => {
    expect((await thereOrNamed('l_idx', ['l_blob'])).l_blob).toMatch(/^UNIQUE/);
    expect(await main().values('l_idx', 'u')).toMatchObject({ 1: '\\x00', 2: '\\x0000', 5: '\\x' });
    expect(await main().attempt(insert('u', `100, '\\x'`))).toBe('23505');
  });

  test('L07 indexes with GLOB and instr() are translated or named', async () => {
    await thereOrNamed('l_idx', ['l_glob', 'l_exprdate', 'l_coll']);
    expect(main().entry('l_idx').loaded).toBe(5);
  });

  test('L08 a NOCASE primary key keeps Émile and émile; ALICE conflicts', async () => {
    expect(await main().unaccounted('l_nocase')).toEqual([]);
    expect(main().entry('l_nocase').loaded).toBe(4);
    const name = main().name('l_nocase');
    expect(await main().attempt(`INSERT INTO ${name} VALUES ('Alice', 5)`)).toBe('23505');
    expect(await main().attempt(`INSERT INTO ${name} VALUES ('ALICE', 5)`)).toBe('23505');
    expect(await main().attempt(`INSERT INTO ${name} VALUES ('Zoë', 5), ('ZOË', 5)`)).toEqual([]);
  });
}
