import { main } from '../sources';

/** Of each column of h_gen: does PostgreSQL compute it, or does the report say that its expression is not carried? */
async function carried(columns: readonly string[]): Promise<Record<string, 'computed' | 'named'>> {
  const { schema, relation } = main().place('h_gen');
  const computed = await main().sql(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 AND is_generated = 'ALWAYS'`,
    [schema, relation],
  );
  const ways: Record<string, 'computed' | 'named'> = {};
  for (const column of columns) {
    if (computed.some(({ name }) => name === column)) ways[column] = 'computed';
    else if (main().notCarried('generated column', `h_gen.${column}`).length > 0) ways[column] = 'named';
  }
  return ways;
}

export function generatedColumns(): void {
  test('H01 a stored generated column has its values, and is computed by PostgreSQL or named', async () => {
    expect(await main().unaccounted('h_gen')).toEqual([]);
    expect(await main().values('h_gen', 'area')).toEqual({ 1: '6', 2: '600', 3: null });
    expect(Object.keys(await carried(['area']))).toEqual(['area']);
  });

  test('H02 virtual generated columns, hidden from table_info, have their values, and are computed or named', async () => {
    expect(await main().values('h_gen', 'label')).toEqual({ 1: '2.0x3.0', 2: '20.0x30.0', 3: '0.0x1.0' });
    expect(await main().values('h_gen', 'low')).toEqual({ 1: '2.0x3.0', 2: '20.0x30.0', 3: '0.0x1.0' });
    expect(
      Object.values(await main().values('h_gen', 'isbig')).map((is) => is?.replace('f', '0').replace('t', '1')),
    ).toEqual(['0', '1', undefined]);
    expect(await main().values('h_gen', 'jx')).toEqual({ 1: 'v', 2: null, 3: '5' });
    expect(Object.keys(await carried(['label', 'low', 'isbig', 'jx']))).toEqual(['label', 'low', 'isbig', 'jx']);
  });
}
