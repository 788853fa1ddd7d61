import type { ColumnMapping } from '../../core/mapping';
import { InvalidText } from '../../core/meaning/meaning';
import { CodecBench, columnOf, throughCopy } from '../core/codecs/through-copy';
import fc, { runs } from '../support/property';
import * as cells from './cells';
import { meaningInSource, meaningInTarget, UNHOLDABLE } from './judge';
import type { Cell } from './judge';

/**
 * Any cell into any type it may be mapped to: PostgreSQL holds what the cell means, or the codec says why it cannot, and both only where
 * the rules say so. `npm run test:properties` for the long form.
 */

let bench: CodecBench;
beforeAll(async () => void (bench = await CodecBench.open()));
afterAll(() => bench.close());

interface Subject {
  type: string;
  declared: string;
  format?: NonNullable<ColumnMapping['format']>;
  likely: fc.Arbitrary<Cell>;
}

const SUBJECTS: Subject[] = [
  { type: 'bigint', declared: 'INTEGER', likely: cells.integers },
  { type: 'integer', declared: 'INTEGER', likely: cells.integers },
  { type: 'smallint', declared: '', likely: cells.integers },
  { type: 'double precision', declared: 'REAL', likely: fc.oneof(cells.reals, cells.integers) },
  { type: 'numeric', declared: 'NUMERIC', likely: fc.oneof(cells.reals, cells.integers, cells.decimals) },
  { type: 'numeric(12,2)', declared: '', likely: fc.oneof(cells.reals, cells.integers, cells.decimals) },
  { type: 'numeric(5,5)', declared: '', likely: cells.fractions },
  { type: 'numeric(1000,0)', declared: '', likely: fc.oneof(cells.reals, cells.integers, cells.decimals) },
  { type: 'boolean', declared: 'BOOLEAN', likely: fc.oneof(cells.words, fc.bigInt({ min: -1n, max: 2n })) },
  { type: 'text', declared: 'TEXT', likely: cells.strings },
  { type: 'text', declared: 'NUMERIC', likely: fc.oneof(cells.reals, cells.integers, cells.strings) },
  { type: 'varchar(8)', declared: 'VARCHAR(8)', likely: cells.strings },
  { type: 'varchar(20)', declared: 'INTEGER', likely: fc.oneof(cells.reals, cells.integers, cells.strings) },
  { type: 'bytea', declared: 'BLOB', likely: cells.blobs },
  { type: 'date', declared: 'DATE', likely: cells.days },
  { type: 'timestamp', declared: 'DATETIME', likely: cells.moments },
  { type: 'timestamp', declared: 'INTEGER', format: 'unix-seconds', likely: fc.oneof(cells.seconds, cells.integers) },
  {
    type: 'timestamp',
    declared: 'INTEGER',
    format: 'unix-milliseconds',
    likely: fc.oneof(
      cells.seconds.map((s) => s * 1000n + 7n),
      cells.integers,
    ),
  },
  { type: 'timestamptz', declared: 'DATETIME', likely: cells.instants },
  { type: 'timestamptz', declared: 'INTEGER', format: 'unix-seconds', likely: fc.oneof(cells.seconds, cells.integers) },
  {
    type: 'timestamptz',
    declared: 'INTEGER',
    format: 'unix-milliseconds',
    likely: fc.oneof(
      cells.seconds.map((s) => s * 1000n + 7n),
      cells.integers,
    ),
  },
  { type: 'uuid', declared: '', likely: fc.oneof(cells.uuids, cells.blobs) },
  { type: 'json', declared: 'JSON', likely: cells.json },
  { type: 'jsonb', declared: 'JSON', likely: cells.json },
  { type: 'jsonb', declared: '', format: 'tagged', likely: cells.anything },
];

let generated = 0;

test.each(SUBJECTS)('$type $format of $declared', async ({ type, declared, format, likely }) => {
  const column = columnOf(type, declared, format);
  let held = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 4, arbitrary: likely }, { weight: 1, arbitrary: cells.anything }), {
        minLength: 100,
        maxLength: 200,
        size: 'max',
      }),
      async (values) => {
        const given = values.map((cell) =>
          cell !== null && typeof cell === 'object' && !Buffer.isBuffer(cell) ? asGiven(cell.text) : cell,
        );
        const outcomes = await throughCopy(bench.pool, column, given, 'cast');
        generated += values.length;
        for (const [i, outcome] of outcomes.entries()) {
          const cell = values[i]!;
          const meaning = meaningInSource(cell, column);
          const found = 'refused' in outcome ? UNHOLDABLE : meaningInTarget(outcome.printed, column);
          if (found !== UNHOLDABLE) held += 1;
          expect({ cell, meaning: found, outcome }).toEqual({ cell, meaning, outcome });
        }
      },
    ),
    { numRuns: runs(4) },
  );
  expect(held).toBeGreaterThan(30);
});

/** Text of any bytes, as the bench takes it. */
function asGiven(bytes: Buffer): string | InvalidText {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? text : new InvalidText(bytes);
}

test('there were cells enough', () => {
  process.stderr.write(`cells: ${generated} cells generated, seed ${fc.readConfigureGlobal()?.seed ?? 'random'}\n`);
  expect(generated).toBeGreaterThanOrEqual(runs(4) * SUBJECTS.length * 100);
});
