import { RowDigest, RowHash } from '../../core/digest';
import type { Meaning } from '../../core/meaning/meaning';

function digestOf(rows: Meaning[][]): string {
  const hash = new RowHash();
  const digest = new RowDigest();
  for (const row of rows) {
    hash.of(row);
    digest.add(hash);
  }
  return `${digest.count} ${digest.hex}`;
}

test('the order of rows does not matter, their number does', () => {
  const rows = [
    ['1', 'a'],
    ['2', 'b'],
    ['3', null],
  ];
  expect(digestOf(rows)).toBe(digestOf([...rows].reverse()));
  expect(digestOf([...rows, ['1', 'a']])).not.toBe(digestOf(rows));
});

test.each<[string, Meaning[][], Meaning[][]]>([
  ['cells that run together', [['ab', 'c']], [['a', 'bc']]],
  ['NULL and an empty text', [[null]], [['']]],
  ['cells in another order', [['a', 'b']], [['b', 'a']]],
  [
    'cells swapped between rows',
    [
      ['1', 'x'],
      ['2', 'y'],
    ],
    [
      ['1', 'y'],
      ['2', 'x'],
    ],
  ],
  ['one unit of a long text', [['x'.repeat(10_000) + 'a']], [['x'.repeat(10_000) + 'b']]],
  ['a NUL at the end', [['a']], [['a\0']]],
])('%s make another digest', (_, one, other) => {
  expect(digestOf(one)).not.toBe(digestOf(other));
});

test('digests of parts add up to that of the whole, past 64 bits', () => {
  const hash = new RowHash();
  const [whole, even, odd] = [new RowDigest(), new RowDigest(), new RowDigest()];
  for (let i = 0; i < 1000; i++) {
    hash.of([String(i)]);
    whole.add(hash);
    (i % 2 === 0 ? even : odd).add(hash);
  }
  even.merge(odd);
  expect(even.equals(whole)).toBe(true);
  expect(even.hex).toBe(whole.hex);
  expect(whole.hex).toMatch(/^[0-9a-f]{16}$/);
});

test('100,000 rows that are all alike have different hashes, evenly spread over buckets', () => {
  const hash = new RowHash();
  const seen = new Set<string>();
  const buckets = new Uint32Array(256);
  for (let i = 0; i < 100_000; i++) {
    hash.of([String(i), 'the same', i % 2 === 0 ? 't' : 'f', null]);
    seen.add(hash.key);
    buckets[hash.high >>> 24]!++;
  }
  expect(seen.size).toBe(100_000);
  // 391 each on average, standard deviation 20.
  expect(Math.max(...buckets)).toBeLessThan(391 + 6 * 20);
  expect(Math.min(...buckets)).toBeGreaterThan(391 - 6 * 20);
});
