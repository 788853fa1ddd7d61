import type { Index } from '@pinecone-database/pinecone';
import { Target, untilCounted } from './target';

let target: Target;

beforeAll(async () => {
  target = await Target.open();
});

afterAll(() => target.close());

const RECORDS = [
  { id: 'x', values: [1, 0, 0], metadata: { axis: 'x' } },
  { id: 'y', values: [0, 2, 0], metadata: { axis: 'y' } },
  { id: 'xy', values: [3, 3, 0] },
  { id: 'minus', values: [-2, 0, 0] },
];

// By hand: the query is (2, 1, 0), of length √5.
const SCORES = {
  cosine: {
    xy: 9 / (Math.sqrt(5) * Math.sqrt(18)),
    x: 2 / Math.sqrt(5),
    y: 1 / Math.sqrt(5),
    minus: -2 / Math.sqrt(5),
  },
  dotproduct: { xy: 9, x: 2, y: 2, minus: -4 },
  // Squared distances: the nearest has the lowest.
  euclidean: { x: 2, xy: 5, y: 5, minus: 17 },
};

describe.each(['cosine', 'dotproduct', 'euclidean'] as const)('%s', (metric) => {
  let index: Index;

  beforeAll(async () => {
    index = await target.index({ metric });
    await index.upsert({ records: RECORDS });
    await untilCounted(index, '__default__', RECORDS.length);
  });

  test('scores are Pinecone’s, the best first', async () => {
    const { matches } = await index.query({ vector: [2, 1, 0], topK: 10 });
    const scores: Record<string, number> = SCORES[metric];
    expect(matches.map(({ id }) => id).sort()).toEqual(Object.keys(scores).sort());
    for (const { id, score } of matches) expect(score).toBeCloseTo(scores[id]!, 4);
    const found = matches.map(({ score }) => score!);
    expect(found).toEqual(found.toSorted((a, b) => (metric === 'euclidean' ? a - b : b - a)));
  });

  // By dot product a longer vector may be nearer to a vector than itself.
  const nearest = (id: string): string => (metric === 'dotproduct' && id !== 'minus' ? 'xy' : id);

  test('the nearest to a record is itself, by its vector as by its id', async () => {
    for (const { id, values } of RECORDS) {
      expect((await index.query({ id, topK: 1 })).matches[0]?.id).toBe(nearest(id));
      expect((await index.query({ vector: values, topK: 1 })).matches[0]?.id).toBe(nearest(id));
    }
  });
});

describe('a query', () => {
  let index: Index;

  beforeAll(async () => {
    index = await target.index();
    const records = Array.from({ length: 20 }, (_, at) => ({ id: `q${at}`, values: [1, at, 0], metadata: { at } }));
    await index.upsert({ records });
    await untilCounted(index, '__default__', 20);
  });

  test('gives values and metadata only when it asks for them', async () => {
    const bare = await index.query({ vector: [1, 0, 0], topK: 1 });
    expect(bare.matches[0]).toMatchObject({ id: 'q0', score: 1 });
    expect(bare.matches[0]!.metadata).toBeUndefined();
    expect(bare.matches[0]!.values ?? []).toEqual([]);
    expect(bare.namespace).toBe('__default__');
    const full = await index.query({ vector: [1, 0, 0], topK: 1, includeValues: true, includeMetadata: true });
    expect(full.matches[0]).toMatchObject({ id: 'q0', values: [1, 0, 0], metadata: { at: 0 } });
  });

  test('gives as many matches as it asks for, filtered before they are ranked', async () => {
    expect((await index.query({ vector: [1, 0, 0], topK: 7 })).matches).toHaveLength(7);
    expect((await index.query({ vector: [1, 0, 0], topK: 10_000 })).matches).toHaveLength(20);
    const { matches } = await index.query({ vector: [1, 0, 0], topK: 3, filter: { at: { $gte: 10 } } });
    expect(matches.map(({ id }) => id)).toEqual(['q10', 'q11', 'q12']);
  });

  test('by an id that is not there finds nothing', async () => {
    expect((await index.query({ id: 'nobody', topK: 3 })).matches).toEqual([]);
  });

  test.each([
    ['a topK of 10,001', { vector: [1, 0, 0], topK: 10_001 }],
    ['another dimension', { vector: [1, 0], topK: 1 }],
    ['an operator that there is not', { vector: [1, 0, 0], topK: 1, filter: { at: { $like: 'x' } } }],
    ['a list for $eq', { vector: [1, 0, 0], topK: 1, filter: { at: { $eq: ['a', 'b'] } } }],
    ['a text for $gt', { vector: [1, 0, 0], topK: 1, filter: { at: { $gt: 'a' } } }],
  ])('with %s is refused', async (_, query) => {
    await expect(index.query(query)).rejects.toMatchObject({ name: 'PineconeBadRequestError' });
  });
});
