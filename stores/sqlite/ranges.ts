/** A bound of a rowid range as a number. */
export function parseBound(bound: string | null): bigint | null {
  return bound === null ? null : BigInt(bound);
}
