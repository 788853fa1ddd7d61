import type { Index } from '@pinecone-database/pinecone';
import { eventually, Target, untilCounted } from './target';

let target: Target;
let index: Index;

beforeAll(async () => {
  target = await Target.open();
  index = await target.index();
});

afterAll(() => target.close());

const numbered = (count: number, prefix = 'r'): { id: string; values: number[] }[] =>
  Array.from({ length: count }, (_, at) => ({ id: `${prefix}${String(at).padStart(4, '0')}`, values: [1, at + 1, 1] }));

describe('upsert and fetch', () => {
  const namespace = 'fetch';

  test('give back ids, values as 32-bit floats, and metadata of every type', async () => {
    const metadata = { text: 'a „b“ 😀 \u0001', number: 1.5, integer: 2 ** 40, yes: true, list: ['x', 'y'], empty: '' };
    const records = [
      { id: 'whole', values: [0.1, -0.25, 3.14159265358979], metadata },
      { id: 'bare', values: [1, 2, 3] },
    ];
    await index.upsert({ records, namespace });
    await untilCounted(index, namespace, 2);
    const fetched = await index.fetch({ ids: ['whole', 'bare', 'nobody'], namespace });
    expect(Object.keys(fetched.records).sort()).toEqual(['bare', 'whole']);
    expect(fetched.namespace).toBe(namespace);
    expect(fetched.usage?.readUnits).toBeGreaterThan(0);
    const { whole, bare } = fetched.records;
    expect(whole!.metadata).toEqual(metadata);
    expect(whole!.values!.map(Math.fround)).toEqual(records[0]!.values.map(Math.fround));
    // As short as the float: 0.1 and not 0.10000000149011612.
    expect(whole!.values!.slice(0, 2)).toEqual([0.1, -0.25]);
    expect(bare!.metadata ?? {}).toEqual({});
  });

  test('a second upsert of an id replaces the record whole', async () => {
    await index.upsert({ records: [{ id: 'again', values: [1, 0, 0], metadata: { a: 1, b: 2 } }], namespace });
    await index.upsert({ records: [{ id: 'again', values: [0, 1, 0], metadata: { c: 3 } }], namespace });
    const { records } = await eventually(
      () => index.fetch({ ids: ['again'], namespace }),
      ({ records: now }) => now.again?.values?.[1] === 1,
    );
    expect(records.again).toMatchObject({ values: [0, 1, 0], metadata: { c: 3 } });
    expect(records.again!.metadata).not.toHaveProperty('a');
  });

  test('ids may hold any ASCII', async () => {
    const ids = [
      'a b',
      'docs/1#chunk2?x=y&z',
      '%2e%2e',
      '"quoted"',
      "it's; DROP TABLE records;--",
      'x'.repeat(512),
      '\t',
    ];
    await index.upsert({ records: ids.map((id) => ({ id, values: [1, 1, 1] })), namespace: 'ids' });
    await untilCounted(index, 'ids', ids.length);
    const listed = await index.listPaginated({ namespace: 'ids' });
    expect(listed.vectors?.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const fetched = await index.fetch({ ids, namespace: 'ids' });
    expect(Object.keys(fetched.records).sort()).toEqual([...ids].sort());
  });

  test('a namespace that is not there is empty', async () => {
    expect((await index.fetch({ ids: ['whole'], namespace: 'nowhere' })).records).toEqual({});
    expect((await index.query({ vector: [1, 2, 3], topK: 3, namespace: 'nowhere' })).matches).toEqual([]);
    expect((await index.listPaginated({ namespace: 'nowhere' })).vectors ?? []).toEqual([]);
  });

  test('1,000 records are one request, 1,001 are too many', async () => {
    await index.upsert({ records: numbered(1000), namespace: 'thousand' });
    await untilCounted(index, 'thousand', 1000);
    await expect(index.upsert({ records: numbered(1001), namespace: 'thousand' })).rejects.toMatchObject({
      name: 'PineconeBadRequestError',
    });
  });

  test.each([
    ['another dimension', { values: [1, 2] }, 'Vector dimension 2 does not match the dimension of the index 3'],
    ['zeros only', { values: [0, 0, 0] }, 'Dense vectors must contain at least one non-zero value'],
    ['an id that is not ASCII', { id: 'größe' }, 'Vector ID must be ASCII'],
    ['an id of 513 characters', { id: 'x'.repeat(513) }, ''],
    [
      'nested metadata',
      { metadata: { a: { b: 1 } } },
      'Metadata value must be a string, number, boolean or list of strings',
    ],
    ['a list of numbers in metadata', { metadata: { a: [1] } }, 'Metadata value must be a string, number, boolean'],
    [
      'more than 40 KB of metadata',
      { metadata: { a: 'x'.repeat(41_000) } },
      'exceeds the limit of 40960 bytes per vector',
    ],
  ])('%s is refused, and with it the whole request', async (_, change, message) => {
    const bad = { id: 'bad', values: [1, 2, 3], ...change };
    const records = [{ id: 'good', values: [1, 2, 3] }, bad as { id: string; values: number[] }];
    await expect(index.upsert({ records, namespace: 'refused' })).rejects.toMatchObject({
      name: 'PineconeBadRequestError',
      message: expect.stringContaining(message),
    });
    expect((await index.fetch({ ids: ['good'], namespace: 'refused' })).records).toEqual({});
  });
});

describe('list', () => {
  const namespace = 'list';

  beforeAll(async () => {
    await index.upsert({ records: [...numbered(250, 'doc1#'), ...numbered(5, 'doc2#')], namespace });
    await untilCounted(index, namespace, 255);
  });

  test('goes through all ids in order of their bytes, page by page', async () => {
    const ids: string[] = [];
    const sizes: number[] = [];
    let paginationToken: string | undefined;
    do {
      const page = await index.listPaginated({ namespace, ...(paginationToken && { paginationToken }) });
      sizes.push(page.vectors!.length);
      ids.push(...page.vectors!.map(({ id }) => id!));
      paginationToken = page.pagination?.next;
    } while (paginationToken !== undefined);
    expect(sizes).toEqual([100, 100, 55]);
    expect(ids).toEqual([...numbered(250, 'doc1#'), ...numbered(5, 'doc2#')].map(({ id }) => id));
  });

  test('takes a prefix and a limit', async () => {
    const first = await index.listPaginated({ namespace, prefix: 'doc2#', limit: 3 });
    expect(first.vectors?.map(({ id }) => id)).toEqual(['doc2#0000', 'doc2#0001', 'doc2#0002']);
    const paginationToken = first.pagination!.next!;
    const second = await index.listPaginated({ namespace, prefix: 'doc2#', limit: 3, paginationToken });
    expect(second.vectors?.map(({ id }) => id)).toEqual(['doc2#0003', 'doc2#0004']);
    expect(second.pagination).toBeUndefined();
    expect((await index.listPaginated({ namespace, prefix: 'doc3#' })).vectors ?? []).toEqual([]);
  });
});

describe('update', () => {
  const namespace = 'update';
  const read = (id: string) => index.fetch({ ids: [id], namespace }).then(({ records }) => records[id]);

  beforeEach(async () => {
    const records = ['a', 'b', 'c'].map((id) => ({
      id,
      values: [1, 2, 3],
      metadata: { kind: id < 'c' ? 'x' : 'y', n: 1 },
    }));
    await index.upsert({ records, namespace });
    await untilCounted(index, namespace, 3);
    await eventually(
      () => read('a'),
      (record) => record?.metadata?.n === 1,
    );
  });

  test('of values leaves the metadata, of metadata sets the fields given and leaves the others', async () => {
    await index.update({ id: 'a', values: [4, 5, 6], namespace });
    await index.update({ id: 'b', metadata: { n: 2, more: ['z'] }, namespace });
    expect(
      await eventually(
        () => read('a'),
        (record) => record?.values?.[0] === 4,
      ),
    ).toMatchObject({
      values: [4, 5, 6],
      metadata: { kind: 'x', n: 1 },
    });
    expect(
      await eventually(
        () => read('b'),
        (record) => record?.metadata?.n === 2,
      ),
    ).toMatchObject({
      values: [1, 2, 3],
      metadata: { kind: 'x', n: 2, more: ['z'] },
    });
  });

  test('by filter changes every record that passes, and no other', async () => {
    await index.update({ filter: { kind: { $eq: 'x' } }, metadata: { n: 9 }, namespace });
    await eventually(
      () => read('a'),
      (record) => record?.metadata?.n === 9,
    );
    const { records } = await eventually(
      () => index.fetch({ ids: ['a', 'b', 'c'], namespace }),
      ({ records: now }) => now.b?.metadata?.n === 9,
    );
    expect(['a', 'b', 'c'].map((id) => records[id]?.metadata)).toEqual([
      { kind: 'x', n: 9 },
      { kind: 'x', n: 9 },
      { kind: 'y', n: 1 },
    ]);
  });

  test('of a wrong dimension is refused', async () => {
    await expect(index.update({ id: 'a', values: [1], namespace })).rejects.toMatchObject({
      name: 'PineconeBadRequestError',
      message: expect.stringContaining('Vector dimension 1 does not match the dimension of the index 3'),
    });
  });
});

describe('delete', () => {
  const left = async (namespace: string): Promise<string[]> =>
    ((await index.listPaginated({ namespace })).vectors ?? []).map(({ id }) => id!);

  async function seed(namespace: string): Promise<void> {
    const records = numbered(6).map((record, at) => ({ ...record, metadata: { odd: at % 2 === 1, at } }));
    await index.upsert({ records, namespace });
    await untilCounted(index, namespace, 6);
  }

  test('by one id, by several, and of ids that are not there', async () => {
    await seed('delete-ids');
    await index.deleteOne({ id: 'r0000', namespace: 'delete-ids' });
    await index.deleteMany({ ids: ['r0001', 'r0002', 'nobody'], namespace: 'delete-ids' });
    await untilCounted(index, 'delete-ids', 3);
    expect(await left('delete-ids')).toEqual(['r0003', 'r0004', 'r0005']);
  });

  test('by filter', async () => {
    await seed('delete-filter');
    await index.deleteMany({ filter: { odd: { $eq: true }, at: { $gt: 1 } }, namespace: 'delete-filter' });
    await untilCounted(index, 'delete-filter', 4);
    expect(await left('delete-filter')).toEqual(['r0000', 'r0001', 'r0002', 'r0004']);
  });

  test('of all records of a namespace leaves the other namespaces', async () => {
    await seed('delete-all');
    await seed('delete-none');
    await index.deleteAll({ namespace: 'delete-all' });
    expect(
      await eventually(
        () => left('delete-all'),
        (ids) => ids.length === 0,
      ),
    ).toEqual([]);
    expect(await left('delete-none')).toHaveLength(6);
  });

  test('in a namespace that is not there is not found', async () => {
    await expect(index.deleteAll({ namespace: 'nowhere' })).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
  });
});
