import fc from 'fast-check';

/**
 * fast-check, with the seed of this run: SQLIFT_SEED where it is set, one and the same in CI, where a commit must not fail by
 * luck, and a new one each time everywhere else. fast-check prints the seed of a property that fails.
 */
const CI_SEED = 20261121;

/** SQLIFT_PROPERTY_RUNS=20 runs every property twenty times as often, to hunt. */
const FACTOR = Number(process.env['SQLIFT_PROPERTY_RUNS'] ?? 1);

/** How often to run a property for which so many runs are enough in a commit. */
export function runs(usual: number): number {
  return Math.max(1, Math.round(usual * FACTOR));
}

const given = process.env['SQLIFT_SEED'] ?? (process.env['CI'] === undefined ? undefined : CI_SEED);
fc.configureGlobal({ numRuns: runs(100), ...(given !== undefined && { seed: Number(given) }) });
if (FACTOR > 1) jest.setTimeout(60_000 * FACTOR);

export default fc;
