/**
 * Numbers of JSON as they are written. None passes through a double unless the double is known to mean the same.
 *
 * - `integer`: fits 64 bits, and is not the −0 that no integer is.
 * - `real`: a double whose shortest decimal is the same number, written without zeros that would be lost.
 * - `decimal`: any other number that can be written without an exponent.
 * - `other`: its exponent is too large for that.
 */
export type NumberClass = 'integer' | 'real' | 'decimal' | 'other';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** PostgreSQL's numeric has room for 131,072 digits before the point and 16,383 behind it; nobody means so many. */
const MAX_EXPONENT = 10_000;

/** @param literal as RFC 8259 writes numbers */
export function classOfNumber(literal: string): NumberClass {
  if (/^-?\d+$/.test(literal)) {
    if (literal.length < 16) return literal === '-0' ? 'real' : 'integer';
    if (literal.length > 20) return 'decimal';
    const value = BigInt(literal);
    return value >= INT64_MIN && value <= INT64_MAX ? 'integer' : 'decimal';
  }
  const value = Number(literal);
  if (Number.isFinite(value) && !/\.\d+0(?!\d)/.test(literal) && scientific(literal) === scientific(String(value)))
    return 'real';
  const exponent = Number(/[eE](.*)$/.exec(literal)?.[1] ?? 0);
  return Math.abs(exponent) <= MAX_EXPONENT ? 'decimal' : 'other';
}

/** The number without an exponent, every digit kept: `1.50e3` is `1500`, `1.10` stays `1.10`. For the classes but `other`. */
export function plainNumber(literal: string): string {
  const [, sign, whole, fraction = '', exponentText = '0'] = PARTS.exec(literal)!;
  const exponent = Number(exponentText);
  if (exponent === 0) return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  const digits = whole! + fraction;
  const point = whole!.length + exponent;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const before = digits
    .slice(0, point)
    .padEnd(point, '0')
    .replace(/^0+(?=\d)/, '');
  const behind = digits.slice(point);
  return `${sign}${before}${behind === '' ? '' : `.${behind}`}`;
}

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Significant digits and the power of ten: equal for equal numbers, zeros included. */
function scientific(literal: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = PARTS.exec(literal)!;
  const digits = (whole! + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
