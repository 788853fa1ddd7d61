import { main } from '../sources';

/**
 * Graph edges, vectors, metadata and cache entries go to Neo4j, Pinecone and Redis with issue 6; until then these traps are tested as far
 * as PostgreSQL goes: nothing of what the other stores will need is lost.
 */
export function otherStores(): void {
  test('P01 (PostgreSQL) vectors keep their bytes, as float32 and as JSON', async () => {
    expect(await main().unaccounted('p_embed')).toEqual([]);
    const blob = (await main().values('p_embed', 'vec_blob', 'id')).ok!;
    const floats = Buffer.from(/[0-9a-f]{128}/.exec(blob)![0], 'hex');
    const json = JSON.parse((await main().values('p_embed', 'vec_json', 'id')).ok!) as number[];
    expect(json).toHaveLength(16);
    expect(json.map(Math.fround)).toEqual(json.map((_, i) => floats.readFloatLE(4 * i)));
  });

  test('P02 (PostgreSQL) vectors that no index would take are there all the same', async () => {
    const blobs = await main().values('p_embed', 'vec_blob', 'id');
    const bytes = (id: string) => blobs[id]?.replace(/^\\x/, '').length;
    expect([bytes('zero'), bytes('wrong-dim'), bytes('odd-bytes'), blobs['null-vec']]).toEqual([128, 64, 26, null]);
    expect((await main().values('p_embed', 'vec_json', 'id')).nan).toContain('NaN');
  });

  test('P03 (PostgreSQL) ids of 600 characters, beyond ASCII and empty are keys like others', async () => {
    const ids = Object.keys(await main().values('p_embed', 'txt', 'id'));
    expect(ids).toHaveLength(15);
    expect(ids).toEqual(expect.arrayContaining(['x'.repeat(600), 'ünïcode id', '']));
    const checks = Object.values(await main().constraints('p_embed'));
    expect(checks).toContain('PRIMARY KEY (id)');
  });

  test('P04 (PostgreSQL) metadata arrive whole: nested, null, 2^53+1, mixed lists, 50 KB', async () => {
    const meta = await main().values('p_embed', 'meta', 'id');
    expect(meta['bigint-meta']).toMatch(/9007199254740993/);
    expect(meta['big-meta']!.length).toBeGreaterThan(50_000);
    expect(JSON.parse(meta['mixed-list']!)).toEqual({ l: [1, 'a'] });
    expect(JSON.parse(meta['null-meta']!)).toEqual({ a: null });
  });

  test('P05 (PostgreSQL) two people of one name are two rows', async () => {
    expect(await main().unaccounted('p_char')).toEqual([]);
    expect(await main().values('p_char', 'name')).toEqual({
      1: 'Elizabeth Bennet',
      2: 'Mr. Darcy',
      3: 'Elizabeth Bennet',
      4: '',
    });
  });

  test('P06 (PostgreSQL) of the eight edges none is lost: twice the same, dangling, without an end, of mixed weight', async () => {
    expect(await main().unaccounted('p_rel')).toEqual([]);
    expect(main().entry('p_rel').loaded).toBe(8);
    const strong = await main().sql(`SELECT weight FROM ${main().name('p_rel')} WHERE type = 'loves'`);
    expect(strong).toEqual([{ weight: '"strong"' }]);
  });

  test('P07 messages are ordered by number', async () => {
    expect(await main().unaccounted('p_msg')).toEqual([]);
    const rows = await main().sql(`SELECT seq FROM ${main().name('p_msg')} WHERE conv = 'c1' ORDER BY seq`);
    expect(rows.map(({ seq }) => seq)).toEqual(['1', '2', '10']);
  });

  test('P08 (PostgreSQL) keys, binary values and times of expiry arrive', async () => {
    expect(await main().unaccounted('p_kv')).toEqual([]);
    expect(Object.keys(await main().values('p_kv', 'value', 'key')).sort()).toEqual([
      '',
      'expired',
      'k with space',
      'user:1:name',
      'zero',
      '{tag}:x',
    ]);
    expect((await main().values('p_kv', 'expires_at', 'key')).zero).toBe('0');
  });
}
