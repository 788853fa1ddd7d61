import http from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Endpoint, SPEC } from './endpoint';

/** Requests that no SDK would send, and what they must not do. */

let endpoint: Endpoint;

const INDEX = { name: 'hostile', dimension: 2, metric: 'cosine', spec: SPEC };
const UPSERT = '/data/hostile/vectors/upsert';

beforeAll(async () => {
  endpoint = await Endpoint.start();
  expect((await endpoint.request('POST', '/indexes', INDEX)).status).toBe(201);
});

afterAll(() => endpoint.remove());

/** A request whose path and headers are sent as they are: `fetch` would tidy them. */
function raw(method: string, location: string, headers: http.OutgoingHttpHeaders = {}): Promise<[number, string]> {
  const { port } = new URL(endpoint.url);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: location, headers: { 'api-key': 'k', ...headers } };
    const request = http.request(options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve([response.statusCode!, text]));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('who may call', () => {
  test.each([
    ['/indexes', 'Invalid API Key'],
    ['/data/hostile/vectors/list', 'Unauthorized'],
  ])('%s without a key is 401 in plain text', async (location, text) => {
    const { status, type, text: said } = await endpoint.request('GET', location, undefined, { 'api-key': '' });
    expect([status, said]).toEqual([401, text]);
    expect(type).toMatch(/^text\/plain/);
  });

  test('a page of another site cannot, under whatever name it reaches the address', async () => {
    expect((await raw('GET', '/indexes', { host: 'rebound.example:80' }))[0]).toBe(403);
    expect((await raw('GET', '/indexes', { host: 'localhost:5080' }))[0]).toBe(200);
    // Its browser asks first whether it may send the key; nothing here says so.
    const [status] = await raw('OPTIONS', '/indexes', { origin: 'https://rebound.example' });
    expect(status).toBe(405);
  });

  test('only 127.0.0.1 is listened on', async () => {
    const { port } = new URL(endpoint.url);
    const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFileSync(file, 'utf8'));
    const listening = tables
      .join('\n')
      .match(new RegExp(`\\S+:${Number(port).toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A`, 'g'));
    expect(listening?.map((line) => line.split(':')[0])).toEqual(['0100007F']);
  });
});

