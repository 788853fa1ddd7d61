import { vectorOf } from '../../../core/feeds/vector-value';

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

function numpy(descr: string, shape: string, body: Uint8Array, version = 1): Uint8Array {
  const header = Buffer.from(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`);
  const length = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([Buffer.from([0x93]), Buffer.from('NUMPY'), Buffer.from([version, 0]), length, header, body]);
}

test.each([
  ['float32 bytes', floats(1, -0.5), 'float32'],
  ['a JSON array', '[1, -5e-1]', 'json'],
  ['JSON of a json column', { type: 'json', text: '[1,-0.5]' } as const, 'json'],
  ['numpy bytes without a header', floats(1, -0.5), 'npy'],
  ['numpy', numpy('<f4', '(2,)', floats(1, -0.5)), 'npy'],
  ['numpy of one row', numpy('<f4', '(1, 2)', floats(1, -0.5)), 'npy'],
  ['numpy of version 2', numpy('<f4', '(2,)', floats(1, -0.5), 2), 'npy'],
  ['numpy of doubles', numpy('<f8', '(2,)', new Uint8Array(Float64Array.of(1, -0.5).buffer)), 'npy'],
  ['numpy of halves', numpy('<f2', '(2,)', Uint8Array.of(0x00, 0x3c, 0x00, 0xb8)), 'npy'],
] as const)('%s', (_, value, encoding) => {
  expect(vectorOf(value as never, encoding)).toEqual(Float32Array.of(1, -0.5));
});

test.each([
  ['bytes that are no floats', Uint8Array.of(1, 2, 3), 'float32'],
  ['no bytes', new Uint8Array(0), 'float32'],
  ['NaN', floats(NaN, 1), 'float32'],
  ['Infinity', floats(Infinity), 'float32'],
  ['zeros alone', floats(0, -0), 'float32'],
  ['a text for bytes', '[1]', 'float32'],
  ['NULL', null, 'float32'],
  ['an empty array', '[]', 'json'],
  ['a text in an array', '[1, "2"]', 'json'],
  ['an object', '{"0": 1}', 'json'],
  ['no JSON', '[1,', 'json'],
  ['a number beyond 32 bits', '[1e39]', 'json'],
  ['big-endian numpy', numpy('>f4', '(2,)', floats(1, 2)), 'npy'],
  ['numpy integers', numpy('<i4', '(2,)', floats(1, 2)), 'npy'],
  ['a numpy matrix', numpy('<f4', '(2, 2)', floats(1, 2, 3, 4)), 'npy'],
  ['numpy with too few bytes', numpy('<f4', '(3,)', floats(1, 2)), 'npy'],
] as const)('%s: no vector', (_, value, encoding) => {
  expect(vectorOf(value as never, encoding)).toBeUndefined();
});
