/** Names of the keys that a run keeps for itself: all begin with its prefix, so that they are found and removed by it. */

/** What every key of a run begins with until it has its own name. */
export function runPrefix(run: string): string {
  return `sqlift:${run}:`;
}

/** Exists while the run may write, and is watched by every transaction of it. Gone: late writes are refused. */
export function fenceKey(run: string): string {
  return `${runPrefix(run)}fence`;
}

/** Keys of one feed, hidden until the cut-over. `number`: its place among the feeds of this store. */
export function stagedPrefix(run: string, number: number): string {
  return `${runPrefix(run)}${number}:`;
}

/** Members of lists and streams, which have an order, on their way to become one: see `ordered.ts`. */
export function partsPrefix(run: string, number: number): string {
  return `${runPrefix(run)}${number}-parts:`;
}

/** A sorted set: when each key of a feed that consists of members is to be gone. */
export function expiriesKey(run: string, number: number): string {
  return `${runPrefix(run)}${number}-expiries`;
}

/** What stood under a name that the run has taken, where it is too large for the ledger. */
export function asideKey(run: string, key: string): string {
  return `${runPrefix(run)}aside:${key}`;
}

/** A pattern for SCAN that means this text and nothing else. */
export function literalPattern(prefix: string): string {
  return `${prefix.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)}*`;
}