describe('bodies', () => {
  test.each([
    ['no JSON', '{"vectors": ['],
    ['JSON that is no object', '[1, 2]'],
    ['a bare text', '"x"'],
    ['null', 'null'],
    ['nothing', ''],
    ['bytes that are not UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('%s is 400, in the words of each plane', async (_, body) => {
    const data = await endpoint.request('POST', UPSERT, body);
    expect(data.status).toBe(400);
    expect(data.json()).toEqual({ code: 3, message: expect.any(String), details: [] });
    const control = await endpoint.request('POST', '/indexes', body);
    expect([400, 422]).toContain(control.status);
    expect(control.json()).toEqual({
      status: control.status,
      error: { code: expect.any(String), message: expect.any(String) },
    });
  });

  test.each([
    ['a text', 'abc'],
    ['texts', ['a', 'b']],
    ['nulls', [null, 1]],
    ['lists', [[1], [2]]],
    ['numbers beyond 32 bits', [1e39, 1]],
    ['an object', { 0: 1, 1: 2, length: 2 }],
    ['nothing', undefined],
  ])('values that are %s are refused', async (_, values) => {
    const { status } = await endpoint.request('POST', UPSERT, { vectors: [{ id: 'a', values }] });
    expect(status).toBe(400);
  });

  test('numbers beyond 64 bits are refused as values and in metadata', async () => {
    const values = await endpoint.request('POST', UPSERT, '{"vectors": [{"id": "a", "values": [1e999, 1]}]}');
    const inside = '{"vectors": [{"id": "a", "values": [1, 1], "metadata": {"n": 1e999}}]}';
    const metadata = await endpoint.request('POST', UPSERT, inside);
    expect([values.status, metadata.status]).toEqual([400, 400]);
  });

  test.each([
    ['an id that is a number', { id: 1, values: [1, 2] }],
    ['no id', { values: [1, 2] }],
    ['an empty id', { id: '', values: [1, 2] }],
    ['an id with NUL', { id: 'a\0b', values: [1, 2] }],
    ['metadata that is a list', { id: 'a', values: [1, 2], metadata: ['x'] }],
    ['metadata with null', { id: 'a', values: [1, 2], metadata: { x: null } }],
    ['sparse values', { id: 'a', values: [1, 2], sparseValues: { indices: [1], values: [1] } }],
    ['a field that is not known', { id: 'a', values: [1, 2], sparse_values: {} }],
    ['nothing of a record', 7],
  ])('%s is refused', async (_, vector) => {
    expect((await endpoint.request('POST', UPSERT, { vectors: [vector] })).status).toBe(400);
  });

  test('a request of more than 2 MB is refused, however it is sent, and the connection goes on', async () => {
    const large = { vectors: [{ id: 'a', values: [1, 2], metadata: { x: 'x'.repeat(3 * 1024 * 1024) } }] };
    const refused = await endpoint.request('POST', UPSERT, large);
    expect(refused.status).toBe(400);
    expect(refused.json()).toMatchObject({
      code: 11,
      message: expect.stringMatching(/found 3\d{6} bytes, the limit is: 2097152/),
    });
    expect((await endpoint.request('GET', '/indexes')).status).toBe(200);
  });

  test('names of JavaScript’s own are names like any other', async () => {
    const metadata = '{"__proto__": "p", "constructor": "c", "toString": ["t"]}';
    const body = `{"vectors": [{"id": "__proto__", "values": [1, 2], "metadata": ${metadata}}], "namespace": "__proto__"}`;
    expect((await endpoint.request('POST', UPSERT, body)).status).toBe(200);
    const found = await endpoint.request('GET', '/data/hostile/vectors/fetch?ids=__proto__&namespace=__proto__');
    expect(found.text).toContain(`"metadata":${metadata.replaceAll(/([:,]) /g, '$1')}`);
    const query = { vector: [1, 2], topK: 9, namespace: '__proto__' };
    const matches = async (filter: string): Promise<number> => {
      const asked = JSON.stringify(query).replace('}', `,"filter":${filter}}`);
      return ((await endpoint.request('POST', '/data/hostile/query', asked)).json() as { matches: [] }).matches.length;
    };
    expect(await matches('{"__proto__": "p"}')).toBe(1);
    expect(await matches('{"constructor": {"$exists": true}}')).toBe(1);
    expect(await matches('{"hasOwnProperty": {"$exists": true}}')).toBe(0);
  });

  test('what is nested without end is refused, in filters and in metadata', async () => {
    const depth = 20_000;
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const metadata of [`{"a": ${nested}}`, nested]) {
      const record = `{"vectors": [{"id": "a", "values": [1, 2], "metadata": ${metadata}}]}`;
      expect((await endpoint.request('POST', UPSERT, record)).status).toBe(400);
    }
    const condition = `{"vector": [1, 2], "topK": 1, "filter": {"a": {"$eq": ${nested}}}}`;
    expect((await endpoint.request('POST', '/data/hostile/query', condition)).status).toBe(400);
    const filter = `${'{"$and":['.repeat(depth)}{"a":1}${']}'.repeat(depth)}`;
    const body = `{"vector": [1, 2], "topK": 1, "filter": ${filter}}`;
    expect((await endpoint.request('POST', '/data/hostile/query', body)).status).toBe(400);
  });

  test.each([
    ['$and of no list', { $and: { a: 1 } }],
    ['$or of nothing', { $or: [] }],
    ['$and of texts', { $and: ['a'] }],
    ['an operator at the top', { $eq: 1 }],
    ['a condition that is null', { a: null }],
    ['no condition', { a: {} }],
    ['$in of a text', { a: { $in: 'x' } }],
    ['$in of lists', { a: { $in: [['x']] } }],
    ['$exists of a text', { a: { $exists: 'yes' } }],
    ['a list', ['a']],
  ])('a filter with %s is refused', async (_, filter) => {
    const body = { vector: [1, 2], topK: 1, filter };
    expect((await endpoint.request('POST', '/data/hostile/query', body)).status).toBe(400);
  });

  test.each([
    ['both vector and id', { vector: [1, 2], id: 'a', topK: 1 }],
    ['neither vector nor id', { topK: 1 }],
    ['no topK', { vector: [1, 2] }],
    ['a topK of 1.5', { vector: [1, 2], topK: 1.5 }],
    ['a text for includeValues', { vector: [1, 2], topK: 1, includeValues: 'no' }],
  ])('a query with %s is refused', async (_, body) => {
    expect((await endpoint.request('POST', '/data/hostile/query', body)).status).toBe(400);
  });

  test.each([
    ['nothing', {}],
    ['ids and all', { ids: ['a'], deleteAll: true }],
    ['ids and a filter', { ids: ['a'], filter: { a: 1 } }],
    ['an empty filter', { filter: {} }],
    ['no id', { ids: [] }],
    ['1,001 ids', { ids: Array.from({ length: 1001 }, (_, at) => `${at}`) }],
  ])('a delete of %s is refused', async (_, body) => {
    expect((await endpoint.request('POST', '/data/hostile/vectors/delete', body)).status).toBe(400);
  });
});

