import { draftGraph } from '../../core/draft-graph';
import type { Plan } from '../../core/plan';

type Tables = Plan['sources'][string]['tables'];
const plan = (tables: unknown): Plan =>
  ({ version: 1, name: 'x', sources: { app: { sqlite: 'x.sqlite', schema: 'x', tables: tables as Tables } } }) as Plan;
const key = (...columns: string[]) => ({ primaryKey: { name: 'k', columns } });
const refers = (table: string, columns: string[], to = ['id'], more = {}) => ({
  name: `${columns.join('_')}_fkey`,
  columns,
  references: { table, columns: to },
  ...more,
});

test('tables with keys are nodes, foreign keys and join tables are relationships', () => {
  const graph = draftGraph(
    plan({
      authors: { columns: { id: { type: 'bigint' } }, ...key('id') },
      books: {
        columns: { id: { type: 'bigint' }, author_id: { type: 'bigint' }, editorId: { type: 'bigint' } },
        ...key('id'),
        foreignKeys: [refers('authors', ['author_id']), refers('authors', ['editorId'], ['id'], { validate: false })],
      },
      papers: { columns: { id: { type: 'bigint' } }, ...key('id'), foreignKeys: [refers('authors', ['author_id'])] },
      tags: { columns: { id: { type: 'bigint' } }, ...key('id') },
      book_tags: {
        columns: { book: {}, tag: {}, year: {} },
        ...key('book', 'tag', 'year'),
        foreignKeys: [refers('books', ['book']), refers('tags', ['tag'])],
      },
      log: { columns: { line: { type: 'text' } } },
      prices: { columns: { p: { type: 'numeric(10,2)' } }, ...key('p') },
    }),
  );
  expect(graph).toEqual({
    nodes: {
      Authors: { table: 'authors', key: ['id'] },
      Books: { table: 'books', key: ['id'] },
      Papers: { table: 'papers', key: ['id'] },
      Tags: { table: 'tags', key: ['id'] },
    },
    relationships: {
      HAS_AUTHOR: {
        table: 'books',
        from: { node: 'Books', columns: ['id'] },
        to: { node: 'Authors', columns: ['author_id'] },
        properties: {},
      },
      HAS_EDITOR: {
        table: 'books',
        from: { node: 'Books', columns: ['id'] },
        to: { node: 'Authors', columns: ['editorId'] },
        properties: {},
        quarantine: 'any',
      },
      PAPERS_HAS_AUTHOR: {
        table: 'papers',
        type: 'HAS_AUTHOR',
        from: { node: 'Papers', columns: ['id'] },
        to: { node: 'Authors', columns: ['author_id'] },
        properties: {},
      },
      BOOK_TAGS: {
        table: 'book_tags',
        from: { node: 'Books', columns: ['book'] },
        to: { node: 'Tags', columns: ['tag'] },
        key: ['year'],
      },
    },
  });
});

test('a composite key is referred to in its own order; a join that others refer to is a node', () => {
  const graph = draftGraph(
    plan({
      seats: { columns: {}, ...key('hall', 'number') },
      people: { columns: {}, ...key('id') },
      bookings: {
        columns: {},
        ...key('n', 'h', 'person'),
        foreignKeys: [refers('seats', ['n', 'h'], ['number', 'hall']), refers('people', ['person'])],
      },
      payments: {
        columns: {},
        ...key('id'),
        foreignKeys: [refers('bookings', ['a', 'b', 'c'], ['n', 'h', 'person'])],
      },
    }),
  );
  expect(Object.keys(graph!.nodes)).toEqual(['Seats', 'People', 'Bookings', 'Payments']);
  expect(graph!.relationships!.HAS_SEATS!.to).toEqual({ node: 'Seats', columns: ['h', 'n'] });
  expect(graph!.relationships!.HAS_BOOKINGS!.to).toEqual({ node: 'Bookings', columns: ['a', 'b', 'c'] });
});

test('without keys there is no graph', () => {
  expect(draftGraph(plan({ log: { columns: { line: { type: 'text' } } } }))).toBeUndefined();
});
