import type { TableProgress } from '../../core/run';
import { batchesOf } from '../../workflows/batches';

/** Which small tables share an activity: docs/decisions/0008. */

const MIB = 1 << 20;

function table(name: string, bytesTotal: number, source = 'main'): TableProgress {
  return {
    source,
    table: name,
    target: `public.${name}`,
    state: 'pending',
    chunks: 1,
    loaded: 0,
    quarantined: 0,
    bytesDone: 0,
    bytesTotal,
  };
}

const names = (tables: TableProgress[]) =>
  batchesOf(tables).map((batch) => batch.map((entry) => entry.table).join(' '));

test('no tables are no batches', () => {
  expect(batchesOf([])).toEqual([]);
});

test('25 tables are a batch, the 26th begins another', () => {
  const tables = Array.from({ length: 51 }, (_, i) => table(`t${i}`, 0));
  const batches = batchesOf(tables);
  expect(batches.map((batch) => batch.length)).toEqual([25, 25, 1]);
  expect(batches.flat()).toEqual(tables);
});

test('64 MB are a batch, a byte more begins another', () => {
  expect(names([table('a', 32 * MIB), table('b', 32 * MIB), table('c', 0), table('d', 1)])).toEqual(['a b c', 'd']);
  expect(names([table('a', 32 * MIB), table('b', 32 * MIB + 1), table('c', 31 * MIB)])).toEqual(['a', 'b c']);
});

test('a table that is larger than a batch is one by itself, and the next begins another', () => {
  expect(names([table('a', 1), table('b', 900 * MIB), table('c', 1), table('d', 1)])).toEqual(['a', 'b', 'c d']);
  expect(names([table('a', 900 * MIB), table('b', 900 * MIB)])).toEqual(['a', 'b']);
});

test('tables of two sources are never in one batch', () => {
  const tables = [table('a', 1), table('b', 1), table('a', 1, 'other'), table('b', 1, 'other'), table('c', 1)];
  expect(names(tables)).toEqual(['a b', 'a b', 'c']);
  // What one source has filled does not count for the next.
  expect(names([table('a', 64 * MIB), table('a', 64 * MIB, 'other'), table('b', 0, 'other')])).toEqual(['a', 'a b']);
});