describe('paths', () => {
  test.each([
    ['/data/../../etc/passwd/vectors/list', 404],
    ['/data/..%2f..%2fpinecone.sqlite/vectors/list', 404],
    ['/indexes/..%2F..%2Fetc', 404],
    ['/indexes/%00', 404],
    ['/indexes/hostile/', 404],
    ['//indexes', 404],
    ['/data/hostile', 404],
    ['/', 404],
    ['/indexes/%zz', 400],
    ['/indexes/%ff', 400],
  ])('%s is %i', async (location, status) => {
    expect((await raw('GET', location))[0]).toBe(status);
  });

  test('a namespace’s name never becomes a path', async () => {
    const name = '../../outside';
    expect(
      (await endpoint.request('POST', UPSERT, { vectors: [{ id: 'a', values: [1, 2] }], namespace: name })).status,
    ).toBe(200);
    const described = await endpoint.request('GET', `/data/hostile/namespaces/${encodeURIComponent(name)}`);
    expect(described.json()).toEqual({ name, record_count: 1 });
    expect((await endpoint.request('DELETE', `/data/hostile/namespaces/${encodeURIComponent(name)}`)).status).toBe(200);
    expect(readdirSync(endpoint.folder).filter((file) => !file.startsWith('pinecone.sqlite'))).toEqual([]);
    expect(readdirSync(path.dirname(endpoint.folder))).not.toContain('outside');
  });

  test.each([
    ['513 characters', 'x'.repeat(513)],
    ['letters beyond ASCII', 'größe'],
    ['NUL', 'a\0'],
  ])('a namespace of %s is refused', async (_, namespace) => {
    expect((await endpoint.request('POST', UPSERT, { vectors: [{ id: 'a', values: [1, 2] }], namespace })).status).toBe(
      400,
    );
  });

  test('another method of a path is 405, what Pinecone has and this has not 501', async () => {
    expect((await endpoint.request('GET', UPSERT)).status).toBe(405);
    expect((await endpoint.request('POST', '/embed', {})).status).toBe(501);
    expect((await endpoint.request('GET', '/collections')).status).toBe(501);
    expect((await endpoint.request('POST', '/data/hostile/records/namespaces/n/upsert', '{}')).status).toBe(501);
  });

  test('1,000 ids of 512 characters fit into one fetch', async () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `${at}${'/'.repeat(508)}`);
    const location = `/data/hostile/vectors/fetch?${ids.map((id) => `ids=${encodeURIComponent(id)}`).join('&')}`;
    const { status, json } = await endpoint.request('GET', location);
    expect(status).toBe(200);
    expect(json()).toMatchObject({ vectors: {} });
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'paginationToken=nonsense', 'paginationToken=e30='])(
    'a list with %s is refused',
    async (query) => {
      expect((await endpoint.request('GET', `/data/hostile/vectors/list?${query}`)).status).toBe(400);
    },
  );
});

