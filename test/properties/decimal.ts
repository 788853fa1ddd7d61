/** A decimal in one form: sign, digits without zeros at either end, power of ten. */
export function decimal(text: string): string {
  const [, sign, before, after = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!;
  const digits = (before! + after).replace(/^0+/, '');
  if (digits === '') return '0';
  const kept = digits.replace(/0+$/, '');
  return `${sign}${kept}e${BigInt(exponent) - BigInt(after.length) + BigInt(digits.length - kept.length)}`;
}
