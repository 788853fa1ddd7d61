/** Vectors as Pinecone keeps them: 32-bit floats, little-endian in the file, shortest decimals in JSON. */

export function toBlob(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

/** A copy, since SQLite's buffers are aligned to no particular address. */
export function fromBlob(blob: Buffer): Float32Array {
  const values = new Float32Array(blob.byteLength / 4);
  Buffer.from(values.buffer).set(blob);
  return values;
}

/**
 * The 64-bit number with the fewest digits that is this 32-bit one: 0.1 was sent and 0.1 comes back, not 0.10000000149011612.
 * An integer divided by a power of ten up to 10^22 is rounded once, so each try is the double of exactly that decimal.
 */
export function shortest(value: number): number {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) {
    for (let scale = 1; scale <= 1e13; scale *= 10) {
      const decimal = Math.round(value * scale) / scale;
      if (Math.fround(decimal) === value) return decimal;
    }
  }
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return Number(value.toPrecision(9));
}

export function toNumbers(values: Float32Array): number[] {
  return Array.from(values, shortest);
}

export function lengthOf(values: Float32Array): number {
  return Math.sqrt(dot(values, values));
}

/** In 64 bits. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

/** Of the difference, in 64 bits. */
export function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at]! - b[at]!) ** 2;
  return sum;
}
