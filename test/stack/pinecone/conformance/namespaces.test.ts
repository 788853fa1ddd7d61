import type { Index } from '@pinecone-database/pinecone';
import { eventually, Target, untilCounted } from './target';

let target: Target;
let index: Index;

beforeAll(async () => {
  target = await Target.open();
  index = await target.index();
});

afterAll(() => target.close());

const names = async (): Promise<string[]> => (await index.listNamespaces()).namespaces!.map(({ name }) => name!);

test('keep records of one id apart, and statistics count each', async () => {
  await index.upsert({ records: [{ id: 'same', values: [1, 0, 0] }], namespace: 'one' });
  await index.upsert({
    records: [
      { id: 'same', values: [0, 1, 0] },
      { id: 'other', values: [1, 1, 1] },
    ],
    namespace: 'two',
  });
  await untilCounted(index, 'one', 1);
  await untilCounted(index, 'two', 2);
  expect((await index.fetch({ ids: ['same'], namespace: 'one' })).records.same!.values).toEqual([1, 0, 0]);
  expect((await index.fetch({ ids: ['same'], namespace: 'two' })).records.same!.values).toEqual([0, 1, 0]);
  const stats = await index.describeIndexStats();
  expect(stats).toMatchObject({ dimension: 3, totalRecordCount: 3, namespaces: { one: { recordCount: 1 } } });
});

test('are made, described, listed by prefix and in order, and deleted with their records', async () => {
  const created = await index.createNamespace({ name: 'made', schema: { fields: { genre: { filterable: true } } } });
  expect(created).toMatchObject({ name: 'made', schema: { fields: { genre: { filterable: true } } } });
  await expect(index.createNamespace({ name: 'made' })).rejects.toMatchObject({ name: 'PineconeConflictError' });
  await index.upsert({ records: [{ id: 'a', values: [1, 2, 3] }], namespace: 'made' });
  await untilCounted(index, 'made', 1);
  expect(await index.describeNamespace('made')).toMatchObject({ name: 'made', recordCount: 1 });

  const listed = await eventually(names, (found) => found.length >= 3);
  expect(listed).toEqual(['made', 'one', 'two']);
  const page = await index.listNamespaces({ limit: 2 });
  expect(page.namespaces).toHaveLength(2);
  const rest = await index.listNamespaces({ limit: 2, paginationToken: page.pagination!.next! });
  expect(rest.namespaces?.map(({ name }) => name)).toEqual(['two']);
  const some = await index.listNamespaces({ prefix: 'm' });
  expect([some.namespaces?.map(({ name }) => name), some.totalCount]).toEqual([['made'], 1]);

  await index.deleteNamespace('made');
  expect(await eventually(names, (found) => !found.includes('made'))).toEqual(['one', 'two']);
  expect((await index.fetch({ ids: ['a'], namespace: 'made' })).records).toEqual({});
});

test('that are not there are not found', async () => {
  await expect(index.describeNamespace('none')).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
});

test('the one without a name is called __default__', async () => {
  await index.upsert({ records: [{ id: 'd', values: [1, 2, 3] }] });
  await untilCounted(index, '__default__', 1);
  expect(await eventually(names, (found) => found.includes('__default__'))).toContain('__default__');
  expect((await index.fetch({ ids: ['d'], namespace: '__default__' })).records.d!.id).toBe('d');
});
