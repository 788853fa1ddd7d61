import type { Index } from '@pinecone-database/pinecone';
import { Target, untilCounted } from './target';

/** The table of Pinecone's page "Filter by metadata", and its rules for lists of strings. */

let target: Target;
let index: Index;

const RECORDS = {
  drama: { genre: 'drama', year: 2020, seen: true },
  comedy: { genre: 'comedy', year: 2019, seen: false },
  mixed: { genre: ['comedy', 'documentary'], year: 2018.5, seen: true },
  texts: { genre: '2020', year: 2021, note: '' },
  odd: { 'a b.c$"d': 'x', year: -1 },
};

beforeAll(async () => {
  target = await Target.open();
  index = await target.index();
  const records = Object.entries(RECORDS).map(([id, metadata]) => ({ id, values: [1, 2, 3], metadata }));
  await index.upsert({ records });
  await untilCounted(index, '__default__', records.length);
});

afterAll(() => target.close());

const FILTERS: [object, string[]][] = [
  [{ genre: 'drama' }, ['drama']],
  [{ genre: { $eq: 'drama' } }, ['drama']],
  [{ year: { $eq: 2020 } }, ['drama']],
  [{ year: 2018.5 }, ['mixed']],
  [{ seen: { $eq: true } }, ['drama', 'mixed']],
  [{ seen: { $ne: true }, year: { $exists: true }, genre: 'comedy' }, ['comedy']],
  [{ genre: { $eq: 'comedy' } }, ['comedy', 'mixed']],
  [{ year: { $gt: 2019 } }, ['drama', 'texts']],
  [{ year: { $gte: 2019 } }, ['comedy', 'drama', 'texts']],
  [{ year: { $lt: 2019 } }, ['mixed', 'odd']],
  [{ year: { $lte: 2019 } }, ['comedy', 'mixed', 'odd']],
  [{ year: { $gt: 2018, $lt: 2020 } }, ['comedy', 'mixed']],
  [{ genre: { $in: ['documentary', 'drama'] } }, ['drama', 'mixed']],
  [{ year: { $in: [2019, 2021, 7] } }, ['comedy', 'texts']],
  [{ genre: { $nin: ['drama', 'documentary', '2020'] }, seen: { $exists: true } }, ['comedy']],
  [{ note: { $exists: true } }, ['texts']],
  [{ genre: { $exists: false } }, ['odd']],
  [{ $and: [{ genre: 'comedy' }, { genre: 'documentary' }] }, ['mixed']],
  [{ $and: [{ genre: 'comedy' }, { genre: 'drama' }] }, []],
  [{ $or: [{ genre: 'drama' }, { year: { $lt: 0 } }] }, ['drama', 'odd']],
  [{ $or: [{ $and: [{ seen: true }, { year: 2020 }] }, { $and: [{ note: '' }] }] }, ['drama', 'texts']],
  [{ genre: 'comedy', year: 2019, seen: false }, ['comedy']],
  [{ genre: '2020' }, ['texts']],
  [{ year: '2020' }, []],
  [{ 'a b.c$"d': 'x' }, ['odd']],
];

test.each(FILTERS)('%j', async (filter, expected) => {
  const { matches } = await index.query({ vector: [1, 2, 3], topK: 10, filter });
  expect(matches.map(({ id }) => id).sort()).toEqual(expected);
  const fetched = await index.fetchByMetadata({ filter });
  expect(Object.keys(fetched.records).sort()).toEqual(expected);
});

test('fetchByMetadata gives values and metadata, page by page', async () => {
  const ids: string[] = [];
  let paginationToken: string | undefined;
  do {
    const options = { filter: { year: { $exists: true } }, limit: 2, ...(paginationToken && { paginationToken }) };
    const page = await index.fetchByMetadata(options);
    for (const [id, { values, metadata }] of Object.entries(page.records)) {
      ids.push(id);
      expect(values).toEqual([1, 2, 3]);
      expect(metadata).toEqual(RECORDS[id as keyof typeof RECORDS]);
    }
    paginationToken = page.pagination?.next;
  } while (paginationToken !== undefined);
  expect(ids.sort()).toEqual(Object.keys(RECORDS).sort());
});
