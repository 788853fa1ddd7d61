/** What is made of measured times. */

export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Undefined of nothing. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * How many times as much one took as the other: the median of the ratios within each round, so that a machine that was slower in one
 * round than in another does not count. Rounds in which either is missing do not either. Undefined when none is left.
 */
export function ratioByRound(
  of: readonly (number | undefined)[],
  to: readonly (number | undefined)[],
): number | undefined {
  const ratios = of.flatMap((value, round) => {
    const other = to[round];
    return value === undefined || other === undefined || other === 0 ? [] : [value / other];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** The list, begun somewhere else: so that no contestant is the first of every round. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  const from = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(from), ...items.slice(0, from)];
}

/**
 * The exponent b of y = a·xᵇ by least squares over the logarithms: 1 where the cost grows as the rows do.
 * `r2`: the share of the variation that the line explains.
 */
export function exponent(points: readonly { x: number; y: number }[]): { exponent: number; r2: number } | undefined {
  if (points.length < 2) return undefined;
  const xs = points.map(({ x }) => Math.log(x));
  const ys = points.map(({ y }) => Math.log(y));
  const mean = (values: readonly number[]) => sum(values) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const products = (as: readonly number[], ma: number, bs: readonly number[], mb: number) =>
    sum(as.map((a, i) => (a - ma) * (bs[i]! - mb)));
  const xx = products(xs, mx, xs, mx);
  const yy = products(ys, my, ys, my);
  if (xx === 0) return undefined;
  const xy = products(xs, mx, ys, my);
  return { exponent: xy / xx, r2: yy === 0 ? 1 : xy ** 2 / (xx * yy) };
}
