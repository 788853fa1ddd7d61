import { main } from '../sources';

/** The 8 bytes of a double, in hex. */
function bits(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

export function numbers(): void {
  // As Neo4j integers and in Pinecone's metadata (doubles) with issue 6.
  test('B01 integers at both ends of 64 bits and around 2^53 arrive to the last digit', async () => {
    expect(await main().unaccounted('b_int')).toEqual([]);
    expect(await main().values('b_int', 'v')).toMatchObject({
      1: '9223372036854775807',
      2: '-9223372036854775808',
      3: '9007199254740992',
      4: '9007199254740993',
      5: '-9007199254740993',
      6: '2147483648',
      7: '0',
      8: '-1',
    });
  });

  test('B02 an integer literal that SQLite made a REAL is widened, and does not become the largest integer', async () => {
    expect(main().column('b_int', 'v').type).toBe('numeric');
    const values = await main().values('b_int', 'v');
    expect(Number(values[9])).toBe(2 ** 63);
    expect(values[9]).not.toBe(values[1]);
  });

  test('B03 doubles keep their 64 bits, from the smallest denormal to the largest', async () => {
    expect(main().column('b_real', 'v').type).toBe('double precision');
    const there = await main().sql(`SELECT id, encode(float8send(v), 'hex') AS bits FROM ${main().name('b_real')}`);
    const source = main().source.prepare('SELECT id, v FROM b_real').all() as { id: number; v: number | null }[];
    expect(Object.fromEntries(there.map(({ id, bits: hex }) => [id, hex]))).toEqual(
      Object.fromEntries(source.map(({ id, v }) => [id, v === null ? null : bits(v)])),
    );
    expect(source.find(({ id }) => id === 2)!.v).toBe(5e-324);
  });

  test('B04 the -0.0 whose sign SQLite had dropped is 0', async () => {
    expect((await main().values('b_real', 'v'))[1]).toBe('0');
  });

  // JSON targets cannot hold them: with issue 6.
  test('B05 infinities are infinities', async () => {
    expect(await main().values('b_real', 'v')).toMatchObject({ 5: 'Infinity', 6: '-Infinity' });
  });

  test('B06 the NaN that SQLite had stored as NULL is NULL', async () => {
    expect((await main().values('b_real', 'v'))[15]).toBeNull();
  });
}
