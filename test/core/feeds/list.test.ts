import { listItems } from '../../../core/feeds/list';

test.each<[string, unknown]>([
  ['[9007199254740993, -9223372036854775808, 9223372036854775807]', [9007199254740993n, -(2n ** 63n), 2n ** 63n - 1n]],
  ['["a,[]\\"b", "1234567890123456789", true, 1e20, 0.1]', ['a,[]"b', '1234567890123456789', true, 1e20, 0.1]],
  ['[1.0, 1e3, -0, 2.50, 1E-7]', [1n, 1000n, 0n, 2.5, 1e-7]],
  ['["nul\\u0000", ""]', ['nul\0', '']],
  [' [ ] ', []],
  // Beyond 64 bits; no double is that; no UTF-8 is that; not flat; no list.
  ['[9223372036854775808]', undefined],
  ['[0.12345678901234567890]', undefined],
  ['[1.00000000000000000001]', undefined],
  ['[1e999]', undefined],
  ['["\\ud800"]', undefined],
  ['[[1]]', undefined],
  ['[null]', undefined],
  ['{"a": 1}', undefined],
  ['[1', undefined],
])('%s', (text, items) => {
  expect(listItems(text)).toEqual(items);
});
