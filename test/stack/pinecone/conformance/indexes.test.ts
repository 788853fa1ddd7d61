import { SPEC } from '../endpoint';
import { Target } from './target';

let target: Target;

beforeAll(async () => {
  target = await Target.open();
});

afterAll(() => target.close());

test('an index is created, described, listed, configured and deleted', async () => {
  const { client } = target;
  const name = target.name();
  const created = await client.createIndex({
    name,
    dimension: 4,
    metric: 'euclidean',
    spec: SPEC,
    deletionProtection: 'enabled',
    tags: { team: 'search', stage: 'test' },
    waitUntilReady: true,
  });
  expect(created).toMatchObject({ name, dimension: 4, metric: 'euclidean', vectorType: 'dense' });

  const described = await client.describeIndex(name);
  expect(described).toMatchObject({
    name,
    dimension: 4,
    metric: 'euclidean',
    deletionProtection: 'enabled',
    tags: { team: 'search', stage: 'test' },
    status: { ready: true, state: 'Ready' },
    vectorType: 'dense',
    spec: { serverless: { cloud: 'aws', region: 'us-east-1', readCapacity: { mode: 'OnDemand' } } },
  });
  expect((await client.listIndexes()).indexes?.find((one) => one.name === name)).toMatchObject({
    host: described.host,
  });

  await expect(client.deleteIndex(name)).rejects.toMatchObject({
    name: 'PineconeBadRequestError',
    message: expect.stringContaining('Deletion protection is enabled'),
  });

  await client.configureIndex({ name, deletionProtection: 'disabled', tags: { stage: '', owner: 'me' } });
  expect(await client.describeIndex(name)).toMatchObject({
    deletionProtection: 'disabled',
    tags: { team: 'search', owner: 'me' },
  });
  expect((await client.describeIndex(name)).tags).not.toHaveProperty('stage');

  await client.deleteIndex(name);
  await expect(client.describeIndex(name)).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
});

test('the metric is cosine unless it is said otherwise, and an index has no tags until it is given some', async () => {
  const name = target.name();
  await target.client.createIndex({ name, dimension: 2, spec: SPEC, waitUntilReady: true });
  const { metric, deletionProtection, tags } = await target.client.describeIndex(name);
  expect({ metric, deletionProtection, tags: tags ?? {} }).toEqual({
    metric: 'cosine',
    deletionProtection: 'disabled',
    tags: {},
  });
});

test('a name that is taken is a conflict, which the SDK can be told to overlook', async () => {
  const name = target.name();
  const options = { name, dimension: 2, metric: 'cosine', spec: SPEC } as const;
  await target.client.createIndex({ ...options, waitUntilReady: true });
  await expect(target.client.createIndex(options)).rejects.toMatchObject({ name: 'PineconeConflictError' });
  await target.client.createIndex({ ...options, suppressConflicts: true });
});

test('an index that is not there is not found', async () => {
  const missing = { name: 'PineconeNotFoundError' };
  await expect(target.client.describeIndex('sqlift-conformance-none')).rejects.toMatchObject(missing);
  await expect(target.client.deleteIndex('sqlift-conformance-none')).rejects.toMatchObject(missing);
  const configured = target.client.configureIndex({ name: 'sqlift-conformance-none', tags: { a: 'b' } });
  await expect(configured).rejects.toMatchObject(missing);
  const index = target.client.index({ name: 'sqlift-conformance-none' });
  await expect(index.query({ topK: 1, id: 'a' })).rejects.toMatchObject(missing);
});

test.each([
  ['upper case', { name: 'Upper' }],
  ['an underscore', { name: 'under_score' }],
  ['a hyphen at the end', { name: 'hyphen-' }],
  ['46 characters', { name: 'a'.repeat(46) }],
  ['a dot', { name: 'a.b' }],
  ['a path', { name: '../etc' }],
  ['a dimension of 20,001', { dimension: 20_001 }],
])('an index of %s is refused', async (_, options) => {
  const created = target.client.createIndex({
    name: 'sqlift-refused',
    dimension: 2,
    metric: 'cosine',
    spec: SPEC,
    ...options,
  });
  await expect(created).rejects.toMatchObject({
    name: expect.stringMatching(/^Pinecone(BadRequest|UnprocessableEntity)Error$/),
  });
});
