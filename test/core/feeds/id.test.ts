import fc from 'fast-check';
import { idOf } from '../../../core/feeds/id';

test('different keys have different ids', () => {
  const part = fc.oneof(
    fc.bigInt({ min: -9n, max: 9n }),
    fc.string({ unit: fc.constantFrom('|', '\\', 'a', '1', 'i', 't') }),
  );
  const key = fc.array(part, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(key, key, (a, b) => {
      const same = a.length === b.length && a.every((value, i) => value === b[i]);
      return (idOf(a) === idOf(b)) === same;
    }),
    { numRuns: 2_000 },
  );
});

test('an integer is not the text that looks like it', () => {
  expect(idOf([1n])).not.toBe(idOf(['1']));
});
