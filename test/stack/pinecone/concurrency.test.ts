import type { Index } from '@pinecone-database/pinecone';
import { Endpoint, SPEC } from './endpoint';

/** Several clients at once, and reads between writes of a namespace that is searched in memory. */

const COUNT = 2400;

let endpoint: Endpoint;
let index: Index;

beforeAll(async () => {
  endpoint = await Endpoint.start();
  const client = endpoint.client();
  await client.createIndex({ name: 'busy', dimension: 3, metric: 'euclidean', spec: SPEC });
  index = client.index({ name: 'busy' });
});

afterAll(() => endpoint.remove());

const record = (at: number) => ({ id: `r${at}`, values: [at, 1, 1], metadata: { at, third: at % 3 === 0 } });

async function fill(namespace: string): Promise<void> {
  const batches = Array.from({ length: COUNT / 200 }, (_, batch) =>
    index.upsert({ records: Array.from({ length: 200 }, (__, at) => record(batch * 200 + at)), namespace }),
  );
  await Promise.all(batches);
}

const nearest = async (namespace: string, at: number, filter?: object): Promise<string[]> => {
  const { matches } = await index.query({ vector: [at, 1, 1], topK: 2, namespace, ...(filter && { filter }) });
  return matches.map(({ id }) => id);
};

test('upserts side by side lose nothing and double nothing', async () => {
  await Promise.all([fill('same'), fill('same'), fill('same')]);
  expect((await index.describeIndexStats()).namespaces!.same!.recordCount).toBe(COUNT);
});

test('every write is seen by the next query, also where vectors are kept in memory', async () => {
  const namespace = 'seen';
  await fill(namespace);
  expect(await nearest(namespace, 600)).toEqual(['r600', 'r599']);
  expect(await nearest(namespace, 600, { third: true })).toEqual(['r600', 'r597']);

  await index.upsert({ records: [{ id: 'new', values: [600.25, 1, 1], metadata: { third: true } }], namespace });
  expect(await nearest(namespace, 600)).toEqual(['r600', 'new']);
  expect(await nearest(namespace, 600, { third: true })).toEqual(['r600', 'new']);

  await index.upsert({ records: [{ id: 'r600', values: [9000, 1, 1] }], namespace });
  expect(await nearest(namespace, 600)).toEqual(['new', 'r599']);
  await index.update({ id: 'r10', values: [600.1, 1, 1], namespace });
  expect(await nearest(namespace, 600)).toEqual(['r10', 'new']);
  await index.update({ id: 'r10', metadata: { third: true }, namespace });
  expect(await nearest(namespace, 600, { third: true })).toEqual(['r10', 'new']);

  await index.deleteMany({ ids: ['new', 'r10', 'nobody'], namespace });
  expect(await nearest(namespace, 600)).toEqual(['r599', 'r601']);
  await index.deleteMany({ filter: { third: true }, namespace });
  expect(await nearest(namespace, 600)).toEqual(['r599', 'r601'].filter((id) => Number(id.slice(1)) % 3 !== 0));
  expect(await nearest(namespace, 600, { third: true })).toEqual([]);

  await index.deleteAll({ namespace });
  expect(await nearest(namespace, 600)).toEqual([]);
  await index.upsert({ records: [record(5)], namespace });
  expect(await nearest(namespace, 600)).toEqual(['r5']);
});

test('a namespace that is made again under its name does not show what was there before', async () => {
  await fill('anew');
  expect(await nearest('anew', 700)).toEqual(['r700', 'r699']);
  await index.deleteNamespace('anew');
  expect(await nearest('anew', 700)).toEqual([]);
  await index.upsert({ records: [record(1)], namespace: 'anew' });
  expect(await nearest('anew', 700)).toEqual(['r1']);
});

test('queries between writes by others see each record whole: the old one or the new', async () => {
  const namespace = 'whole';
  await fill(namespace);
  let writing = true;
  const writer = async (): Promise<void> => {
    for (let round = 1; round <= 20; round++) {
      const records = Array.from({ length: 100 }, (_, at) => ({ ...record(at), metadata: { round } }));
      await index.upsert({ records, namespace });
    }
    writing = false;
  };
  const reader = async (): Promise<void> => {
    while (writing) {
      const query = { vector: [50, 1, 1], topK: 100, namespace, includeMetadata: true, filter: { round: { $gt: 0 } } };
      const { matches } = await index.query(query);
      // A batch is one transaction.
      expect(new Set(matches.map(({ metadata }) => metadata!.round)).size).toBeLessThanOrEqual(1);
      expect([0, 100]).toContain(matches.length);
    }
  };
  await Promise.all([writer(), reader(), reader()]);
  expect((await index.describeIndexStats()).namespaces![namespace]!.recordCount).toBe(COUNT);
});

test('writes are numbered, and a read says which it has seen', async () => {
  const upsert = { vectors: [{ id: 'a', values: [1, 2, 3] }], namespace: 'numbered' };
  const first = await endpoint.request('POST', '/data/busy/vectors/upsert', upsert);
  const second = await endpoint.request('POST', '/data/busy/vectors/delete', { ids: ['a'], namespace: 'numbered' });
  const [one, two] = [first, second].map(({ headers }) => Number(headers.get('x-pinecone-request-lsn')));
  expect(two).toBeGreaterThan(one!);
  const read = await endpoint.request('GET', '/data/busy/vectors/fetch?ids=a&namespace=numbered');
  expect(Number(read.headers.get('x-pinecone-max-indexed-lsn'))).toBe(two);
});