describe('indexes', () => {
  const create = (change: object, headers = {}) =>
    endpoint.request('POST', '/indexes', { ...INDEX, name: 'other', ...change }, headers);

  test.each([
    ['no spec', { spec: undefined }, 422],
    ['no dimension', { dimension: undefined }, 422],
    ['a dimension of 1.5', { dimension: 1.5 }, 400],
    ['a metric that there is not', { metric: 'manhattan' }, 400],
    ['a cloud that there is not', { spec: { serverless: { cloud: 'moon', region: 'x' } } }, 404],
    ['pods', { spec: { pod: { environment: 'x', pod_type: 'p1' } } }, 400],
    ['sparse vectors', { vector_type: 'sparse', metric: 'dotproduct', dimension: undefined }, 400],
    ['dedicated capacity', { spec: { serverless: { ...SPEC.serverless, read_capacity: { mode: 'Dedicated' } } } }, 400],
    ['tags with a list', { tags: { a: ['b'] } }, 400],
    ['21 tags', { tags: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`t${at}`, 'x'])) }, 400],
    ['a field that is not known', { pods: 3 }, 400],
  ])('one with %s is refused', async (_, change, status) => {
    expect((await create(change)).status).toBe(status);
    expect((await endpoint.request('GET', '/indexes/other')).status).toBe(404);
  });

  test('are made and shown in the shape of version 2026-07 where it is asked for', async () => {
    const version = { 'x-pinecone-api-version': '2026-07' };
    const schema = { fields: { _values: { type: 'dense_vector', dimension: 2, metric: 'dotproduct' } } };
    const deployment = { deployment_type: 'managed', cloud: 'gcp', region: 'us-central1' };
    const created = await endpoint.request('POST', '/indexes', { name: 'newer', schema, deployment }, version);
    expect(created.status).toBe(201);
    const model = {
      name: 'newer',
      host: `${endpoint.url}/data/newer`,
      status: { ready: true, state: 'Ready' },
      deployment,
      read_capacity: { mode: 'OnDemand', status: { state: 'Ready' } },
      schema,
      deletion_protection: 'disabled',
    };
    expect(created.json()).toEqual(model);
    expect((await endpoint.request('GET', '/indexes/newer')).json()).toMatchObject({
      dimension: 2,
      metric: 'dotproduct',
      vector_type: 'dense',
      spec: { serverless: { cloud: 'gcp', region: 'us-central1' } },
    });
    const documents = { fields: { embedding: schema.fields._values } };
    expect((await endpoint.request('POST', '/indexes', { name: 'documents', schema: documents }, version)).status).toBe(
      400,
    );
    expect((await endpoint.request('GET', '/indexes', undefined, { 'x-pinecone-api-version': 'banana' })).status).toBe(
      400,
    );
  });
});

test('an answer of more than 4 MB is refused', async () => {
  const vectors = Array.from({ length: 45 }, (_, at) => ({
    id: `b${at}`,
    values: [1, 2],
    metadata: { x: 'x'.repeat(40_000) },
  }));
  for (let batch = 0; batch < 3; batch++) {
    const records = vectors.map((one) => ({ ...one, id: `${one.id}-${batch}` }));
    expect((await endpoint.request('POST', UPSERT, { vectors: records, namespace: 'large' })).status).toBe(200);
  }
  const query = { vector: [1, 2], topK: 135, namespace: 'large' };
  const refused = await endpoint.request('POST', '/data/hostile/query', { ...query, includeMetadata: true });
  expect([refused.status, (refused.json() as { code: number }).code]).toEqual([400, 11]);
  expect((await endpoint.request('POST', '/data/hostile/query', query)).status).toBe(200);
});
