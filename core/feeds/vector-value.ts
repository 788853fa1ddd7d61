import type { Value } from './value';

/** Encodings of vectors that rows hold. */
export type VectorEncoding = 'float32' | 'json' | 'npy';

/**
 * The numbers of a vector as a column holds them, as 32-bit floats. Undefined where it is none: other bytes, an empty list, what is no number or beyond
 * 32-bit floats, and nothing but zeros, which no similarity is defined for.
 */
export function vectorOf(value: Value, encoding: VectorEncoding): Float32Array | undefined {
  const values = decoded(value, encoding);
  return values !== undefined && isVector(values) ? values : undefined;
}

export function isVector(values: Float32Array): boolean {
  let zeros = true;
  for (let at = 0; at < values.length; at++) {
    const one = values[at]!;
    if (!Number.isFinite(one)) return false;
    if (one !== 0) zeros = false;
  }
  return !zeros;
}

function decoded(value: Value, encoding: VectorEncoding): Float32Array | undefined {
  if (encoding === 'json') {
    const text =
      typeof value === 'object' && value !== null && 'type' in value && value.type === 'json' ? value.text : value;
    return typeof text === 'string' ? ofJson(text) : undefined;
  }
  if (!(value instanceof Uint8Array)) return undefined;
  return encoding === 'npy' ? ofNumpy(value) : littleEndian(value, '<f4');
}

function ofJson(text: string): Float32Array | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(list) || !list.every((one) => typeof one === 'number')) return undefined;
  return Float32Array.from(list);
}

const MAGIC = '\x93NUMPY';

/** numpy's format, versions 1 to 3 (numpy.org/doc/stable/reference/generated/numpy.lib.format.html); bytes without its header are float32. */
function ofNumpy(bytes: Uint8Array): Float32Array | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString('latin1', 0, 6) !== MAGIC) return littleEndian(bytes, '<f4');
  const wide = (buffer[6] ?? 0) >= 2;
  if (buffer.length < 12) return undefined;
  const start = wide ? 12 : 10;
  const length = wide ? buffer.readUInt32LE(8) : buffer.readUInt16LE(8);
  const header = buffer.toString('latin1', start, start + length);
  const type = /'descr':\s*'([<>=|]?[a-z]\d+)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (type === undefined || shape === undefined) return undefined;
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  // (384,) or (1, 384): one vector.
  const count = sizes.reduce((product, size) => product * size, 1);
  if (sizes.length === 0 || Math.max(...sizes) !== count) return undefined;
  const values = littleEndian(bytes.subarray(start + length), type);
  return values?.length === count ? values : undefined;
}

const READ = { '<f4': 4, '<f8': 8, '<f2': 2 } as const;

function littleEndian(bytes: Uint8Array, type: string): Float32Array | undefined {
  if (!Object.hasOwn(READ, type)) return undefined;
  const size = READ[type as keyof typeof READ];
  if (bytes.byteLength === 0 || bytes.byteLength % size !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.byteLength / size);
  for (let at = 0; at < values.length; at++)
    values[at] =
      size === 4
        ? view.getFloat32(at * 4, true)
        : size === 8
          ? view.getFloat64(at * 8, true)
          : half(view.getUint16(at * 2, true));
  return values;
}

/** IEEE 754 half precision. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
