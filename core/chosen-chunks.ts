import { createHash } from 'node:crypto';

/** One chunk in so many, at least, is compared a second time by code that shares nothing with import. */
const ONE_IN = 20;

/**
 * Which chunks of a table are compared again: of all the run's chunks one in twenty, evenly spread, beginning at a place that depends on
 * the run, so that another run looks elsewhere and a repetition at the same.
 *
 * @param before chunks of the tables before this one
 * @param chunks chunks of this table
 * @param all chunks of all tables
 */
export function chosenChunks(run: string, before: number, chunks: number, all: number): Set<number> {
  const count = Math.ceil(all / ONE_IN);
  const start = createHash('sha256').update(run).digest().readUInt32BE() / 2 ** 32;
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(((i + start) * all) / count) - before);
  return new Set(chosen.filter((chunk) => chunk >= 0 && chunk < chunks));
}
