type Item = string | boolean | bigint | number;

/** In a JSON array without arrays or objects in it: each item. */
const ITEM = /"(?:[^"\\]|\\.)*"|[^\s,[\]]+/g;
const [LEAST, MOST] = [-(2n ** 63n), 2n ** 63n - 1n];

/**
 * The items of a JSON array: texts, numbers, true and false. Integers keep every digit; a fraction is the double that it is written as. Undefined for
 * anything else: also for an integer beyond 64 bits, a number that no double gives back digit by digit, and half a surrogate pair, which no UTF-8 holds.
 */
export function listItems(text: string): Item[] | undefined {
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(items)) return undefined;
  if (!items.every((item) => ['string', 'boolean', 'number'].includes(typeof item))) return undefined;
  // JSON.parse has rounded numbers already: they are read where they stand.
  const tokens = items.some((item) => typeof item === 'number') ? text.match(ITEM)! : [];
  const list: Item[] = [];
  for (const [i, item] of (items as (string | boolean | number)[]).entries()) {
    const kept = typeof item === 'number' ? numberOf(tokens[i]!, item) : item;
    if (kept === undefined || (typeof kept === 'string' && /\p{Surrogate}/u.test(kept))) return undefined;
    list.push(kept);
  }
  return list;
}

function numberOf(token: string, nearest: number): bigint | number | undefined {
  if (/^-?\d+$/.test(token)) {
    const integer = BigInt(token);
    return integer >= LEAST && integer <= MOST ? integer : undefined;
  }
  if (!Number.isFinite(nearest) || digitsOf(token) !== digitsOf(String(nearest))) return undefined;
  return Number.isSafeInteger(nearest) ? BigInt(nearest) : nearest;
}

/** A decimal in one form: its digits without zeros around them, and the power of ten that they are multiplied by. */
function digitsOf(decimal: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(decimal)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  if (short === '') return '0';
  return `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}
