import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readCollection } from '../../../stores/chroma/collection';
import type { ChromaValue } from '../../../stores/chroma/collection';

const SHARED = path.resolve(__dirname, '../../../../shared/data/public/chroma');

interface Truth {
  collection: string;
  id: string;
  document: string | null;
  metadata: Map<string, ChromaValue> | null;
  embedding: number[];
  read_back: number[] | null;
}

/** Python's JSON: `1` is an integer, `1.0` is none. */
function truthOf(name: string): Truth[] {
  const lines = gunzipSync(readFileSync(path.join(SHARED, `${name}.truth.jsonl.gz`)))
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const typed = line.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi, (token) =>
      /^-?\d+$/.test(token) ? `{"int":"${token}"}` : token,
    );
    const { metadata, embedding_read_back, ...rest } = JSON.parse(typed) as Truth & {
      metadata: object | null;
      embedding_read_back: number[] | null;
    };
    const numbers = (list: unknown[]) =>
      list.map((value) => (typeof value === 'object' ? Number((value as { int: string }).int) : (value as number)));
    return {
      ...rest,
      embedding: numbers(rest.embedding),
      read_back: embedding_read_back && numbers(embedding_read_back),
      metadata:
        metadata &&
        new Map(
          Object.entries(metadata).map(([key, value]: [string, unknown]) => [
            key,
            typeof value === 'object' ? BigInt((value as { int: string }).int) : (value as ChromaValue),
          ]),
        ),
    };
  });
}

describe.each(['chroma_0424', 'chroma_159'])('%s', (name) => {
  const truth = truthOf(name);
  test.each(['play_lines', 'notes', 'vectors_only'])('%s comes out as Chroma has it, bit by bit', (collection) => {
    const wanted = truth.filter((record) => record.collection === collection);
    const found = new Map(
      [...readCollection(path.join(SHARED, name), collection)].map((record) => [record.id, record]),
    );
    expect([...found.keys()].sort()).toEqual(wanted.map(({ id }) => id).sort());
    let exact = 0;
    for (const { id, document, metadata, embedding, read_back } of wanted) {
      const record = found.get(id)!;
      expect(record.document).toBe(document);
      expect(record.metadata).toEqual(metadata ?? new Map());
      const values = [...record.embedding!];
      if (values.every((value, i) => value === embedding[i])) exact += 1;
      // Where the queue has been purged, Chroma itself has nothing but this.
      else expect(values).toEqual(read_back);
    }
    expect(exact).toBeGreaterThanOrEqual(name === 'chroma_159' && collection === 'play_lines' ? 251 : wanted.length);
  });
});

test('an empty collection has no records', () => {
  expect([...readCollection(path.join(SHARED, 'chroma_159'), 'empty_one')]).toEqual([]);
});

test('a collection that is not there, and one that was dropped, are refused with those that are', () => {
  expect(() => [...readCollection(path.join(SHARED, 'chroma_159'), 'to_drop')]).toThrow(
    /has no collection to_drop; it has empty_one, notes, play_lines, vectors_only/,
  );
});
