import fc from 'fast-check';

/**
 * fast-check, with the seed of this run: SQLIFT_SEED where it is set, one and the same in CI, where a commit must not fail by
 * luck, and a new one each time everywhere else. fast-check prints the seed of a property that fails.
 */
const CI_SEED = 20261121;

const given = process.env['SQLIFT_SEED'];
if (given !== undefined) fc.configureGlobal({ seed: Number(given) });
else if (process.env['CI'] !== undefined) fc.configureGlobal({ seed: CI_SEED });

export default fc;
