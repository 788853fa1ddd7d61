import fc from 'fast-check';
import { filterOf } from '../../../stack/pinecone/filter';
import { fromBlob, shortest, toBlob } from '../../../stack/pinecone/float32';
import { merged, metadataOf, type Metadata } from '../../../stack/pinecone/metadata';
import { pageOf } from '../../../stack/pinecone/pages';
import { dotProductsIn, ROW_UNIT } from '../../../stack/pinecone/simd';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('32-bit floats', () => {
  test('are written as the decimal with the fewest digits that is still the same float', () => {
    expect(
      [0.1, 0.3, 1 / 3, 16777216, 1e-7, 3.4028234663852886e38, 1.401298464324817e-45].map((one) =>
        shortest(Math.fround(one)),
      ),
    ).toEqual([0.1, 0.3, 0.33333334, 16777216, 1e-7, 3.4028235e38, 1e-45]);
    fc.assert(
      fc.property(float, (value) => {
        const short = shortest(value);
        // JSON knows no sign of zero, neither the SDK's nor ours.
        expect(Math.fround(short) === value).toBe(true);
        const digits = (number: number): number => number.toExponential().replace(/e.*|[-.]/g, '').length;
        expect(digits(short)).toBeLessThanOrEqual(9);
        for (let fewer = 1; fewer < digits(short); fewer++)
          expect(Math.fround(Number(value.toPrecision(fewer)))).not.toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  test('come back from the file as they were', () => {
    fc.assert(
      fc.property(fc.float32Array(), (values) => {
        expect(fromBlob(toBlob(values))).toEqual(values);
      }),
    );
  });
});

test('dot products by vector instructions are those of a plain loop', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer(),
      (dimension, count, seed) => {
        const rowBytes = Math.ceil((dimension * 4) / ROW_UNIT) * ROW_UNIT;
        const memory = new WebAssembly.Memory({ initial: 1 });
        const row = (at: number): Float32Array => new Float32Array(memory.buffer, rowBytes * at, dimension);
        for (let at = 0; at <= count; at++)
          for (let place = 0; place < dimension; place++) row(at)[place] = Math.sin(seed + at * 71 + place);
        const results = rowBytes * (count + 1);
        dotProductsIn(memory)(rowBytes, results, 0, rowBytes, results);
        const found = new Float32Array(memory.buffer, results, count);
        for (let at = 0; at < count; at++) {
          const expected = row(0).reduce((sum, one, place) => sum + one * row(at + 1)[place]!, 0);
          expect(Math.abs(found[at]! - expected)).toBeLessThan(1e-4);
        }
      },
    ),
  );
});

describe('filters', () => {
  const passes = (filter: object, metadata: Metadata | null): boolean => filterOf(filter)!.passes(metadata);
  const metadata = fc.dictionary(
    fc.constantFrom('a', 'b', '__proto__'),
    fc.oneof(fc.constantFrom('x', 'y', 1, 2, true, false), fc.subarray(['x', 'y', 'z'])),
    { noNullPrototype: true },
  ) as fc.Arbitrary<Metadata>;
  const scalar = fc.constantFrom<string | number | boolean>('x', 'y', 1, 2, true, false);
  const field = fc.constantFrom('a', 'b', 'c');

  test('of $ne, $nin and $exists: false are the negations of $eq, $in and $exists: true', () => {
    fc.assert(
      fc.property(metadata, field, scalar, fc.array(scalar), (of, name, one, several) => {
        expect(passes({ [name]: { $ne: one } }, of)).toBe(!passes({ [name]: { $eq: one } }, of));
        expect(passes({ [name]: { $nin: several } }, of)).toBe(!passes({ [name]: { $in: several } }, of));
        expect(passes({ [name]: { $exists: false } }, of)).toBe(!passes({ [name]: { $exists: true } }, of));
      }),
    );
  });

  test('of $in are $or of $eq, and several conditions are $and of each', () => {
    fc.assert(
      fc.property(
        metadata,
        field,
        fc.array(scalar, { minLength: 1 }),
        field,
        scalar,
        (of, name, several, other, one) => {
          const each = several.map((value) => ({ [name]: { $eq: value } }));
          expect(passes({ [name]: { $in: several } }, of)).toBe(passes({ $or: each }, of));
          const both = { $and: [{ [name]: { $in: several } }, { [other]: one }] };
          if (name !== other) expect(passes({ [name]: { $in: several }, [other]: one }, of)).toBe(passes(both, of));
        },
      ),
    );
  });

  test('of records without metadata pass where a field must not be there', () => {
    expect(passes({ a: { $exists: false } }, null)).toBe(true);
    expect(passes({ a: 'x' }, null)).toBe(false);
    expect(passes({ a: { $ne: 'x' } }, null)).toBe(true);
  });

  test('that are empty or absent let everything pass', () => {
    expect([filterOf(undefined), filterOf(null), filterOf({})]).toEqual([undefined, undefined, undefined]);
  });
});

describe('metadata', () => {
  test('may take 40 KB as JSON and not a byte more', () => {
    const of = (bytes: number): object => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });
    expect(metadataOf(of(40 * 1024))).not.toBeNull();
    expect(() => metadataOf(of(40 * 1024 + 1))).toThrow('metadata size is 40961 bytes');
    expect(() => metadataOf({ a: 'é'.repeat(20_480) })).toThrow('exceeds the limit of 40960 bytes per vector');
    expect(() => merged({ a: 'x'.repeat(30_000) }, { b: 'x'.repeat(30_000) })).toThrow('exceeds the limit');
  });

  test('is merged field by field', () => {
    expect(merged({ a: 1, b: ['x'] }, { b: ['y'], c: true })).toEqual({ a: 1, b: ['y'], c: true });
    expect(merged(null, { a: 1 })).toEqual({ a: 1 });
  });
});

test('pages together are the list, for every size of page', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 7 }), (ids, limit) => {
      const sorted = ids.toSorted();
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = pageOf(token, limit, (after) => sorted.filter((id) => id > after).map((id) => ({ id, item: id })));
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        token = page.pagination.pagination?.next;
      } while (token !== undefined);
      expect(seen).toEqual(sorted);
    }),
  );
});
