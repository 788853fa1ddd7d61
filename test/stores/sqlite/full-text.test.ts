import Database from 'better-sqlite3';
import { readCatalog } from '../../../stores/sqlite/catalog';

/** What the catalog says of the one full-text table that this SQL makes. */
function fullTextOf(sql: string): unknown {
  const db = new Database(':memory:');
  db.exec(`CREATE TABLE "my docs" (id INTEGER PRIMARY KEY, title, body); ${sql}`);
  const { tables, others } = readCatalog(db);
  const found = [...tables, ...others].filter(({ name }) => name === 'f');
  expect(found).toHaveLength(1);
  return found[0]!.fullText;
}

test.each([
  ['fts5(a, b)', { columns: ['a', 'b'], tokenizer: 'unicode61' }],
  ['fts5("a b" UNINDEXED, c unindexed, [D])', { columns: ['D'], tokenizer: 'unicode61' }],
  ['fts5(unindexed, b)', { columns: ['unindexed', 'b'], tokenizer: 'unicode61' }],
  [`fts5(a, tokenize = 'porter unicode61 remove_diacritics 2')`, { tokenizer: 'porter unicode61 remove_diacritics 2' }],
  [`fts5(a, tokenize = '''porter'' ''ascii''')`, { tokenizer: 'porter ascii' }],
  [`fts5(a, TOKENIZE="trigram", detail=none, prefix='2 3')`, { columns: ['a'], tokenizer: 'trigram' }],
  [
    `fts5(body, title, content='my docs', content_rowid='id')`,
    { columns: ['body', 'title'], tokenizer: 'unicode61', content: 'my docs' },
  ],
  ['fts5(a, content=gone)', { columns: ['a'], tokenizer: 'unicode61', content: 'gone' }],
  [`fts5(a, content='')`, { columns: ['a'], tokenizer: 'unicode61', content: '' }],
  ['fts4', { columns: ['content'], tokenizer: 'simple' }],
  ['fts4(a TEXT NOT NULL, "b c" varchar(3), notindexed="b c", notindexed=D, d)', { columns: ['a'] }],
  ['fts4(content="my docs", body, title, notindexed=title)', { columns: ['body'], content: 'my docs' }],
  ['fts4(content="my docs")', { columns: ['id', 'title', 'body'], content: 'my docs' }],
  ['fts4(a, languageid=lid, tokenize=porter)', { columns: ['a'], tokenizer: 'porter', languageId: 'lid' }],
  [
    'fts4(a, tokenize=unicode61 "remove_diacritics=0" "tokenchars=.=")',
    { tokenizer: 'unicode61 remove_diacritics=0 tokenchars=.=' },
  ],
  ['fts3(a, b, tokenize porter)', { columns: ['a', 'b'], tokenizer: 'porter' }],
  // FTS3 takes what it does not know for a column.
  ['fts3(a, content="my docs")', { columns: ['a', 'content'], tokenizer: 'simple' }],
])('USING %s', (using, expected) => {
  const found = fullTextOf(`CREATE VIRTUAL TABLE f USING ${using}`);
  expect(found).toMatchObject(expected);
  if ('columns' in expected && 'tokenizer' in expected) expect(found).toEqual(expected);
});

test('tables of other modules are no full-text tables', () => {
  expect(fullTextOf('CREATE VIRTUAL TABLE f USING rtree(id, lo, hi)')).toBeUndefined();
});
